package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// knownSamples is the number of works that each row of known items asks for: so many
// that the seed moves a share by less than two in a hundred.
const knownSamples = 600

// known is a kind of query for one known work.
type known struct {
	name string
	bar  float64 // share of the queries that must find the work
	// query returns the query for a work; false if the work is none for it.
	query func(r *rand.Rand, it *library.Item) (library.Query, bool)
	// found reports whether a page answers the query for the work.
	found func(page *library.Page[library.Hit], it *library.Item) bool
}

// TestKnownItems samples works of a real library and asks for each in the ways in
// which a person knows a work. The rows are in knownitems_test.go.
func TestKnownItems(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	testKnownItems(t, knownLibrary(t))
}

// searcher is what known items are asked of.
type searcher interface {
	Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error)
}

// testKnownItems asks a library for works of it that are sampled.
func testKnownItems(t *testing.T, s searcher) {
	t.Helper()
	items := allItems(t, s)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, k := range knownItems() {
		t.Run(k.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			asked, found := 0, 0
			for _, i := range r.Perm(len(items)) {
				q, ok := k.query(r, items[i])
				if !ok {
					continue
				}
				q.Limit = 10
				page, err := s.Search(t.Context(), q)
				if err != nil {
					t.Fatalf("%+v: %v", q, err)
				}
				if k.found(&page, items[i]) {
					found++
				} else if asked-found < 5 {
					t.Logf("not found: %q", q.Text)
				}
				if asked++; asked == knownSamples {
					break
				}
			}
			if asked == 0 {
				t.Fatal("no work can be asked for")
			}
			share := float64(found) / float64(asked)
			t.Logf("%-32s %5.1f %% of %d, at least %.0f %%", k.name, 100*share, asked, 100*k.bar)
			if share < k.bar {
				t.Errorf("%.3f of %d, want at least %.2f", share, asked, k.bar)
			}
		})
	}
}

// knownLibrary imports Better BibTeX's performance test.
func knownLibrary(t *testing.T) *shelf.Shelf {
	t.Helper()
	folder := os.Getenv("STACKROOM_FIXTURES")
	if folder == "" {
		t.Skip("STACKROOM_FIXTURES is not set")
	}
	f, err := os.Open(filepath.Join(folder, "better-bibtex", "bulk-performance-test.bib"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := biblio.Read(t.Context(), f, "bulk.bib", biblio.BibTeX)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := &shelf.Input{ID: "/bulk.bib", Tell: func(take func(shelf.Work) error) (bool, error) {
		for i := range doc.Entries {
			if err := take(shelf.Work{Item: doc.Entries[i].Item}); err != nil {
				return false, err
			}
		}
		return true, nil
	}}
	if _, err := shelf.Import(t.Context(), dir, []*shelf.Input{in}, shelf.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := shelf.Open(context.WithoutCancel(t.Context()), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// allItems returns all works of a library.
func allItems(t *testing.T, s searcher) []*library.Item {
	t.Helper()
	var items []*library.Item
	q := library.Query{Sort: library.SortTitle, Limit: library.MaxLimit}
	for more := true; more; {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Items {
			items = append(items, h.Item)
			q.After = &library.Position{Value: h.Value, Key: h.Item.ID.Key}
		}
		more = page.More
	}
	return items
}
