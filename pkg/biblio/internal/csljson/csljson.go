// Package csljson reads and writes CSL-JSON, the format of citation
// processors (https://docs.citationstyles.org), as Zotero means it.
package csljson

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Read reads a CSL-JSON file: an array of items, an object that has it under
// "items", one item, or one item a line. name is the file's name, for
// reports.
//
// An entry that can't be read is skipped and reported. Errors are those of
// [source.Open], code TooLarge for more than [source.MaxEntries] entries, and
// code Invalid for a file that has text but no entry.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	s := newScanner(in)
	if err := s.enterItems(); err != nil {
		return nil, err
	}
	read := newReader()
	doc := &model.Document{}
	for number := 0; ; number++ {
		o, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if number == source.MaxEntries {
			return nil, source.TooMany()
		}
		read.take(doc, s, o, name)
	}
	s.reportEnd(doc, name)
	if len(doc.Entries) == 0 && len(doc.Problems) > 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no CSL-JSON entry%s", firstReason(doc.Problems)).
			WithHint(`CSL-JSON is an array of objects like {"id": "…", "type": "book", "title": "…"}`)
	}
	return doc, nil
}

// reportEnd reports what only the whole file shows: that its end is missing,
// and that it holds values that are no entries. After a broken object the
// brackets have no meaning.
func (s *scanner) reportEnd(doc *model.Document, name string) {
	add := func(line int, reason string) {
		doc.Problems = append(doc.Problems, model.Problem{File: name, Line: line, Severity: model.Skipped, Reason: reason})
	}
	if s.broken {
		return
	}
	if s.strange > 0 {
		add(s.strangeLine, "something that is no JSON object stands between the entries")
	}
	if s.open > 0 {
		add(s.line, "the file ends before its list of entries does; what came after this place is missing")
	}
}

func firstReason(problems []model.Problem) string {
	if len(problems) == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d: %s)", problems[0].Line, problems[0].Reason)
}

// enterItems passes over the beginning of {"items": [ …, so that the items
// are what comes next. Only the first 64 KiB are searched for it.
func (s *scanner) enterItems() error {
	head, err := s.in.Peek(s.in.Size())
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) {
		return nil
	}
	if at := itemsAt(head); at > 0 {
		s.line += bytes.Count(head[:at], []byte("\n"))
		s.open = 1
		_, err := s.in.Discard(at)
		return err
	}
	return nil
}

// itemsAt returns where the array under "items" of an object begins, just
// past its bracket, or 0.
func itemsAt(head []byte) int {
	dec := json.NewDecoder(bytes.NewReader(head))
	if _, err := dec.Token(); err != nil {
		return 0
	}
	for {
		key, err := dec.Token()
		if err != nil {
			return 0
		}
		if key == "items" {
			if t, err := dec.Token(); err == nil && t == json.Delim('[') {
				return int(dec.InputOffset())
			}
			return 0
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return 0
		}
	}
}

// take adds the entry that an object is, or the report of why it is none, to
// the document.
func (r *reader) take(doc *model.Document, s *scanner, o object, name string) {
	p := model.Problem{File: name, Line: o.line, Severity: model.Skipped, Reason: o.fault}
	if o.fault != "" {
		doc.Problems = append(doc.Problems, p)
		return
	}
	var values map[string]any
	dec := json.NewDecoder(bytes.NewReader(o.text))
	dec.UseNumber()
	if err := dec.Decode(&values); err != nil {
		p.Reason = "it is not valid JSON" + where(err, o)
		if !s.lost {
			doc.Problems = append(doc.Problems, p)
		}
		s.rescan(o, offset(err))
		return
	}
	if ids, ok := values["ids"].(map[string]any); ok && ids["openalex"] != nil || strings.HasPrefix(text(values["id"]), "https://openalex.org/") {
		p.Reason = "it is a work of OpenAlex, no CSL item; import the file as openalex"
		doc.Problems = append(doc.Problems, p)
		return
	}
	if text(values["type"]) == "" && text(values["title"]) == "" {
		if s.lost {
			return // a part of the broken object, which was reported
		}
		p.Reason = "it has neither a type nor a title, so that it is no CSL item"
		doc.Problems = append(doc.Problems, p)
		return
	}
	s.lost = false
	entry, reasons := r.entry(values)
	entry.Line = o.line
	if o.recoded {
		reasons = append(reasons, "it is not in UTF-8 and was read as Windows-1252")
	}
	doc.Entries = append(doc.Entries, entry)
	if len(reasons) > 0 {
		p.Entry = strconv.Itoa(len(doc.Entries))
		p.Severity, p.Reason = model.Repaired, strings.Join(reasons, "; ")
		doc.Problems = append(doc.Problems, p)
	}
}

// offset returns where in an object a JSON error is, 0 if it doesn't say.
func offset(err error) int {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return int(syntax.Offset)
	}
	return 0
}

// where says on which line of the file a JSON error is.
func where(err error, o object) string {
	at := offset(err)
	if at < 1 || at > len(o.text) {
		return ""
	}
	return fmt.Sprintf(" (line %d)", o.line+bytes.Count(o.text[:at-1], []byte("\n")))
}
