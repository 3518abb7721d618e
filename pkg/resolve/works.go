package resolve

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// Bounds of one request.
const (
	// MaxCalls is the most calls of one service for the identifiers of one
	// request.
	MaxCalls = 10
	// maxBatch and maxBatchBytes bound the identifiers of one call.
	maxBatch      = 50
	maxBatchBytes = 4_000
)

// Report is what services answered to one request.
type Report struct {
	// Works are the records of the registries.
	Works map[reference.Identifier]*Work
	// Notices are what all services say, each once.
	Notices map[reference.Identifier][]Notice
	// OpenPDFs are the addresses of open PDF files, one for each work that has any: of
	// arXiv, else Europe PMC, else OpenAlex.
	OpenPDFs map[reference.Identifier]OpenPDF
	// Absent are the services that answered that they don't have it.
	Absent map[reference.Identifier][]Service
	// Agencies name the agency that registers the DOI where it is neither
	// Crossref nor DataCite, as "mEDRA".
	Agencies map[reference.Identifier]string
	// Asked says how each service answered, in a fixed order.
	Asked []Asked
}

// OpenPDF is the address of a PDF file that anybody may read. The service chose it, or
// took it from others: it is untrusted.
type OpenPDF struct {
	URL string
	By  Service
}

// Asked says how a service answered.
type Asked struct {
	Service Service
	Calls   int // 0 if all answers were kept from before
	// Answered and Unanswered are the numbers of identifiers.
	Answered, Unanswered int
	Err                  error // why some were not answered; nil if all were, or for lack of calls
}

// asking is a request that is running.
type asking struct {
	*Resolver
	step func()

	mu     sync.Mutex
	report *Report
}

// Works asks the services for the works of these identifiers: Crossref for
// DOIs, DataCite for those that it doesn't have, doi.org for the agency of the
// rest; PubMed, arXiv and Open Library for theirs; Europe PMC and OpenAlex for
// notices; then the translation server for what no registry has, except DOIs that
// no agency registers. It returns when all have answered or ctx has ended. Step is called
// after each call of a service, from any goroutine; it may be nil.
func (r *Resolver) Works(ctx context.Context, ids []reference.Identifier, step func()) *Report {
	report := &Report{
		Works: map[reference.Identifier]*Work{}, Notices: map[reference.Identifier][]Notice{}, OpenPDFs: map[reference.Identifier]OpenPDF{},
		Absent: map[reference.Identifier][]Service{}, Agencies: map[reference.Identifier]string{},
	}
	if r == nil {
		return report
	}
	a := &asking{Resolver: r, step: step, report: report}
	kinds := map[reference.Kind][]reference.Identifier{}
	for _, id := range ids {
		if !slices.Contains(kinds[id.Kind], id) {
			kinds[id.Kind] = append(kinds[id.Kind], id)
		}
	}
	dois := kinds[reference.DOI]
	var others, isbns, pmids, preprints []reference.Identifier // that no registry has
	var wg sync.WaitGroup
	for _, ask := range []func(){
		func() {
			missing := a.ask(ctx, batches{Crossref, dois, r.crossref, true})
			missing = a.ask(ctx, batches{DataCite, missing, r.dataCite, true})
			others = a.agencies(ctx, missing)
		},
		func() { pmids = a.ask(ctx, batches{PubMed, kinds[reference.PMID], r.pubMed, true}) },
		func() { preprints = a.ask(ctx, batches{ArXiv, kinds[reference.ArXiv], r.arXiv, true}) },
		func() { isbns = a.ask(ctx, batches{OpenLibrary, kinds[reference.ISBN], r.openLibrary, true}) },
		func() {
			a.ask(ctx, batches{EuropePMC, slices.Concat(dois, kinds[reference.PMID]), r.europePMC, false})
		},
		func() { a.ask(ctx, batches{OpenAlex, dois, r.openAlex, false}) },
	} {
		wg.Go(ask)
	}
	wg.Wait()
	a.ask(ctx, batches{Translation, slices.Concat(isbns, others, pmids, preprints), r.translated, true})
	slices.SortFunc(report.Asked, func(a, b Asked) int { return cmp.Compare(order(a.Service), order(b.Service)) })
	return report
}

// order returns the position of a service: that in rows, then the others.
func order(s Service) int {
	if at := slices.IndexFunc(rows, func(r row) bool { return r.service == s }); at >= 0 {
		return at
	}
	return len(rows)
}

