package zotero

import (
	"context"
	"fmt"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// burst is how long questions that come together are all answered at a glance
// before the library is read in any case.
const burst = 2 * time.Second

// maxStarted is of how many questions it is remembered who answers them.
const maxStarted = 64

// answerer says who chose the works of an answer.
type answerer int

// The library was searched whole, or Zotero's quick search answered, by one
// call or by all that it takes.
const (
	fromAll answerer = iota
	byGlance
	bySearch
)

// glances is what is remembered of the first questions to a library. Reading
// it for one question is not worth it: that one costs a single call. When a
// second one has come the library is read, as soon as the calls that are under
// way are answered.
type glances struct {
	first   string    // the first question
	second  time.Time // when another one came; zero if none did
	looking int       // questions that are being answered
	// started are the questions whose first pages were answered otherwise than
	// from the whole library. The pages that follow come the same way, or
	// works would be missing and others be there twice.
	started map[string]answerer
}

// glance answers a question by one call of Zotero's quick search, if nobody
// read the library yet and that is a fair answer.
func (r *Reader) glance(ctx context.Context, q library.Query) (page library.Page[library.Hit], answered bool, err error) {
	t := parseTerms(q.Text)
	if r.client.o.Local || q.Collection != "" || t.asked == "" && !t.empty() {
		return page, false, nil
	}
	sh := r.shelf()
	if !r.admit(sh, q) {
		return page, false, nil
	}
	defer r.release(ctx, sh)
	page, answered, err = r.look(ctx, q, t)
	switch library.CodeOf(err) {
	case library.Invalid, library.TooLarge: // nothing that reading it meets too
		return page, false, nil
	}
	if answered && err == nil {
		r.mayGoOn(q, byGlance, page)
	}
	return page, answered, err
}

// admit reports whether a question is answered at a glance, and notes that it
// came.
func (r *Reader) admit(sh *shelf, q library.Query) bool {
	_, read := r.client.snapshots.GetIfPresent(snapshotKey{r.scope.identity, r.scope.path})
	if read && offsetOf(q) == 0 {
		return false
	}
	name := rankingName(q, nil)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := &sh.glances
	if offsetOf(q) == 0 || g.started[name] != byGlance {
		if read || sh.run != nil || !g.second.IsZero() && time.Since(g.second) > burst {
			return false
		}
	}
	if g.first == "" {
		g.first = name
	}
	if g.first != name && g.second.IsZero() {
		g.second = time.Now()
	}
	g.looking++
	return true
}

// release undoes admit, and begins to read a library of which more than one
// thing is asked.
func (r *Reader) release(ctx context.Context, sh *shelf) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.glances.looking--
	if sh.glances.looking > 0 || sh.glances.second.IsZero() {
		return
	}
	if _, read := r.client.snapshots.GetIfPresent(snapshotKey{r.scope.identity, r.scope.path}); !read {
		r.beginLocked(ctx, sh)
	}
}

// goesOn reports whether q asks for a further page of what was answered so.
func (r *Reader) goesOn(q library.Query, by answerer) bool {
	if offsetOf(q) == 0 {
		return false
	}
	sh := r.shelf()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.glances.started) > 0 && sh.glances.started[rankingName(q, nil)] == by
}

// mayGoOn remembers who answered the first page of a question that has more.
func (r *Reader) mayGoOn(q library.Query, by answerer, page library.Page[library.Hit]) {
	if offsetOf(q) > 0 || page.Total <= len(page.Items) {
		return
	}
	sh := r.shelf()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := &sh.glances
	switch {
	case by == fromAll && len(g.started) == 0:
		return
	case g.started == nil || len(g.started) >= maxStarted:
		g.started = map[string]answerer{}
	}
	g.started[rankingName(q, nil)] = by
}

// look answers a question from pages of Zotero's quick search, each of which
// is one call and ranked by itself. It is no answer, and the library must be
// read, where works may be missing without a word: if the server doesn't know
// a condition and a page doesn't hold all works, or if it finds nothing, which
// it doesn't for many words that stand in an abstract or not all in one work.
func (r *Reader) look(ctx context.Context, q library.Query, t terms) (out library.Page[library.Hit], answered bool, err error) {
	p := narrowing(q)
	p.Search, p.Everything = t.asked, true
	f := newFilters(q, nil)
	left := q.Limit
	for n := offsetOf(q) / maxPage; left > 0; n++ {
		p.Start = n * maxPage
		list, err := r.client.TopItems(ctx, r.scope, p)
		if err != nil {
			return out, false, err
		}
		ranked := r.rankPage(list, f, t)
		out.Total, out.Version, out.Notice = list.Total, list.Version, staleness(list)
		if !exact(q) {
			if out.Total = ranked.total; list.Total > maxPage {
				return out, false, nil
			}
		}
		if out.Total == 0 && !t.empty() || list.Reindexing {
			return out, false, nil
		}
		hits := cut(ranked.hits, max(offsetOf(q)-p.Start, 0), left)
		out.Items = append(out.Items, hits...)
		left -= len(hits)
		if p.Start+maxPage >= list.Total {
			break
		}
	}
	if !t.empty() {
		out.Notice = notices(out.Notice, "this library has not been read yet: "+zoteroLooked+"; another question is answered from all of it", ordered(q, out.Total))
	}
	return out, true, nil
}

// rankPage ranks the works of one page of a list.
func (r *Reader) rankPage(list *List[Object], f filters, t terms) *ranking {
	g := newGathering(r)
	for i := range list.Items {
		g.put(&list.Items[i])
	}
	return rank(corpus{works: g.works, found: true}, f, t)
}

// ordered says how works are ordered that are too many to be ranked together.
func ordered(q library.Query, total int) string {
	if total <= maxPage || q.Sort != "" && q.Sort != library.SortRelevance {
		return ""
	}
	return fmt.Sprintf("of the %d works that match, the %d last added come first, best first among themselves", total, maxPage)
}
