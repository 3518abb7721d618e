package zotero_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func fillWith(works []librarytest.Work) func(*fakeLibrary) {
	return func(l *fakeLibrary) {
		for i, w := range works {
			l.addWork(i, w)
		}
	}
}

// TestSource_Requests counts the requests that each method makes.
func TestSource_Requests(t *testing.T) {
	ask := func(q library.Query) func(t *testing.T, s replica.Source) {
		q.Limit = 10
		return func(t *testing.T, s replica.Source) {
			if got, err := s.Search(t.Context(), q); err != nil || len(got.Works) == 0 {
				t.Fatalf("%+v, %v", got, err)
			}
		}
	}
	for name, c := range map[string]struct {
		call func(t *testing.T, s replica.Source)
		want []string
	}{
		"Head":             {func(t *testing.T, s replica.Source) { _, _ = s.Head(t.Context()) }, []string{"/items/top?limit=1"}},
		"Keys":             {func(t *testing.T, s replica.Source) { _, _, _ = s.Keys(t.Context()) }, []string{"/items?format=versions"}},
		"Get":              {func(t *testing.T, s replica.Source) { _, _ = s.Get(t.Context(), []string{"ITM22222", "none"}) }, []string{"/items?includeTrashed=1&itemKey=ITM22222&limit=100"}},
		"Get of nothing":   {func(t *testing.T, s replica.Source) { _, _ = s.Get(t.Context(), []string{"none"}) }, nil},
		"Below":            {func(t *testing.T, s replica.Source) { _, _ = s.Below(t.Context(), "ITM22222") }, []string{"/items/ITM22222/children?limit=100"}},
		"Collections":      {func(t *testing.T, s replica.Source) { _, _ = s.Collections(t.Context()) }, []string{"/collections?limit=100"}},
		"TextVersions":     {func(t *testing.T, s replica.Source) { _, _ = s.TextVersions(t.Context(), 7) }, []string{"/fulltext?since=7"}},
		"All":              {func(t *testing.T, s replica.Source) { all(t, s) }, []string{"/items?direction=asc&limit=100&sort=dateAdded"}},
		"a word":           {ask(library.Query{Text: "analytical"}), []string{"q=analytical&qmode=everything"}},
		"several words":    {ask(library.Query{Text: "experiments in plant heredity"}), []string{"q=experiments+plant+heredity"}},
		"a phrase":         {ask(library.Query{Text: `"learned society"`}), []string{"q=%22learned+society%22"}},
		"a word of a text": {ask(library.Query{Text: "compounded"}), []string{"q=compounded"}},
		"no words":         {ask(library.Query{}), []string{"/items/top?direction=desc&limit=10&sort=dateAdded"}},
		"filters":          {ask(library.Query{Text: "treatise", YearTo: 1800, TagsAll: []string{"physics"}, ItemTypes: []string{"book"}}), []string{"itemType=book"}},
		"oldest first":     {ask(library.Query{Sort: library.SortDateAsc}), []string{"direction=asc&limit=10&sort=date"}},
		"first added":      {ask(library.Query{Sort: library.SortAddedAsc}), []string{"direction=asc&limit=10&sort=dateAdded"}},
		"by date":          {ask(library.Query{Text: "experiments", Sort: library.SortDate}), []string{"sort=date"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			_, s := group(t, f, fillWith(librarytest.Works()))
			c.call(t, s)
			if len(f.calls) != len(c.want) {
				t.Fatalf("%d requests, want %d: %q", len(f.calls), len(c.want), f.calls)
			}
			for i, part := range c.want {
				if !strings.Contains(f.calls[i], part) {
					t.Errorf("request %q, want %q", f.calls[i], part)
				}
			}
		})
	}
}

