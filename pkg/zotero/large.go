package zotero

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// searchLarge answers a query over a library that isn't read whole.
func (r *Reader) searchLarge(ctx context.Context, q library.Query, within map[string]bool, v view) (library.Page[library.Hit], error) {
	t := parseTerms(q.Text)
	if t.empty() && len(within) <= 1 && exact(q) {
		return r.browse(ctx, q, v.head)
	}
	var (
		c   corpus
		err error
	)
	if t.empty() {
		c, err = r.narrow(ctx, q, within)
	} else {
		c, err = r.find(ctx, q, t)
	}
	if err != nil {
		return library.Page[library.Hit]{}, err
	}
	if c.notice != "" {
		c.notice = notices(v.notice, c.notice)
	}
	ranked := rank(c, newFilters(q, within), t)
	hits, err := r.quote(ctx, ranked, offsetOf(q), q.Limit)
	if err != nil {
		return library.Page[library.Hit]{}, err
	}
	return library.Page[library.Hit]{Items: hits, Total: ranked.total, Version: v.head.version, Notice: notices(v.head.notice, c.notice)}, nil
}

// exact reports whether the API knows every condition of q. It finds tags and
// types of children too and works for them, so those it doesn't.
func exact(q library.Query) bool {
	return len(q.TagsAll)+len(q.TagsAny)+len(q.TagsNone)+len(q.ItemTypes) == 0 && q.Creator == "" && q.YearFrom == 0 && q.YearTo == 0
}

// browse returns one page as the server has it, with its total.
func (r *Reader) browse(ctx context.Context, q library.Query, h head) (library.Page[library.Hit], error) {
	p := orderFor(q.Sort)
	p.Start, p.Limit = offsetOf(q), q.Limit
	var list *List[Object]
	var err error
	if q.Collection == "" {
		list, err = r.client.TopItems(ctx, r.scope, p)
	} else {
		list, err = r.client.CollectionTopItems(ctx, r.scope, q.Collection, p)
	}
	if err != nil {
		return library.Page[library.Hit]{}, err
	}
	out := library.Page[library.Hit]{Total: list.Total, Version: list.Version, Notice: notices(h.notice, staleness(list))}
	for i := range list.Items {
		out.Items = append(out.Items, library.Hit{Item: itemOf(r.about.ID, &list.Items[i])})
	}
	return out, nil
}

// orderFor returns the server's words for an order.
func orderFor(by library.Sort) Parameters {
	switch by {
	case library.SortDate:
		return Parameters{Sort: "date", Descending: true}
	case library.SortTitle:
		return Parameters{Sort: "title"}
	}
	return Parameters{Sort: "dateAdded", Descending: true}
}

// narrow returns the works that may meet a query without words: the server
// applies what it can, and the rest of the conditions are ours.
func (r *Reader) narrow(ctx context.Context, q library.Query, within map[string]bool) (corpus, error) {
	p := narrowing(q)
	g := newGathering(r)
	err := r.narrowInto(ctx, g, p, within)
	if library.CodeOf(err) == library.Invalid && p.ItemType != "" {
		// The server doesn't know a type. No work has it then, but another
		// type may be meant as well.
		g, p.ItemType = newGathering(r), ""
		err = r.narrowInto(ctx, g, p, within)
	}
	if err != nil {
		return corpus{}, err
	}
	return corpus{works: g.works, notice: g.notice()}, nil
}

// narrowing returns what of a query the server applies. That lets through works
// that don't meet it, never the other way round.
func narrowing(q library.Query) Parameters {
	p := orderFor(q.Sort)
	p.Tags, p.ItemType = tagTerms(q), strings.Join(q.ItemTypes, " || ")
	if slices.ContainsFunc(q.ItemTypes, func(s string) bool { return strings.ContainsAny(s, " |-") }) {
		p.ItemType = ""
	}
	return p
}

func (r *Reader) narrowInto(ctx context.Context, g *gathering, p Parameters, within map[string]bool) error {
	if within == nil {
		first, err := r.client.TopItems(ctx, r.scope, p)
		return g.add(ctx, first, err)
	}
	for _, key := range slices.Sorted(maps.Keys(within)) {
		first, err := r.client.CollectionTopItems(ctx, r.scope, key, p)
		if isMissing(err) {
			continue // gone meanwhile
		}
		if err := g.add(ctx, first, err); err != nil {
			return err
		}
	}
	return nil
}

