package zotero

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxRankedHits is how many hits the answers have together that are kept for
// a library that doesn't change: about 15 MB.
const maxRankedHits = 100_000

// maxQuoted is for how many hits of a page the passage in the full text is
// looked up, which costs a call each. The others say only that it is there.
const maxQuoted = 10

// ranking is the whole answer to a query, in order.
type ranking struct {
	notice string
	// total is how many works there are; more than the hits if the library
	// gave only the page that was asked for.
	total int
	terms terms

	mu     sync.Mutex
	hits   []library.Hit
	quoted map[string]bool // works whose passage in the full text was looked up
}

// corpus is what a query is answered from.
type corpus struct {
	works []*work
	// fulltext are the attachments in whose text Zotero found the words, by
	// work.
	fulltext map[string]string
	// found says that Zotero chose the works by the words: they stay even if
	// our own reading doesn't see why.
	found   bool
	version int64
	notice  string
}

// Search implements [library.Reader]. A library is searched whole once it has
// been read. Until then, and if it is too large for that, Zotero's quick search
// chooses the works, which sees titles, creators, years and full texts only,
// and the notice says so.
func (r *Reader) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	page, err := r.search(ctx, q)
	page.More = offsetOf(q)+len(page.Items) < page.Total
	return page, err
}

func (r *Reader) search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	none := library.Page[library.Hit]{}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := q.Validate(); err != nil {
		return none, err
	}
	if page, answered, err := r.glance(ctx, q); answered || err != nil {
		return page, err
	}
	within, err := r.subtree(ctx, q.Collection)
	if err != nil {
		return none, err
	}
	v, err := r.whole(ctx)
	if err != nil {
		return none, err
	}
	if v.snapshot == nil || r.goesOn(q, bySearch) {
		page, err := r.searchLarge(ctx, q, within, v)
		r.mayGoOn(q, bySearch, page)
		return page, err
	}
	ranked, err := r.ranked(ctx, v.snapshot, q, within)
	if err != nil {
		return none, err
	}
	hits, err := r.quote(ctx, ranked, offsetOf(q), q.Limit)
	if err != nil {
		return none, err
	}
	page := library.Page[library.Hit]{Items: hits, Total: ranked.total, Version: v.version, Notice: notices(v.head.notice, v.notice, ranked.notice)}
	r.mayGoOn(q, fromAll, page)
	return page, nil
}

// ranked returns the answer to a query over a library read whole, which is
// made once for each version of the library.
func (r *Reader) ranked(ctx context.Context, s *snapshot, q library.Query, within map[string]bool) (*ranking, error) {
	name := rankingName(q, within)
	s.mu.Lock()
	known := s.rankings[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	t := parseTerms(q.Text)
	c := corpus{works: s.works, version: s.version}
	whole := true
	if t.asked != "" && len(s.readable) > 0 {
		hits, notice, err := r.fulltextHits(ctx, t.asked)
		if err != nil {
			return nil, err
		}
		c.notice, whole = notice, notice == ""
		c.fulltext = map[string]string{}
		for _, o := range hits {
			if w := s.byKey[o.Key]; w != nil && c.fulltext[w.item.ID.Key] == "" {
				c.fulltext[w.item.ID.Key] = o.Key
			}
		}
	}
	ranked := rank(c, newFilters(q, within), t)
	if whole {
		s.mu.Lock()
		if s.rankedHits += len(ranked.hits) + 1; s.rankedHits > maxRankedHits {
			clear(s.rankings)
			s.rankedHits = len(ranked.hits) + 1
		}
		s.rankings[name] = ranked
		s.mu.Unlock()
	}
	return ranked, nil
}

// rankingName spells out a query without its page. The collections are part of
// it, since they can change without the library's version.
func rankingName(q library.Query, within map[string]bool) string {
	q.After, q.Limit, q.Statistics = nil, 0, nil
	keys := make([]string, 0, len(within))
	for key := range within {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return fmt.Sprintf("%q %q", fmt.Sprintf("%#v", q), keys)
}

// rank puts the works that meet a query in order.
func rank(c corpus, f filters, t terms) *ranking {
	out := &ranking{terms: t, notice: c.notice, quoted: map[string]bool{}}
	type scored struct {
		work  *work
		worth worth
	}
	found := make([]scored, 0, len(c.works))
	with := make([]int, len(t.words))
	words, phrases := t.padded()
	for _, w := range c.works {
		if !f.pass(w.item) {
			continue
		}
		if t.empty() {
			out.hits = append(out.hits, library.Hit{Item: w.item})
			continue
		}
		v := worthOf(w.parts(), words, phrases)
		for i := range v.words {
			if v.words[i] > 0 {
				with[i]++
			}
		}
		found = append(found, scored{w, v})
	}
	for _, s := range found {
		if hit, ok := hitOf(s.work, s.worth, c, t, with); ok {
			out.hits = append(out.hits, hit)
		}
	}
	slices.SortFunc(out.hits, orderOf(f.q.Sort, t.empty()))
	out.total = len(out.hits)
	return out
}

// hitOf returns the hit that a work is, if it is one.
func hitOf(w *work, v worth, c corpus, t terms, with []int) (library.Hit, bool) {
	attachment := c.fulltext[w.item.ID.Key]
	score := 2 * v.phrases
	for i, weight := range v.words {
		if attachment != "" {
			weight = max(weight, fulltextWeight) // the text has every word
		}
		score += weight * rarity(len(c.works), with[i])
	}
	switch {
	case !v.all && attachment == "" && !c.found:
		return library.Hit{}, false
	case attachment != "":
		score += fulltextWeight * float64(len(t.phrases))
	case score == 0 && !c.found:
		return library.Hit{}, false
	}
	hit := library.Hit{Item: w.item, Score: score}
	switch {
	case v.best != nil && (v.all || attachment == ""):
		passage := v.best.passage(w.item.ID, score)
		hit.Match = &passage
	case attachment != "":
		hit.Match = &library.Passage{Item: w.item.ID, Source: library.SourceFulltext, Child: attachment, Score: score}
	}
	return hit, true
}

// orderOf returns the order of hits. Where works are equal the key decides.
func orderOf(by library.Sort, wordless bool) func(a, b library.Hit) int {
	byKey := func(a, b library.Hit) int { return strings.Compare(a.Item.ID.Key, b.Item.ID.Key) }
	byAdded := func(a, b library.Hit) int {
		return cmp.Or(b.Item.Added.Compare(a.Item.Added), byKey(a, b))
	}
	switch {
	case by == library.SortTitle:
		return func(a, b library.Hit) int {
			return cmp.Or(strings.Compare(fold(a.Item.Title()), fold(b.Item.Title())), byKey(a, b))
		}
	case by == library.SortDate:
		return func(a, b library.Hit) int { return cmp.Or(compareDates(b.Item, a.Item), byKey(a, b)) }
	case by == library.SortAdded, wordless:
		return byAdded
	}
	return func(a, b library.Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), byAdded(a, b)) }
}

