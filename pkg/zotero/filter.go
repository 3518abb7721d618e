package zotero

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// filter is what of a query's conditions Zotero applies, and what is left to be
// applied to a page.
type filter struct {
	query url.Values

	tagsAll, tagsAny, tagsNone, types []string
	creator                           []string // folded words
	from, to                          int
	since                             time.Time // works added before are left out
}

// filterOf divides the conditions of a query. Zotero finds the tags of children
// too and answers with the works above them, so a work's own tags do not decide.
func filterOf(q library.Query) *filter {
	f := &filter{query: url.Values{}, tagsNone: q.TagsNone, creator: strings.Fields(plaintext.Fold(q.Creator)), from: q.YearFrom, to: q.YearTo, since: q.AddedSince}
	f.query.Set("sort", "dateAdded")
	f.query.Set("direction", "desc")
	switch q.Sort {
	case library.SortDate:
		f.query.Set("sort", "date")
	case library.SortDateAsc:
		f.query.Set("sort", "date")
		f.query.Set("direction", "asc")
	case library.SortTitle:
		f.query.Set("sort", "title")
		f.query.Set("direction", "asc")
	case library.SortAddedAsc:
		f.query.Set("direction", "asc")
	}
	for _, tag := range q.TagsAll {
		if term := tagTerm(tag); term != "" {
			f.query.Add("tag", term)
		} else {
			f.tagsAll = append(f.tagsAll, tag)
		}
	}
	anyOf := make([]string, len(q.TagsAny))
	for i, tag := range q.TagsAny {
		anyOf[i] = tagTerm(tag)
	}
	switch {
	case slices.Contains(anyOf, ""):
		f.tagsAny = q.TagsAny
	case len(anyOf) > 0:
		f.query.Add("tag", strings.Join(anyOf, " || "))
	}
	if len(q.ItemTypes) > 0 {
		f.query.Set("itemType", strings.Join(q.ItemTypes, " || "))
	}
	// A type that a child has finds the work above it.
	for _, t := range q.ItemTypes {
		if t == "note" || t == "attachment" || t == "annotation" || strings.ContainsAny(t, " |-") {
			f.types = q.ItemTypes
			f.query.Del("itemType")
		}
	}
	return f
}

// tagTerm returns the term that means exactly the tag of that name, or "": a name
// with "||" in it can't be written.
func tagTerm(name string) string {
	switch {
	case strings.Contains(name, "||"):
		return ""
	case strings.HasPrefix(name, "-"):
		return `\` + name
	}
	return name
}

// pass reports whether a work meets the conditions that Zotero does not apply.
func (f *filter) pass(w *library.Item) bool {
	has := func(tag string) bool {
		return slices.ContainsFunc(w.Tags, func(t string) bool { return plaintext.FoldCase(t) == plaintext.FoldCase(tag) })
	}
	lacks := func(tag string) bool { return !has(tag) }
	year, known := w.Year()
	switch {
	case slices.ContainsFunc(f.tagsAll, lacks),
		len(f.tagsAny) > 0 && !slices.ContainsFunc(f.tagsAny, has),
		slices.ContainsFunc(f.tagsNone, has),
		len(f.types) > 0 && !slices.Contains(f.types, w.Type),
		f.from != 0 && (!known || year < f.from),
		f.to != 0 && (!known || year > f.to),
		!f.since.IsZero() && w.Added.Before(f.since):
		return false
	}
	return len(f.creator) == 0 || slices.ContainsFunc(w.Creators, func(c library.Creator) bool {
		name := strings.Fields(plaintext.Fold(c.Display()))
		return !slices.ContainsFunc(f.creator, func(word string) bool { return !slices.Contains(name, word) })
	})
}

// notice says which conditions were applied to one page only, or "".
func (f *filter) notice() string {
	var names []string
	add := func(applied bool, name string) {
		if applied {
			names = append(names, name)
		}
	}
	add(len(f.creator) > 0, "creator")
	add(f.from != 0 || f.to != 0, "year")
	add(len(f.tagsAll)+len(f.tagsAny)+len(f.tagsNone) > 0, "tags")
	add(len(f.types) > 0, "item type")
	add(!f.since.IsZero(), "the time added")
	if len(names) == 0 {
		return ""
	}
	return "Zotero can't filter by " + strings.Join(names, ", ") + ", so the total counts other works too"
}

// Meets reports whether a work meets the conditions of a query other than its
// text and its collection. Only the work's own tags count.
func Meets(w *library.Item, q library.Query) bool {
	f := filter{
		tagsAll: q.TagsAll, tagsAny: q.TagsAny, tagsNone: q.TagsNone, types: q.ItemTypes,
		creator: strings.Fields(plaintext.Fold(q.Creator)), from: q.YearFrom, to: q.YearTo, since: q.AddedSince,
	}
	return f.pass(w)
}
