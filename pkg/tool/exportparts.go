package tool

import (
	"fmt"
	"maps"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// leftOut says which parts of a work an export leaves out, and whether that is
// because the entry would be longer than an answer may be.
type leftOut struct{ notes, abstract, tooLong bool }

// trim returns the works without the parts that were not asked for. Of a work
// whose entry would be longer than an answer may be, first the notes go, then
// the abstract.
func trim(in exportInput, budget int, items []*library.Item) ([]*library.Item, []leftOut, error) {
	trimmed := make([]*library.Item, len(items))
	left := make([]leftOut, len(items))
	for i, item := range items {
		if !in.Notes {
			item = withoutNotes(item, &left[i])
		}
		if !in.Abstracts {
			item = withoutAbstract(item, &left[i])
		}
		for _, without := range []func(*library.Item, *leftOut) *library.Item{withoutNotes, withoutAbstract} {
			long, err := isTooLong(in, budget, item)
			if err != nil {
				return nil, nil, err
			}
			if !long {
				break
			}
			before := item
			item = without(item, &left[i])
			left[i].tooLong = left[i].tooLong || item != before
		}
		trimmed[i] = item
	}
	return trimmed, left, nil
}

// answerMargin is how many characters of an answer are kept for what stands
// around its text.
const answerMargin = 1_500

// isTooLong reports whether an answer can't hold the entry of the work.
func isTooLong(in exportInput, budget int, item *library.Item) (bool, error) {
	text, err := written(biblio.Format(in.Format), []*library.Item{item})
	if err != nil {
		return false, err
	}
	if 2*len(text) < budget-answerMargin {
		return false, nil
	}
	encoded, err := encode(text)
	return utf8.RuneCount(encoded) > budget-answerMargin, err
}

func withoutNotes(item *library.Item, left *leftOut) *library.Item {
	if len(item.Notes) == 0 {
		return item
	}
	left.notes = true
	without := *item
	without.Notes = nil
	return &without
}

func withoutAbstract(item *library.Item, left *leftOut) *library.Item {
	if item.Fields["abstractNote"] == "" {
		return item
	}
	left.abstract = true
	without := *item
	without.Fields = maps.Clone(item.Fields)
	delete(without.Fields, "abstractNote")
	return &without
}

// noteKeys says how many of the works have another citation key in the export than
// in their library, because works of several libraries have the same.
func (out *exportOutput) noteKeys(items []*library.Item) {
	changed := 0
	for i, key := range citekey.Assign(items) {
		if own := items[i].CitationKey; own != "" && key != own {
			changed++
		}
	}
	if changed > 0 {
		out.note(fmt.Sprintf("%d works have the citation key of a work of another library; here they have letters after it", changed))
	}
}

// noteLeftOut says which parts of the first n works are left out.
func (out *exportOutput) noteLeftOut(b batch, n int) {
	abstracts, notes := 0, 0
	for i, l := range b.left[:n] {
		switch {
		case l.tooLong && l.abstract && l.notes:
			out.note(fmt.Sprintf("the entry of %s is longer than an answer may be; its notes and abstract are left out", b.items[i].ID))
		case l.tooLong && l.abstract:
			out.note(fmt.Sprintf("the entry of %s is longer than an answer may be; its abstract is left out", b.items[i].ID))
		case l.tooLong:
			out.note(fmt.Sprintf("the entry of %s is longer than an answer may be; its notes are left out", b.items[i].ID))
		default:
			if l.abstract {
				abstracts++
			}
			if l.notes {
				notes++
			}
		}
	}
	if abstracts > 0 {
		out.note(fmt.Sprintf("abstracts of %d works are left out; abstracts: true gives them", abstracts))
	}
	if notes > 0 {
		out.note(fmt.Sprintf("notes of %d works are left out; notes: true gives them", notes))
	}
}
