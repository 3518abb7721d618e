package resolve

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// translating returns a resolver that asks the stand-in of a translation server, and
// h for pages, at hosts that count as public.
func translating(t *testing.T, registry *resolvetest.Registry, h http.RoundTripper, change ...func(*Options)) *Resolver {
	t.Helper()
	r := resolver(t, registry, append([]func(*Options){func(o *Options) {
		o.TranslationServer, o.Pages = registry.URL+"/translation", h
		o.Public = func(context.Context, *url.URL) error { return nil }
	}}, change...)...)
	r.services[Translation].pace.SetLimit(1e6)
	return r
}

// tides returns a work that registries don't have.
func tides() resolvetest.Work {
	return resolvetest.Work{
		URL: "https://tides.example/night?x=1", ISBN: "9780131103627", DOI: "10.1430/8105", PMID: "77", ArXiv: "2401.00001", Agency: "mEDRA",
		Title: "Tides at <i>night</i>", Authors: []string{"Lovelace, Ada", "Doe, "}, Year: 2019, Journal: "Tides", Volume: "3", Type: "journalArticle",
	}
}

func TestPage_IsReadByTheTranslationServer(t *testing.T) {
	registry := resolvetest.New(t, tides())
	h := &host{page: `<meta name="citation_title" content="Its own title">`}
	r := translating(t, registry, h)
	for range 2 { // the second is kept
		got, err := r.Page(t.Context(), tides().URL+"#part")
		if err != nil || got.Untranslated != nil || got.Service != Translation || got.ID != (reference.Identifier{Kind: reference.DOI, Value: tides().DOI}) {
			t.Fatalf("%+v, %v", got, err)
		}
		want := &library.Item{Type: "journalArticle", Fields: map[string]string{
			"title": "Tides at night", "date": "2019", "publicationTitle": "Tides", "volume": "3", "DOI": "10.1430/8105", "url": tides().URL,
			"accessDate": "2026-11-29T08:00:00Z", "libraryCatalog": "A catalogue", "extra": "PMID: 77\narXiv:2401.00001",
		}, Creators: []library.Creator{{Role: "author", Family: "Lovelace", Given: "Ada"}, {Role: "author", Family: "Doe"}}}
		if diff := cmp.Diff(want, got.Item); diff != "" {
			t.Error(diff)
		}
	}
	if calls := registry.Calls("translation"); len(calls) != 1 || calls[0] != "/translation/web?single=1 "+tides().URL || len(h.agents) != 0 {
		t.Errorf("calls %q, pages %q", calls, h.agents)
	}
}

// TestPage_FaultsOfTheTranslationServer makes it fail in each way: the page is read
// by its own metadata, and the failure is told.
func TestPage_FaultsOfTheTranslationServer(t *testing.T) {
	for fault, want := range map[resolvetest.Fault]struct {
		code  library.Code
		again int // calls after the same page was asked for twice
	}{
		resolvetest.Choice: {library.Invalid, 1}, resolvetest.Several: {library.Invalid, 1}, resolvetest.NoTranslator: {library.Invalid, 1}, resolvetest.Unread: {library.Invalid, 1}, resolvetest.Empty: {library.Invalid, 1},
		resolvetest.Broken: {library.Unavailable, 2}, resolvetest.RateLimited: {library.RateLimited, 1}, resolvetest.Cut: {library.Unavailable, 2}, resolvetest.Page: {library.Unavailable, 2},
		resolvetest.Huge: {library.TooLarge, 2}, resolvetest.NotFound: {library.NotFound, 2}, resolvetest.Slow: {library.Unavailable, 2},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			registry := resolvetest.New(t, tides())
			registry.Fail("translation", fault)
			r := translating(t, registry, &host{page: `<meta name="citation_title" content="Its own title">`})
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				if fault == resolvetest.Slow {
					ctx, cancel = context.WithTimeout(t.Context(), 400*time.Millisecond)
				}
				got, err := r.Page(ctx, tides().URL)
				cancel()
				if err != nil || got.Service != WebPage || got.Item.Title() != "Its own title" {
					t.Fatalf("%+v, %v", got, err)
				}
				if library.CodeOf(got.Untranslated) != want.code {
					t.Errorf("%v", got.Untranslated)
				}
			}
			if calls := registry.Calls("translation"); len(calls) != want.again {
				t.Errorf("%d calls", len(calls))
			}
		})
	}
}

