package snapshot_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// TestRestored_KeepsTheContract runs the contract of libraries over replicas that
// begin with a snapshot: they never read the upstream whole.
func TestRestored_KeepsTheContract(t *testing.T) {
	librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
		up := replicatest.New()
		up.Fill(works)
		f := buckettest.NewFake()
		first := replicasOver(t, start(t, f))
		read(t, first.Open(opening(&replicatest.Source{Library: up})))
		eventually(t, "a snapshot", func() bool {
			found, err := start(t, f).Restore(t.Context(), replica.Name{Library: group.Library, View: "notes"}, filepath.Join(t.TempDir(), "copy"))
			return err == nil && found
		})

		restored := replicasOver(t, start(t, f))
		r := restored.Open(opening(&replicatest.Source{Library: up, Hook: func(_ context.Context, request string) error {
			if request == "All" {
				return errors.New("the library is read whole")
			}
			return nil
		}}))
		read(t, r)
		texts := 0
		for _, w := range works {
			for _, pages := range w.Texts {
				if len(pages) > 0 {
					texts++
				}
			}
		}
		eventually(t, "the texts", func() bool {
			st := restored.State()
			return len(st) == 1 && st[0].Texts == texts && st[0].Files == texts
		})
		return r
	})
}

// replicasOver returns the replicas of a process with a store.
func replicasOver(t *testing.T, s replica.Store) *replica.Replicas {
	t.Helper()
	rs := replica.New(replica.Options{Dir: t.TempDir(), Store: s, Fresh: time.Nanosecond, Patience: 10 * time.Second})
	t.Cleanup(func() {
		if err := rs.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return rs
}

func opening(src replica.Source) replica.Opening {
	return replica.Opening{About: library.Info{ID: group.Library, Name: "Reading group", Kind: library.KindGroup}, View: "notes", Source: src}
}

// read waits until a replica is complete.
func read(t *testing.T, r library.Reader) {
	t.Helper()
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s: not within a minute", what)
}
