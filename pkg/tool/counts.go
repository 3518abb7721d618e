package tool

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// counts are the numbers of works of a result list, all pages together, by value.
type counts struct {
	Year     map[string]int `json:"year,omitempty"` // or by decade or century, "1990-1999"
	ItemType map[string]int `json:"item_type,omitempty"`
	Creator  map[string]int `json:"creator,omitempty"`
	Tag      map[string]int `json:"tag,omitempty"`
	// Others is the number of further values by kind, and of works without a year.
	Others map[string]int `json:"others,omitempty"`
}

// Bounds of [counts], which keep it at a few hundred characters.
const (
	maxSpans      = 12 // years, decades or centuries
	maxValues     = 8  // of each other kind
	maxValueChars = 40
)

// counts counts the works that the libraries of a search have. What could not be
// counted is in the notices.
func (c *call) counts(ctx context.Context, all []portion, q library.Query) (*counts, []string) {
	q.Limit, q.After, q.Statistics = 1, nil, nil
	found := make([]library.Counts, len(all))
	lacks := make([]string, len(all))
	each(len(all), func(i int) {
		r, err := c.reader(ctx, all[i].lib.ID)
		if err == nil {
			found[i], err = countsOf(ctx, r, q)
		}
		if err != nil {
			lacks[i] = "the works of library " + string(all[i].lib.ID) + " are not in counts: " + c.tolerate(ctx, err)
		}
	})
	notices := slices.DeleteFunc(lacks, func(s string) bool { return s == "" })
	if len(all) > 1 && slices.ContainsFunc(found, func(f library.Counts) bool { return f.Creators.More+f.Tags.More > 0 }) {
		notices = append(notices, fmt.Sprintf("counts of creators and tags are approximate: of each library the %d with the most works are added up", library.MaxCounts))
	}
	t := &tidy{}
	out := &counts{Others: map[string]int{}}
	facet := func(kind string, of func(*library.Counts) *library.Facet) map[string]int {
		values, others := t.facet(found, of)
		if others > 0 {
			out.Others[kind] = others
		}
		return values
	}
	out.ItemType = facet("item_type", func(f *library.Counts) *library.Facet { return &f.Types })
	out.Creator = facet("creator", func(f *library.Counts) *library.Facet { return &f.Creators })
	out.Tag = facet("tag", func(f *library.Counts) *library.Facet { return &f.Tags })
	years, undated := map[int]int{}, 0
	for _, f := range found {
		undated += f.Works
		for _, y := range f.Years {
			years[y.Year] += y.Works
			undated -= y.Works
		}
	}
	if undated > 0 {
		out.Others["undated"] = undated
	}
	out.Year = spans(years)
	return out, notices
}

// facet returns the values with the most works in all libraries together, and the
// number of others. Names that differ only in letter case are one.
func (t *tidy) facet(found []library.Counts, of func(*library.Counts) *library.Facet) (map[string]int, int) {
	byName := map[string]*library.Count{}
	var all []*library.Count
	more := 0
	for i := range found {
		f := of(&found[i])
		more += f.More
		for _, v := range f.Values {
			name := plaintext.FoldName(v.Value)
			if byName[name] == nil {
				byName[name] = &library.Count{Value: v.Value}
				all = append(all, byName[name])
			}
			byName[name].Works += v.Works
		}
	}
	slices.SortStableFunc(all, func(a, b *library.Count) int { return cmp.Or(b.Works-a.Works, strings.Compare(a.Value, b.Value)) })
	values := map[string]int{}
	for _, v := range all[:min(len(all), maxValues)] {
		values[t.line(v.Value, maxValueChars)] += v.Works
	}
	return values, more + max(0, len(all)-maxValues)
}

// spans counts works by year or, if there are too many years, by decade, century or
// millennium.
func spans(years map[int]int) map[string]int {
	for length := 1; ; length *= 10 {
		out := map[string]int{}
		for year, n := range years {
			first := year - (year%length+length)%length
			name := strconv.Itoa(first)
			if length > 1 {
				name += "-" + strconv.Itoa(first+length-1)
			}
			out[name] += n
		}
		if len(out) <= maxSpans || length >= 1_000 {
			return out
		}
	}
}
