package shelf

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// taken turns the contract's works into works on their way into a shelf.
func taken(from []librarytest.Work) []Work {
	out := []Work{}
	for i, w := range from {
		it := w.Item
		it.Notes = slices.Clone(it.Notes)
		for _, text := range w.FileNotes {
			it.Notes = append(it.Notes, library.Note{Text: text})
		}
		out = append(out, Work{Item: it, Collections: w.Collections, Texts: w.Texts, Origin: fmt.Sprintf("test.bib:%d", i+1)})
	}
	return out
}

// changing is a shelf in a folder that the contract changes, a transaction a
// change.
type changing struct{ *Shelf }

var _ librarytest.Changer = changing{}

// Put implements [librarytest.Changer]. The note in a file has the file's key.
func (c changing) Put(ctx context.Context, w librarytest.Work) error {
	it := w.Item
	it.Notes, it.Attachments = slices.Clone(it.Notes), slices.Clone(it.Attachments)
	for i := range it.Notes {
		it.Notes[i].Key = librarytest.Key("NTX", i)
	}
	for i := range it.Attachments {
		it.Attachments[i].Key = librarytest.Key("ATX", i)
		if i < len(w.FileNotes) {
			it.Notes = append(it.Notes, library.Note{Key: it.Attachments[i].Key, Text: w.FileNotes[i]})
		}
	}
	return c.commit(ctx, func(tx *Tx) error {
		if err := tx.Put(&it); err != nil {
			return err
		}
		for i, pages := range w.Texts {
			if err := tx.PutText(it.ID.Key, it.Attachments[i].Key, pages, it.Attachments[i].Text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove implements [librarytest.Changer].
func (c changing) Remove(ctx context.Context, key string) error {
	return c.commit(ctx, func(tx *Tx) error { return tx.Remove(key) })
}

// commit makes a transaction that leads to the next version.
func (c changing) commit(ctx context.Context, change func(*Tx) error) error {
	m, err := c.Meta(ctx)
	if err != nil {
		return err
	}
	return commitIn(ctx, c.Shelf, m.Version+1, change)
}

// reading is a library read whole, as an upstream has it: with keys.
type reading struct {
	collections []library.Collection
	items       []*library.Item
	texts       map[string][]library.TextPage // by attachment
}

// writer is what a transaction and a rebuilding have in common.
type writer interface {
	Put(*library.Item) error
	PutText(key, attachment string, pages []library.TextPage, status library.TextStatus) error
	PutCollection(library.Collection) error
}

// readAll reads a library whole.
func readAll(ctx context.Context, s *Shelf) (reading, error) {
	r := reading{texts: map[string][]library.TextPage{}}
	c, err := s.Collections(ctx)
	if err != nil {
		return r, err
	}
	r.collections = c.Items
	st, err := s.begin(ctx)
	if err != nil {
		return r, err
	}
	defer st.release()
	return r, st.eachItem(func(it *library.Item) error {
		r.items = append(r.items, it)
		for _, a := range it.Attachments {
			pages, err := st.pages(a.Key)
			if err != nil {
				return err
			}
			if pages != nil {
				r.texts[a.Key] = pages
			}
		}
		return nil
	})
}

// putCollections and putItem write a reading as a replica would.
func (r reading) putCollections(w writer) error {
	for _, c := range r.collections {
		if err := w.PutCollection(c); err != nil {
			return err
		}
	}
	return nil
}

func (r reading) putItem(w writer, it *library.Item) error {
	if err := w.Put(it); err != nil {
		return err
	}
	for _, a := range it.Attachments {
		if pages := r.texts[a.Key]; pages != nil {
			if err := w.PutText(it.ID.Key, a.Key, pages, a.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// transact writes items, a transaction each.
func (r reading) transact(ctx context.Context, s *Shelf, items []*library.Item) error {
	if err := commitIn(ctx, s, 1, func(tx *Tx) error { return r.putCollections(tx) }); err != nil {
		return err
	}
	for _, it := range items {
		if err := commitIn(ctx, s, max(it.Version, 1), func(tx *Tx) error { return r.putItem(tx, it) }); err != nil {
			return err
		}
	}
	return nil
}

// commitIn makes a transaction that leads to a version.
func commitIn(ctx context.Context, s *Shelf, version int64, change func(*Tx) error) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := change(tx); err != nil {
		return err
	}
	return tx.Commit(ctx, version)
}

func commitTo(t testing.TB, s *Shelf, version int64, change func(*Tx) error) {
	t.Helper()
	if err := commitIn(t.Context(), s, version, change); err != nil {
		t.Fatal(err)
	}
}

// upstreamOf returns works as an upstream has them.
func upstreamOf(ctx context.Context, from []librarytest.Work) (reading, error) {
	s, err := FromWorks(ctx, "Upstream", taken(from))
	if err != nil {
		return reading{}, err
	}
	return readAll(ctx, s)
}

func upstream(t testing.TB, from []librarytest.Work) reading {
	t.Helper()
	r, err := upstreamOf(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func transact(t testing.TB, s *Shelf, r reading, items []*library.Item) {
	t.Helper()
	if err := r.transact(t.Context(), s, items); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	for name, open := range map[string]func(*testing.T, []librarytest.Work) library.Reader{
		"in memory": func(t *testing.T, from []librarytest.Work) library.Reader {
			s, err := FromWorks(t.Context(), "In memory", taken(from))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
		"imported": func(t *testing.T, from []librarytest.Work) library.Reader {
			dir := t.TempDir()
			mustImport(t, dir, taken(from)...)
			return changing{mustOpen(t, dir)}
		},
		"in the log": func(t *testing.T, from []librarytest.Work) library.Reader {
			r, s := upstream(t, from), mustOpen(t, t.TempDir())
			transact(t, s, r, r.items)
			return changing{s}
		},
		"half in the log": func(t *testing.T, from []librarytest.Work) library.Reader {
			dir := t.TempDir()
			r, s := upstream(t, from), mustOpen(t, dir)
			half := len(r.items) / 2
			transact(t, s, r, r.items[:half])
			compactNow(t, s)
			transact(t, s, r, r.items[half:])
			return changing{mustOpen(t, dir)} // from the folder alone
		},
		"changed and changed back": func(t *testing.T, from []librarytest.Work) library.Reader {
			s := mustOpen(t, t.TempDir())
			r := upstream(t, from)
			commitTo(t, s, 1, func(tx *Tx) error {
				for _, it := range r.items {
					other := *it
					other.Fields, other.Notes, other.Attachments = map[string]string{"title": "Other"}, nil, nil
					other.Tags, other.Collections, other.Creators = []string{"other"}, []string{"OTHERCOL"}, nil
					if err := tx.Put(&other); err != nil {
						return err
					}
				}
				return tx.PutCollection(library.Collection{Key: "OTHERCOL", Name: "Other"})
			})
			compactNow(t, s)
			commitTo(t, s, 1, func(tx *Tx) error {
				for _, it := range r.items[:len(r.items)/2] {
					if err := tx.Remove(it.ID.Key); err != nil {
						return err
					}
				}
				tx.used = false // a removal at the version that the works have again
				return tx.RemoveCollection("OTHERCOL")
			})
			transact(t, s, r, r.items)
			return s
		},
		"rebuilt": func(t *testing.T, from []librarytest.Work) library.Reader {
			dir := t.TempDir()
			r := upstream(t, from)
			mustRebuild(t, dir, r)
			return changing{mustOpen(t, dir)}
		},
		"rebuilt over itself": func(t *testing.T, from []librarytest.Work) library.Reader {
			dir := t.TempDir()
			r := upstream(t, from)
			mustRebuild(t, dir, r)
			s := mustOpen(t, dir)
			texts := r.texts
			r.texts = nil // they stay
			mustRebuild(t, dir, r)
			r.texts = texts
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			librarytest.Run(t, open)
		})
	}
}

// mustRebuild takes a reading in as a whole, at the version of its last change.
func mustRebuild(t testing.TB, dir string, r reading) {
	t.Helper()
	err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
		if err := r.putCollections(b); err != nil {
			return 0, err
		}
		version := int64(0)
		for _, it := range slices.Backward(r.items) { // in no order
			if err := r.putItem(b, it); err != nil {
				return 0, err
			}
			version = max(version, it.Version)
		}
		return version, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWriter_KeepsTheContract changes a library that an import made.
func TestWriter_KeepsTheContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, taken(librarytest.Works())...)
	librarytest.RunWriter(t, NewWriter(mustOpen(t, dir)))
}