func TestPage_OfNoPublicHostIsNotSent(t *testing.T) {
	registry := resolvetest.New(t, tides())
	r := translating(t, registry, &host{page: `<title>Own</title>`}, func(o *Options) { o.Public = nil })
	for _, address := range []string{
		"http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x", "http://169.254.169.254/latest", "http://10.1.2.3/", "http://8.8.8.8:8080/", "http://0x7f.1/", "http://2130706433/",
		"http://\u2460\u2461\u2466.0.0.1/", "https://a@8.8.8.8/", "http://[::ffff:127.0.0.1]/",
	} {
		if got, err := r.Page(t.Context(), address); err == nil && library.CodeOf(got.Untranslated) != library.Invalid {
			t.Errorf("%s: %v", address, got.Untranslated)
		}
	}
	if calls := registry.Calls("translation"); len(calls) != 0 {
		t.Errorf("sent: %q", calls)
	}
	if _, err := r.Page(t.Context(), "http://8.8.8.8/x"); err != nil || len(registry.Calls("translation")) != 1 {
		t.Errorf("a public address: %v, %q", err, registry.Calls("translation"))
	}
}

func TestPage_WithATitleAloneIsReadItself(t *testing.T) {
	for _, c := range []struct {
		itemType string
		authors  []string
		year     int
		by       Service
	}{
		{"webpage", nil, 0, WebPage}, {"webpage", nil, 2019, Translation}, {"webpage", []string{"Doe, Jane"}, 0, Translation}, {"blogPost", nil, 0, Translation},
	} {
		only := resolvetest.Work{URL: tides().URL, Title: "A page", Type: c.itemType, Authors: c.authors, Year: c.year}
		got, err := translating(t, resolvetest.New(t, only), &host{page: `<title>Own</title>`}).Page(t.Context(), only.URL)
		if err != nil || got.Service != c.by {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
}

func TestWorks_AsksTheTranslationServerForTheRest(t *testing.T) {
	registry := resolvetest.New(t, tides())
	r := translating(t, registry, nil)
	got := r.Works(t.Context(), ids("10.1430/8105", "10.1430/none", "10.4242/none", "ISBN 9780131103627", "ISBN 9780140449136"), nil)
	for _, id := range ids("10.1430/8105", "ISBN 9780131103627") {
		w := got.Works[id]
		if id.Kind == reference.ISBN { // the stand-in of Open Library has it too
			continue
		}
		if w == nil || w.Service != Translation || w.ID != id || w.Item.Title() != "Tides at night" {
			t.Errorf("%s: %+v", id, w)
		}
	}
	want := "/translation/search 9780140449136, /translation/search 10.1430/8105, /translation/search 10.1430/none"
	if calls := strings.Join(registry.Calls("translation"), ", "); calls != want { // the unregistered DOI is not asked for
		t.Errorf("calls %s", calls)
	}
	for _, id := range ids("ISBN 9780140449136", "10.1430/none") {
		if got.Works[id] != nil || len(got.Absent[id]) == 0 || got.Absent[id][len(got.Absent[id])-1] != Translation {
			t.Errorf("%s: absent from %v", id, got.Absent[id])
		}
	}
	last := got.Asked[len(got.Asked)-1]
	if last.Service != Translation || last.Calls != 3 || last.Answered != 3 || last.Err != nil {
		t.Errorf("%+v", got.Asked)
	}
	r.Works(t.Context(), ids("10.1430/8105", "10.1430/none"), nil)
	if n := len(registry.Calls("translation")); n != 3 {
		t.Errorf("%d calls: answers are not kept", n)
	}
}

func TestWorks_NamesIdentifiersForTheTranslationServer(t *testing.T) {
	registry := resolvetest.New(t, tides())
	r := translating(t, registry, nil, func(o *Options) { o.Names = []string{"crossref"} })
	got := r.Works(t.Context(), ids("PMID 77", "arXiv:2401.00001", "ISBN 9780131103627"), nil)
	want := "/translation/search 9780131103627, /translation/search pmid:77, /translation/search arxiv:2401.00001"
	if calls := strings.Join(registry.Calls("translation"), ", "); calls != want || len(got.Works) != 3 {
		t.Errorf("calls %s, works %v", calls, got.Works)
	}
}

// TestWorks_FaultsOfTheTranslationServer holds that no fault makes a work absent,
// except that the server has no translator or no single work.
func TestWorks_FaultsOfTheTranslationServer(t *testing.T) {
	for _, fault := range []resolvetest.Fault{
		resolvetest.NotFound, resolvetest.RateLimited, resolvetest.Broken, resolvetest.Cut, resolvetest.Page, resolvetest.Wrong, resolvetest.Slow, resolvetest.Huge, resolvetest.Choice, resolvetest.NoTranslator,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			registry := resolvetest.New(t, tides())
			registry.Fail("translation", fault)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			id := ids("PMID 77")[0]
			began := time.Now()
			got := translating(t, registry, nil, func(o *Options) { o.Names = []string{"crossref"} }).Works(ctx, []reference.Identifier{id}, nil)
			absent := fault == resolvetest.Choice || fault == resolvetest.NoTranslator
			if a := got.Asked[0]; a.Service != Translation || (a.Answered == 1) != absent || (len(got.Absent[id]) == 1) != absent || got.Works[id] != nil {
				t.Errorf("%+v, absent from %v, %v", a, got.Absent, got.Works[id])
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v after its time", took)
			}
		})
	}
}

