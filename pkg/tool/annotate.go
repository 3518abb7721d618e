package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Quotes finds where a quote stands in a PDF file, as [quote.Locator] does.
type Quotes interface {
	Locate(ctx context.Context, content []byte, quote string) (quote.Result, error)
}

// annotateInput is the arguments of annotate.
type annotateInput struct {
	ID, Quote, Type, Comment, Color string
	Occurrence                      int
	Tags                            []string
}

// The types of annotation that annotate makes.
const (
	highlight = "highlight"
	underline = "underline"
	sticky    = "note"
)

// Bounds of annotate.
const (
	maxCommentChars  = 10_000
	maxPositionBytes = 65_000 // Zotero's
	maxAnnotating    = 2      // calls that hold a file in memory
)

func annotateTool(c *Catalog) (*definition, error) {
	var colors []string
	for _, color := range annotationColors {
		colors = append(colors, color[0])
	}
	reading := make(chan struct{}, maxAnnotating)
	return writeTool(c, about{"annotate", "Annotate a PDF",
		"Highlights, underlines or puts a note at words of a PDF file. Use it to mark passages, quoted as read_text has them. " +
			"A quote that stands more than once is refused with its places. Not for a note on a whole work: use write_note."},
		Hints{},
		[]field[annotateInput]{
			name("id", "of a work, or of one of its files", func(in *annotateInput) *string { return &in.ID }).must(),
			block("quote", "", quote.MaxQuote, func(in *annotateInput) *string { return &in.Quote }).must(),
			choice("type", "", func(in *annotateInput) *string { return &in.Type }, highlight, underline, sticky),
			block("comment", "", maxCommentChars, func(in *annotateInput) *string { return &in.Comment }),
			choice("color", "", func(in *annotateInput) *string { return &in.Color }, colors...),
			number("occurrence", "of several", 1, quote.MaxPositions, func(in *annotateInput) *int { return &in.Occurrence }),
			tags("tags", "", func(in *annotateInput) *[]string { return &in.Tags }),
		}, func(ctx context.Context, k *writeCall, in annotateInput) (*proposal, error) {
			return annotate(ctx, &annotating{writeCall: k, reading: reading}, in)
		})
}

// annotating is a call of annotate.
type annotating struct {
	*writeCall
	reading chan struct{} // holds a value for each call that holds a file
}

func annotate(ctx context.Context, c *annotating, in annotateInput) (*proposal, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	found, err := c.find(ctx, "id", in.ID)
	if err != nil {
		return nil, err
	}
	file, err := pdfOf(found.item, found.asked)
	if err != nil {
		return nil, err
	}
	t := &targets{}
	if err := t.add(found.lib.ID, file.Key, new(tidy).title(found.item)); err != nil {
		return nil, err
	}
	if err := t.read(ctx, c.writeCall); err != nil {
		return nil, err
	}
	r, err := c.locate(ctx, t, in.Quote)
	switch {
	case err != nil:
		return nil, err
	case in.Occurrence > len(r.Positions):
		return nil, library.Errorf(library.Invalid, "argument %q is %d, and the quote stands %d times in the file", "occurrence", in.Occurrence, r.Total)
	case r.Total > 1 && in.Occurrence == 0:
		return c.ambiguous(t, r), nil
	}
	return c.annotation(t, file, r.Positions[max(0, in.Occurrence-1)], in)
}

func (in *annotateInput) check() error {
	in.Comment = strings.TrimSpace(plaintext.Clean(in.Comment))
	if in.Type == sticky && in.Comment == "" {
		return library.Errorf(library.Invalid, "argument %q is missing, and it is the text of a note", "comment")
	}
	for _, tag := range in.Tags {
		if utf8.RuneCountInString(tag) > maxTagChars {
			return library.Errorf(library.TooLarge, "a tag is longer than %d characters", maxTagChars)
		}
	}
	return nil
}

