package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

const probeToken = "probe-token-of-test-0123456789abcdef"

// askProbe requests /probe and returns the status and the answer.
func askProbe(t *testing.T, url, token string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/probe", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Errorf("%d %s: %v", res.StatusCode, body, err)
	}
	return res.StatusCode, answer
}

// modes returns the settings of each mode of sign-in.
func modes(t *testing.T) map[string][]string {
	t.Helper()
	record := filepath.Join(t.TempDir(), "tokens.json")
	if status, _, stderr := run(t, nil, "token", "new", "--name", "ada", "--all-libraries", "--record", record); status != 0 {
		t.Fatal(stderr)
	}
	public := []string{"STACKROOM_PUBLIC_URL=https://library.example.org", "STACKROOM_ALLOWED_HOSTS=127.0.0.1"}
	return map[string][]string{
		"unset":  nil,
		"none":   {"STACKROOM_AUTH=none"},
		"tokens": {"STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=file://" + record},
		"oidc":   append(public, "STACKROOM_AUTH=oidc", "STACKROOM_OIDC_ISSUER=https://issuer.example.org"),
		"zotero": append(public, "STACKROOM_AUTH=zotero", "STACKROOM_MASTER_KEY="+strings.Repeat("A", 43)+"=", "ZOTERO_OAUTH_CLIENT_KEY=appkey-of-test", "ZOTERO_OAUTH_CLIENT_SECRET=appsecret-of-test"),
	}
}

// TestProbe_SearchesSampleOnlyInEveryMode imports works that the probe's query
// finds; the probe must not find them.
func TestProbe_SearchesSampleOnlyInEveryMode(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	var bib strings.Builder
	for _, title := range []string{"Attention", "The transformer", "Attention and transformer", "Transformer attention"} {
		bib.WriteString("@misc{" + strings.ReplaceAll(title, " ", "") + ", title = {" + title + "}}\n")
	}
	write(t, dir, map[string]string{"refs.bib": bib.String()})
	importJSON(t, data, dir)
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_PROBE_TOKEN="+probeToken)
	status, sample := askProbe(t, url, probeToken)
	if status != http.StatusOK || sample["results"] == 0.0 {
		t.Fatalf("without libraries: %d %v", status, sample)
	}
	for mode, environ := range modes(t) {
		url, logs := start(t, append(environ, "STACKROOM_DATA="+data, "STACKROOM_PROBE_TOKEN="+probeToken)...)
		status, answer := askProbe(t, url, probeToken)
		if status != http.StatusOK || answer["status"] != "ok" || answer["results"] != sample["results"] || answer["duration_ms"] == nil {
			t.Errorf("%s: %d %v; want %v results", mode, status, answer, sample["results"])
		}
		for _, token := range []string{"", probeToken + "x", probeToken[1:]} {
			if status, answer := askProbe(t, url, token); status != http.StatusUnauthorized || answer["status"] != "unauthorized" {
				t.Errorf("%s with token %q: %d %v", mode, token, status, answer)
			}
		}
		if strings.Contains(logs.String(), probeToken) {
			t.Errorf("%s: the token is in the log", mode)
		}
	}
}

func TestProbe_IsNotServedWithoutToken(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	if status, answer := askProbe(t, url, probeToken); status != http.StatusNotFound {
		t.Errorf("%d %v", status, answer)
	}
}

func TestProbe_TokenByReference(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	environ := []string{"STACKROOM_DATA=" + t.TempDir(), "STACKROOM_PROBE_TOKEN=file://" + file}
	if err := os.WriteFile(file, []byte(probeToken[:31]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, short := range []string{"STACKROOM_PROBE_TOKEN=" + probeToken[:31], environ[1]} {
		status, _, stderr := run(t, append(environ, short, "STACKROOM_ADDR=127.0.0.1:0"), "serve")
		if status != exitUsage || !strings.Contains(stderr, "STACKROOM_PROBE_TOKEN") || strings.Contains(stderr, probeToken[:31]) {
			t.Errorf("%.30s: status %d, %s", short, status, stderr)
		}
	}
	if err := os.WriteFile(file, []byte(probeToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _ := start(t, environ...)
	if status, answer := askProbe(t, url, probeToken); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
}

// TestProbe_FormerTokenIsAcceptedForAWhile changes the token in its file, as a
// rotation does, while monitors still send the former one.
func TestProbe_FormerTokenIsAcceptedForAWhile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	secrettest.WriteFile(t, file, probeToken)
	store, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{probeVariable: "file://" + file}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	source := store.Source(probeVariable)
	secrettest.WriteFile(t, file, "another-"+probeToken)
	source.Rejected(t.Context()) // looks at the file again
	if got := tokensOf(source)(); len(got) != 2 || got[0] != "another-"+probeToken || got[1] != probeToken {
		t.Errorf("accepted: %d tokens", len(got))
	}
}

// TestSecrets_ServerWaitsForGrants checks that a server waits for a grant of
// access to its secrets, and that doctor does not.
func TestSecrets_ServerWaitsForGrants(t *testing.T) {
	c := &config.Config{}
	if o := serverSecretOptions(c, nil, nil); o.GrantWait != 2*time.Minute {
		t.Errorf("a server waits %s", o.GrantWait)
	}
	if o := secretOptions(c, nil, nil); o.GrantWait != 0 {
		t.Errorf("doctor waits %s", o.GrantWait)
	}
}
