// Package zcsv reads CSV as Zotero writes it: a row for a work, with the
// columns "Key", "Item Type", "Publication Year", "Author", ….
package zcsv

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// maxColumns is how many columns are read; Zotero writes 87.
const maxColumns = 500

// Read reads a file. Errors are those of [source.Open], code TooLarge for more
// than [source.MaxEntries] rows, and code Invalid for a file without Zotero's
// columns.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(in)
	rows.LazyQuotes, rows.FieldsPerRecord, rows.ReuseRecord = true, -1, true
	head, err := rows.Read()
	if errors.Is(err, io.EOF) || err == nil && !isHead(head) {
		return nil, notZotero()
	}
	if err != nil {
		return nil, library.AsError(err)
	}
	t := newTable(head)
	doc := &model.Document{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return doc, nil
		}
		if fault := (*csv.ParseError)(nil); errors.As(err, &fault) {
			doc.Skip(name, fault.StartLine, "its row is not CSV: "+fault.Err.Error())
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Entries) == source.MaxEntries {
			return nil, source.TooMany()
		}
		line, _ := rows.FieldPos(0)
		entry, reasons := t.entry(row)
		entry.Line = line
		doc.Add(name, entry, reasons...)
	}
}

func notZotero() error {
	return library.Errorf(library.Invalid, "the file is not CSV as Zotero writes it").
		WithHint(`its first line has the columns "Key","Item Type","Publication Year","Author","Title"; for any other table export BibTeX or RIS`)
}

// isHead reports whether a row has the columns that every file of Zotero has.
func isHead(row []string) bool {
	folded := make([]string, 0, len(row))
	for _, label := range row[:min(len(row), maxColumns)] {
		folded = append(folded, kind.Fold(label))
	}
	return slices.Contains(folded, "itemtype") && slices.Contains(folded, "title") && slices.Contains(folded, "key")
}

// table is the columns of a file.
type table struct {
	columns []string // folded labels
}

func newTable(head []string) *table {
	t := &table{}
	for _, label := range head[:min(len(head), maxColumns)] {
		t.columns = append(t.columns, kind.Fold(label))
	}
	return t
}

// cell returns the value of a row in a column.
func (t *table) cell(row []string, column string) string {
	if i := slices.Index(t.columns, column); i >= 0 && i < len(row) {
		return strings.TrimSpace(source.Valid(row[i]))
	}
	return ""
}

// entry makes an entry of a row.
func (t *table) entry(row []string) (e model.Entry, reasons []string) {
	itemType := t.cell(row, "itemtype")
	d := draft.New(itemType)
	if !zschema.KnownType(itemType) {
		reasons = append(reasons, "its item type is not known and was taken for a document")
		d.Keep("Item Type", itemType)
	}
	contributors := list(t.cell(row, "contributor"))
	for i, column := range t.columns {
		if i >= len(row) {
			break
		}
		value := t.cell(row, column)
		switch column {
		case "", "key", "itemtype", "publicationyear", "dateadded", "datemodified":
		case "author":
			for _, name := range list(value) {
				if !slices.Contains(contributors, name) || d.Type() == "hearing" {
					d.Names("author", name)
				}
			}
		case "manualtags", "automatictags":
			d.Tag(list(value)...)
		case "notes":
			d.Note(markup.Note(value))
		case "fileattachments":
			for _, path := range list(value) {
				e.Files = append(e.Files, model.File{Path: path})
			}
		case "linkattachments":
			for _, url := range list(value) {
				d.Link("Link", url, "")
			}
		case "abstractnote":
			d.SetText("abstractNote", value)
		case "extra":
			d.Line(value)
		case "version":
			d.Set("versionNumber", value)
		default:
			t.other(d, column, value)
		}
	}
	e.Item = d.Item()
	e.Item.Added, e.Item.Modified = at(t.cell(row, "dateadded")), at(t.cell(row, "datemodified"))
	return e, reasons
}

// other takes in a column of a role or a field.
func (t *table) other(d *draft.Draft, column, value string) {
	if value == "" {
		return
	}
	if role := kind.Role(d.Type(), column); role != "" {
		for _, name := range list(value) {
			d.Names(role, name)
		}
		return
	}
	if field, ok := extra.FieldNamed(d.Type(), column); ok {
		d.Set(field, value)
		return
	}
	d.Keep(column, value)
}

// list splits a value with several in it.
func list(value string) []string {
	var values []string
	for v := range strings.SplitSeq(value, ";") {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// at reads a time as Zotero writes it; the zero time for anything else.
func at(s string) time.Time {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
