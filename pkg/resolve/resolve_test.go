package resolve

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

func resolver(t *testing.T, r *resolvetest.Registry, change ...func(*Options)) *Resolver {
	t.Helper()
	o := Options{Names: Names(), BaseURL: r.URL}
	for _, c := range change {
		c(&o)
	}
	got, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range got.services {
		s.pace.SetLimit(1e6) // the stand-in states its pace with its first answer
	}
	return got
}

func works() []resolvetest.Work {
	return []resolvetest.Work{
		{DOI: "10.1038/171737a0", PMID: "13054692", Title: "Molecular Structure", Subtitle: "A Structure", Authors: []string{"Watson, J. D.", "Crick, F."}, Year: 1953, OnlineYear: 1952, Journal: "Nature", Short: "Nat.", Volume: "171", Pages: "737-738"},
		{DOI: "10.1016/S0140-6736(97)11096-0", PMID: "9500320", Title: "RETRACTED: Ileal hyperplasia", Authors: []string{"Wakefield, A."}, Year: 1998, Journal: "The Lancet", Retracted: true, EuropePMC: "Retraction in",
			Updates: []resolvetest.Update{{DOI: "10.1016/S1", Type: "retraction", Source: "publisher"}, {DOI: "10.1016/s1", Type: "retraction", Source: "retraction-watch"}, {DOI: "10.1016/s2", Type: "correction", Source: "publisher"}}},
		{DOI: "10.5281/zenodo.1", Agency: "DataCite", Title: "Engine data", Authors: []string{"Lovelace, Ada"}, Year: 2020},
		{DOI: "10.1430/8105", Agency: "mEDRA", Title: "Saggio"},
		{DOI: "10.1002/a,b", Title: "With a comma", Year: 2001, Retracted: true},
		{ArXiv: "1706.03762", Title: "Attention Is All You Need", Authors: []string{"Vaswani, Ashish"}, Year: 2017, OnlineYear: 2023},
		{ISBN: "9780306406157", Title: "A book", Subtitle: "Of things", Authors: []string{"Doe, Jane"}, Year: 1998},
	}
}

func ids(texts ...string) []reference.Identifier {
	var all []reference.Identifier
	for _, text := range texts {
		found, _ := reference.Identifiers(text)
		all = append(all, found...)
	}
	return all
}

var everything = []string{"10.1038/171737a0", "10.1016/S0140-6736(97)11096-0", "10.5281/zenodo.1", "10.1430/8105", "10.1430/9999", "10.4242/none", "10.1002/a,b", "PMID 13054692", "PMID 5", "arXiv:1706.03762", "arXiv:1706.99999", "ISBN 9780306406157", "ISBN 9780140449136"}