// compareDates compares the dates of two works; an unknown one is before all.
func compareDates(a, b *library.Item) int {
	x, known := a.Year()
	y, alsoKnown := b.Year()
	if !known || !alsoKnown {
		return cmp.Compare(rankOf(known), rankOf(alsoKnown))
	}
	return cmp.Or(cmp.Compare(x, y), strings.Compare(a.ParsedDate, b.ParsedDate))
}

func rankOf(known bool) int {
	if known {
		return 1
	}
	return 0
}

// quote returns a page of a ranking, in which hits found in full texts show
// the passage.
func (r *Reader) quote(ctx context.Context, ranked *ranking, offset, limit int) ([]library.Hit, error) {
	ranked.mu.Lock()
	hits := slices.Clone(cut(ranked.hits, offset, limit))
	missing := []int{}
	for i, h := range hits {
		if h.Match != nil && h.Match.Source == library.SourceFulltext && h.Match.Text == "" && !ranked.quoted[h.Item.ID.Key] {
			missing = append(missing, i)
		}
	}
	ranked.mu.Unlock()
	missing = missing[:min(len(missing), maxQuoted)]
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.client.o.Parallel)
	for _, i := range missing {
		g.Go(func() error {
			full, err := r.readText(inner, hits[i].Match.Child)
			if err != nil {
				return err
			}
			if p := best(hits[i].Item.ID, full.passages(hits[i].Match.Child), ranked.terms); p != nil {
				p.Score = hits[i].Score
				hits[i].Match = p
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	ranked.mu.Lock()
	defer ranked.mu.Unlock()
	for _, i := range missing {
		ranked.quoted[hits[i].Item.ID.Key] = true
		ranked.hits[offset+i].Match = hits[i].Match
	}
	return hits, nil
}

// fulltextHits returns the attachments in whose text, or title, Zotero found
// the words. If it couldn't look, the notice says so.
func (r *Reader) fulltextHits(ctx context.Context, asked string) (hits []Object, notice string, err error) {
	first, err := r.client.Items(ctx, r.scope, Parameters{Search: asked, Everything: true, ItemType: "attachment"})
	if err != nil {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		switch code := library.CodeOf(err); {
		case code == library.Unauthenticated, code == library.RateLimited && r.others:
			return nil, "", err // a key that died can't see the rest either; another key may see this
		}
		return nil, "the full texts could not be searched: " + library.AsError(err).Message, nil
	}
	if first.Reindexing {
		notice = "Zotero is rebuilding its index, so full texts were not searched"
	}
	for o, err := range All(ctx, first) {
		if err != nil {
			return hits, "the full texts were searched only in part: " + library.AsError(err).Message, nil
		}
		if hits = append(hits, o); len(hits) == maxFullTextHits {
			return hits, fmt.Sprintf("only the first %d hits in full texts were looked at", maxFullTextHits), nil
		}
	}
	return hits, notice, nil
}

// maxFullTextHits is how many hits in full texts a search looks at: as many as
// Zotero itself considers.
const maxFullTextHits = 300