// TestSource_OnlySearchAndHeadAreCached asks the same twice.
func TestSource_OnlySearchAndHeadAreCached(t *testing.T) {
	f := newFake(t)
	_, s := group(t, f, fillWith(librarytest.Works()))
	for name, c := range map[string]struct {
		call func() error
		want int
	}{
		"Head":        {func() error { _, err := s.Head(t.Context()); return err }, 1},
		"Search":      {func() error { _, err := s.Search(t.Context(), library.Query{Text: "light", Limit: 5}); return err }, 1},
		"Keys":        {func() error { _, _, err := s.Keys(t.Context()); return err }, 2},
		"All":         {func() error { _, err := s.All(t.Context(), func(replica.Batch) error { return nil }); return err }, 2},
		"Since":       {func() error { _, err := s.Since(t.Context(), "9999999"); return err }, 2},
		"Get":         {func() error { _, err := s.Get(t.Context(), []string{"ITM22222"}); return err }, 2},
		"Below":       {func() error { _, err := s.Below(t.Context(), "ITM22222"); return err }, 2},
		"Collections": {func() error { _, err := s.Collections(t.Context()); return err }, 2},
		"Text":        {func() error { _, err := s.Text(t.Context(), "ATT33342"); return err }, 2},
	} {
		f.change(func() {})
		for range 2 {
			if err := c.call(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(f.calls); n != c.want && name != "Text" {
			t.Errorf("%s: %d requests, want %d: %q", name, n, c.want, f.calls)
		}
	}
}

func TestAll_ReadsEveryPageOnce(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250, 1000} {
		f := newFake(t)
		l, s := group(t, f, fillWith(librarytest.Many(n)))
		objects, head := all(t, s)
		if len(objects) != len(l.items) || head.Version != l.version || head.Objects != len(l.items) || head.Items != -1 {
			t.Errorf("%d works: %d of %d objects, %+v", n, len(objects), len(l.items), head)
		}
		if want := max((len(l.items)+99)/100, 1); len(f.calls) > want {
			t.Errorf("%d works: %d requests, want %d", n, len(f.calls), want)
		}
	}
}

// TestAll_Parallel reads at most four pages at a time, and yields from one
// goroutine.
func TestAll_Parallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAway()
		f.addLibrary("group", 4711, librarytest.Many(2000))
		f.grant("good", false, 4711)
		s := opened(t, newFaraway(t, f, zotero.Options{}), "good", "group:4711").Source
		began := time.Now()
		var inside atomic.Int32
		total := 0
		if _, err := s.All(t.Context(), func(b replica.Batch) error {
			if inside.Add(1) > 1 {
				t.Error("two batches at a time")
			}
			defer inside.Add(-1)
			total += len(b.Objects)
			return nil
		}); err != nil || total < 2000 {
			t.Fatalf("%d objects, %v", total, err)
		}
		pages := (total + 99) / 100
		if took, want := time.Since(began), latency*time.Duration(1+(pages-1+3)/4); took != want {
			t.Errorf("%d pages took %v, want %v", pages, took, want)
		}
	})
}

func TestAll_EndsWithAnErrorOfYield(t *testing.T) {
	f := newFake(t)
	_, s := group(t, f, fillWith(librarytest.Many(1000)))
	for _, at := range []int{1, 3} {
		n := 0
		failure := errors.New("disk full")
		_, err := s.All(t.Context(), func(replica.Batch) error {
			if n++; n == at {
				return failure
			}
			return nil
		})
		if !errors.Is(err, failure) || n != at {
			t.Errorf("batch %d: %v after %d batches", at, err, n)
		}
	}
}

// TestAll_WrongTotals reads all objects of a server that lies about their number,
// unless it hides them: then the list of keys tells.
func TestAll_WrongTotals(t *testing.T) {
	for name, total := range map[string]string{"none": "", "too many": "100000", "no number": "many"} {
		f := newFake(t)
		l, s := group(t, f, fillWith(librarytest.Many(350)))
		f.total = &total
		objects, _ := all(t, s)
		if len(objects) != len(l.items) || len(f.calls) > 12 {
			t.Errorf("%s: %d of %d objects in %d requests", name, len(objects), len(l.items), len(f.calls))
		}
	}
}

// TestAll_LargePages divides pages that are larger than the upstream reads.
func TestAll_LargePages(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Many(230)))
	f.fail = func(r *http.Request) (int, string) {
		if limit := r.URL.Query().Get("limit"); limit == "100" || limit == "50" {
			return http.StatusRequestEntityTooLarge, "too large"
		}
		return 0, ""
	}
	if objects, _ := all(t, s); len(objects) != len(l.items) {
		t.Errorf("%d of %d objects", len(objects), len(l.items))
	}
}

