package replica_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// partials returns how many partial shelves lie in a folder of replicas.
func partials(t testing.TB, dir string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "partial-*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// A partial shelf is removed five minutes after its last use, when no call can have it
// any more: that of a first reading, and that of a second one.
func TestPartialShelf_RemovedOnceUnused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		up, dir := shelfful(4, 10), t.TempDir()
		src := &replicatest.Source{Library: up, Direct: true}
		gate := make(chan struct{})
		release := sync.OnceFunc(func() { close(gate) })
		defer func() { release() }()
		src.Hook = func(_ context.Context, request string) error {
			if request == "All" {
				<-gate
			}
			return nil
		}
		rs := newReplicas(t, replica.Options{Dir: dir, TextBytes: 1, Fresh: time.Hour})
		r := rs.Open(opening(src))
		kept := func(what string, want int) {
			t.Helper()
			if n := partials(t, dir); n != want {
				t.Errorf("%s: %d partial shelves, want %d", what, n, want)
			}
		}
		if _, err := r.Items(t.Context(), []string{"WORK0001"}); err != nil {
			t.Fatal(err)
		}
		release()
		complete(t, r)
		time.Sleep(290 * time.Second)
		kept("290 s after the first reading", 1)
		time.Sleep(time.Minute)
		kept("350 s after it", 0)

		gate = make(chan struct{})
		release = sync.OnceFunc(func() { close(gate) })
		up.Reset()
		time.Sleep(time.Hour) // until it is asked for changes
		if _, err := r.Search(t.Context(), library.Query{Text: "volume", Limit: 1}); err != nil {
			t.Fatal(err)
		}
		read := func(key string) {
			t.Helper()
			if text, err := r.Text(t.Context(), key, library.TextQuery{Limit: 5}); err != nil || len(text.Pages) != 1 {
				t.Errorf("%s: %+v, %v", key, text, err)
			}
		}
		eventuallyIn(t, "the second reading", func() bool { return src.Calls("All") == 2 })
		read("WORK0001")
		time.Sleep(4 * time.Minute)
		read("WORK0002")
		kept("while it is read again", 1)
		release()
		time.Sleep(290 * time.Second)
		kept("290 s after the last use", 1)
		time.Sleep(time.Minute)
		kept("350 s after it", 0)
	})
}