// answers are the works of an answer. Foreign reports that it has works which
// were not asked for: what is missing then may not be absent.
type answers struct {
	works   map[reference.Identifier]*Work
	foreign bool
}

// batches is what a service is asked for.
type batches struct {
	service  Service
	ids      []reference.Identifier
	ask      func(ctx context.Context, part []reference.Identifier) (answers, error)
	registry bool // its answers are records
}

// ask asks a service in batches, and returns the identifiers that it does not
// have. An error ends it, unless the service calls the request invalid: then its
// halves are tried. All identifiers are missing where the service may not be
// asked.
func (a *asking) ask(ctx context.Context, b batches) (missing []reference.Identifier) {
	if len(b.ids) == 0 || !a.Asks(b.service) {
		return b.ids
	}
	asked := Asked{Service: b.service}
	var open []reference.Identifier
	for _, id := range b.ids {
		works, ok := a.kept.get(b.service, id.String())
		switch {
		case !ok:
			open = append(open, id)
			continue
		case len(works) == 0:
			missing = append(missing, id)
		default:
			a.found(b, id, works[0])
		}
		asked.Answered++
	}
	for parts := a.parts(b.service, open); len(parts) > 0; parts = parts[1:] {
		part := parts[0]
		if asked.Err != nil || asked.Calls == MaxCalls {
			asked.Unanswered += len(part)
			continue
		}
		asked.Calls++
		got, err := b.ask(ctx, part)
		if a.step != nil {
			a.step()
		}
		if library.CodeOf(err) == library.Invalid && len(part) > 1 {
			parts = append(parts, part[:len(part)/2], part[len(part)/2:])
			continue
		}
		if err != nil {
			asked.Err = err
			asked.Unanswered += len(part)
			continue
		}
		missing = append(missing, a.take(b, part, got, &asked)...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.registry {
		for _, id := range missing {
			a.report.Absent[id] = append(a.report.Absent[id], b.service)
		}
	}
	a.report.Asked = append(a.report.Asked, asked)
	return missing
}

// take takes the answer to a part, and returns what is missing in it.
func (a *asking) take(b batches, part []reference.Identifier, got answers, asked *Asked) (missing []reference.Identifier) {
	for _, id := range part {
		w := got.works[id]
		switch {
		case w != nil:
			a.kept.put(b.service, id.String(), w)
			a.found(b, id, w)
		case got.foreign:
			asked.Unanswered++
			continue
		default:
			a.kept.put(b.service, id.String())
			missing = append(missing, id)
		}
		asked.Answered++
	}
	return missing
}

// found adds a work to the report.
func (a *asking) found(b batches, id reference.Identifier, w *Work) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.registry {
		a.report.Works[id] = w
	}
	if before, ok := a.report.OpenPDFs[id]; w.PDF != "" && (!ok || order(b.service) < order(before.By)) {
		a.report.OpenPDFs[id] = OpenPDF{w.PDF, b.service}
	}
	a.report.Notices[id] = mergeNotices(a.report.Notices[id], w.Notices)
}

// parts divides identifiers into calls. A DOI with a comma, which the services'
// lists can't have, is a call of its own, and so is each for OpenAlex without a
// key and for the translation server.
func (r *Resolver) parts(s Service, ids []reference.Identifier) [][]reference.Identifier {
	var parts, singles [][]reference.Identifier
	size := maxBatchBytes + 1 // begins the first part
	for _, id := range ids {
		if s == Translation || s == OpenAlex && r.key() == "" || strings.ContainsAny(id.Value, ",|") {
			singles = append(singles, []reference.Identifier{id})
			continue
		}
		if n := len(id.Value) + 12; size+n > maxBatchBytes || len(parts[len(parts)-1]) == maxBatch {
			parts, size = append(parts, nil), n
		} else {
			size += n
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], id)
	}
	return append(parts, singles...)
}

// mergeNotices adds notices that are not among the others. One notice that two
// sources told a service is one.
func mergeNotices(all, more []Notice) []Notice {
	for _, n := range more {
		at := slices.IndexFunc(all, func(o Notice) bool { return o.Kind == n.Kind && o.By == n.By && o.ID == n.ID })
		switch {
		case at < 0:
			all = append(slices.Clip(all), n)
		case n.Source != "" && !strings.Contains(all[at].Source, n.Source):
			all = slices.Clone(all)
			all[at].Source = strings.TrimPrefix(all[at].Source+", "+n.Source, ", ")
		}
	}
	return all
}
