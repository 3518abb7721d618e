package replica_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

const id = library.ID("group:4711")

// newReplicas returns replicas that are closed when the test ends. Without other
// options they ask the upstream at each call.
func newReplicas(t testing.TB, opts replica.Options) *replica.Replicas {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	if opts.Fresh == 0 {
		opts.Fresh = time.Nanosecond
	}
	if opts.Patience == 0 {
		opts.Patience = 5 * time.Second
	}
	rs := replica.New(opts)
	t.Cleanup(func() {
		if err := rs.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return rs
}

func opening(src replica.Source) replica.Opening {
	if s, ok := src.(*replicatest.Source); ok {
		src = s.Opened()
	}
	return replica.Opening{
		About: library.Info{ID: id, Name: "Reading group", Kind: library.KindGroup, MayWrite: true}, View: "notes,files", Source: src,
	}
}

// complete waits until the replica is complete.
func complete(t testing.TB, r library.Reader) {
	t.Helper()
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s: not within 20 seconds", what)
}

// present waits until the replica is not read again.
func present(t testing.TB, r library.Reader) {
	t.Helper()
	eventually(t, "a whole answer", func() bool {
		page, err := r.Search(t.Context(), library.Query{Limit: 1})
		return err == nil && !strings.Contains(page.Notice, "being read again")
	})
}

// withTexts waits until the texts are read.
func withTexts(t testing.TB, rs *replica.Replicas, texts int) {
	t.Helper()
	eventually(t, fmt.Sprint(texts, " texts"), func() bool {
		st := rs.State()
		return len(st) == 1 && st[0].Texts == texts && st[0].Files == texts
	})
}

// describe reads everything that a reader gives.
func describe(t testing.TB, r library.Reader) []string {
	t.Helper()
	ctx := t.Context()
	var keys []string
	q := library.Query{Sort: library.SortTitle, Limit: library.MaxLimit}
	for more := true; more; {
		page, err := r.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Items {
			keys = append(keys, h.Item.ID.Key)
			q.After = &library.Position{Score: h.Score, Value: h.Value, Key: h.Item.ID.Key, Taken: len(keys)}
		}
		more = page.More
	}
	var items []*library.Item
	texts := map[string][]library.TextPage{}
	for batch := range slices.Chunk(keys, library.MaxLimit) {
		got, err := r.Items(ctx, batch)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, got.Items...)
	}
	for _, it := range items {
		for _, a := range it.Attachments {
			text, err := r.Text(ctx, it.ID.Key, library.TextQuery{Attachment: a.Key})
			if err != nil {
				t.Fatalf("text of %s: %v", a.Key, err)
			}
			texts[a.Key] = text.Pages
		}
		for _, child := range childrenOf(it) {
			if got, err := r.Items(ctx, []string{child}); err != nil || len(got.Items) != 1 || got.Items[0].ID != it.ID {
				t.Errorf("child %s of %s is found in %d works, %v", child, it.ID.Key, len(got.Items), err)
			}
		}
	}
	collections, err := r.Collections(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return replicatest.DescribeReader(items, collections.Items, texts)
}

func childrenOf(it *library.Item) []string {
	var keys []string
	for _, n := range it.Notes {
		keys = append(keys, n.Key)
	}
	for _, a := range it.Attachments {
		keys = append(keys, a.Key)
		for _, x := range a.Annotations {
			keys = append(keys, x.Key)
		}
	}
	return keys
}

// equal checks that a reader shows what the upstream has.
func equal(t testing.TB, up *replicatest.Library, r library.Reader) {
	t.Helper()
	if diff := cmp.Diff(up.Describe(), describe(t, r)); diff != "" {
		t.Fatalf("the replica (-upstream +replica):\n%s", diff)
	}
}

// able is all that a replica can do.
type able interface {
	library.Ranked
	library.Whole
	library.Counted
}

// changing is a replica whose upstream changes.
type changing struct {
	able
	t        *testing.T
	replicas *replica.Replicas
	upstream *replicatest.Library
	texts    int
}

var _ librarytest.Changer = (*changing)(nil)

// textsOf returns the number of texts of a work.
func textsOf(w librarytest.Work) int {
	n := 0
	for _, pages := range w.Texts {
		if len(pages) > 0 {
			n++
		}
	}
	return n
}

// Put implements [librarytest.Changer]. Its work has a key.
func (c *changing) Put(ctx context.Context, w librarytest.Work) error {
	if err := c.forget(ctx, w.Item.ID.Key); err != nil {
		return err
	}
	c.upstream.Replace(w.Item.ID.Key, w)
	return c.follow(ctx, textsOf(w))
}

// Remove implements [librarytest.Changer].
func (c *changing) Remove(ctx context.Context, key string) error {
	if err := c.forget(ctx, key); err != nil {
		return err
	}
	c.upstream.Delete(key)
	return c.follow(ctx, 0)
}

// forget takes the texts of a work out of the count.
func (c *changing) forget(ctx context.Context, key string) error {
	items, err := c.Items(ctx, []string{key})
	for _, it := range items.Items {
		for _, a := range it.Attachments {
			if a.Text.Available {
				c.texts--
			}
		}
	}
	return err
}

// follow waits until the replica has a change and its texts.
func (c *changing) follow(ctx context.Context, texts int) error {
	c.texts += texts
	_, err := c.Info(ctx)
	withTexts(c.t, c.replicas, c.texts)
	return err
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*replicatest.Source){
		"versions":      func(*replicatest.Source) {},
		"lists of keys": func(s *replicatest.Source) { s.ListKeys, s.NoCounts, s.NoTextList = true, true, true },
		"direct":        func(s *replicatest.Source) { s.Direct, s.ListKeys = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
				up := replicatest.New()
				up.Fill(works)
				src := &replicatest.Source{Library: up, PageSize: 7}
				set(src)
				rs := newReplicas(t, replica.Options{})
				r := rs.Open(opening(src))
				complete(t, r)
				c := &changing{able: r.(able), t: t, replicas: rs, upstream: up}
				for _, w := range works {
					c.texts += textsOf(w)
				}
				withTexts(t, rs, c.texts)
				return c
			})
		})
	}
}

