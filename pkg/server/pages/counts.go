package pages

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// searchCounts are the counts in the result of search.
type searchCounts struct {
	Year, Creator, Tag, Others map[string]int
	ItemType                   map[string]int `json:"item_type"`
}

// chart is a bar chart of the works by year, for an SVG.
type chart struct {
	Width int
	Bars  []bar
	Label string // the whole chart in words
}

// bar is one bar, in the coordinates of the SVG.
type bar struct {
	X, Y, Width, Height, Middle int
	Name, Count                 string
	Under, Above                int // baselines of the texts
}

// Measures of the chart, in units of the SVG.
const (
	barStep   = 60
	barWidth  = 40
	barMost   = 80 // height of the longest bar
	barTop    = 16 // space for the count above a bar
	barBottom = 16 // space for the year below
)

// newChart returns the chart of the counts by year, or nil with fewer than two bars.
func newChart(c *searchCounts) *chart {
	if c == nil || len(c.Year) < 2 {
		return nil
	}
	out := &chart{Width: len(c.Year) * barStep}
	most := slices.Max(slices.Collect(maps.Values(c.Year)))
	var words []string
	for i, name := range inYears(c.Year) {
		n := c.Year[name]
		height := max(1, n*barMost/most)
		x := i*barStep + (barStep-barWidth)/2
		out.Bars = append(out.Bars, bar{
			X: x, Y: barTop + barMost - height, Width: barWidth, Height: height, Middle: x + barWidth/2, Name: name, Count: strconv.Itoa(n),
			Under: barTop + barMost + barBottom - 4, Above: barTop + barMost - height - 4,
		})
		words = append(words, name+": "+strconv.Itoa(n))
	}
	out.Label = "Works by year. " + strings.Join(words, ", ")
	return out
}

// inYears returns the years, or spans of years, in order.
func inYears(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		from, _ := years(a)
		other, _ := years(b)
		return from - other
	})
}

// years returns the first and the last year of "1990-1999" or "1990".
func years(name string) (from, to int) {
	first, last, ranged := strings.Cut(strings.TrimPrefix(name, "-"), "-")
	from, _ = strconv.Atoi(first)
	if strings.HasPrefix(name, "-") {
		from = -from
	}
	if !ranged {
		return from, from
	}
	to, _ = strconv.Atoi(last)
	return from, to
}

// facet is the counts of one kind, each with the address that narrows the search.
type facet struct {
	Name  string
	Links []narrower
	More  int // values that are not listed
}

// narrower is a link that narrows a search.
type narrower struct {
	Text, URL string
	Works     int
}

// facets returns the counts as links. Kinds with one value narrow nothing.
func facets(c *criteria, counts *searchCounts) []facet {
	if counts == nil {
		return nil
	}
	kinds := []struct {
		name, other string
		counts      map[string]int
		narrow      func(c *criteria, value string)
		show        func(value string) string
	}{
		{"Years", "", counts.Year, func(c *criteria, v string) {
			from, to := years(v)
			c.From, c.To = strconv.Itoa(from), strconv.Itoa(to)
		}, nil},
		{"Types", "item_type", counts.ItemType, func(c *criteria, v string) { c.Type = v }, typeName},
		{"Creators", "creator", counts.Creator, func(c *criteria, v string) { c.Creator = v }, nil},
		{"Tags", "tag", counts.Tag, func(c *criteria, v string) { c.Tag = v }, nil},
	}
	var out []facet
	for _, k := range kinds {
		if len(k.counts) < 2 {
			continue
		}
		f := facet{Name: k.name, More: counts.Others[k.other]}
		names := byCount(k.counts)
		if k.name == "Years" {
			names = inYears(k.counts)
		}
		for _, name := range names {
			text := name
			if k.show != nil {
				text = k.show(name)
			}
			f.Links = append(f.Links, narrower{Text: text, Works: k.counts[name], URL: c.url(func(c *criteria) { k.narrow(c, name) })})
		}
		out = append(out, f)
	}
	return out
}

// byCount returns the names with the most works first.
func byCount(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
}
