package librarytest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func testItems(t *testing.T, r library.Reader) {
	engine, light := find(t, r, TitleEngine), find(t, r, TitleLight)
	page, err := r.Items(t.Context(), []string{light.ID.Key, "NNNNNNNN", engine.ID.Key, "nonsense"})
	if err != nil {
		t.Fatal(err)
	}
	checkWhole(t, r, page)
	got := page.Items
	if len(got) != 2 || got[0].ID != light.ID || got[1].ID != engine.ID {
		t.Fatalf("%d items, want the two that there are, in the order asked", len(got))
	}
	it := got[1]
	if it.Type != "journalArticle" || it.Field("DOI") != "10.5555/engine.1843" || it.ParsedDate != "1843-10" || it.Version < 1 {
		t.Errorf("item %+v", it)
	}
	want := []library.Creator{{Role: "author", Given: "Luigi Federico", Family: "Menabrea"}, {Role: "translator", Given: "Ada", Family: "Lovelace"}}
	if !slices.Equal(it.Creators, want) {
		t.Errorf("creators %+v", it.Creators)
	}
	if len(it.Notes) != 1 || len(it.Collections) != 1 || !sameSet(it.Tags, []string{"computing", "history"}) {
		t.Fatalf("%d notes, collections %q, tags %q", len(it.Notes), it.Collections, it.Tags)
	}
	attachment := got[0].Attachments[0]
	for _, child := range []string{it.Notes[0].Key, attachment.Key, attachment.Annotations[0].Key} {
		work, err := r.Items(t.Context(), []string{child})
		if err != nil || len(work.Items) != 1 {
			t.Errorf("child %q: %d items, %v", child, len(work.Items), err)
		}
	}
	if none, err := r.Items(t.Context(), nil); err != nil || len(none.Items) != 0 {
		t.Errorf("no keys: %d items, %v", len(none.Items), err)
	}
	if _, err := r.Items(t.Context(), make([]string, library.MaxLimit+1)); library.CodeOf(err) != library.Invalid {
		t.Errorf("too many keys: %v", err)
	}
}

// testEach checks a library that is a [library.Whole].
func testEach(t *testing.T, r library.Reader) {
	w, ok := r.(library.Whole)
	if !ok {
		t.Fatal("the library does not give its works in one pass")
	}
	var keys []string
	page, err := w.Each(t.Context(), func(it *library.Item) error {
		keys = append(keys, it.ID.Key)
		if it.Title() == "" || it.ID.Library == "" {
			t.Errorf("%+v", it)
		}
		return nil
	})
	if err != nil || len(slices.Compact(slices.Clone(keys))) != 130 || !slices.IsSorted(keys) {
		t.Errorf("%d works, sorted: %v, %v", len(keys), slices.IsSorted(keys), err)
	}
	info, err := r.Info(t.Context())
	if err != nil || page.Total != 130 || page.Version != info.Version || len(page.Items) != 0 {
		t.Errorf("total %d, version %d of %d, %v", page.Total, page.Version, info.Version, err)
	}
	stop, n := errors.New("enough"), 0
	if _, err := w.Each(t.Context(), func(*library.Item) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d works", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Each(ctx, func(*library.Item) error { return nil }); err == nil {
		t.Error("answers although its context has ended")
	}
}

// checkWhole checks what a list without further pages says of itself.
func checkWhole[T any](t *testing.T, r library.Reader, page library.Page[T]) {
	t.Helper()
	info, err := r.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if page.Total != len(page.Items) || page.More || page.Version != info.Version {
		t.Errorf("%d entries: total %d, more %v, version %d of %d", len(page.Items), page.Total, page.More, page.Version, info.Version)
	}
}