// TestAll_WaitsForZotero reads on after a pause that is longer than a request
// waits, and gives up after five tries.
func TestAll_WaitsForZotero(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		pause   string
		forever bool
		want    library.Code
	}{
		"429":           {http.StatusTooManyRequests, "60", false, ""},
		"503":           {http.StatusServiceUnavailable, "60", false, ""},
		"down for good": {http.StatusServiceUnavailable, "60", true, library.Unavailable},
		"403":           {http.StatusForbidden, "", false, library.Forbidden},
		"404":           {http.StatusNotFound, "", false, library.Forbidden}, // the group was deleted
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeAway()
				f.addLibrary("group", 4711, librarytest.Many(450))
				f.grant("good", false, 4711)
				s := opened(t, newFaraway(t, f, zotero.Options{}), "good", "group:4711").Source
				failed := false
				f.change(func() {
					f.fail = func(r *http.Request) (int, string) {
						if !strings.Contains(r.URL.RawQuery, "start=200") || failed && !c.forever {
							return 0, ""
						}
						failed = true
						return c.status, "wait"
					}
					if c.pause != "" {
						f.header = http.Header{"Retry-After": {c.pause}}
					}
				})
				n := 0
				_, err := s.All(t.Context(), func(b replica.Batch) error { n += len(b.Objects); return nil })
				if library.CodeOf(err) != c.want || (err == nil) != (n >= 450) {
					t.Errorf("%d objects, %v", n, err)
				}
			})
		})
	}
}

// oneAtATime is a server that does one thing at a time, and does it even if the caller
// no longer waits.
type oneAtATime struct {
	server http.Handler
	each   time.Duration
	turn   chan struct{}
}

// RoundTrip implements [http.RoundTripper].
func (o oneAtATime) RoundTrip(r *http.Request) (*http.Response, error) {
	done := make(chan *http.Response, 1)
	go func() {
		o.turn <- struct{}{}
		time.Sleep(o.each)
		answer := httptest.NewRecorder()
		o.server.ServeHTTP(answer, r)
		<-o.turn
		done <- answer.Result()
	}()
	select {
	case answer := <-done:
		return answer, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestAll_SlowServer reads a library from a server that needs 12 seconds for a page and
// does one thing at a time: of four requests at once, two exceed the time of a request.
func TestAll_SlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAway()
		f.addLibrary("group", 4711, librarytest.Many(2000))
		f.grant("good", false, 4711)
		up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: oneAtATime{f, 12 * time.Second, make(chan struct{}, 1)}})
		if err != nil {
			t.Fatal(err)
		}
		s := opened(t, zotero.NewClient(up, zotero.Options{}), "good", "group:4711").Source
		began, n := time.Now(), 0
		if _, err := s.All(t.Context(), func(b replica.Batch) error { n += len(b.Objects); return nil }); err != nil {
			t.Fatalf("%d objects: %v", n, err)
		}
		if took, most := time.Since(began), 12*time.Second*time.Duration(n/100+1)+3*time.Minute; n < 2000 || took > most {
			t.Errorf("%d objects in %v, want at most %v", n, took, most)
		}
	})
}

// TestAll_StaysParallel reads several pages at a time after an error that is not a
// timeout.
func TestAll_StaysParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 5 * time.Second
		f := newFakeAway()
		f.addLibrary("group", 4711, librarytest.Many(4000))
		f.grant("good", false, 4711)
		up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, each}})
		if err != nil {
			t.Fatal(err)
		}
		s := opened(t, zotero.NewClient(up, zotero.Options{}), "good", "group:4711").Source
		refused := 0
		f.change(func() {
			f.fail = func(r *http.Request) (int, string) {
				if !strings.Contains(r.URL.RawQuery, "start=200") || refused == 3 {
					return 0, ""
				}
				refused++
				return http.StatusServiceUnavailable, "wait"
			}
		})
		began, n := time.Now(), 0
		if _, err := s.All(t.Context(), func(b replica.Batch) error { n += len(b.Objects); return nil }); err != nil || refused != 3 {
			t.Fatalf("%d objects, %d requests refused: %v", n, refused, err)
		}
		if took, most := time.Since(began), each*time.Duration(n/100)/2; n < 4000 || took > most {
			t.Errorf("%d objects in %v, want at most %v", n, took, most)
		}
	})
}

