package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

func TestDoctor_Service(t *testing.T) {
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	data := "STACKROOM_DATA=" + dir
	file := func(name, value string) string {
		secrettest.WriteFile(t, filepath.Join(dir, name), value)
		return secrettest.FileReference(filepath.Join(dir, name))
	}
	_, record, _ := run(t, nil, "token", "new", "--name", "ada", "--all-libraries", "--json")
	record = record[strings.Index(record, `"record":`)+len(`"record":`) : strings.LastIndex(record, "}")]
	master := strings.Repeat("A", 43) + "="
	zotero := []string{data, "STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=http://127.0.0.1:8080", "ZOTERO_OAUTH_CLIENT_KEY=app",
		"ZOTERO_OAUTH_CLIENT_SECRET=app", "ZOTERO_URL=" + zoteroStandIn(t, &atomic.Bool{}).URL}
	issuer := httptest.NewServer(http.NotFoundHandler())
	defer issuer.Close()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		promise string
		environ []string
		status  int
		says    []string
	}{
		{"nothing is set", []string{data}, 0, []string{"ok    sign-in        not needed", "600 calls in 15m0s for each caller, 60 of them at once", "metrics        not served", "otel traces    not exported"}},
		{"a secret in a file", []string{data, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=" + file("tokens", record)}, 0,
			[]string{"ok    secret         STACKROOM_TOKENS: file:///", "last rotated", "there are records of 1"}},
		{"a secret that is not there", []string{data, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=file:///nowhere/at/all"}, exitFailure,
			[]string{"FAIL  secret         STACKROOM_TOKENS", "→ put the secret there", "skip  sign-in", "ok    limits"}},
		{"records that can't be read", []string{data, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=confidential"}, exitFailure, []string{"FAIL  sign-in"}},
		{"an issuer that has no keys", []string{data, "STACKROOM_AUTH=oidc", "STACKROOM_PUBLIC_URL=http://127.0.0.1:8080", "STACKROOM_OIDC_ISSUER=" + issuer.URL}, exitFailure, []string{"FAIL  sign-in"}},
		{"sign-in with Zotero", append(zotero, "STACKROOM_MASTER_KEY="+master), 0, []string{"1 master keys", "sign-in.db, for one process", "ok    clock"}},
		{"a master key in a file that is none", append(zotero, "STACKROOM_MASTER_KEY="+file("master", "confidential")), exitFailure, []string{"FAIL  configuration  STACKROOM_MASTER_KEY"}},
		{"a key of Zotero in a file", []string{data, "ZOTERO_API_KEY=" + file("key", "goodkey1"), zotero[len(zotero)-1]}, 0, []string{"ok    zotero key #0"}},
		{"an address that is taken", []string{data, "STACKROOM_METRICS_ADDR=" + taken.Addr().String()}, exitFailure, []string{"FAIL  metrics"}},
		{"no limits", []string{data, "RATE_LIMIT_MAX=0"}, 0, []string{"no limit for each caller"}},
	} {
		status, stdout, stderr := run(t, c.environ, "doctor")
		if status != c.status {
			t.Errorf("%s: status %d: %s%s", c.promise, status, stdout, stderr)
		}
		for _, s := range c.says {
			if !strings.Contains(stdout, s) {
				t.Errorf("%s: %q is not in\n%s", c.promise, s, stdout)
			}
		}
		for _, never := range []string{"confidential", "goodkey1", master, `"hash"`} {
			if strings.Contains(stdout+stderr, never) {
				t.Errorf("%s: %q is shown: %s%s", c.promise, never, stdout, stderr)
			}
		}
	}
}

func TestDoctor_Exporters(t *testing.T) {
	collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=confidential")
	_, there, _ := run(t, append(os.Environ(), "STACKROOM_DATA="+t.TempDir()), "doctor")
	for _, s := range []string{"ok    otel traces", "which can be reached, sampled by", "OTEL_EXPORTER_OTLP_HEADERS"} {
		if !strings.Contains(there, s) {
			t.Errorf("%q is not in\n%s", s, there)
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	status, away, _ := run(t, []string{"STACKROOM_DATA=" + t.TempDir()}, "doctor")
	if status != exitFailure || !strings.Contains(away, "FAIL  otel traces") {
		t.Errorf("status %d\n%s", status, away)
	}
	if strings.Contains(there+away, "confidential") {
		t.Error("a header is shown")
	}
}

func TestMetrics_OfTheWholeProgram(t *testing.T) {
	data := t.TempDir()
	if status, _, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", bibliography(t)); status != 0 {
		t.Fatal(stderr)
	}
	path := filepath.Join(t.TempDir(), "key")
	secrettest.WriteFile(t, path, "goodkey1")
	var down atomic.Bool
	url, logs := start(t, "STACKROOM_DATA="+data, "STACKROOM_METRICS_ADDR=127.0.0.1:0", "STACKROOM_SLOW_CALL=1ms",
		"ZOTERO_URL="+zoteroStandIn(t, &down).URL, "ZOTERO_API_KEY="+secrettest.FileReference(path))
	search(t, url, "computable")
	var metrics string
	until(t, 10*time.Second, "the address of the metrics", func() bool {
		for line := range strings.Lines(logs.String()) {
			if _, rest, ok := strings.Cut(line, `"message":"metrics","address":"`); ok {
				metrics, _, _ = strings.Cut(rest, `"`)
			}
		}
		return metrics != ""
	})
	status, body := get(t, "http://"+metrics+"/metrics")
	if status != http.StatusOK {
		t.Fatal(status, body)
	}
	for _, want := range []string{
		`mcp_tool_executions_total{status="ok",tool_name="search"} 1`, `mcp_tool_duration_seconds_bucket{tool_name="search"`, `mcp_active_connections`,
		`stackroom_index_works{library="local"} 3`, `stackroom_index_size_bytes{library="local"}`, `stackroom_index_age_seconds{library="local"}`,
		`stackroom_secret_age_seconds{setting="ZOTERO_API_KEY"}`, `stackroom_secret_faulty{setting="ZOTERO_API_KEY"} 0`,
		`stackroom_secret_lookups_total{outcome="read",setting="ZOTERO_API_KEY"} 1`,
		`stackroom_upstream_requests_total{outcome="ok",upstream="zotero"}`, `stackroom_upstream_breaker_state{upstream="zotero"} 0`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not among the metrics", want)
		}
	}
	if strings.Contains(body, "computable") || strings.Contains(body, "goodkey1") {
		t.Error("content is among the metrics")
	}
}

// mixed returns the n-th of a series of valid and invalid calls.
func mixed(n int) (path, body string) {
	switch n % 10 {
	case 0:
		return "/tools/list_libraries", `{}`
	case 1:
		return "/tools/list_tags", `{"prefix":"a"}`
	case 2:
		return "/tools/recent_changes", `{"since":"2026-01-01"}`
	case 3:
		return "/tools/search", `{"qury":"light"}` // refused
	case 4:
		return "/tools/fetch", `{"id":"local/ZZZZZZZZ"}` // not there
	case 5:
		return "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`
	default:
		return "/tools/search", fmt.Sprintf(`{"query":"light w%d"}`, n%5000)
	}
}

// TestNothingGrows makes as many calls as STACKROOM_TEST_CALLS says, with
// telemetry and limits on.
func TestNothingGrows(t *testing.T) {
	if os.Getenv("STACKROOM_TEST_LONG") != "1" {
		t.Skip("STACKROOM_TEST_LONG is not 1: this takes minutes")
	}
	calls, err := strconv.Atoi(os.Getenv("STACKROOM_TEST_CALLS"))
	if err != nil || calls < 1000 {
		calls = 1_000_000
	}
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer sink.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.URL)
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0.1")
	addr, _ := startInto(t, nowhere{io.Discard}, nowhere{io.Discard}, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_METRICS_ADDR=127.0.0.1:0",
		"RATE_LIMIT_MAX=1000000", "RATE_LIMIT_WINDOW=1s")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var heaps []uint64
	var goroutines []int
	for stretch := range 10 { // what caches keep comes with the first ones
		drive(t, client, "http://"+addr, stretch*calls/10, (stretch+1)*calls/10)
		client.CloseIdleConnections()
		heap, running := settled()
		heaps, goroutines = append(heaps, heap>>10), append(goroutines, running)
	}
	t.Logf("%d calls; heap in kB after each tenth: %d; goroutines: %d", calls, heaps, goroutines)
	if heaps[9] > heaps[2]+4<<10 {
		t.Errorf("the heap grew from %d to %d kB", heaps[2], heaps[9])
	}
	if goroutines[9] > goroutines[2]+5 {
		t.Errorf("goroutines grew from %d to %d", goroutines[2], goroutines[9])
	}
}

// nowhere discards what is written to it.
type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

// drive makes a range of the mixed calls.
func drive(t *testing.T, client *http.Client, url string, from, to int) {
	var next atomic.Int64
	next.Store(int64(from))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := int(next.Add(1)); n <= to; n = int(next.Add(1)) {
				path, body := mixed(n)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Accept", "application/json, text/event-stream")
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests {
					t.Errorf("%s %s: %s", path, body, res.Status)
					return
				}
			}
		})
	}
	all.Wait()
}

// settled returns the live heap and the number of goroutines after calls in
// flight have ended.
func settled() (heap uint64, goroutines int) {
	for range 20 {
		runtime.GC()
		before := goroutines
		if goroutines = runtime.NumGoroutine(); goroutines == before {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, goroutines
}