func testText(t *testing.T, r library.Reader) {
	it := find(t, r, TitleLight)
	whole := textOf(t, r, it.ID.Key, library.TextQuery{})
	if !whole.Status.Complete() || whole.Status.Pages != 3 || len(whole.Pages) != 3 || whole.Next != -1 || whole.Offset != 0 {
		t.Fatalf("whole text: %+v, %d pages, next %d", whole.Status, len(whole.Pages), whole.Next)
	}
	all := joined(whole)
	if n := len([]rune(all)); n != whole.Status.Chars {
		t.Errorf("%d characters, the status says %d", n, whole.Status.Chars)
	}
	if p := textOf(t, r, it.ID.Key, library.TextQuery{FirstPage: 2, LastPage: 2}); len(p.Pages) != 1 || p.Pages[0].Number != 2 || !strings.HasPrefix(p.Pages[0].Text, "Lights which differ") || p.Next != whole.Pages[2].Offset {
		t.Errorf("page 2: %+v", p)
	}
	if p := textOf(t, r, it.ID.Key, library.TextQuery{FirstPage: 3, LastPage: 9}); len(p.Pages) != 1 || p.Next != -1 {
		t.Errorf("pages 3 to past the end: %+v", p)
	}
	var parts strings.Builder
	for offset := 0; offset >= 0; {
		p := textOf(t, r, it.ID.Key, library.TextQuery{Offset: offset, Limit: 37})
		if p.Offset != offset {
			t.Fatalf("asked for offset %d, got %d", offset, p.Offset)
		}
		parts.WriteString(joined(p))
		offset = p.Next
	}
	if parts.String() != all {
		t.Errorf("read in parts: %q, want %q", parts.String(), all)
	}
	if none := textOf(t, r, find(t, r, TitleEngine).ID.Key, library.TextQuery{}); none.Status.Available || none.Status.Reason == "" {
		t.Errorf("a work without text: %+v", none.Status)
	}
}

// testTextRefused checks what Text does not answer.
func testTextRefused(t *testing.T, r library.Reader) {
	it := find(t, r, TitleLight)
	for promise, c := range map[string]struct {
		key  string
		q    library.TextQuery
		want library.Code
	}{
		"an unknown work":        {"NNNNNNNN", library.TextQuery{}, library.NotFound},
		"an unknown attachment":  {it.ID.Key, library.TextQuery{Attachment: "NNNNNNNN"}, library.NotFound},
		"a page past the end":    {it.ID.Key, library.TextQuery{FirstPage: 4}, library.Invalid},
		"an offset past the end": {it.ID.Key, library.TextQuery{Offset: 10_000}, library.Invalid},
		"a negative offset":      {it.ID.Key, library.TextQuery{Offset: -1}, library.Invalid},
		"a negative limit":       {it.ID.Key, library.TextQuery{Limit: -1}, library.Invalid},
	} {
		if _, err := r.Text(t.Context(), c.key, c.q); library.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want code %s", promise, err, c.want)
		}
	}
}

