package bibtex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// Read reads a BibTeX or BibLaTeX file; name is what its problems call it. It
// reads on after every broken entry and reports it. It fails only with what r
// fails with, with ctx's error, or with a [library.Error]: TooLarge past
// [source.MaxBytes] bytes or [source.MaxEntries] entries, Invalid for a file
// that is not text.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, macros: newMacros(), groups: newGroups(), next: fieldStart()}
	if err := f.scan(ctx, newScanner(in)); err != nil {
		return nil, err
	}
	f.finishMacros()
	inherit(f.entries, &f.macros.budget)
	tex := latex.NewWriter()
	doc := &model.Document{Entries: make([]model.Entry, 0, len(f.entries))}
	for i, e := range f.entries {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if e.kind == "xdata" {
			f.report(e.line, e.key, model.Skipped, "an xdata entry only holds fields for others, which have them now")
			continue
		}
		if kind.IsControl(e.kind) {
			f.report(e.line, e.key, model.Skipped, "a setting of a style, no work")
			continue
		}
		e.restoreUnicode(tex)
		doc.Entries = append(doc.Entries, f.convert(e))
		if len(e.repairs) > 0 {
			f.report(e.line, e.key, model.Repaired, strings.Join(e.repairs, "; "))
		}
		f.entries[i] = nil
	}
	f.reportTypes()
	if len(f.entries) == 0 && len(f.problems) == 0 && f.text {
		f.report(1, "", model.Skipped, "the file has no BibTeX entry")
	}
	slices.SortStableFunc(f.problems, func(a, b model.Problem) int { return a.Line - b.Line })
	doc.Problems = f.problems
	return doc, nil
}

// file is a file that is being read.
type file struct {
	name     string
	macros   *macros
	groups   *groups
	next     *regexp.Regexp
	entries  []*entry
	problems []model.Problem
	// text is set if the file has anything in it.
	text bool
	// unknown are the entry types that are not known.
	unknown map[string]*unknownType
}

// unknownType is an entry type that is not known: its first entry, and how many
// entries have it.
type unknownType struct {
	first   *entry
	entries int
}

// unknownType notes that the type of an entry is not known.
func (f *file) unknownType(e *entry) {
	if f.unknown == nil {
		f.unknown = map[string]*unknownType{}
	}
	if f.unknown[e.kind] == nil {
		f.unknown[e.kind] = &unknownType{first: e}
	}
	f.unknown[e.kind].entries++
}

// reportTypes reports each entry type that is not known, once.
func (f *file) reportTypes() {
	for name, u := range f.unknown {
		reason := "its type @" + plaintext.Line(name) + " is not known and was taken for a document"
		if u.entries > 1 {
			reason += fmt.Sprintf("; so were %d more entries of that type", u.entries-1)
		}
		f.report(u.first.line, u.first.key, model.Repaired, reason)
	}
}

// report adds a problem.
func (f *file) report(line int, key string, severity model.Severity, reason string) {
	key, _ = plaintext.Cut(plaintext.Line(key), 100)
	f.problems = append(f.problems, model.Problem{File: f.name, Line: line, Entry: key, Severity: severity, Reason: reason})
}

// scan reads all blocks.
func (f *file) scan(ctx context.Context, s *scanner) error {
	f.text = s.peek() != 0
	for {
		b, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(f.entries) >= source.MaxEntries {
			return source.TooMany()
		}
		f.block(b)
	}
}

// block takes a block in.
func (f *file) block(b block) {
	f.macros.read(len(b.body))
	switch {
	case b.broken != "":
		f.report(b.line, "", model.Skipped, b.broken)
	case b.kind == "comment":
		f.groups.comment(b.body)
	case b.kind == "preamble":
	case b.kind == "string":
		e := f.parse(b)
		for _, field := range e.fields {
			f.macros.define(field.name, field.value)
		}
	default:
		f.entries = append(f.entries, f.parse(b))
	}
}

// parse takes a block apart.
func (f *file) parse(b block) *entry {
	e := &entry{line: b.line, kind: b.kind, repairs: b.repairs}
	p := &parser{s: b.body, literal: b.literal, macros: f.macros, entry: e, next: f.next}
	if b.kind != "string" {
		p.key()
	}
	p.fieldsUntilEnd()
	return e
}

// finishMacros looks up the abbreviations that were not defined before they
// were used.
func (f *file) finishMacros() {
	for _, e := range f.entries {
		for i := range e.fields {
			field := &e.fields[i]
			if field.parts == nil {
				continue
			}
			value, known := f.macros.join(field.parts)
			field.value, field.parts = value, nil
			if !known {
				e.repair("an abbreviation that the file doesn't define stands as its name")
			}
		}
	}
}
