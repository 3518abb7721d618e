package ris

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// RefWorks' tagged format is like RIS, but has a space for the hyphen, names
// for types, and nothing at the end of an entry. It is read by renaming its
// tags.

// refWorksTags pairs RefWorks' tags with those of RIS. A tag that stands for
// itself has no row; "-" drops one.
const refWorksTags = `
AN -Accession Number
CL M3
DS DP
ED ET
FD DA
JO J2
K1 KW
LK UR
LL AN
NO N1
OL -
OP EP
PP CY
RD Y2
SL DB
SR -
T1 TI
U1 C1
U2 C2
U3 C3
U4 C4
U5 C5
UL UR
VO VL
YR PY
`

// ReadRefWorks reads a file in RefWorks' tagged format. Errors are those of
// [Read].
func ReadRefWorks(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	s := &refWorks{lines: source.NewLines(in), kinds: kind.New(), m: newMapping(), tags: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(refWorksTags)) {
		tag, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.tags[tag] = to
	}
	doc, _, err := readRecords(s.next, name)
	if err == nil && len(doc.Entries) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no RefWorks entry").WithHint(`an entry begins with a line like "RT Journal Article"`)
	}
	return doc, err
}

// refWorks takes a file apart into records with the tags of RIS.
type refWorks struct {
	lines *source.Lines
	kinds *kind.Kinds
	m     *mapping
	tags  map[string]string
	ahead *source.Line // the line that begins the next record
}

// next returns the next record, io.EOF after the last. One begins with RT.
func (s *refWorks) next() (record, error) {
	r := record{ended: true}
	size := 0
	for {
		line, err := s.line()
		if errors.Is(err, io.EOF) && len(r.tags) > 0 {
			withYear(r.tags)
			return r, nil
		}
		if err != nil {
			return r, err
		}
		name, value, ok := cutRefWorks(line.Text)
		if name == "RT" && len(r.tags) > 0 {
			s.ahead = &line
			withYear(r.tags)
			return r, nil
		}
		r.recoded = r.recoded || line.Recoded
		if size += len(line.Text); size > source.MaxEntryBytes {
			r.cut = true
			continue
		}
		switch {
		case name == "RT":
			r.line = line.Number
			r.tags = append(r.tags, s.typeTags(value, line.Number)...)
		case len(r.tags) == 0, strings.TrimSpace(line.Text) == "": // before the first entry, or between two
		case ok:
			r.tags = s.add(r.tags, tag{name: name, value: value, line: line.Number})
		default:
			last := &r.tags[len(r.tags)-1]
			last.value = strings.TrimSpace(last.value + " " + strings.TrimSpace(line.Text))
		}
	}
}

// withYear gives a date that is month and day alone, "01/31", the year of its
// record.
func withYear(tags []tag) {
	rec := record{tags: tags}
	year, _ := rec.first("PY")
	for i, t := range tags {
		if month, day, ok := strings.Cut(t.value, "/"); t.name == "DA" && ok && len(month) <= 2 && len(day) <= 2 && len(year) == 4 {
			tags[i].value = year + "/" + month + "/" + day
		}
	}
}

func (s *refWorks) line() (source.Line, error) {
	if s.ahead != nil {
		line := *s.ahead
		s.ahead = nil
		return line, nil
	}
	return s.lines.Next()
}

// cutRefWorks splits a line: two characters, a space, value.
func cutRefWorks(line string) (name, value string, ok bool) {
	line = strings.TrimPrefix(line, "\ufeff")
	if len(line) < 3 || line[2] != ' ' || line[0] < 'A' || line[0] > 'Z' || (line[1] < 'A' || line[1] > 'Z') && (line[1] < '0' || line[1] > '9') {
		return "", "", false
	}
	return line[:2], strings.TrimSpace(line[3:]), true
}

// typeTags returns the tags that say the type. What RefWorks calls generic is
// a journal article, as in RIS.
func (s *refWorks) typeTags(name string, line int) []tag {
	itemType, ok := s.kinds.Of(name)
	if !ok {
		return []tag{{name: "TY", value: name, line: line}}
	}
	return []tag{{name: "TY", value: s.m.written[itemType], line: line}, {name: "M2", value: extra.Line("Type", itemType), line: line}}
}

// add appends a tag under its name in RIS.
func (s *refWorks) add(tags []tag, t tag) []tag {
	to, renamed := s.tags[t.name]
	switch {
	case !renamed:
	case to == "-":
		return tags
	case to[0] == '-':
		t.name, t.value = "M2", extra.Line(to[1:], t.value)
	default:
		t.name = to
	}
	return append(tags, t)
}
