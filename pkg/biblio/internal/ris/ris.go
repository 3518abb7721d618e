// Package ris reads and writes RIS, the tagged format of Reference Manager,
// EndNote and most publishers and databases, as Zotero means it.
package ris

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Read reads a RIS file, or one of PubMed's own format, which is like it. name
// is the file's name, for reports.
//
// Every entry is read; the document's problems say what was repaired. Errors are those of [source.Open], code TooLarge for more
// than [source.MaxEntries] entries, and code Invalid for a file that has text
// but no entry.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	next := (&scanner{lines: source.NewLines(in)}).next
	if isMEDLINE(in) {
		next = newMEDLINE(source.NewLines(in)).next
	}
	doc, stray, err := readRecords(next, name)
	if err == nil && len(doc.Entries) == 0 && stray > 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no RIS entry").
			WithHint(`a RIS entry begins with a line like "TY  - JOUR" and ends with "ER  - "`)
	}
	return doc, err
}

// readRecords makes a document of records; stray is how many lines belong to
// none.
func readRecords(next func() (record, error), name string) (doc *model.Document, stray int, err error) {
	read := newReader()
	doc = &model.Document{}
	for {
		rec, err := next()
		if errors.Is(err, io.EOF) {
			return doc, stray, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if len(doc.Entries) == source.MaxEntries {
			return nil, 0, source.TooMany()
		}
		stray += rec.stray
		read.take(doc, rec, name)
	}
}

// take adds the entry of a record and its problems to the document.
func (r *reader) take(doc *model.Document, rec record, name string) {
	if rec.stray > 0 {
		doc.Problems = append(doc.Problems, model.Problem{
			File: name, Line: rec.strayLine, Severity: model.Repaired, Entry: strconv.Itoa(len(doc.Entries) + 1),
			Reason: fmt.Sprintf("%s outside of any entry passed over", lines(rec.stray)),
		})
	}
	if len(rec.tags) == 0 {
		return
	}
	if !r.recognises(rec) {
		doc.Problems = append(doc.Problems, model.Problem{
			File: name, Line: rec.line, Severity: model.Skipped,
			Reason: "it has no type (TY) and no known tag, so that it is no entry",
		})
		return
	}
	entry, reasons := r.entry(rec)
	if rec.recoded {
		reasons = append(reasons, "it is not in UTF-8 and was read as Windows-1252")
	}
	if rec.cut {
		reasons = append(reasons, "it is larger than 8 MiB and was cut there")
	}
	if !rec.ended {
		reasons = append(reasons, model.EndMissing)
	}
	doc.Entries = append(doc.Entries, entry)
	if len(reasons) > 0 {
		doc.Problems = append(doc.Problems, model.Problem{
			File: name, Line: rec.line, Entry: strconv.Itoa(len(doc.Entries)),
			Severity: model.Repaired, Reason: strings.Join(reasons, "; "),
		})
	}
}

// recognises reports whether a record is an entry and not only text that
// happens to look like a tag.
func (r *reader) recognises(rec record) bool {
	return slices.ContainsFunc(rec.tags, func(t tag) bool {
		_, field := r.m.fields[t.name]
		_, habit := r.m.habits[t.name]
		return field || habit || t.name == "TY"
	})
}

func lines(n int) string {
	if n == 1 {
		return "a line"
	}
	return strconv.Itoa(n) + " lines"
}
