// Package resolve asks public registries for the works that identifiers name,
// and what they say of retractions and corrections.
//
// It asks politely: in batches, at the pace that each service states, with a
// contact address where one is configured, and at most [MaxCalls] times a
// service in one request. Answers are kept for some hours, so that the next
// request asks only what is new. The hosts are constants, or below one
// configured address. A translation server, where one is configured, is asked for
// web pages and for identifiers that no registry has.
package resolve

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/webpage"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/upstream/public"
)

// Service is a registry or an index of works, by its name.
type Service string

// The services.
const (
	Crossref    Service = "Crossref"
	DataCite    Service = "DataCite"
	DOIOrg      Service = "doi.org" // which agency registers a DOI's prefix
	ArXiv       Service = "arXiv"
	PubMed      Service = "PubMed"
	EuropePMC   Service = "Europe PMC" // notices and open files
	OpenLibrary Service = "Open Library"
	OpenAlex    Service = "OpenAlex" // notices and open files
	WebPage     Service = "web page" // a page that a reference names, by its own metadata
	// Translation is Zotero's translation server at the address in [Options], for web
	// pages, and for identifiers that no registry has.
	Translation Service = "translation server"
)

// row is what is known of a service before it is asked.
type row struct {
	service Service
	name    string // in settings and below a configured address
	base    string
	every   time.Duration // between two calls, until the service states another pace
	burst   int           // calls that may follow each other at once
	// maxBytes bounds an answer; 0 is maxAnswer.
	maxBytes int64
}

// translationRow is the translation server. It asks libraries and web pages itself,
// so its pace is that of a person.
var translationRow = row{Translation, "translation", "", 500 * time.Millisecond, 4, maxWork}

// rows are the services (pace: their terms of use, November 2026).
var rows = []row{
	{Crossref, "crossref", "https://api.crossref.org", 200 * time.Millisecond, 3, 0},
	{DataCite, "datacite", "https://api.datacite.org", 600 * time.Millisecond, 3, 0},
	{DOIOrg, "doiorg", "https://doi.org", 200 * time.Millisecond, 3, 0},
	{ArXiv, "arxiv", "https://export.arxiv.org", 3 * time.Second, 1, 0},
	{PubMed, "pubmed", "https://eutils.ncbi.nlm.nih.gov", 340 * time.Millisecond, 1, 0},
	{EuropePMC, "europepmc", "https://www.ebi.ac.uk", 100 * time.Millisecond, 3, 0},
	{OpenLibrary, "openlibrary", "https://openlibrary.org", time.Second, 1, 0},
	{OpenAlex, "openalex", "https://api.openalex.org", 100 * time.Millisecond, 3, 0},
}

// Names returns the names of the services in settings: "crossref", "datacite",
// "doiorg", "arxiv", "pubmed", "europepmc", "openlibrary", "openalex".
func Names() []string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.name
	}
	return names
}

// Options configures a [Resolver].
type Options struct {
	// Names are the services that may be asked, see [Names]; none asks no service.
	Names []string
	// BaseURL has all services below it, each under its name, such as
	// https://proxy.example.org/crossref; "" is their public hosts.
	BaseURL string
	// Contact is an e-mail address that is sent with each call, so that a service
	// can write to the operator; "" sends none.
	Contact string
	// OpenAlexKey returns the present key of OpenAlex, which lets it be asked in
	// batches. Without it, "" or nil, it is asked for single DOIs, at most
	// [MaxCalls].
	OpenAlexKey func() string
	// Agent names the program, as "stackroom/1.2".
	Agent string
	// Hooks returns the hooks of a service, by its name in settings; nil is none.
	Hooks     func(name string) upstream.Hooks
	Transport http.RoundTripper // nil is [upstream.NewTransport]
	// Pages is the transport of web pages, [webpage.NewTransport] except in tests;
	// nil asks no pages.
	Pages http.RoundTripper
	// TranslationServer is the address of a translation server of Zotero
	// (https://github.com/zotero/translation-server), "" for none. It fetches the
	// pages that it is asked for, so it should reach public hosts only.
	TranslationServer string
	// Public fails with [library.Invalid] for the address of a page that is not on a
	// public host: the translation server is not asked for it. Nil is [public.Check] for
	// ports 80 and 443.
	Public func(ctx context.Context, page *url.URL) error
}

// Resolver asks services. It is safe for concurrent use. Nil asks no service.
type Resolver struct {
	services map[Service]*service
	pages    *webpage.Fetcher // nil if no pages may be asked
	public   func(ctx context.Context, page *url.URL) error
	kept     *memory
	contact  string
	key      func() string
}

// New returns a resolver. It fails with [library.Invalid] for an unknown
// service or an invalid address.
func New(o Options) (*Resolver, error) {
	r := &Resolver{services: map[Service]*service{}, kept: newMemory(), contact: o.Contact, key: o.OpenAlexKey, public: o.Public}
	if r.public == nil {
		r.public = func(ctx context.Context, page *url.URL) error { return public.Check(ctx, page, 80, 443) }
	}
	if r.key == nil {
		r.key = func() string { return "" }
	}
	if o.Pages != nil {
		r.pages = webpage.New(o.Pages, agentOf(o))
	}
	for _, name := range o.Names {
		at := slices.IndexFunc(rows, func(r row) bool { return r.name == name })
		if at < 0 {
			return nil, library.Errorf(library.Invalid, "there is no service %q", name).WithHint("the services are %s", strings.Join(Names(), ", "))
		}
		s, err := newService(rows[at], o)
		if err != nil {
			return nil, err
		}
		r.services[s.name] = s
	}
	if o.TranslationServer != "" {
		known := translationRow
		known.base, o.BaseURL = o.TranslationServer, ""
		s, err := newService(known, o)
		if err != nil {
			return nil, err
		}
		r.services[s.name] = s
	}
	return r, nil
}

// Asks reports whether a service may be asked.
func (r *Resolver) Asks(s Service) bool {
	return r != nil && (r.services[s] != nil || s == WebPage && r.pages != nil)
}

// Work is what a service says of a work.
type Work struct {
	reference.Known
	Service Service
	ID      reference.Identifier
	// PDF is the address of an open PDF file of the work, "" if the service names none.
	PDF string
	// Notices are the retractions, corrections and expressions of concern that
	// the service knows. None does not mean that there is none.
	Notices []Notice
}

// Notice says that a work was retracted, corrected or doubted.
type Notice struct {
	// Kind is "retraction", "withdrawal", "correction", "expression_of_concern"
	// or another type of the service, in lower case with underscores. It begins
	// with "notice_of_" for a work that is such a notice itself.
	Kind string
	By   Service
	// Source is who told the service, such as "Retraction Watch"; "" if it does
	// not say.
	Source string
	// ID is the DOI or "pmid:…" of the notice, or of the work that this is a
	// notice of; "" if it is not known.
	ID   string
	Date string // ISO 8601, as far as known
}

// contactQuery adds the contact address to a query, under the name that the
// service gives it.
func (r *Resolver) contactQuery(q url.Values, name string) url.Values {
	if r.contact != "" {
		q.Set(name, r.contact)
	}
	return q
}