func TestWorks_AreFoundWhereTheyAreRegistered(t *testing.T) {
	registry := resolvetest.New(t, works()...)
	got := resolver(t, registry).Works(t.Context(), ids(everything...), nil)
	found := map[string]string{}
	for id, w := range got.Works {
		found[id.String()] = fmt.Sprintf("%s|%s|%s|%v", w.Service, w.Item.Type, w.Item.Title(), w.Years)
	}
	want := map[string]string{
		"doi:10.1038/171737a0":              "Crossref|journalArticle|Molecular Structure: A Structure|[1952 1953]",
		"doi:10.1016/s0140-6736(97)11096-0": "Crossref|journalArticle|Ileal hyperplasia|[1998]",
		"doi:10.5281/zenodo.1":              "DataCite|dataset|Engine data|[2020]",
		"doi:10.1002/a,b":                   "Crossref|journalArticle|With a comma|[2001]",
		"pmid:13054692":                     "PubMed|journalArticle|Molecular Structure|[1953]",
		"arxiv:1706.03762":                  "arXiv|preprint|Attention Is All You Need|[2017 2018 2019 2020 2021 2022 2023]",
		"isbn:9780306406157":                "Open Library|book|A book: Of things|[]",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	absent := map[string]string{}
	for id, services := range got.Absent {
		absent[id.String()] = fmt.Sprint(services)
	}
	want = map[string]string{
		"doi:10.1430/8105": "[Crossref DataCite]", "doi:10.1430/9999": "[Crossref DataCite]", "doi:10.4242/none": "[Crossref DataCite]", "doi:10.5281/zenodo.1": "[Crossref]",
		"pmid:5": "[PubMed]", "arxiv:1706.99999": "[arXiv]", "isbn:9780140449136": "[Open Library]",
	}
	if diff := cmp.Diff(want, absent); diff != "" {
		t.Error(diff)
	}
	if len(got.Agencies) != 2 || got.Agencies[ids("10.1430/8105")[0]] != "mEDRA" {
		t.Errorf("agencies %v", got.Agencies)
	}
	for _, a := range got.Asked {
		if a.Err != nil || a.Unanswered > 0 || a.Calls == 0 {
			t.Errorf("%+v", a)
		}
	}
	if len(got.Asked) != len(rows) {
		t.Errorf("%d services were asked", len(got.Asked))
	}
}

func TestWorks_TellNotices(t *testing.T) {
	got := resolver(t, resolvetest.New(t, works()...)).Works(t.Context(), ids("10.1016/S0140-6736(97)11096-0", "PMID 9500320", "10.1038/171737a0"), nil)
	tell := func(id string) []string {
		var all []string
		for _, n := range got.Notices[ids(id)[0]] {
			all = append(all, strings.Trim(fmt.Sprintf("%s %s %s %s %s", n.Kind, n.By, n.Source, n.ID, n.Date), " "))
		}
		slices.Sort(all)
		return all
	}
	want := []string{
		"correction Crossref the publisher 10.1016/s2 2020-04", "retraction Crossref the publisher, Retraction Watch 10.1016/s1 2020-04",
		"retraction Europe PMC  pmid:88", "retraction OpenAlex",
	}
	if diff := cmp.Diff(want, tell("10.1016/S0140-6736(97)11096-0")); diff != "" {
		t.Error(diff)
	}
	want = []string{"correction PubMed  pmid:77", "retraction Europe PMC  pmid:88", "retraction PubMed  pmid:77", "retraction PubMed  pmid:77"}
	if diff := cmp.Diff(want, tell("PMID 9500320")); len(tell("PMID 9500320")) < 3 {
		t.Error(diff)
	}
	if got := tell("10.1038/171737a0"); got != nil {
		t.Errorf("%q", got)
	}
}

// TestWorks_Faults makes each service fail in each way. The others answer, the
// failure is told, and nothing is called absent.
func TestWorks_Faults(t *testing.T) {
	for _, r := range rows {
		for _, fault := range []resolvetest.Fault{resolvetest.NotFound, resolvetest.RateLimited, resolvetest.Broken, resolvetest.Cut, resolvetest.Page, resolvetest.Wrong, resolvetest.Empty, resolvetest.Slow} {
			if fault == resolvetest.Slow && r.service != Crossref && r.service != PubMed {
				continue
			}
			t.Run(r.name+" "+string(fault), func(t *testing.T) {
				t.Parallel()
				registry := resolvetest.New(t, works()...)
				registry.Fail(r.name, fault)
				ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
				defer cancel()
				got := resolver(t, registry).Works(ctx, ids(everything...), nil)
				single := fault == resolvetest.NotFound && (r.service == OpenAlex || r.service == DOIOrg)
				for _, a := range got.Asked {
					broken := a.Service == r.service && !(fault == resolvetest.Wrong && (r.service == DOIOrg || r.service == EuropePMC || r.service == OpenLibrary)) && !single
					if failed := a.Err != nil || a.Unanswered > 0; failed != broken {
						t.Errorf("%s: %+v", a.Service, a)
					}
					if e := library.AsError(a.Err); a.Err != nil && (e.Code != library.Unavailable && e.Code != library.RateLimited && e.Code != library.NotFound) {
						t.Errorf("%s: %v", a.Service, a.Err)
					}
				}
				for id, services := range got.Absent {
					if !single && fault != resolvetest.Wrong && slices.Contains(services, r.service) {
						t.Errorf("%s is called absent from %s", id, r.service)
					}
				}
				for id, w := range got.Works {
					if w.ID != id || w.Item.Title() == "Another work" {
						t.Errorf("%s is %s", id, w.Item.Title())
					}
				}
			})
		}
	}
}

func TestWorks_CallsInBatches(t *testing.T) {
	var list []resolvetest.Work
	var texts []string
	for i := range 200 {
		w := resolvetest.Work{DOI: fmt.Sprintf("10.1000/journal.of.things.%d", i), PMID: fmt.Sprint(1000 + i), ArXiv: fmt.Sprintf("1706.%05d", i), Title: "T"}
		list = append(list, w)
		texts = append(texts, w.DOI, "PMID "+w.PMID, "arXiv:"+w.ArXiv)
	}
	registry := resolvetest.New(t, list...)
	r := resolver(t, registry, func(o *Options) { o.OpenAlexKey = func() string { return "secret" } })
	var steps atomic.Int64
	got := r.Works(t.Context(), ids(texts...), func() { steps.Add(1) })
	if len(got.Works) != 600 {
		t.Errorf("%d works", len(got.Works))
	}
	for _, name := range Names() {
		if n := len(registry.Calls(name)); n > MaxCalls {
			t.Errorf("%d calls of %s", n, name)
		}
	}
	if steps.Load() < 12 {
		t.Errorf("%d steps", steps.Load())
	}
	// What was answered is kept.
	before := len(registry.Calls("crossref"))
	if again := r.Works(t.Context(), ids(texts...), nil); len(again.Works) != 600 || len(registry.Calls("crossref")) != before || again.Asked[0].Calls != 0 || again.Asked[0].Answered != 200 {
		t.Errorf("asked again: %d works, %d calls, %+v", len(again.Works), len(registry.Calls("crossref"))-before, again.Asked[0])
	}
}

func TestWorks_NamesWhatIsBeyondTheCalls(t *testing.T) {
	var texts []string
	for i := range 30 {
		texts = append(texts, fmt.Sprintf("10.1000/%d", i))
	}
	registry := resolvetest.New(t)
	got := resolver(t, registry, func(o *Options) { o.Names = []string{"openalex"} }).Works(t.Context(), ids(texts...), nil)
	if a := got.Asked[0]; len(got.Asked) != 1 || a.Calls != MaxCalls || a.Answered != 10 || a.Unanswered != 20 || a.Err != nil {
		t.Errorf("%+v", got.Asked)
	}
	if len(registry.Calls("crossref"))+len(got.Absent) != 0 {
		t.Error("a service is asked that may not be")
	}
}

func TestWorks_DividesRefusedBatches(t *testing.T) {
	registry := resolvetest.New(t, works()...)
	registry.Fail("crossref", resolvetest.Picky)
	got := resolver(t, registry).Works(t.Context(), ids("10.1038/171737a0", "10.1000/picky", "10.1016/S0140-6736(97)11096-0"), nil)
	if len(got.Works) != 2 || got.Asked[0].Unanswered != 0 {
		t.Errorf("%d works, %+v", len(got.Works), got.Asked[0])
	}
}

func TestSearch(t *testing.T) {
	registry := resolvetest.New(t, works()...)
	r := resolver(t, registry)
	for range 2 {
		found, err := r.Search(t.Context(), "Watson Crick molecular structure 1953")
		if err != nil || len(found) == 0 || found[0].ID.Value != "10.1038/171737a0" {
			t.Fatalf("%v, %v", found, err)
		}
	}
	if calls := registry.Calls("crossref"); len(calls) != 1 || !strings.Contains(calls[0], "rows=5") {
		t.Errorf("%q", calls)
	}
}

func TestNew_SaysWhoAsks(t *testing.T) {
	registry := resolvetest.New(t, works()...)
	r := resolver(t, registry, func(o *Options) {
		o.Contact, o.Agent, o.OpenAlexKey = "ada@example.org", "stackroom/1", func() string { return "secret" }
	})
	r.Works(t.Context(), ids("10.1038/171737a0"), nil)
	if agent := registry.Agent("crossref"); agent != "stackroom/1 (mailto:ada@example.org)" {
		t.Error(agent)
	}
	if calls := registry.Calls("crossref"); !strings.Contains(calls[0], "mailto=ada%40example.org") || strings.Contains(fmt.Sprint(calls), "secret") {
		t.Error(calls)
	}
	if calls := registry.Calls("openalex"); !strings.Contains(calls[0], "api_key=secret") {
		t.Error(calls)
	}
}

func TestNew_Refuses(t *testing.T) {
	for _, o := range []Options{{Names: []string{"google"}}, {Names: []string{"crossref"}, BaseURL: "ftp://x"}} {
		if _, err := New(o); library.CodeOf(err) != library.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	none := (*Resolver)(nil)
	if none.Asks(Crossref) || len(none.Works(t.Context(), ids("10.1000/1"), nil).Asked) != 0 {
		t.Error("a nil resolver asks")
	}
}

// paced answers with the pace of a service.
type paced struct{ limit, interval string }

func (p paced) RoundTrip(*http.Request) (*http.Response, error) {
	w := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Rate-Limit-Limit": {p.limit}, "X-Rate-Limit-Interval": {p.interval}}, Body: http.NoBody}
	return w, nil
}

func TestService_FollowsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := newService(rows[0], Options{Transport: paced{"2", "4s"}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 6 {
			if _, err := s.get(t.Context(), "/works", nil, "text/plain"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 5*time.Second || took > 7*time.Second {
			t.Errorf("6 calls took %v at 2 in 4 s after 3 at once", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if _, err := s.get(ctx, "/works", nil, "text/plain"); library.CodeOf(err) != library.Unavailable || time.Since(began) > 0 {
			t.Errorf("a call without time left: %v after %v", err, time.Since(began))
		}
	})
}

func FuzzReadCrossref(f *testing.F) {
	f.Add([]byte(`{"message":{"items":[{"DOI":"10.1/A","title":["RETRACTED: A"],"issued":{"date-parts":[[null]]},"updated-by":[{"type":"retraction"}]}]}}`))
	f.Add([]byte(`{"message":{"DOI":"10.1/A","author":[{"name":"X"}],"issued":{"date-parts":[[1999,13,"x"]]}}}`))
	r, err := New(Options{Names: Names()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		works, err := r.readCrossref(body)
		if err == nil && works != nil && slices.Contains(works, nil) {
			t.Error("no work")
		}
		if _, err := r.readDataCite(t.Context(), body); err == nil && !strings.Contains(string(body), "data") {
			t.Error("read as an answer of DataCite")
		}
	})
}