func TestReplica_FollowsChanges(t *testing.T) {
	t.Parallel()
	for name, src := range sources() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := small()
			src.Library = up
			rs := newReplicas(t, replica.Options{})
			r := rs.Open(opening(src))
			complete(t, r)
			equal(t, up, r)
			for _, step := range steps() {
				t.Log(step.name)
				step.do(up)
				equal(t, up, r)
			}
			if n := src.Calls("All"); n > 3 {
				t.Errorf("%d pages were read whole", n)
			}
		})
	}
}

// sources returns a source of each kind, without a library.
func sources() map[string]*replicatest.Source {
	return map[string]*replicatest.Source{
		"versions":       {},
		"no counts":      {NoCounts: true},
		"lists of keys":  {ListKeys: true},
		"keys, no texts": {ListKeys: true, NoCounts: true, NoTextList: true},
		"direct":         {Direct: true},
		"direct, keys":   {Direct: true, ListKeys: true},
	}
}

// small returns a library of three works with children, and a file by itself.
func small() *replicatest.Library {
	up := replicatest.New()
	up.PutCollection("COLLAAAA", "Reading", "")
	up.PutCollection("COLLBBBB", "Later", "COLLAAAA")
	for _, key := range []string{"WORKAAAA", "WORKBBBB", "WORKCCCC"} {
		up.PutWork(key, work("The "+key+" harvest", "COLLAAAA"))
		end := key[4:]
		up.PutNote("NOTE"+end, key, library.Note{Text: "A note of " + key})
		up.PutAttachment("FILE"+end, key, library.Attachment{Title: "PDF", Filename: key + ".pdf", ContentType: "application/pdf"})
		up.PutAnnotation("MARK"+end, "FILE"+end, library.Annotation{Type: "highlight", Text: "Marked in " + key, Page: "1"})
		up.PutText("FILE"+end, pages("The text of "+key))
	}
	up.PutFile("LONEAAAA", work("A file alone"), library.Attachment{Title: "Alone", Filename: "alone.pdf"})
	up.PutAnnotation("MARKLONE", "LONEAAAA", library.Annotation{Text: "Marked alone", Page: "2"})
	up.PutText("LONEAAAA", pages("The text alone"))
	return up
}

func work(title string, collections ...string) library.Item {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return library.Item{
		Type: "book", Fields: map[string]string{"title": title}, Tags: []string{"farming"}, Collections: collections, Added: at, Modified: at,
	}
}

func pages(texts ...string) []library.TextPage {
	var all []library.TextPage
	offset := 0
	for i, s := range texts {
		all = append(all, library.TextPage{Number: i + 1, Offset: offset, Text: s})
		offset += len([]rune(s))
	}
	return all
}

// changeStep is a change of the library that small returns, after those before.
type changeStep struct {
	name string
	do   func(*replicatest.Library)
}

