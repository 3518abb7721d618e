package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// embedder is an embedding service with OpenAI's API: the vector of a text says
// which of some subjects it names, in any of some languages.
type embedder struct {
	mu    sync.Mutex
	works []string // texts with the prefix of works, in their order
	asked []string // and of questions
	down  bool
}

func (e *embedder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Input []string }
	err := json.NewDecoder(r.Body).Decode(&q)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil || e.down || r.URL.Path != "/v1/embeddings" || r.Header.Get("Authorization") != "Bearer embeddingskey123" {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	type vector struct {
		Embedding []float32 `json:"embedding"`
	}
	var out struct {
		Data []vector `json:"data"`
	}
	for _, text := range q.Input {
		if rest, ok := strings.CutPrefix(text, "passage: "); ok {
			e.works = append(e.works, rest)
		} else {
			e.asked = append(e.asked, strings.TrimPrefix(text, "query: "))
		}
		out.Data = append(out.Data, vector{subjectsOf(text)})
	}
	_ = json.NewEncoder(w).Encode(out)
}

// subjectsOf returns the subjects of a text; the last one stands for none of them.
func subjectsOf(text string) []float32 {
	v := []float32{0.1, 0.1, 0.1, 1}
	for i, words := range []string{"whale baleine", "glacier gletscher", "bread brot"} {
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			if strings.Contains(words, word) && len(word) > 3 {
				v[i], v[3] = 1, 0
			}
		}
	}
	return v
}

// sent returns how many works and questions were sent.
func (e *embedder) sent() (works, asked int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.works), len(e.asked)
}

// embeddingsOf returns settings for an embedding service.
func embeddingsOf(t *testing.T, e *embedder, dir string) []string {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return []string{
		"STACKROOM_DATA=" + dir, "STACKROOM_EMBED_LIBRARIES=local", "STACKROOM_EMBED_URL=" + server.URL + "/v1", "STACKROOM_EMBED_MODEL=toy",
		"STACKROOM_EMBED_PREFIX=passage: ", "STACKROOM_EMBED_QUERY_PREFIX=query: ", "STACKROOM_EMBED_KEY=embeddingskey123", "LOG_LEVEL=debug",
	}
}

// finds waits until a search finds these titles alone.
func finds(t *testing.T, url, query string, want ...string) {
	t.Helper()
	until(t, 20*time.Second, "a work by its meaning: "+query, func() bool { return slices.Equal(search(t, url, query), want) })
}

// TestServe_SearchesByMeaning runs a server with a stand-in for an embedding service.
// Nothing is sent that the settings do not name, nothing twice, and neither log nor
// audit has a title, a question or the key.
func TestServe_SearchesByMeaning(t *testing.T) {
	dir, bib := t.TempDir(), filepath.Join(t.TempDir(), "refs.bib")
	var entries strings.Builder
	for _, title := range []string{"Humpback whale ledger", "Glacier retreat ledger", "Sourdough bread ledger", "Granite quarry ledger"} {
		entries.WriteString("@book{" + strings.Fields(title)[0] + ", title={" + title + "}, author={Doe, Jane}, year={2001}}\n")
	}
	if err := os.WriteFile(bib, []byte(entries.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &embedder{}
	environ := embeddingsOf(t, e, dir)
	if status, _, stderr := run(t, environ[:1], "import", bib); status != 0 {
		t.Fatal(stderr)
	}
	var audit, logs output
	addr, stop := startInto(t, &audit, &logs, environ...)
	url := "http://" + addr
	finds(t, url, "gletscher", "Glacier retreat ledger")
	finds(t, url, "baleine", "Humpback whale ledger")
	if works, _ := e.sent(); works != 4 {
		t.Errorf("%d works were sent, want 4", works)
	}
	_, asked := e.sent()
	search(t, url, "brot")
	search(t, url, "brot")
	if _, now := e.sent(); now != asked+1 {
		t.Errorf("a question was sent %d times", now-asked)
	}
	stop()
	for _, want := range []string{`"sent_to":"127.0.0.1:`, `"principal":"background"`, `"characters":`} {
		if !strings.Contains(audit.String(), want) {
			t.Errorf("the audit has no %s: %s", want, audit.String())
		}
	}
	for _, secret := range []string{"ledger", "gletscher", "brot", "embeddingskey123"} {
		if strings.Contains(audit.String()+logs.String(), secret) {
			t.Errorf("log or audit has %q", secret)
		}
	}
	// A restart, and a process without the setting, send nothing again.
	again, _ := start(t, environ...)
	finds(t, again, "gletscher", "Glacier retreat ledger")
	off, _ := start(t, environ[:1]...)
	if got := search(t, off, "gletscher"); len(got) > 0 {
		t.Errorf("without the setting: %q", got)
	}
	if works, _ := e.sent(); works != 4 {
		t.Errorf("%d works were sent after a restart, want 4", works)
	}
}

func TestServe_GoesWithoutAnEmbeddingService(t *testing.T) {
	e := &embedder{down: true}
	environ := embeddingsOf(t, e, t.TempDir())
	environ[1] = "STACKROOM_EMBED_LIBRARIES=all"
	bib := filepath.Join(t.TempDir(), "refs.bib")
	if err := os.WriteFile(bib, []byte("@book{a, title={Glacier retreat}, author={Doe, Jane}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, environ[:1], "import", bib); status != 0 {
		t.Fatal(stderr)
	}
	url, logs := start(t, environ...)
	if got := search(t, url, "glacier retreat"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	until(t, 20*time.Second, "a line of the log", func() bool { return strings.Contains(logs.String(), "the embedding service refuses") })
	if works, asked := e.sent(); works+asked > 0 {
		t.Errorf("%d works, %d questions", works, asked)
	}
}

func TestDoctor_AsksTheEmbeddingService(t *testing.T) {
	e := &embedder{}
	environ := embeddingsOf(t, e, t.TempDir())
	if _, stdout, _ := run(t, environ, "doctor"); !strings.Contains(stdout, "ok    embeddings") || !strings.Contains(stdout, "with 4 dimensions; it gets titles, abstracts and questions of: [local]") {
		t.Error(stdout)
	}
	if _, stdout, _ := run(t, environ[:1], "doctor"); !strings.Contains(stdout, "ok    embeddings     none") {
		t.Error(stdout)
	}
	e.down = true
	if status, stdout, _ := run(t, environ, "doctor"); status == 0 || !strings.Contains(stdout, "FAIL  embeddings") {
		t.Error(status, stdout)
	}
	environ[2] = "STACKROOM_EMBED_URL=vertex:europe-west1"
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")
	if status, stdout, _ := run(t, append(environ, "GOOGLE_CLOUD_PROJECT=p-1"), "doctor"); status == 0 || !strings.Contains(stdout, "no credentials for Vertex AI") {
		t.Error(status, stdout)
	}
}