func TestNew_RefusesTheAddressOfATranslationServer(t *testing.T) {
	if _, err := New(Options{TranslationServer: "ftp://x"}); library.CodeOf(err) != library.Invalid {
		t.Errorf("%v", err)
	}
	if (*Resolver)(nil).Asks(Translation) || resolver(t, resolvetest.New(t)).Asks(Translation) {
		t.Error("asks a translation server that is not configured")
	}
}

func TestReadTranslated_KeepsWhatTheSchemaHas(t *testing.T) {
	works, err := readTranslated([]byte(`{"itemType":"book","title":"A <b>book</b>","publicationTitle":"No field of books","numPages":12,"abstractNote":"One.\n\n<script>alert(1)</script>Two.","place":"  ",
		"creators":[{"creatorType":"author","name":"A Society"},{"creatorType":"wizard","lastName":"Merlin"},{"creatorType":"editor","firstName":"","lastName":""}]}`))
	if err != nil || len(works) != 1 {
		t.Fatalf("%v, %v", works, err)
	}
	want := &library.Item{Type: "book", Fields: map[string]string{"title": "A book", "abstractNote": "One.\nTwo."}, Creators: []library.Creator{{Role: "author", Name: "A Society"}}}
	if diff := cmp.Diff(want, works[0]); diff != "" {
		t.Error(diff)
	}
	for _, body := range []string{`[]`, `null`, `[{"itemType":"attachment","title":"PDF"}]`, `[{"itemType":"invention","title":"A"}]`, `[{"itemType":"book","title":" "}]`} {
		if works, err := readTranslated([]byte(body)); err != nil || len(works) != 0 {
			t.Errorf("%s: %v, %v", body, works, err)
		}
	}
	for _, body := range []string{``, `"x"`, `[1]`, `[{"itemType":1}]`, `[{"itemType":"book","creators":{}}]`} {
		if works, err := readTranslated([]byte(body)); err == nil {
			t.Errorf("%s is read as %v", body, works)
		}
	}
	long := `{"itemType":"book","title":"T","abstractNote":"` + strings.Repeat(`a\n`, maxLines+5) + `","creators":[` + strings.Repeat(`{"creatorType":"author","lastName":"A"},`, 600) + `{}]}`
	works, err = readTranslated([]byte(long))
	if err != nil || len(works[0].Creators) != 500 || strings.Count(works[0].Field("abstractNote"), "a") != maxLines {
		t.Errorf("a long item: %v", err)
	}
}

func FuzzReadTranslated(f *testing.F) {
	f.Add([]byte(`[{"itemType":"book","title":"A","creators":[{"creatorType":"author","lastName":"B"}]},{"itemType":"note"}]`))
	f.Add([]byte(`{"itemType":"webpage","title":"\u202eA","abstractNote":"a\r\n<b"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		works, _ := readTranslated(body)
		for _, it := range works {
			if it.Title() == "" || it.Type == "" || len(it.Creators) > 500 {
				t.Errorf("%+v", it)
			}
		}
	})
}