// TestBackoff keeps to a pause that Zotero asks for with a good answer.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAway()
		f.addLibrary("group", 4711, librarytest.Works())
		f.grant("good", false, 4711)
		s := opened(t, newFaraway(t, f, zotero.Options{}), "good", "group:4711").Source
		f.change(func() { f.header = http.Header{"Backoff": {"10"}} })
		if _, _, err := s.Keys(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.change(func() { f.header = nil })
		began := time.Now()
		if _, err := s.Since(t.Context(), "1"); err != nil || time.Since(began) < 9*time.Second {
			t.Errorf("the next request came after %v, %v", time.Since(began), err)
		}
	})
}

func TestStatuses(t *testing.T) {
	for status, want := range map[int]library.Code{
		http.StatusBadRequest: library.Invalid, http.StatusForbidden: library.Forbidden, http.StatusNotFound: library.Forbidden,
		http.StatusConflict: library.Conflict, http.StatusPreconditionFailed: library.Conflict, http.StatusRequestEntityTooLarge: library.TooLarge,
		http.StatusPreconditionRequired: library.Internal, http.StatusInternalServerError: library.Unavailable,
	} {
		f := newFake(t)
		_, s := group(t, f, fillWith(librarytest.Works()))
		f.change(func() { f.fail = func(*http.Request) (int, string) { return status, "SECRET &quot;details&quot;" } })
		for name, call := range map[string]func() error{
			"Keys":        func() error { _, _, err := s.Keys(t.Context()); return err },
			"Since":       func() error { _, err := s.Since(t.Context(), "1"); return err },
			"Collections": func() error { _, err := s.Collections(t.Context()); return err },
		} {
			if e := library.AsError(call()); e == nil || e.Code != want || strings.Contains(e.Message+e.Hint, "SECRET") || e.Message == "" {
				t.Errorf("%d: %s: %v, want code %s", status, name, e, want)
			}
		}
	}
}

