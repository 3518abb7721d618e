package shelf

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// item returns a work as an upstream has it.
func item(key, title string) *library.Item {
	return &library.Item{
		ID: library.ItemID{Key: key}, Type: "book", Fields: map[string]string{"title": title},
		Creators: []library.Creator{{Role: "author", Family: "Writer"}},
	}
}

func mustPut(t testing.TB, tx *Tx, items ...*library.Item) {
	t.Helper()
	for _, it := range items {
		if err := tx.Put(it); err != nil {
			t.Fatal(err)
		}
	}
}

func mustBegin(t testing.TB, s *Shelf) *Tx {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

// commit makes a transaction whose version is the next one.
func commit(t testing.TB, s *Shelf, change func(*Tx)) {
	t.Helper()
	tx := mustBegin(t, s)
	change(tx)
	if err := tx.Commit(t.Context(), tx.Version()+1); err != nil {
		t.Fatal(err)
	}
}

// compactNow makes a new base, after the one that may be under way.
func compactNow(t testing.TB, s *Shelf) {
	t.Helper()
	s.compact.done.Wait()
	if err := s.makeBase(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// found returns the titles of the works that a search finds, in their order.
func found(t testing.TB, s *Shelf, q library.Query) []string {
	t.Helper()
	q.Limit, q.Sort = 100, library.SortTitle
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	titles := []string{}
	for _, h := range page.Items {
		titles = append(titles, h.Item.Title())
	}
	return titles
}

// changesOf returns the library's changes, last first.
func changesOf(t testing.TB, s *Shelf, since int64) []string {
	t.Helper()
	page, err := s.Changes(t.Context(), library.ChangeQuery{SinceVersion: since, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, c := range page.Items {
		if (c.Item == nil) != (c.Kind == library.Removed) {
			t.Errorf("%s %s has item %v", c.Kind, c.Key, c.Item)
		}
		out = append(out, fmt.Sprintf("%d %s %s", c.Version, c.Kind, c.Key))
	}
	return out
}

// withChildren returns a work with a note, a file and an annotation.
func withChildren() *library.Item {
	it := item("WORK2222", "On lanterns")
	it.Tags, it.Collections = []string{"light"}, []string{"COLL2222"}
	it.Notes = []library.Note{{Key: "NOTE2222", Text: "Read the second page."}}
	it.Attachments = []library.Attachment{{
		Key: "FILE2222", Filename: "lanterns.pdf", Text: library.TextStatus{Pages: 2},
		Annotations: []library.Annotation{{Key: "ANNO2222", Type: "highlight", Text: "wick", Page: "2"}},
	}}
	return it
}

func lanternText() []library.TextPage {
	return []library.TextPage{{Number: 1, Text: "Of glass.\n"}, {Number: 2, Text: "Of paraffin and oil.\n"}}
}

func TestTx_ChangesEverythingTogether(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) {
		if err := tx.PutCollection(library.Collection{Key: "COLL2222", Name: "Light"}); err != nil {
			t.Fatal(err)
		}
		mustPut(t, tx, withChildren(), item("GONE2222", "A wreck lost"))
		if err := tx.PutText("WORK2222", "FILE2222", lanternText(), library.TextStatus{Pages: 3, Reason: "page 3 is an image"}); err != nil {
			t.Fatal(err)
		}
	})
	check := func(s *Shelf) {
		t.Helper()
		for text, want := range map[string][]string{
			"lanterns": {"On lanterns"}, "paraffin": {"On lanterns"}, "wick": {"On lanterns"}, "second": {"On lanterns"}, "lost": {"A wreck lost"},
		} {
			if got := found(t, s, library.Query{Text: text + "."}); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", text, got, want)
			}
		}
		for _, key := range []string{"WORK2222", "NOTE2222", "FILE2222", "ANNO2222"} {
			if items, err := s.Items(t.Context(), []string{key}); err != nil || len(items.Items) != 1 || items.Items[0].ID.Key != "WORK2222" || items.Items[0].Version != 1 {
				t.Errorf("%s: %v, %v", key, items, err)
			}
		}
		text, err := s.Text(t.Context(), "WORK2222", library.TextQuery{})
		want := library.TextStatus{Available: true, Pages: 3, PagesRead: 2, Chars: 31, Reason: "page 3 is an image"}
		if err != nil || text.Status != want || len(text.Pages) != 2 {
			t.Errorf("text %+v, %v", text, err)
		}
		if c, err := s.Collections(t.Context()); err != nil || len(c.Items) != 1 || c.Items[0].Items != 1 {
			t.Errorf("collections %+v, %v", c, err)
		}
	}
	check(s)
	check(mustOpen(t, dir))
	compactNow(t, s)
	check(s)

	changed := withChildren()
	changed.Tags, changed.Notes, changed.Attachments[0].Annotations = []string{"dark"}, nil, nil
	commit(t, s, func(tx *Tx) {
		mustPut(t, tx, changed)
		for _, key := range []string{"GONE2222", "NEVER222"} {
			if err := tx.Remove(key); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, s := range []*Shelf{s, mustOpen(t, dir)} {
		if items, err := s.Items(t.Context(), []string{"NOTE2222", "ANNO2222", "GONE2222"}); err != nil || len(items.Items) != 0 {
			t.Errorf("keys that are gone: %v, %v", items, err)
		}
		if got := found(t, s, library.Query{Text: "paraffin"}); len(got) != 1 {
			t.Errorf("the text that stays: %q", got)
		}
		if got := found(t, s, library.Query{Text: "second."}); len(got) != 0 {
			t.Errorf("the note that is gone: %q", got)
		}
		if tags, err := s.Tags(t.Context(), library.TagQuery{Limit: 5}); err != nil || tags.Total != 1 || tags.Items[0].Name != "dark" {
			t.Errorf("tags %+v, %v", tags, err)
		}
		if m, err := s.Meta(t.Context()); err != nil || m.Version != 2 || m.Items != 1 {
			t.Errorf("meta %+v, %v", m, err)
		}
		if got, want := changesOf(t, s, 0), []string{"2 removed GONE2222", "2 changed WORK2222"}; !slices.Equal(sorted2(got), sorted2(want)) {
			t.Errorf("changes %q", got)
		}
	}
}

func sorted2(s []string) []string { return slices.Sorted(slices.Values(s)) }

func TestTx_TextsGoWithTheirAttachments(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) {
		mustPut(t, tx, withChildren())
		if err := tx.PutText("WORK2222", "FILE2222", lanternText(), library.TextStatus{}); err != nil {
			t.Fatal(err)
		}
	})
	without := withChildren()
	without.Attachments = nil
	commit(t, s, func(tx *Tx) { mustPut(t, tx, without) })
	if pages, err := s.current.pages("FILE2222"); err != nil || pages != nil {
		t.Errorf("the text of an attachment that is gone has %d pages, %v", len(pages), err)
	}
	commit(t, s, func(tx *Tx) { mustPut(t, tx, withChildren()) })
	text, err := s.Text(t.Context(), "WORK2222", library.TextQuery{})
	if err != nil || text.Status.Available || text.Status.Reason == "" {
		t.Errorf("an attachment that came back has text %+v, %v", text, err)
	}
	commit(t, s, func(tx *Tx) {
		if err := tx.PutText("WORK2222", "FILE2222", lanternText(), library.TextStatus{}); err != nil {
			t.Fatal(err)
		}
		if err := tx.PutText("WORK2222", "FILE2222", nil, library.TextStatus{Pages: 2, Reason: "gone"}); err != nil {
			t.Fatal(err)
		}
		for key, attachment := range map[string]string{"WORK2222": "NOTE2222", "OTHER222": "FILE2222"} {
			if err := tx.PutText(key, attachment, lanternText(), library.TextStatus{}); library.CodeOf(err) != library.NotFound {
				t.Errorf("%s of %s: %v", attachment, key, err)
			}
		}
	})
	text, err = s.Text(t.Context(), "WORK2222", library.TextQuery{})
	if err != nil || text.Status != (library.TextStatus{Pages: 2, Reason: "gone"}) {
		t.Errorf("a text that was taken away: %+v, %v", text, err)
	}
	if got := found(t, s, library.Query{Text: "paraffin."}); len(got) != 0 {
		t.Errorf("a text that was taken away is found in %q", got)
	}
}

func TestTx_ATextIsNoChangeOfTheWork(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	it := withChildren()
	it.Version, it.Modified = 7, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	commitTo(t, s, 7, func(tx *Tx) error { return tx.Put(it) })
	commitTo(t, s, 7, func(tx *Tx) error {
		return tx.PutText("WORK2222", "FILE2222", lanternText(), library.TextStatus{})
	})
	page, err := s.Changes(t.Context(), library.ChangeQuery{Limit: 5})
	if err != nil || page.Total != 1 || page.Items[0].Kind != library.Added || page.Items[0].Version != 7 || !page.Items[0].At.Equal(it.Modified) {
		t.Errorf("changes %+v, %v", page, err)
	}
	if page.Version != 7 {
		t.Errorf("version %d", page.Version)
	}
}

func TestTx_CollectionsAreRemovedFromTheirWorks(t *testing.T) {
	dir := t.TempDir()
	works := books(0, 6)
	mustImport(t, dir, works...)
	s := mustOpen(t, dir)
	tree, err := s.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row := tree.Items[slices.IndexFunc(tree.Items, func(c library.Collection) bool { return c.Name == "Row 1" })]
	commit(t, s, func(tx *Tx) {
		if err := tx.RemoveCollection(row.Key); err != nil {
			t.Fatal(err)
		}
	})
	for _, it := range whole(t, s) {
		if slices.Contains(it.Collections, row.Key) {
			t.Errorf("%s is still in the collection", it.ID)
		}
	}
	if _, err := s.Search(t.Context(), library.Query{Collection: row.Key, Limit: 1}); library.CodeOf(err) != library.NotFound {
		t.Errorf("searching the collection: %v", err)
	}
	commit(t, s, func(tx *Tx) {
		for _, c := range tree.Items {
			if c.Name == "Row 2" {
				c.Name = "Row two"
				if err := tx.PutCollection(c); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	mustImport(t, dir, works...) // makes those again that a source names and no collection is
	after, err := s.Collections(t.Context())
	var names []string
	for _, c := range after.Items {
		names = append(names, fmt.Sprintf("%s %d", c.Name, c.Items))
	}
	// The works of "Row 1" are what the source said before: what a transaction did to
	// them stays. "Row two" is empty now.
	if want := []string{"Row 0 2", "Row 2 2", "Shelf 0"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("collections %q, %v, want %q", names, err, want)
	}
}

func TestTx_Rollback(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	s := mustOpen(t, dir)
	before, saw := files(t, dir), whole(t, s)
	tx := mustBegin(t, s)
	mustPut(t, tx, item("NEW22222", "New"))
	if err := tx.Remove(saw[0].ID.Key); err != nil {
		t.Fatal(err)
	}
	tx.SetAttribute("source", "none")
	tx.Rollback()
	tx.Rollback()
	if err := tx.Commit(t.Context(), 9); library.CodeOf(err) != library.Invalid {
		t.Errorf("Commit after Rollback: %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	if diff := cmp.Diff(saw, whole(t, s)); diff != "" {
		t.Errorf("works:\n%s", diff)
	}
	commit(t, s, func(*Tx) {}) // the lock is free
}

func TestTx_Versions(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	if err := mustBegin(t, s).Commit(t.Context(), 5); err != nil {
		t.Errorf("a version alone: %v", err)
	}
	versioned := item("WORK2222", "A")
	versioned.Version = 5
	for _, c := range []struct {
		what    string
		it      *library.Item
		version int64
		want    library.Code
	}{
		{"below the library's", nil, 4, library.Invalid},
		{"the library's again, nothing changed", nil, 5, ""},
		{"the library's again, a work with a version", versioned, 5, ""},
		{"the library's again, a work without one", item("WORK2223", "B"), 5, library.Invalid},
		{"the next", item("WORK2223", "B"), 6, ""},
		{"later ones left out", item("WORK2224", "C"), 100, ""},
	} {
		tx := mustBegin(t, s)
		if c.it != nil {
			mustPut(t, tx, c.it)
		}
		if err := tx.Commit(t.Context(), c.version); library.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	if m, err := s.Meta(t.Context()); err != nil || m.Version != 100 || m.Items != 3 {
		t.Errorf("meta %+v, %v", m, err)
	}
}

func TestTx_Attributes(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { tx.SetAttribute("source", "zotero"); tx.SetAttribute("texts", "12") })
	commit(t, s, func(tx *Tx) { tx.SetAttribute("texts", ""); tx.SetAttribute("complete", "yes") })
	compactNow(t, s)
	want := map[string]string{"source": "zotero", "complete": "yes"}
	if m, err := mustOpen(t, dir).Meta(t.Context()); err != nil || !cmp.Equal(m.Attributes, want) {
		t.Errorf("attributes %q, %v", m.Attributes, err)
	}
}

func TestTx_RefusesWhatIsTooLarge(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	commit(t, s, func(tx *Tx) {
		if err := tx.Put(item("HUGE2222", strings.Repeat("x", maxItemBytes))); library.CodeOf(err) != library.TooLarge {
			t.Errorf("a huge work: %v", err)
		}
		if err := tx.Put(item("", "No key")); library.CodeOf(err) != library.Invalid {
			t.Errorf("a work without a key: %v", err)
		}
		mustPut(t, tx, withChildren())
		huge := []library.TextPage{{Number: 1, Text: strings.Repeat("x", maxTextBytes+1)}}
		if err := tx.PutText("WORK2222", "FILE2222", huge, library.TextStatus{}); library.CodeOf(err) != library.TooLarge {
			t.Errorf("a huge text: %v", err)
		}
	})
	if got := whole(t, s); len(got) != 1 {
		t.Errorf("%d works, want the one that is not too large", len(got))
	}
}

func TestBegin_RefusesASecondWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	a, b := mustOpen(t, dir), mustOpen(t, dir)
	tx := mustBegin(t, a)
	_, err := b.Begin(t.Context())
	if e := library.AsError(err); e.Code != library.Conflict || !strings.Contains(e.Message, fmt.Sprint(os.Getpid())) || e.Hint == "" || e.RetryAfter == 0 {
		t.Errorf("a second writer: %v", err)
	}
	_, err = Import(t.Context(), dir, more(slices.Values(books(3, 4))), ImportOptions{})
	if library.CodeOf(err) != library.Conflict {
		t.Errorf("an import beside a transaction: %v", err)
	}
	tx.Rollback()
	commit(t, b, func(tx *Tx) { mustPut(t, tx, item("NEW22222", "New")) })
	commit(t, a, func(tx *Tx) { mustPut(t, tx, item("NEW22223", "Newer")) }) // over b's
	if got := whole(t, b); len(got) != 5 {
		t.Errorf("%d works, want 5", len(got))
	}
	memory, err := FromWorks(t.Context(), "Memory", books(0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := memory.Begin(t.Context()); library.CodeOf(err) != library.Forbidden {
		t.Errorf("a library in memory: %v", err)
	}
}
