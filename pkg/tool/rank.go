package tool

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// statisticsMark names the mark of a cursor that carries the statistics of the
// first page. All pages are scored by these, so that a change of a library
// between two pages moves no work that it does not concern.
const statisticsMark = "statistics"

// statistics returns the statistics by which the libraries of a search by
// relevance score their works, and notes which libraries can: those of all
// libraries together, or those of the first page, which its cursor carries. One
// library alone has its own: then they are nil.
func (c *call) statistics(ctx context.Context, all []portion, q library.Query, own []mark) (*library.Statistics, error) {
	var carried *library.Statistics
	for _, m := range own {
		if m.name != statisticsMark || len(m.texts) != 1 || len(m.numbers) > 0 {
			return nil, damaged()
		}
		st, err := library.ParseStatistics([]byte(m.texts[0]))
		if err != nil {
			return nil, damaged()
		}
		carried = st
	}
	if q.Text == "" || !byRelevance(q.Sort) || carried == nil && len(all) < 2 {
		return carried, nil
	}
	readers := make([]library.Ranked, len(all))
	each(len(all), func(i int) {
		if all[i].total < 0 { // has not answered yet
			readers[i] = c.ranked(ctx, all[i].lib.ID)
		}
	})
	statistics := func(q library.Query) (out []*library.Statistics) {
		for i, st := range askRanked(readers, func(r library.Ranked) (*library.Statistics, error) { return r.Statistics(ctx, q) }) {
			if st != nil {
				all[i].ranked = true
				out = append(out, st)
			}
		}
		return out
	}
	if carried != nil {
		statistics(q)
		return carried, nil
	}
	return library.GatherStatistics(q, statistics, func(q library.Query) []library.Feedback {
		return slices.Concat(askRanked(readers, func(r library.Ranked) ([]library.Feedback, error) { return r.Feedback(ctx, q) })...)
	}), nil
}

// ranked returns a library that can rank by statistics, or nil. A library that
// fails says so when it is searched.
func (c *call) ranked(ctx context.Context, id library.ID) library.Ranked {
	r, err := c.reader(ctx, id)
	if err != nil {
		return nil
	}
	ranked, _ := r.(library.Ranked)
	return ranked
}

// askRanked asks libraries at the same time; nil ones and those that fail answer
// with nothing.
func askRanked[T any](readers []library.Ranked, question func(library.Ranked) (T, error)) []T {
	out := make([]T, len(readers))
	each(len(readers), func(i int) {
		if readers[i] == nil {
			return
		}
		if answer, err := question(readers[i]); err == nil {
			out[i] = answer
		}
	})
	return out
}

func byRelevance(s library.Sort) bool { return s == "" || s == library.SortRelevance }

// hitOrder returns how the heads of several libraries' results compare.
//
// By relevance, hits of ranked libraries compare by score and then by key, as in
// one library. A library that can't rank by statistics, such as one that is
// still being read, has scores of its own: its hits take turns by rank with those
// of the ranked libraries together and of each other such library. The other
// orders compare what they sort by.
func hitOrder(q library.Query) func(a, b entry[library.Hit]) int {
	switch {
	case q.Sort == library.SortDateAsc:
		return func(a, b entry[library.Hit]) int {
			x, y := a.value.Item.ParsedDate, b.value.Item.ParsedDate
			if x == "" || y == "" {
				return compareDates(y, x) // undated works come last
			}
			return compareDates(x, y)
		}
	case q.Sort == library.SortAddedAsc:
		return func(a, b entry[library.Hit]) int {
			x, y := a.value.Item.Added, b.value.Item.Added
			if x.IsZero() || y.IsZero() {
				return y.Compare(x)
			}
			return x.Compare(y)
		}
	case q.Sort == library.SortDate:
		return func(a, b entry[library.Hit]) int {
			return compareDates(b.value.Item.ParsedDate, a.value.Item.ParsedDate)
		}
	case q.Sort == library.SortTitle:
		return func(a, b entry[library.Hit]) int {
			return strings.Compare(plaintext.Fold(a.value.Item.Title()), plaintext.Fold(b.value.Item.Title()))
		}
	case q.Sort == library.SortAdded || q.Text == "":
		return func(a, b entry[library.Hit]) int { return b.value.Item.Added.Compare(a.value.Item.Added) }
	}
	return func(a, b entry[library.Hit]) int {
		if a.ranked && b.ranked {
			return cmp.Or(cmp.Compare(b.value.Score, a.value.Score), strings.Compare(a.value.Item.ID.Key, b.value.Item.ID.Key))
		}
		return a.rank - b.rank
	}
}

// positionOf returns where a hit stands in the order of its library.
func positionOf(h library.Hit) *library.Position {
	return &library.Position{Score: h.Score, Value: h.Value, Key: h.Item.ID.Key}
}

// compareDates compares two dates as [library.Item].ParsedDate has them; an
// unknown one is before all others, years before our era before those of ours.
func compareDates(a, b string) int {
	return cmp.Or(cmp.Compare(era(a), era(b)), strings.Compare(a, b)*max(era(a), era(b)))
}

func era(date string) int {
	switch {
	case date == "":
		return -2
	case date[0] == '-':
		return -1
	}
	return 1
}
