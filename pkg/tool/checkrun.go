package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// checking is a running check.
type checking struct {
	*call
	registries *resolve.Resolver
	all        *gathered
	steps      int            // of the progress, about
	among      []library.Info // the libraries that are searched

	asked   []string
	notices []string
}

// run looks for the references in the libraries and asks the registries, side
// by side.
func (c *checking) run(ctx context.Context, list []*checkedOne) error {
	outside, cancel := asideFor(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { c.askRegistries(outside, list) })
	var err error
	if c.among, err = c.list(ctx); err != nil {
		cancel()
		wg.Wait()
		return err
	}
	failed := make([]error, len(list))
	each(len(list), func(i int) {
		failed[i] = c.lookUp(ctx, list[i])
		c.progress.step(c.steps, "looked for a reference in the libraries")
	})
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			c.notices = append(c.notices, "some references could not be looked for in your libraries: "+c.tolerate(ctx, err))
			break
		}
	}
	return ctx.Err()
}

// asideFor returns a context that ends early enough to write an answer with
// what is known by then.
func asideFor(ctx context.Context) (context.Context, context.CancelFunc) {
	left := outwardMost
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Duration(outward*float64(time.Until(deadline))))
	}
	return context.WithTimeout(ctx, left)
}

// candidatesOfReference is how many works of a library are compared with a
// reference.
const candidatesOfReference = 10

