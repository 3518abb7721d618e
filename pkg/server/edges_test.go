package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

func TestPreflight_IsCachedForTenMinutes(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.AllowedOrigins = []string{"https://app.example.org"} })
	r := f.send(request{method: http.MethodOptions, path: "/mcp", header: map[string]string{
		"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST",
	}})
	if got := r.header.Get("Access-Control-Max-Age"); got != "600" {
		t.Errorf("Access-Control-Max-Age is %q", got)
	}
}

// TestLog_NamesUpTo128Bytes holds the longest tool name of MCP.
func TestLog_NamesUpTo128Bytes(t *testing.T) {
	for length, shown := range map[int]bool{128: true, 129: false} {
		f := newFixture(t, nil)
		name := strings.Repeat("n", length)
		f.rpc(legacy, callWith(legacy, name, `{}`), nil)
		if got := strings.Contains(f.log.String(), `"target":"`+name+`"`); got != shown {
			t.Errorf("a name of %d bytes is in the log: %v", length, got)
		}
		if got := strings.Contains(f.log.String(), `"target":"?"`); got == shown {
			t.Errorf("a name of %d bytes is replaced: %v", length, got)
		}
	}
}

// TestSignIn_GivesPlacesBack makes more sign-in requests than one address may
// have at once.
func TestSignIn_GivesPlacesBack(t *testing.T) {
	f := newFixture(t, func(o *Options) {
		o.Routes = []identity.Route{{Method: http.MethodPost, Path: "/token", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		})}}
	})
	for i := range 300 {
		if r := f.send(request{path: "/token", body: "a=b"}); r.status != http.StatusNoContent {
			t.Fatalf("request %d: status %d", i+1, r.status)
		}
	}
}

// TestStop_EndsSubscriptions stops a server that has an open subscription.
func TestStop_EndsSubscriptions(t *testing.T) {
	f := newHandlerFixture(t, func(o *Options) {
		o.DrainTimeout = time.Minute
		o.Catalog.(*catalog).options.Capabilities.Tools.ListChanged = true
	}, defaultTimeouts())
	_, address, stop := f.serve()
	body := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + meta + `}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range rpcHeader(modern, body, nil) {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("the subscription is answered with %d %s", res.StatusCode, kind)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, res.Body)
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("the subscription ends before the server stops: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	start := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the stream breaks off: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the server waits %v for a subscription", took)
	}
}
