package replica_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// embedder is an embedding service that counts letters.
type embedder struct {
	mu   sync.Mutex
	sent []string // texts of works
}

func (*embedder) Model() string { return "toy" }

func (e *embedder) Embed(_ context.Context, p embed.Purpose, texts []string) ([][]float32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p == embed.Document {
		e.sent = append(e.sent, texts...)
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = make([]float32, 26)
		for _, r := range strings.ToLower(t) {
			if r >= 'a' && r <= 'z' {
				out[i][r-'a']++
			}
		}
	}
	return out, nil
}

func (e *embedder) texts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sent)
}

func embedding(e *embedder) *meaning.Embeddings {
	return meaning.New(meaning.Options{Service: e, Libraries: []string{string(id)}, Budget: 1_000_000})
}

// quartz returns a library of n works, and one that has the letters of "zzq".
func quartz(n int) *replicatest.Library {
	up := replicatest.New()
	for i := range n {
		up.PutWork(fmt.Sprintf("WORK%04d", i), work(fmt.Sprintf("Volume %d on arbores", i)))
	}
	up.PutWork("WORKZZZZ", work("Qzz zzq"))
	return up
}

// byMeaning reports whether a search finds the one work that is near in meaning, and
// marks it.
func byMeaning(t *testing.T, r library.Reader) bool {
	t.Helper()
	page, err := r.Search(t.Context(), library.Query{Text: "zzqzz", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items) == 1 && page.Items[0].Similar && page.Total == 0 && page.Items[0].Item.Title() == "Qzz zzq"
}

func TestEmbed_InTheBackgroundAndOnce(t *testing.T) {
	t.Parallel()
	e, up, dir := &embedder{}, quartz(100), t.TempDir()
	rs := newReplicas(t, replica.Options{Dir: dir, Embeddings: embedding(e)})
	r := rs.Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	eventually(t, "a work is found by its meaning", func() bool { return byMeaning(t, r) })
	if err := rs.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	up.PutWork("WORKNEWW", work("Volume new"))
	r = newReplicas(t, replica.Options{Dir: dir, Embeddings: embedding(e)}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	eventually(t, "the new work is embedded", func() bool { return e.texts() == 102 })
	e.mu.Lock()
	defer e.mu.Unlock()
	if all := slices.Compact(slices.Sorted(slices.Values(e.sent))); len(all) != 102 {
		t.Errorf("%d different texts were sent, want 102", len(all))
	}
}

func TestEmbed_VectorsAreInTheSnapshot(t *testing.T) {
	t.Parallel()
	e, up, store := &embedder{}, quartz(100), newStore()
	r := newReplicas(t, replica.Options{Store: store, Embeddings: embedding(e)}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	eventually(t, "the vectors are saved", func() bool { return byMeaning(t, r) && store.saved() > 1 })
	other := newReplicas(t, replica.Options{Store: store, Embeddings: embedding(e)}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, other)
	eventually(t, "another process has them", func() bool { return byMeaning(t, other) })
	if n := e.texts(); n != 101 {
		t.Errorf("%d texts were sent for 101 works", n)
	}
}

// A process that was open before takes the vectors of another one over.
func TestEmbed_TakesVectorsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	e, up, store := &embedder{}, quartz(100), newStore()
	first := newReplicas(t, replica.Options{Store: store, Embeddings: embedding(e)}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, first)
	eventually(t, "the vectors are saved", func() bool { return byMeaning(t, first) && store.saved() > 1 })
	// The second process has read the library itself, without a store.
	dir := t.TempDir()
	alone := newReplicas(t, replica.Options{Dir: dir})
	complete(t, alone.Open(opening(&replicatest.Source{Library: up})))
	if err := alone.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := newReplicas(t, replica.Options{Dir: dir, Store: store, Embeddings: embedding(e)}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, second)
	eventually(t, "the second process has them", func() bool { return byMeaning(t, second) })
	if n := e.texts(); n != 101 {
		t.Errorf("%d texts were sent for 101 works", n)
	}
}

// A library that the admin does not name is not sent anywhere.
func TestEmbed_OnlyNamedLibraries(t *testing.T) {
	t.Parallel()
	e := &embedder{}
	others := meaning.New(meaning.Options{Service: e, Libraries: []string{"group:999"}, Budget: 1_000_000})
	r := newReplicas(t, replica.Options{Embeddings: others}).Open(opening(&replicatest.Source{Library: quartz(10)}))
	complete(t, r)
	withoutMeaning, err := r.Search(t.Context(), library.Query{Text: "zzqzz", Limit: 5})
	if err != nil || len(withoutMeaning.Items) > 0 || len(withoutMeaning.QueryNotices) > 0 && strings.Contains(strings.Join(withoutMeaning.QueryNotices, " "), "meaning") || e.texts() > 0 {
		t.Errorf("%d works, %q, %d texts sent, %v", len(withoutMeaning.Items), withoutMeaning.QueryNotices, e.texts(), err)
	}
}
