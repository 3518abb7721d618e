package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxConditions bounds the filters of a search that are tried one by one when
// nothing meets them all: each costs a search.
const maxConditions = 12

// condition is one filter of a search.
type condition struct {
	phrase string // what a work lacks: `the tag "x"`
	kind   library.NameKind
	name   string               // of that kind; "" if there is none
	alone  library.Query        // this filter only
	drop   func(*library.Query) // takes the filter away
}

// conditionsOf returns the filters of a query.
func conditionsOf(q library.Query) []condition {
	var out []condition
	for i, tag := range q.TagsAll {
		out = append(out, condition{
			phrase: "the tag " + quoted(tag), kind: library.TagName, name: tag, alone: library.Query{TagsAll: []string{tag}},
			drop: func(q *library.Query) { q.TagsAll = slices.Delete(slices.Clone(q.TagsAll), i, i+1) },
		})
	}
	if len(q.TagsAny) > 0 {
		out = append(out, condition{
			phrase: "any of the tags in tags_any", kind: library.TagName, name: q.TagsAny[0], alone: library.Query{TagsAny: q.TagsAny},
			drop: func(q *library.Query) { q.TagsAny = nil },
		})
	}
	if len(q.TagsNone) > 0 {
		out = append(out, condition{
			phrase: "none of the tags in tags_none", alone: library.Query{TagsNone: q.TagsNone},
			drop: func(q *library.Query) { q.TagsNone = nil },
		})
	}
	if q.Creator != "" {
		out = append(out, condition{
			phrase: "the creator " + quoted(q.Creator), kind: library.CreatorName, name: q.Creator, alone: library.Query{Creator: q.Creator},
			drop: func(q *library.Query) { q.Creator = "" },
		})
	}
	if len(q.ItemTypes) > 0 {
		out = append(out, condition{
			phrase: "the item type " + strings.Join(q.ItemTypes, " or "), alone: library.Query{ItemTypes: q.ItemTypes},
			drop: func(q *library.Query) { q.ItemTypes = nil },
		})
	}
	if q.YearFrom != 0 || q.YearTo != 0 {
		out = append(out, condition{
			phrase: "a year " + yearRange(q.YearFrom, q.YearTo), alone: library.Query{YearFrom: q.YearFrom, YearTo: q.YearTo},
			drop: func(q *library.Query) { q.YearFrom, q.YearTo = 0, 0 },
		})
	}
	if !q.AddedSince.IsZero() {
		out = append(out, condition{
			phrase: "a date of addition since added_since", alone: library.Query{AddedSince: q.AddedSince},
			drop: func(q *library.Query) { q.AddedSince = time.Time{} },
		})
	}
	if q.HasText {
		out = append(out, condition{
			phrase: "a text that can be read", alone: library.Query{HasText: true},
			drop: func(q *library.Query) { q.HasText = false },
		})
	}
	if q.Collection != "" {
		out = append(out, condition{
			phrase: "a place in this collection", alone: library.Query{Collection: q.Collection},
			drop: func(q *library.Query) { q.Collection = "" },
		})
	}
	return out[:min(len(out), maxConditions)]
}

// quoted returns a name in quotes, harmless and short.
func quoted(name string) string { return `"` + new(tidy).line(name, maxEntryChars) + `"` }

func yearRange(from, to int) string {
	switch {
	case from == 0:
		return fmt.Sprintf("up to %d", to)
	case to == 0:
		return fmt.Sprintf("from %d on", from)
	}
	return fmt.Sprintf("from %d to %d", from, to)
}

// emptiness is why a search is empty.
type emptiness struct {
	notices []string
	met     bool // works meet the query if filters are left out
}

// emptied says why an empty search is empty: which filters no work meets, and
// which leave something if they are left out, with the names that are like those
// that no work has.
func (c *call) emptied(ctx context.Context, all []portion, q library.Query) (e emptiness) {
	conditions := conditionsOf(q)
	if len(conditions) == 0 {
		return e
	}
	q.Statistics, q.After = nil, nil
	blamed := false
	for _, cond := range conditions {
		without := q
		cond.drop(&without)
		listed, met := c.finds(ctx, all, without)
		if !listed {
			continue
		}
		blamed = true
		e.met = e.met || met
		if listed, _ := c.finds(ctx, all, cond.alone); listed {
			e.notices = append(e.notices, "no work that meets the rest has "+cond.phrase+"; leave it out to see them")
			continue
		}
		notice := "no work has " + cond.phrase
		if names := c.nearest(ctx, all, cond); len(names) > 0 {
			notice += fmt.Sprintf("; nearest %ss: %s", cond.kind, shownNames(names))
		}
		e.notices = append(e.notices, notice)
	}
	if blamed || len(conditions) < 2 {
		return e
	}
	if listed, met := c.finds(ctx, all, library.Query{Text: q.Text}); listed {
		e.met = met
		e.notices = append(e.notices, "no work meets all filters, or all but one; leave out two or more")
	}
	return e
}

// shownNames returns names from a library, each in quotes.
func shownNames(names []library.Name) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quoted(n.Text)
	}
	return strings.Join(out, ", ")
}

// finds reports whether a library lists a work for a query, and whether one meets
// it.
func (c *call) finds(ctx context.Context, all []portion, q library.Query) (listed, met bool) {
	q.Limit = 1
	found, total := make([]bool, len(all)), make([]bool, len(all))
	each(len(all), func(i int) {
		if r, err := c.reader(ctx, all[i].lib.ID); err == nil {
			page, err := r.Search(ctx, q)
			found[i], total[i] = err == nil && len(page.Items) > 0, err == nil && page.Total > 0
		}
	})
	return slices.Contains(found, true), slices.Contains(total, true)
}

// nearest returns the names in all libraries that are like a condition's.
func (c *call) nearest(ctx context.Context, all []portion, cond condition) []library.Name {
	if cond.name == "" {
		return nil
	}
	lists := make([][]library.Name, len(all))
	each(len(all), func(i int) {
		r, err := c.reader(ctx, all[i].lib.ID)
		if err != nil {
			return
		}
		if n, ok := r.(library.Nearer); ok {
			lists[i], _ = n.Nearest(ctx, cond.kind, cond.name)
		}
	})
	return library.NearestNames(lists...)
}