// zoteroLooked says what a quick search sees.
const zoteroLooked = "Zotero looked for the words, in titles, creators, years and full texts, not in abstracts, tags, notes and annotations"

// find returns the works that Zotero finds by the words of a query, by title,
// creator and year, and by full text. Zotero wants every word; if no work has
// them all, those that have one of the longest are taken.
func (r *Reader) find(ctx context.Context, q library.Query, t terms) (corpus, error) {
	g := newGathering(r)
	c := corpus{found: true, fulltext: map[string]string{}}
	asked := cmp.Or(t.asked, strings.Join(t.words[:min(len(t.words), 4)], " "))
	if err := r.findInto(ctx, g, &c, q, asked); err != nil {
		return corpus{}, err
	}
	some := ""
	if len(g.works) == 0 && len(t.words) > 1 && len(t.phrases) == 0 {
		for _, word := range longest(t.words, 3) {
			if err := r.findInto(ctx, g, &c, q, word); err != nil {
				return corpus{}, err
			}
		}
		some = "no work has all the words; these have one of the longest"
	}
	c.works = g.works
	c.notice = notices(zoteroLooked, some, c.notice, g.notice())
	return c, nil
}

func (r *Reader) findInto(ctx context.Context, g *gathering, c *corpus, q library.Query, asked string) error {
	p := orderFor(q.Sort)
	p.Search, p.Tags = asked, tagTerms(q)
	first, err := r.client.TopItems(ctx, r.scope, p)
	if err := g.add(ctx, first, err); err != nil {
		return err
	}
	hits, notice, err := r.fulltextHits(ctx, asked)
	if err != nil {
		return err
	}
	c.notice = notices(c.notice, notice)
	keys := make([]string, len(hits))
	for i := range hits {
		keys[i] = hits[i].Key
		if hits[i].Data.Parent != "" {
			keys[i] = hits[i].Data.Parent
		}
	}
	parents, objects, err := r.climb(ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if top := parents[key]; top != "" {
			g.put(objects[top])
			c.fulltext[top] = cmp.Or(c.fulltext[top], hits[i].Key)
		}
	}
	return nil
}

// longest returns the n longest words, the longest first.
func longest(words []string, n int) []string {
	sorted := slices.Clone(words)
	slices.SortStableFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	return sorted[:min(n, len(sorted))]
}

// tagTerms returns the conditions on tags as the API wants them. They let
// through some works that don't meet them, never the other way round.
func tagTerms(q library.Query) []string {
	terms := []string{}
	for _, tag := range q.TagsAll {
		if term, ok := TagTerm(tag); ok {
			terms = append(terms, term)
		}
	}
	anyOf := []string{}
	for _, tag := range q.TagsAny {
		term, ok := TagTerm(tag)
		if !ok {
			return terms
		}
		anyOf = append(anyOf, term)
	}
	if len(anyOf) > 0 {
		terms = append(terms, strings.Join(anyOf, " || "))
	}
	return terms
}

// gathering collects works from several lists, each once, up to the scan
// limit.
type gathering struct {
	reader *Reader
	works  []*work
	seen   map[string]bool
	total  int // what the lists have, also beyond the limit
	full   bool
}

func newGathering(r *Reader) *gathering { return &gathering{reader: r, seen: map[string]bool{}} }

func (g *gathering) add(ctx context.Context, first *List[Object], err error) error {
	if err != nil {
		return err
	}
	g.total += first.Total
	for o, err := range All(ctx, first) {
		if err != nil {
			return err
		}
		if len(g.works) >= g.reader.client.o.ScanLimit {
			g.full = true
			return nil
		}
		g.put(&o)
	}
	return nil
}

func (g *gathering) put(o *Object) {
	if o.Data.Deleted || o.Data.Parent != "" || g.seen[o.Key] || !validKey(o.Key) {
		return
	}
	g.seen[o.Key] = true
	g.works = append(g.works, newWork(itemOf(g.reader.about.ID, o)))
}

func (g *gathering) notice() string {
	if !g.full {
		return ""
	}
	return fmt.Sprintf("only the first %d of %d works were looked at, so the total counts only those; narrow the question to see all", len(g.works), g.total)
}