func testPassages(t *testing.T, r library.Reader) {
	it := find(t, r, TitleLight)
	page, err := r.Passages(t.Context(), it.ID.Key, library.PassageQuery{Question: "what is the whiteness of light", Limit: 5})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("%d passages, %v", len(page.Items), err)
	}
	checkWhole(t, r, page)
	got := page.Items
	if !slices.ContainsFunc(got, func(p library.Passage) bool {
		return p.Source == library.SourceFulltext && strings.Contains(p.Text, "whiteness") && p.Item == it.ID
	}) {
		t.Errorf("passages %+v", got)
	}
	for i := 1; i < len(got); i++ {
		if got[i].Score > got[i-1].Score {
			t.Error("not the best first")
		}
	}
	if none, err := r.Passages(t.Context(), it.ID.Key, library.PassageQuery{Question: "zxqvwy", Limit: 5}); err != nil || len(none.Items) != 0 {
		t.Errorf("nothing matches: %d passages, %v", len(none.Items), err)
	}
	if _, err := r.Passages(t.Context(), "NNNNNNNN", library.PassageQuery{Question: "light", Limit: 5}); library.CodeOf(err) != library.NotFound {
		t.Errorf("an unknown work: %v", err)
	}
	for _, limit := range []int{0, -1, 21} {
		if _, err := r.Passages(t.Context(), it.ID.Key, library.PassageQuery{Question: "light", Limit: limit}); library.CodeOf(err) != library.Invalid {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// testPassagePlaces checks that a passage stands where it says.
func testPassagePlaces(t *testing.T, r library.Reader) {
	it := find(t, r, TitleLight)
	checkPlaces(t, r, it, "whiteness refrangibility hypotheses")
	got, err := r.Search(t.Context(), library.Query{Text: "compounded", Limit: 1})
	if err != nil || len(got.Items) != 1 || got.Items[0].Match == nil {
		t.Fatalf("%d hits, %v", len(got.Items), err)
	}
	checkPlace(t, r, it, *got.Items[0].Match)
}

// checkPlaces checks the passages of a work's text that answer a question.
func checkPlaces(t *testing.T, r library.Reader, it *library.Item, question string) {
	t.Helper()
	got, err := r.Passages(t.Context(), it.ID.Key, library.PassageQuery{Question: question, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, p := range got.Items {
		if p.Source == library.SourceFulltext {
			texts++
			checkPlace(t, r, it, p)
		}
	}
	if texts == 0 {
		t.Errorf("no passage of the text of %q answers %q", it.Title(), question)
	}
}

// checkPlace checks that the text of a work has a passage at its offsets, and on
// its page.
func checkPlace(t *testing.T, r library.Reader, it *library.Item, p library.Passage) {
	t.Helper()
	whole := textOf(t, r, it.ID.Key, library.TextQuery{Attachment: p.Child})
	runes := []rune(joined(whole))
	if p.Start < 0 || p.Start >= p.End || p.End > len(runes) || string(runes[p.Start:p.End]) != p.Text {
		t.Errorf("passage %q is not at %d to %d", p.Text, p.Start, p.End)
		return
	}
	page := ""
	for _, q := range whole.Pages {
		if q.Offset <= p.Start {
			page = cmp.Or(q.Label, strconv.Itoa(q.Number))
		}
	}
	if p.Page != page {
		t.Errorf("passage %q is on page %q, the text has it on %q", p.Text, p.Page, page)
	}
}

// testCollections checks names, parents and order.
func testCollections(t *testing.T, r library.Reader) {
	got, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]library.Collection{}
	for _, c := range got.Items {
		byKey[c.Key] = c
	}
	lines := []string{}
	for _, c := range got.Items {
		lines = append(lines, c.Name+"<"+byKey[c.Parent].Name)
	}
	want := []string{"Biology<", "Machines<Reading", "Mathematics<", "Reading<"}
	if !slices.Equal(lines, want) || got.Total != len(want) {
		t.Errorf("collections %q of %d, want %q", lines, got.Total, want)
	}
}

// testCollectionCounts checks how many works each collection holds itself.
func testCollectionCounts(t *testing.T, r library.Reader) {
	got, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	works := map[string]int{"Biology": 1, "Machines": 1, "Mathematics": 1, "Reading": 2}
	for _, c := range got.Items {
		if c.Items != works[c.Name] {
			t.Errorf("%d works in %q, want %d", c.Items, c.Name, works[c.Name])
		}
	}
}

func testTags(t *testing.T, r library.Reader) {
	got, err := r.Tags(t.Context(), library.TagQuery{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	want := []library.Tag{{Name: "history", Items: 4}, {Name: "biology", Items: 1}, {Name: "computing", Items: 1}}
	if !slices.Equal(got.Items, want) || got.Total != 6 {
		t.Errorf("tags %+v of %d, want %+v of 6", got.Items, got.Total, want)
	}
	got, err = r.Tags(t.Context(), library.TagQuery{Prefix: "M", Limit: 10})
	if err != nil || len(got.Items) != 1 || got.Items[0].Name != "mathematics" {
		t.Errorf("prefix M: %+v, %v", got.Items, err)
	}
	got, err = r.Tags(t.Context(), library.TagQuery{Collection: collectionKey(t, r, "Reading"), Limit: 10})
	if err != nil || len(got.Items) != 4 || got.Items[0] != (library.Tag{Name: "history", Items: 3}) {
		t.Errorf("tags of a collection: %+v, %v", got.Items, err)
	}
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 0}); library.CodeOf(err) != library.Invalid {
		t.Errorf("no limit: %v", err)
	}
	if _, err := r.Tags(t.Context(), library.TagQuery{Collection: "NNNNNNNN", Limit: 1}); library.CodeOf(err) != library.NotFound {
		t.Errorf("an unknown collection: %v", err)
	}
}

func testChanges(t *testing.T, r library.Reader) {
	all, err := r.Changes(t.Context(), library.ChangeQuery{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if all.Total != len(Works()) || len(all.Items) != all.Total {
		t.Fatalf("%d changes of %d, want %d", len(all.Items), all.Total, len(Works()))
	}
	for i, c := range all.Items {
		if c.Kind != library.Added || c.Item == nil || c.Item.ID.Key != c.Key || c.Version < 1 {
			t.Errorf("change %+v", c)
		}
		if i > 0 && c.At.After(all.Items[i-1].At) {
			t.Error("not the last first")
		}
	}
	info, err := r.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if none, err := r.Changes(t.Context(), library.ChangeQuery{SinceVersion: info.Version, Limit: 50}); err != nil || none.Total != 0 {
		t.Errorf("since the library's version: %d, %v", none.Total, err)
	}
	if none, err := r.Changes(t.Context(), library.ChangeQuery{Since: time.Now().AddDate(1, 0, 0), Limit: 50}); err != nil || none.Total != 0 {
		t.Errorf("since next year: %d, %v", none.Total, err)
	}
	if _, err := r.Changes(t.Context(), library.ChangeQuery{}); library.CodeOf(err) != library.Invalid {
		t.Errorf("no limit: %v", err)
	}
}

// testLists checks that lists refuse pages out of bounds.
func testLists(t *testing.T, r library.Reader) {
	for _, p := range []struct{ offset, limit int }{{0, 0}, {0, -1}, {0, library.MaxLimit + 1}, {-1, 1}} {
		if _, err := r.Tags(t.Context(), library.TagQuery{Offset: p.offset, Limit: p.limit}); library.CodeOf(err) != library.Invalid {
			t.Errorf("tags at %d, at most %d: %v", p.offset, p.limit, err)
		}
		if _, err := r.Changes(t.Context(), library.ChangeQuery{Offset: p.offset, Limit: p.limit}); library.CodeOf(err) != library.Invalid {
			t.Errorf("changes at %d, at most %d: %v", p.offset, p.limit, err)
		}
	}
}

func testEmpty(t *testing.T, r library.Reader) {
	ctx := t.Context()
	if info, err := r.Info(ctx); err != nil || info.Items != 0 {
		t.Errorf("info %+v, %v", info, err)
	}
	if got, err := r.Search(ctx, library.Query{Text: "anything", Limit: 10}); err != nil || got.Total != 0 {
		t.Errorf("search: %+v, %v", got, err)
	}
	if got, err := r.Collections(ctx); err != nil || got.Total != 0 {
		t.Errorf("collections: %+v, %v", got, err)
	}
	if got, err := r.Tags(ctx, library.TagQuery{Limit: 10}); err != nil || got.Total != 0 {
		t.Errorf("tags: %+v, %v", got, err)
	}
	if got, err := r.Changes(ctx, library.ChangeQuery{Limit: 10}); err != nil || got.Total != 0 {
		t.Errorf("changes: %+v, %v", got, err)
	}
}

func testCancelled(t *testing.T, r library.Reader) {
	it := find(t, r, TitleLight)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"Search": func() error { _, err := r.Search(ctx, library.Query{Text: "light", Limit: 5}); return err },
		"Items":  func() error { _, err := r.Items(ctx, []string{it.ID.Key}); return err },
		"Text":   func() error { _, err := r.Text(ctx, it.ID.Key, library.TextQuery{}); return err },
		"Passages": func() error {
			_, err := r.Passages(ctx, it.ID.Key, library.PassageQuery{Question: "light", Limit: 5})
			return err
		},
		"Tags": func() error { _, err := r.Tags(ctx, library.TagQuery{Limit: 5}); return err },
	}
	for name, call := range calls {
		if err := call(); err == nil {
			t.Errorf("%s answers although its context has ended", name)
		}
	}
}

func testConcurrent(t *testing.T, r library.Reader) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 10 {
				got, err := r.Search(t.Context(), library.Query{Text: "study", YearFrom: -n, Limit: 5 + i})
				if err != nil || got.Total != 60 || len(got.Items) != 5+i {
					t.Errorf("%d hits of %d, %v", len(got.Items), got.Total, err)
				}
			}
		})
	}
	wg.Wait()
}
