package tool

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// differing returns what differs between works, by name, each value in the order of the
// works, and the number of further names.
func (t *tidy) differing(works []*library.Item) (map[string][]string, int) {
	var names []string
	values := map[string][]string{}
	for i, it := range works {
		for name, value := range fieldsOf(it) {
			if values[name] == nil {
				values[name] = make([]string, len(works))
				names = append(names, name)
			}
			values[name][i] = value
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return same(values[name]) })
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(telling(a), telling(b)), strings.Compare(a, b))
	})
	more := max(0, len(names)-maxDiffering)
	out := map[string][]string{}
	for _, name := range names[:len(names)-more] {
		for _, value := range values[name] {
			out[name] = append(out[name], t.line(value, maxDiffer))
		}
	}
	return out, more
}

// fieldsOf returns the fields of a work by their Zotero names, and what it has beside
// fields.
func fieldsOf(it *library.Item) map[string]string {
	values := map[string]string{
		"item_type": token(it.Type), "collections": strconv.Itoa(len(it.Collections)), "tags": strings.Join(slices.Sorted(slices.Values(it.Tags)), ", "),
	}
	var people []string
	for _, c := range it.Creators {
		people = append(people, c.Sortable())
	}
	values["creators"] = strings.Join(people, "; ")
	for name, value := range it.Fields {
		if token(name) == name {
			values[name] = plaintext.Line(value)
		}
	}
	return values
}

func same(values []string) bool {
	return !slices.ContainsFunc(values, func(s string) bool { return s != values[0] })
}

// telling returns the place of a field among those that differ: first what tells best
// which work to keep.
func telling(name string) int {
	order := [...]string{
		"title", "creators", "date", "item_type", "publicationTitle", "bookTitle", "volume", "issue", "edition", "pages", "DOI", "ISBN", "citationKey",
		"collections", "tags", "url", "publisher", "extra",
	}
	if at := slices.Index(order[:], name); at >= 0 {
		return at
	}
	return len(order)
}