// lookUp looks for the work of a reference in the libraries, once.
func (c *checking) lookUp(ctx context.Context, r *checkedOne) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looked {
		return nil
	}
	r.looked = true
	var failed error
	for _, lib := range c.among {
		it, err := c.inLibrary(ctx, lib.ID, &r.Reference)
		if it != nil {
			r.work = it
			return nil
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// inLibrary returns the work of a library that a reference means, or nil.
func (c *call) inLibrary(ctx context.Context, lib library.ID, r *reference.Reference) (*library.Item, error) {
	for _, id := range r.IDs {
		if id.Kind != reference.DOI {
			continue
		}
		found := c.candidates(ctx, lib, parseName(id.Value))
		if found.err != nil {
			return nil, found.err
		}
		if len(found.works) > 0 {
			return found.works[0], nil
		}
	}
	query := r.Query()
	if query == "" {
		return nil, nil
	}
	reader, err := c.reader(ctx, lib)
	if err != nil {
		return nil, err
	}
	page, err := reader.Search(ctx, library.Query{Text: strings.ReplaceAll(query, `"`, " "), Limit: candidatesOfReference})
	if err != nil {
		return nil, err
	}
	known := make([]reference.Known, len(page.Items))
	for i, h := range page.Items {
		known[i] = reference.Known{Item: h.Item}
		own := reference.FromItem(h.Item)
		if !r.IsPart() && slices.ContainsFunc(own.IDs, func(id reference.Identifier) bool { return slices.Contains(r.IDs, id) }) {
			return h.Item, nil
		}
	}
	if at := reference.Best(r, known); at >= 0 {
		return known[at].Item, nil
	}
	return nil, nil
}

// askRegistries asks for the identifiers of all references, then for those
// without one by their words, and for notices of what that finds.
func (c *checking) askRegistries(ctx context.Context, list []*checkedOne) {
	if c.registries == nil {
		c.notices = append(c.notices, "this server asks no registries (setting STACKROOM_RESOLVERS), so whether works exist or were retracted was not checked")
		for _, r := range list {
			r.reason = "no registry was asked"
		}
		return
	}
	var ids []reference.Identifier
	var wordless []*checkedOne
	for _, r := range list {
		ids = append(ids, r.IDs...)
		if len(r.IDs) == 0 {
			wordless = append(wordless, r)
		}
	}
	step := func() { c.progress.step(c.steps, "asked a registry") }
	report := c.registries.Works(ctx, ids, step)
	for _, r := range list {
		if len(r.IDs) > 0 {
			r.take(report, c.registries)
		}
	}
	searched := c.search(ctx, wordless, step)
	translation, pages := c.askPages(ctx, wordless, step)
	further := c.furtherNotices(ctx, wordless)
	c.asked = append(c.asked, told(slices.Concat(report.Asked, further), searched, translation, pages)...)
}

// take takes what registries answered to the identifiers of a reference.
func (r *checkedOne) take(report *resolve.Report, registries *resolve.Resolver) {
	absent, unanswered := []string{}, ""
	for _, id := range r.IDs {
		for _, n := range report.Notices[id] {
			if !slices.Contains(r.notices, n) {
				r.notices = append(r.notices, n)
			}
		}
		if w := report.Works[id]; w != nil {
			if r.record == nil {
				r.record, r.by = w, string(w.Service)
			}
			continue
		}
		if agency := report.Agencies[id]; agency != "" {
			unanswered = fmt.Sprintf("%s is registered by %s, which is not asked", id.Kind, ours(agency))
			continue
		}
		for _, s := range registriesOf(id.Kind) {
			if !slices.Contains(report.Absent[id], s) {
				if unanswered == "" {
					unanswered = fmt.Sprintf("%s was not asked or did not answer", s)
				}
				if !registries.Asks(s) {
					unanswered = fmt.Sprintf("%s may not be asked (setting STACKROOM_RESOLVERS)", s)
				}
				continue
			}
			if !slices.Contains(absent, string(s)) {
				absent = append(absent, string(s))
			}
		}
		if s := string(resolve.Translation); slices.Contains(report.Absent[id], resolve.Translation) && !slices.Contains(absent, s) {
			absent = append(absent, s)
		}
	}
	if r.record != nil {
		return
	}
	r.reason = unanswered
	if unanswered == "" {
		r.absent, r.reason = true, "its identifier is not known to "+strings.Join(absent, ", ")
	}
}

// registriesOf returns the registries of a kind of identifier.
func registriesOf(kind reference.Kind) []resolve.Service {
	switch kind {
	case reference.DOI:
		return []resolve.Service{resolve.Crossref, resolve.DataCite}
	case reference.PMID:
		return []resolve.Service{resolve.PubMed}
	case reference.ArXiv:
		return []resolve.Service{resolve.ArXiv}
	}
	return []resolve.Service{resolve.OpenLibrary}
}

// unregistered are the item types that Crossref does not have.
var unregistered = map[string]bool{
	"webpage": true, "blogPost": true, "forumPost": true, "newspaperArticle": true, "magazineArticle": true, "letter": true, "email": true, "interview": true,
	"manuscript": true, "film": true, "tvBroadcast": true, "radioBroadcast": true, "podcast": true, "videoRecording": true, "audioRecording": true, "artwork": true,
	"map": true, "case": true, "statute": true, "bill": true, "hearing": true, "patent": true, "instantMessage": true, "presentation": true, "computerProgram": true,
}

// search asks Crossref for references without identifiers, a query each, at the
// pace that it allows. It returns how that went.
func (c *checking) search(ctx context.Context, list []*checkedOne, step func()) resolve.Asked {
	asked := resolve.Asked{Service: resolve.Crossref}
	if !c.registries.Asks(resolve.Crossref) {
		for _, r := range list {
			r.reason = "Crossref may not be asked (setting STACKROOM_RESOLVERS)"
		}
		return asked
	}
	for _, r := range list {
		switch {
		case r.Item != nil && unregistered[r.Item.Type]:
			r.reason = "registries do not have works of this type"
			continue
		case r.Query() == "":
			r.reason = "it has no words to ask for"
			continue
		case asked.Err != nil:
			asked.Unanswered++
			r.reason = "Crossref was not asked or did not answer"
			continue
		}
		works, err := c.registries.Search(ctx, r.Query())
		asked.Calls++
		step()
		if err != nil {
			asked.Err = err
			asked.Unanswered++
			r.reason = "Crossref was not asked or did not answer"
			continue
		}
		asked.Answered++
		r.choose(works)
	}
	return asked
}

// choose takes the work that a reference means from those that a search found.
func (r *checkedOne) choose(works []*resolve.Work) {
	known := make([]reference.Known, len(works))
	for i, w := range works {
		known[i] = w.Known
	}
	at := reference.Best(&r.Reference, known)
	if at < 0 {
		r.absent, r.reason = true, "Crossref has no work that is similar enough; it does not have all works"
		return
	}
	r.record, r.by, r.notices = works[at], string(works[at].Service), works[at].Notices
}

// furtherNotices asks for notices of works that were found by their words.
func (c *checking) furtherNotices(ctx context.Context, list []*checkedOne) []resolve.Asked {
	var ids []reference.Identifier
	for _, r := range list {
		if r.record != nil && r.record.ID != (reference.Identifier{}) {
			ids = append(ids, r.record.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	report := c.registries.Works(ctx, ids, nil)
	for _, r := range list {
		if r.record == nil {
			continue
		}
		for _, n := range report.Notices[r.record.ID] {
			if !slices.Contains(r.notices, n) {
				r.notices = append(slices.Clip(r.notices), n)
			}
		}
	}
	return slices.DeleteFunc(report.Asked, func(a resolve.Asked) bool { return a.Service == resolve.Crossref })
}

// told says who was asked, and who did not answer.
func told(asked []resolve.Asked, searched, translation, pages resolve.Asked) []string {
	var out []string
	say := func(a resolve.Asked, what string) {
		if a.Answered+a.Unanswered == 0 {
			return
		}
		s := fmt.Sprintf("%s: %d %s answered", a.Service, a.Answered, what)
		if a.Unanswered > 0 {
			why := "no more calls are made at once"
			if a.Err != nil {
				why = words(library.AsError(a.Err))
			}
			s += fmt.Sprintf(", %d not: %s", a.Unanswered, ours(why))
		}
		out = append(out, s)
	}
	for i, a := range asked {
		first := slices.IndexFunc(asked, func(o resolve.Asked) bool { return o.Service == a.Service })
		if first < i {
			continue
		}
		for _, o := range asked[i+1:] {
			if o.Service == a.Service {
				a.Answered, a.Unanswered = a.Answered+o.Answered, a.Unanswered+o.Unanswered
				if a.Err == nil {
					a.Err = o.Err
				}
			}
		}
		say(a, "identifiers")
	}
	say(searched, "searches")
	say(translation, "addresses")
	say(pages, "addresses")
	return out
}