func TestKeys_UnreadableAnswers(t *testing.T) {
	for body, want := range map[string]library.Code{`{}`: "", `[]`: "", `[1]`: library.Unavailable, `null`: library.Unavailable, `7`: library.Unavailable, `{"ABCD2345":`: library.Unavailable} {
		f := newFake(t)
		_, s := group(t, f, fillWith(librarytest.Works()))
		f.body = body
		if got, _, err := s.Keys(t.Context()); library.CodeOf(err) != want || len(got) != 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

// TestObjects_BelowTrash lists what is below a work in the trash, both in pages
// and in keys, since restoring the work does not change it.
func TestObjects_BelowTrash(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	work := l.keyOf(librarytest.TitleLight)
	l.touch(work, map[string]any{"deleted": 1})
	objects, _ := all(t, s)
	listed, _, err := s.Keys(t.Context())
	if err != nil || len(listed) != len(objects) {
		t.Fatalf("%d keys, %d objects, %v", len(listed), len(objects), err)
	}
	if _, has := objects[work]; has {
		t.Error("a work in the trash is there")
	}
	got, err := s.Get(t.Context(), []string{work})
	if err != nil || len(got) != 1 || !got[0].Trashed {
		t.Errorf("the work itself: %+v, %v", got, err)
	}
}

func TestObjects(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	work := l.keyOf(librarytest.TitleLight)
	for key, data := range map[string]map[string]any{
		"ALNE2222": {"itemType": "note", "note": "<h1>Alone</h1><p>with <i>marks</i></p>"},
		"ALNE3333": {"itemType": "attachment", "linkMode": "imported_file", "title": "Scan", "contentType": "application/pdf", "note": "<p>torn</p>", "md5": "x"},
		"ATTACHAA": {"itemType": "attachment", "parentItem": work, "linkMode": "imported_file", "title": "Scan", "note": "<p>Borrowed from <b>Ada</b></p>"},
		"LINK2222": {"itemType": "attachment", "parentItem": work, "linkMode": "linked_url", "url": "https://example.org/", "contentType": "text/html"},
		"NNNNAAAA": {"itemType": "note", "parentItem": work, "note": `<p>See <img data-attachment-key="ABCD2345"> here</p>`, "tags": tagList([]string{"child"})},
		"ANN33333": {
			"itemType": "annotation", "parentItem": "ALNE3333", "annotationType": "highlight", "annotationText": "words", "annotationComment": "mine",
			"annotationColor": "#ff0000", "annotationPageLabel": "iv", "tags": tagList([]string{"red"}),
		},
		"FUTURE22": {"itemType": "recording", "parentItem": work},
		"CITED222": {"itemType": "book", "title": "Cited", "extra": "Citation Key: foo2012"},
		"badkey":   {"itemType": "book", "title": "No key"},
	} {
		l.put(key, data)
	}
	objects, _ := all(t, s)
	for key, ok := range map[string]func(o replica.Object) bool{
		"ALNE2222": func(o replica.Object) bool {
			return o.Work.Title() == "Alone" && len(o.Work.Notes) == 1 && o.Work.Notes[0].Key == "ALNE2222" && !strings.Contains(o.Work.Notes[0].Text, "<") && o.Note == nil && o.Children == 0
		},
		"ALNE3333": func(o replica.Object) bool {
			return o.Work.Title() == "Scan" && len(o.Work.Attachments) == 1 && o.Work.Attachments[0].Key == "ALNE3333" && len(o.Work.Notes) == 1 && o.Work.Fields["md5"] == "" && o.Children == 1
		},
		"ATTACHAA": func(o replica.Object) bool {
			return o.Parent == work && o.Attachment.Title == "Scan" && o.Note.Text == "Borrowed from **Ada**" && o.Children == 0 && o.Attachment.Text == library.TextStatus{}
		},
		"LINK2222": func(o replica.Object) bool { return o.Attachment.Text.Reason != "" && o.Note == nil && o.Children == 0 },
		"NNNNAAAA": func(o replica.Object) bool {
			return o.Note.Text == "See [image] here" && slices.Equal(o.Note.Tags, []string{"child"})
		},
		"ANN33333": func(o replica.Object) bool {
			a := o.Annotation
			return o.Parent == "ALNE3333" && a.Type == "highlight" && a.Text == "words" && a.Comment == "mine" && a.Color == "#ff0000" && a.Page == "iv" && slices.Equal(a.Tags, []string{"red"})
		},
		"FUTURE22": func(o replica.Object) bool { return o.Note != nil },
		"CITED222": func(o replica.Object) bool { return o.Work.Field("citationKey") == "foo2012" },
		work: func(o replica.Object) bool {
			return o.Work.ID.Library == "group:4711" && len(o.Work.Notes)+len(o.Work.Attachments) == 0 && o.Children == 5 && o.Version > 0
		},
	} {
		o, has := objects[key]
		if !has || !ok(o) {
			t.Errorf("%s: %t, %+v", key, has, o)
		}
	}
	if _, has := objects["badkey"]; has {
		t.Error("an object has a key of another form")
	}
}

func TestBelow(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	work := l.keyOf(librarytest.TitleLight)
	l.put("PICTURE2", map[string]any{"itemType": "attachment", "parentItem": work, "contentType": "image/png"})
	for key, want := range map[string]int{work: 2, "PICTURE2": 0, "ABCD2345": 0, "../items": 0, "": 0} {
		if got, err := s.Below(t.Context(), key); err != nil || len(got) != want {
			t.Errorf("%s: %d objects, %v", key, len(got), err)
		}
	}
}

// TestAccessLostIsNotMissing tells an item that is gone from a library that may
// no longer be read: Zotero answers 404 to both.
func TestAccessLostIsNotMissing(t *testing.T) {
	f := newFake(t)
	_, s := group(t, f, fillWith(librarytest.Works()))
	f.fail = func(r *http.Request) (int, string) {
		if strings.HasPrefix(r.URL.Path, "/groups/4711/items/") && !strings.HasSuffix(r.URL.Path, "/top") {
			return http.StatusNotFound, "Not found"
		}
		return http.StatusForbidden, "Forbidden"
	}
	_, text := s.Text(t.Context(), "ABCD2345")
	_, below := s.Below(t.Context(), "ABCD2345")
	_, versions := s.TextVersions(t.Context(), 0)
	_, search := s.Search(t.Context(), library.Query{Collection: "ABCD2345", Limit: 5})
	for name, err := range map[string]error{"Text": text, "Below": below, "TextVersions": versions, "Search": search} {
		if library.CodeOf(err) != library.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}
