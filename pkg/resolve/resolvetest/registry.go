// Package resolvetest has a stand-in for the services that package resolve asks,
// for tests. Its answers have the shapes of the services' own.
package resolvetest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Work is a work that the services have.
type Work struct {
	DOI, PMID, ArXiv, ISBN string
	// Agency registers the DOI; "" is Crossref.
	Agency string
	// Type is Crossref's; "" is a journal article.
	Type                                 string
	Title, Subtitle                      string
	Authors                              []string // "Family, Given"
	Year, OnlineYear                     int
	Journal, Short, Volume, Issue, Pages string
	Updates                              []Update
	Retracted                            bool   // at OpenAlex
	EuropePMC                            string // a type of commentCorrection, as "Retraction in"
	URL                                  string // of the page from which the translation server reads it
	// Addresses of PDF files: at OpenAlex, and at Europe PMC by their availability (OA,
	// F for free, S for subscription). arXiv has one of each work.
	OpenAlexPDF   string
	EuropePMCPDFs map[string]string
}

// Update is a notice at Crossref.
type Update struct{ DOI, Type, Source string }

// Fault is how a service fails.
type Fault string

// The faults.
const (
	NotFound    Fault = "404"
	RateLimited Fault = "429"
	Broken      Fault = "500"
	Cut         Fault = "cut"   // half of the answer
	Page        Fault = "page"  // a web page
	Wrong       Fault = "wrong" // works that were not asked for
	Empty       Fault = "empty" // another JSON or XML document
	Slow        Fault = "slow"  // no answer until the caller leaves
	Picky       Fault = "picky" // 400 to a batch with the DOI that has "picky" in it

	// Of the translation server alone.
	Choice       Fault = "choice"        // 300: several works to choose from
	Several      Fault = "several"       // two works at once
	NoTranslator Fault = "no translator" // 501
	Unread       Fault = "unread"        // 400: the page does not exist, or is no page
	Huge         Fault = "huge"          // more than is read
)

// Registry is a stand-in for all services, each below its name in settings, as
// /crossref. It is safe for concurrent use.
type Registry struct {
	URL string

	mu     sync.Mutex
	works  []Work
	faults map[string]Fault
	calls  map[string][]string // by service: the URIs, each with the body
	agents map[string]string
}

// New returns a registry with these works on a server of the test.
func New(t testing.TB, works ...Work) *Registry {
	r := &Registry{works: works, faults: map[string]Fault{}, calls: map[string][]string{}, agents: map[string]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Fail makes a service fail; "" ends it.
func (r *Registry) Fail(service string, f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[service] = f
}

// Calls returns the URIs of the calls of a service. A body stands behind its URI.
func (r *Registry) Calls(service string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls[service])
}

// Agent returns the User-Agent of the last call of a service.
func (r *Registry) Agent(service string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.agents[service]
}

// ServeHTTP implements [http.Handler].
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	service, path, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	body, _ := io.ReadAll(req.Body)
	question := string(body)
	r.mu.Lock()
	r.calls[service] = append(r.calls[service], strings.TrimSpace(req.URL.RequestURI()+" "+question))
	r.agents[service] = req.UserAgent()
	fault := r.faults[service]
	r.mu.Unlock()
	w.Header().Set("X-Rate-Limit-Limit", "1000")
	w.Header().Set("X-Rate-Limit-Interval", "1s")
	if service == "translation" && translationFault(w, fault) {
		return
	}
	switch fault {
	case NotFound:
		http.NotFound(w, req)
		return
	case RateLimited:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return
	case Broken:
		http.Error(w, "failure", http.StatusInternalServerError)
		return
	case Page:
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><html><body>Maintenance</body></html>")
		return
	case Empty:
		_, _ = fmt.Fprint(w, map[bool]string{true: "<nothing/>", false: `{"status":"failed"}`}[service == "arxiv" || service == "pubmed"])
		return
	case Slow:
		select {
		case <-req.Context().Done():
		case <-time.After(10 * time.Second):
		}
		return
	case Picky:
		if strings.Contains(req.URL.RawQuery, "picky") && strings.Count(req.URL.RawQuery, "doi%3A") > 1 {
			http.Error(w, "a DOI is malformed", http.StatusBadRequest)
			return
		}
	}
	if service == "translation" {
		translation(w, req, path, question, r.works, fault)
		return
	}
	answer, ok := r.answer(service, path, req, fault == Wrong)
	if !ok {
		http.NotFound(w, req)
		return
	}
	if fault == Cut {
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)/2))
		answer = answer[:len(answer)/2]
	}
	_, _ = io.WriteString(w, answer) //nolint:gosec // a stand-in on loopback
}

// answer returns the answer of a service, and whether there is one.
func (r *Registry) answer(service, path string, req *http.Request, wrong bool) (string, bool) {
	works := r.works
	if wrong {
		works = []Work{{DOI: "10.9999/other", PMID: "999", ArXiv: "9999.99999", ISBN: "9780000000000", Title: "Another work", Agency: map[string]string{"datacite": "DataCite"}[service]}}
	}
	q := req.URL.Query()
	has := func(field func(Work) string, list, separator, prefix string) []Work {
		asked := strings.Split(list, separator)
		return slices.DeleteFunc(slices.Clone(works), func(w Work) bool {
			id := field(w)
			return id == "" || !wrong && !slices.ContainsFunc(asked, func(a string) bool { return strings.EqualFold(strings.TrimPrefix(a, prefix), id) })
		})
	}
	doi := func(agency string) func(Work) string {
		return func(w Work) string {
			if w.Agency != agency {
				return ""
			}
			return w.DOI
		}
	}
	anyDOI := func(w Work) string { return w.DOI }
	switch service {
	case "crossref":
		return crossref(path, q, has(doi(""), q.Get("filter"), ",", "doi:"), has(doi(""), strings.TrimPrefix(path, "works/"), "\x00", ""), works)
	case "datacite":
		return dataCite(path, has(doi("DataCite"), q.Get("ids"), ",", ""), has(doi("DataCite"), strings.TrimPrefix(path, "dois/"), "\x00", ""))
	case "doiorg":
		return agency(strings.TrimPrefix(path, "doiRA/"), works), true
	case "pubmed":
		return pubMed(has(func(w Work) string { return w.PMID }, q.Get("id"), ",", "")), true
	case "arxiv":
		return arXiv(has(func(w Work) string { return w.ArXiv }, q.Get("id_list"), ",", "")), true
	case "openlibrary":
		return openLibrary(has(func(w Work) string { return w.ISBN }, q.Get("bibkeys"), ",", "ISBN:")), true
	case "europepmc":
		return europePMC(q.Get("query"), works), true
	case "openalex":
		return openAlex(path, q, has(anyDOI, strings.TrimPrefix(q.Get("filter"), "doi:"), "|", ""), has(anyDOI, strings.TrimPrefix(path, "works/doi:"), "\x00", ""))
	}
	return "", false
}