func steps() []changeStep {
	return []changeStep{
		{"a work changes", func(l *replicatest.Library) { l.PutWork("WORKAAAA", work("Another title")) }},
		{"a note changes", func(l *replicatest.Library) { l.PutNote("NOTEAAAA", "WORKAAAA", library.Note{Text: "Changed"}) }},
		{"an annotation comes", func(l *replicatest.Library) {
			l.PutAnnotation("MARKNEWA", "FILEAAAA", library.Annotation{Text: "New", Page: "3"})
		}},
		{"an annotation goes", func(l *replicatest.Library) { l.Delete("MARKNEWA") }},
		{"a note is trashed", func(l *replicatest.Library) { l.Trash("NOTEAAAA") }},
		{"and comes back", func(l *replicatest.Library) { l.Restore("NOTEAAAA") }},
		{"a file is trashed", func(l *replicatest.Library) { l.Trash("FILEAAAA") }},
		{"and comes back with its annotation", func(l *replicatest.Library) { l.Restore("FILEAAAA") }},
		{"a work is trashed", func(l *replicatest.Library) { l.Trash("WORKAAAA") }},
		{"a note of it changes", func(l *replicatest.Library) { l.PutNote("NOTEAAAA", "WORKAAAA", library.Note{Text: "In the trash"}) }},
		{"and comes back with all below it", func(l *replicatest.Library) { l.Restore("WORKAAAA") }},
		{"a file moves to another work", func(l *replicatest.Library) { l.Move("FILEAAAA", "WORKBBBB") }},
		{"and back", func(l *replicatest.Library) { l.Move("FILEAAAA", "WORKAAAA") }},
		{"two files change places", func(l *replicatest.Library) { l.Move("FILEAAAA", "WORKBBBB"); l.Move("FILEBBBB", "WORKAAAA") }},
		{"an annotation moves to another file", func(l *replicatest.Library) { l.Move("MARKAAAA", "FILECCCC") }},
		{"a work is merged into another", func(l *replicatest.Library) {
			l.Move("FILECCCC", "WORKBBBB")
			l.Move("NOTECCCC", "WORKBBBB")
			l.Trash("WORKCCCC")
		}},
		{"a work is removed after its file moved", func(l *replicatest.Library) { l.Move("FILECCCC", "WORKAAAA"); l.Delete("WORKBBBB") }},
		{"a file alone goes below a work", func(l *replicatest.Library) {
			l.PutAttachment("LONEAAAA", "WORKAAAA", library.Attachment{Title: "No longer alone", Filename: "alone.pdf"})
		}},
		{"and stands alone again", func(l *replicatest.Library) {
			l.PutFile("LONEAAAA", work("Alone again"), library.Attachment{Title: "Alone", Filename: "alone.pdf"})
		}},
		{"a file alone changes", func(l *replicatest.Library) {
			l.PutFile("LONEAAAA", work("Still alone"), library.Attachment{Title: "Alone", Filename: "lone.pdf"})
		}},
		{"a collection is renamed", func(l *replicatest.Library) { l.PutCollection("COLLBBBB", "Renamed", "") }},
		{"a work with all below it comes", func(l *replicatest.Library) {
			l.PutWork("WORKDDDD", work("New", "COLLBBBB"))
			l.PutNote("NOTEDDDD", "WORKDDDD", library.Note{Text: "New"})
			l.PutAttachment("FILEDDDD", "WORKDDDD", library.Attachment{Title: "PDF"})
			l.PutAnnotation("MARKDDDD", "FILEDDDD", library.Annotation{Text: "New"})
			l.PutText("FILEDDDD", pages("New"))
		}},
		{"a collection is trashed", func(l *replicatest.Library) { l.TrashCollection("COLLBBBB", true) }},
		{"a text changes", func(l *replicatest.Library) { l.Delete("LONEAAAA") }},
		{"the rest goes", func(l *replicatest.Library) {
			for _, key := range l.Keys() {
				l.Delete(key)
			}
		}},
	}
}

func TestReplica_FindsAChangedText(t *testing.T) {
	t.Parallel()
	up := small()
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	withTexts(t, rs, 4)
	up.PutText("FILEAAAA", pages("Zeppelins over the fields"))
	eventually(t, "a changed text", func() bool {
		page, err := r.Search(t.Context(), library.Query{Text: "zeppelins", Limit: 5})
		return err == nil && page.Total == 1
	})
	equal(t, up, r)
}

func TestReplica_RestoredCollection(t *testing.T) {
	t.Parallel()
	up := small()
	r := newReplicas(t, replica.Options{}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	up.TrashCollection("COLLAAAA", true)
	equal(t, up, r)
	up.TrashCollection("COLLAAAA", false) // the works in it do not change
	eventually(t, "the library is read again", func() bool {
		return cmp.Equal(up.Describe(), describe(t, r))
	})
}