// pdfOf returns the PDF file of a work that a key means: its own key, or that of the
// work if it has one PDF file.
func pdfOf(it *library.Item, key string) (*library.Attachment, error) {
	var all []*library.Attachment
	var ids []string
	for i := range it.Attachments {
		a := &it.Attachments[i]
		isPDF := strings.HasPrefix(a.ContentType, "application/pdf") || a.ContentType == "" && strings.HasSuffix(strings.ToLower(a.Filename), ".pdf")
		switch {
		case isPDF && a.Key == key:
			return a, nil
		case isPDF:
			all, ids = append(all, a), append(ids, library.ItemID{Library: it.ID.Library, Key: a.Key}.String())
		case a.Key == key:
			return nil, library.Errorf(library.Invalid, "the file is no PDF file, and only these can be annotated")
		}
	}
	switch {
	case key != it.ID.Key:
		return nil, library.Errorf(library.Invalid, "argument %q names neither a work nor a PDF file", "id").WithHint("fetch shows the files of a work")
	case len(all) == 0:
		return nil, library.Errorf(library.Invalid, "the work has no PDF file").WithHint("only PDF files can be annotated; fetch shows the files of a work")
	case len(all) > 1:
		return nil, library.Errorf(library.Invalid, "the work has %d PDF files: %s", len(all), enumerate(ids)).WithHint("give the ID of one; fetch shows their names")
	}
	return all[0], nil
}

// annotation proposes the annotation at a position.
func (c *annotating) annotation(t *targets, file *library.Attachment, p quote.Position, in annotateInput) (*proposal, error) {
	at := slices.IndexFunc(annotationColors[:], func(c [2]string) bool { return c[0] == in.Color })
	data := library.Data{
		"itemType": "annotation", "parentItem": file.Key, "annotationType": in.Type, "annotationComment": in.Comment, "annotationColor": annotationColors[at][1],
		"annotationPageLabel": p.PageLabel, "annotationSortIndex": p.SortIndex, "annotationPosition": p.AnnotationPosition(), "tags": withEntries(nil, in.Tags, nil, newTag),
	}
	if in.Type == sticky {
		data["annotationSortIndex"], data["annotationPosition"] = p.NoteSortIndex, p.NotePosition()
	} else {
		data["annotationText"] = p.Text
	}
	if utf8.RuneCountInString(p.Text) > quote.MaxQuote || len(data["annotationPosition"].(string)) > maxPositionBytes {
		return nil, library.Errorf(library.TooLarge, "argument %q has more lines or characters than one annotation holds", "quote").WithHint("annotate its parts")
	}
	for _, x := range file.Annotations {
		if isSame(x, data) {
			return nil, library.Errorf(library.Conflict, "nothing is added: the file has this annotation already, %s", library.ItemID{Library: t.lib, Key: x.Key})
		}
	}
	e := change.Make(library.ItemObject, t.writer.NewKey(), data)
	e.Name = t.names[0]
	return c.propose(t.lib, "Annotate a PDF file", []change.Edit{e})
}

// isSame reports whether an annotation is what data makes: a call that is repeated
// adds nothing.
func isSame(x library.Annotation, data library.Data) bool {
	same := func(s, field string) bool {
		value, _ := data[field].(string)
		return plaintext.Line(plaintext.Words(s)) == plaintext.Line(plaintext.Words(value))
	}
	return x.Type == data["annotationType"] && x.Position == data["annotationSortIndex"] && x.Color == data["annotationColor"] &&
		same(x.Text, "annotationText") && same(x.Comment, "annotationComment")
}

// ambiguous answers with the places at which a quote stands.
func (c *annotating) ambiguous(t *targets, r quote.Result) *proposal {
	out := &writeOutput{
		Status: statusRefused, Title: fmt.Sprintf("The quote stands %d times", r.Total),
		Notices: []string{"nothing is changed: call again with occurrence for the place that is meant, or with more words of it"},
	}
	if more := r.Total - len(r.Positions); more > 0 {
		out.note(fmt.Sprintf("%d more places are not shown", more))
	}
	p := &change.Plan{Library: t.lib}
	for i, at := range r.Positions {
		p.Edits = append(p.Edits, change.Edit{
			Kind: library.ItemObject, Key: t.keys[0], Name: fmt.Sprintf("occurrence %d, page %s", i+1, at.PageLabel),
			After: library.Data{"before": at.Before, "quote": at.Text, "after": at.After},
		})
	}
	return &proposal{plan: p, answer: out}
}
