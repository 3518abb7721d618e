package tool

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// line describes what was found of a reference.
func (c *checking) line(t *tidy, r *checkedOne) checkedReference {
	out := checkedReference{Label: t.line(r.Label, maxName), Reference: t.line(r.String(), maxSnippet), Reason: ours(r.reason), Verdict: verdictNotChecked}
	if r.work != nil {
		out.ID = r.work.ID.String()
	}
	if len(r.IDs) > 0 {
		out.Identifier = t.line(r.IDs[0].String(), maxName)
	}
	var differences []reference.Difference
	switch {
	case r.record != nil:
		out.Source = r.by
		if id := r.record.ID; id.Value != "" { // a web page has none
			out.Identifier = t.line(id.String(), maxName)
		}
		differences = r.differences()
		out.Verdict = verdictOf(differences)
		if out.Verdict == verdictOther && len(r.IDs) == 0 {
			out.Verdict = verdictDiffers
		}
	case r.absent:
		out.Verdict = verdictNotFound
	}
	if r.record == nil && r.work != nil && (r.Item == nil || r.Item != r.work) {
		if differences = reference.Compare(&r.Reference, reference.Known{Item: r.work}); len(differences) > 0 {
			out.Source = "the library"
		}
	}
	for _, isbn := range r.Invalid {
		differences = append(differences, reference.Difference{Field: reference.FieldISBN, Stated: isbn, Known: "its check digit is wrong"})
		if out.Verdict != verdictOther {
			out.Verdict = verdictDiffers
		}
	}
	for _, d := range differences {
		out.Differences = append(out.Differences, checkedField{string(d.Field), t.line(d.Stated, maxSnippet), t.line(d.Known, maxSnippet)})
	}
	out.Updates = t.notes(r.notices)
	return out
}

// differences compares the reference with its record. The record of an ISBN is
// that of a book, with which a reference to a part of it is not compared. A
// reference to a book that was found by its words may be to another edition.
func (r *checkedOne) differences() []reference.Difference {
	if r.record.ID.Kind == reference.ISBN && r.IsPart() {
		return nil
	}
	all := reference.Compare(&r.Reference, r.record.Known)
	if len(r.IDs) == 0 && r.record.Item.Type == "book" {
		all = slices.DeleteFunc(all, func(d reference.Difference) bool { return d.Field == reference.FieldYear })
	}
	return all
}

// verdictOf returns the verdict for a work that a registry has. Where title and
// authors both differ, the identifier names another work.
func verdictOf(differences []reference.Difference) string {
	title, author := false, false
	for _, d := range differences {
		title = title || d.Field == reference.FieldTitle
		author = author || d.Field == reference.FieldAuthor
	}
	switch {
	case title && author:
		return verdictOther
	case len(differences) > 0:
		return verdictDiffers
	}
	return verdictFound
}

// notes describes notices, retractions first.
func (t *tidy) notes(all []resolve.Notice) []checkedNote {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b resolve.Notice) int {
		return cmp.Or(gravity(a.Kind)-gravity(b.Kind), cmp.Compare(a.By, b.By), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind))
	})
	var out []checkedNote
	for _, n := range all {
		by := string(n.By)
		if n.Source != "" {
			by += " (" + n.Source + ")"
		}
		out = append(out, checkedNote{n.Kind, by, t.line(n.ID, maxName), n.Date})
	}
	return out
}

// gravity orders kinds of notices.
func gravity(kind string) int {
	switch kind {
	case "retraction", "withdrawal", "removal":
		return 0
	case "expression_of_concern", "partial_retraction":
		return 1
	}
	return 2
}

// touched returns the works of which the answer says something, each once.
func (c *checking) touched(list []*checkedOne, quotes []checkedQuote) []library.ItemID {
	var ids []library.ItemID
	add := func(id library.ItemID) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, r := range list {
		if r.work != nil {
			add(r.work.ID)
		}
	}
	for _, q := range quotes {
		if id, err := library.ParseItemID(q.ID); err == nil && strings.Contains(q.ID, "/") {
			add(id)
		}
	}
	return ids
}
