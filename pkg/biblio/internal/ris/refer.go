package ris

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Refer (also BibIX, EndNote's import format, ".enw") has lines "%A Author",
// and an empty line between entries.

// ReadRefer reads a file in the format of refer. Errors are those of [Read].
func ReadRefer(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	read := &referReader{lines: source.NewLines(in), kinds: kind.New()}
	doc := &model.Document{}
	for {
		rec, err := read.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Entries) == source.MaxEntries {
			return nil, source.TooMany()
		}
		entry, reasons := read.entry(rec)
		doc.Add(name, entry, reasons...)
	}
	if len(doc.Entries) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no Refer entry").WithHint(`an entry has lines like "%%0 Journal Article" and "%%T Title"`)
	}
	return doc, nil
}

type referReader struct {
	lines *source.Lines
	kinds *kind.Kinds
}

// next returns the next record, io.EOF after the last. It ends at an empty
// line, or where "%0" comes again.
func (r *referReader) next() (record, error) {
	var rec record
	size := 0
	for {
		line, err := r.lines.Next()
		if errors.Is(err, io.EOF) && len(rec.tags) > 0 {
			return rec, nil
		}
		if err != nil {
			return rec, err
		}
		text := strings.TrimSpace(strings.TrimPrefix(line.Text, "\ufeff"))
		if text == "" && len(rec.tags) > 0 {
			return rec, nil
		}
		rec.recoded = rec.recoded || line.Recoded
		if size += len(text); size > source.MaxEntryBytes {
			rec.cut = true
			continue
		}
		switch {
		case len(text) > 2 && text[0] == '%' && (text[2] == ' ' || text[2] == '\t'):
			if len(rec.tags) == 0 {
				rec.line = line.Number
			}
			rec.tags = append(rec.tags, tag{name: text[1:2], value: strings.TrimSpace(text[3:]), line: line.Number})
		case len(rec.tags) > 0 && (len(text) != 2 || text[0] != '%'):
			rec.tags[len(rec.tags)-1].value += "\n" + text
		}
	}
}

// entry makes an entry of a record.
func (r *referReader) entry(rec record) (model.Entry, []string) {
	itemType, reasons := r.itemType(rec)
	d := draft.New(itemType)
	// Databases give the title in the language of the work first.
	journals := tagValues(rec, "J")
	for _, journal := range journals[:max(len(journals)-1, 0)] {
		d.Keep("Publication Title", journal)
	}
	if len(journals) > 0 {
		d.Set("publicationTitle", journals[len(journals)-1])
	}
	date := map[string]string{}
	for _, t := range rec.tags {
		switch t.name {
		case "0", "J":
		case "D", "8":
			date[t.name] = strings.TrimSpace(t.value)
		default:
			r.add(d, t.name, strings.TrimSpace(t.value))
		}
	}
	d.Set("date", referDate(date["D"], date["8"]))
	if rec.recoded {
		reasons = append(reasons, "it is not in UTF-8 and was read as Windows-1252")
	}
	if rec.cut {
		reasons = append(reasons, "it is larger than 8 MiB and was cut there")
	}
	return model.Entry{Item: d.Item(), Line: rec.line}, reasons
}

// itemType returns the item type of a record: the last of its types that is
// known.
func (r *referReader) itemType(rec record) (itemType string, reasons []string) {
	types := tagValues(rec, "0")
	for _, name := range types {
		if known, ok := r.kinds.Of(name); ok {
			itemType = known
		}
	}
	switch {
	case itemType != "":
		return itemType, nil
	case len(types) > 0:
		return "document", []string{"its type (%0) is unknown and was taken for a document"}
	case hasTag(rec, "J"):
		return "journalArticle", nil
	}
	return "book", nil
}

// add takes in a tag.
func (r *referReader) add(d *draft.Draft, name, value string) {
	switch name {
	case "A", "E", "Y", "?", "Q", "F":
		r.person(d, name, value)
	case "B":
		if d.Has("publicationTitle") && d.Get("publicationTitle") == "" {
			d.Set("publicationTitle", value)
		} else {
			d.Set("series", value)
		}
	case "K":
		d.Tag(strings.Split(value, "\n")...)
	case "X":
		d.SetText("abstractNote", value)
	case "Z":
		d.Note(value)
	case "H", "O":
		d.Line(strings.ReplaceAll(value, "\n", " "))
	case "R":
		d.DOIOr("Identifier", value)
	case "@":
		d.Serial(value)
	case "N":
		d.Number(value)
	case "M":
		d.Keep("Accession Number", value)
	case ">":
		d.Link("Attachment", value, "")
	default:
		d.SetOrKeep(referField(name), "%"+name, value)
	}
}

// referField returns the field that a tag means, "" for none.
func referField(name string) string {
	switch name {
	case "T":
		return "title"
	case "S":
		return "series"
	case "U":
		return "url"
	case "7":
		return "edition"
	case "9":
		return "type"
	case "C":
		return "place"
	case "G":
		return "language"
	case "I":
		return "publisher"
	case "L":
		return "callNumber"
	case "P":
		return "pages"
	case "V":
		return "volume"
	case "W":
		return "archiveLocation"
	case "!":
		return "shortTitle"
	case "*":
		return "rights"
	case "6":
		return "numberOfVolumes"
	case "&":
		return "section"
	}
	return ""
}

// person adds a creator. "%Q" is an institution.
func (r *referReader) person(d *draft.Draft, name, value string) {
	role := "author"
	switch name {
	case "E":
		role = "editor"
	case "Y", "?":
		role = "translator"
	case "Q":
		d.Creator(library.Creator{Role: role, Name: strings.TrimSuffix(value, ",")})
		return
	case "F":
		d.Keep("Citation Key", value)
		return
	}
	for line := range strings.SplitSeq(value, "\n") {
		d.Person(role, line)
	}
}

// referDate joins a year and a date that may have it.
func referDate(year, date string) string {
	switch {
	case date == "" || strings.Contains(year, date):
		return year
	case strings.Contains(date, year):
		return date
	}
	return date + " " + year
}

func hasTag(rec record, name string) bool { _, ok := rec.first(name); return ok }

func tagValues(rec record, name string) []string {
	var values []string
	for _, t := range rec.tags {
		if t.name == name {
			values = append(values, strings.TrimSpace(t.value))
		}
	}
	return values
}
