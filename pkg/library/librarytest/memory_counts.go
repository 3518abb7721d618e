package librarytest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

var _ library.Counted = (*Memory)(nil)

// Counts implements [library.Counted].
func (m *Memory) Counts(ctx context.Context, q library.Query) (library.Counts, error) {
	if err := q.Validate(); err != nil {
		return library.Counts{}, err
	}
	q.Sort, q.After, q.Limit = library.SortAdded, nil, library.MaxLimit
	var items []*library.Item
	for more := true; more; {
		page, err := m.Search(ctx, q)
		if err != nil {
			return library.Counts{}, err
		}
		for _, h := range page.Items {
			items = append(items, h.Item)
		}
		q, more = following(q, page)
	}
	out := countItems(items)
	out.Version = m.info.Version
	return out, nil
}

// countItems counts works by what they have.
func countItems(items []*library.Item) library.Counts {
	years := map[int]int{}
	types, creators, tags := counter{}, counter{}, counter{}
	for _, it := range items {
		if year, known := it.Year(); known {
			years[year]++
		}
		types.add(it.Type)
		names := make([]string, len(it.Creators))
		for i, c := range it.Creators {
			names[i] = c.Display()
		}
		creators.add(names...)
		tags.add(it.AllTags()...)
	}
	out := library.Counts{Works: len(items), Types: types.facet(), Creators: creators.facet(), Tags: tags.facet()}
	for year, n := range years {
		out.Years = append(out.Years, library.YearCount{Year: year, Works: n})
	}
	slices.SortFunc(out.Years, func(a, b library.YearCount) int { return b.Year - a.Year })
	return out
}

// counter counts works by value.
type counter map[string]int

// add counts a work, once for each value.
func (c counter) add(values ...string) {
	for _, v := range slices.Compact(slices.Sorted(slices.Values(values))) {
		c[v]++
	}
}

func (c counter) facet() library.Facet {
	var all []library.Count
	for value, n := range c {
		all = append(all, library.Count{Value: value, Works: n})
	}
	slices.SortFunc(all, func(a, b library.Count) int { return cmp.Or(b.Works-a.Works, strings.Compare(a.Value, b.Value)) })
	shown := min(len(all), library.MaxCounts)
	return library.Facet{Values: all[:shown:shown], More: len(all) - shown}
}
