package ris

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// tag is a tag with its value: "AU  - Lovelace, Ada".
type tag struct {
	name, value string
	line        int
}

// record is an entry as it stands in the file.
type record struct {
	tags    []tag
	line    int  // of the first tag
	ended   bool // by ER
	recoded bool // had to be read as Windows-1252
	cut     bool // was too large to be kept whole
	// stray are the lines before the entry that belong to none: how many,
	// and where the first of them is.
	stray, strayLine int
}

// first returns the first value of a tag and whether the record has it.
func (r *record) first(name string) (string, bool) {
	for i := range r.tags {
		if r.tags[i].name == name {
			return r.tags[i].value, true
		}
	}
	return "", false
}

// scanner takes a file apart into records.
type scanner struct {
	lines *source.Lines
	// ahead is the tag that was read already, with the line it stands on.
	ahead *tag
	// last is what the line ahead told beside its text.
	aheadRecoded bool
	// size is how many bytes the values of the record have so far.
	size int
	// longest is the longest line so far: short ones were wrapped, long
	// ones were not.
	longest int
}

// next returns the next record, io.EOF after the last. A record of stray
// lines alone, at the end, has no tags.
func (s *scanner) next() (record, error) {
	var r record
	s.size = 0
	for {
		t, recoded, err := s.tag(&r)
		if err != nil {
			if errors.Is(err, io.EOF) && (len(r.tags) > 0 || r.stray > 0) {
				return r, nil
			}
			return r, err
		}
		switch {
		case t.name == "ER":
			if len(r.tags) > 0 {
				r.ended = true
				return r, nil
			}
			continue // an end without a beginning ends nothing
		case t.name == "TY" && len(r.tags) > 0:
			s.ahead, s.aheadRecoded = &t, recoded
			return r, nil
		case len(r.tags) == 0:
			r.line = t.line
		}
		r.recoded = r.recoded || recoded
		if s.full() {
			r.cut = true
			continue
		}
		r.tags = append(r.tags, t)
	}
}

// full reports whether the record has the size that one may have.
func (s *scanner) full() bool { return s.size > source.MaxEntryBytes }

// tag returns the next tag with its whole value, which may take several
// lines. Lines that belong to no tag are counted in r.
func (s *scanner) tag(r *record) (tag, bool, error) {
	t, recoded, err := s.start(r)
	if err != nil || t.name == "TY" || t.name == "ER" {
		return t, recoded, err // these two have one line
	}
	s.size += len(t.value) + 16 // an empty tag takes room too
	value := joiner{tag: t.name, lastLength: utf8.RuneCountInString(t.value) + len("TI  - ")}
	value.b.WriteString(t.value)
	for {
		line, err := s.lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tag{}, false, err
		}
		text := cleanSeparators(line.Text)
		s.longest = max(s.longest, utf8.RuneCountInString(text))
		if name, rest, ok := cutTag(text); ok {
			s.ahead, s.aheadRecoded = &tag{name: name, value: rest, line: line.Number}, line.Recoded
			break
		}
		recoded = recoded || line.Recoded
		if s.size += len(text) + 1; s.full() {
			r.cut = true
			continue
		}
		value.add(text, s.longest)
	}
	t.value = value.b.String()
	return t, recoded, nil
}

// start returns the next line that begins a tag.
func (s *scanner) start(r *record) (tag, bool, error) {
	if s.ahead != nil {
		t := *s.ahead
		s.ahead = nil
		return t, s.aheadRecoded, nil
	}
	for {
		line, err := s.lines.Next()
		if err != nil {
			return tag{}, false, err
		}
		text := cleanSeparators(line.Text)
		if name, value, ok := cutTag(text); ok {
			s.longest = max(s.longest, utf8.RuneCountInString(text))
			return tag{name: name, value: value, line: line.Number}, line.Recoded, nil
		}
		if strings.TrimSpace(text) != "" {
			if r.stray++; r.stray == 1 {
				r.strayLine = line.Number
			}
		}
	}
}

// joiner puts the lines of a value together again.
type joiner struct {
	b          strings.Builder
	tag        string
	lastLength int
	endsSpace  bool
}

// add appends a line. In notes and abstracts a line starts a new one where the
// file isn't wrapped (it has lines of more than 85 characters), or where the
// line before was too short to have been wrapped. Keywords and files are one
// a line.
func (j *joiner) add(line string, longest int) {
	text := strings.TrimSpace(line)
	fresh := false
	switch j.tag {
	case "AB", "N1", "N2", "RN":
		fresh = longest > 85 || j.lastLength < 65 || text == ""
	case "KW", "L1", "L2", "L3", "L4":
		fresh = true
	}
	switch {
	case fresh:
		j.b.WriteByte('\n')
	case !j.endsSpace:
		j.b.WriteByte(' ')
	}
	j.b.WriteString(text)
	j.endsSpace = !fresh && text == ""
	j.lastLength = utf8.RuneCountInString(line)
}

// cutTag splits a line into tag and value: two characters, one or two spaces,
// a hyphen, and a space before the value. (EndNote puts one space before the
// hyphen.) In lower case, and without the space before the value, it is only
// taken for a tag in the exact form of the specification, since "as - " may
// begin a wrapped line.
func cutTag(line string) (name, value string, ok bool) {
	if len(line) < 4 || !isTagLetter(line[0]) || !isTagLetter(line[1]) && (line[1] < '0' || line[1] > '9') {
		return "", "", false
	}
	rest := strings.TrimLeft(line[2:], " \t")
	gap := len(line) - 2 - len(rest)
	rest, hyphen := strings.CutPrefix(rest, "-")
	if !hyphen || gap == 0 || gap > 4 {
		return "", "", false
	}
	name = strings.ToUpper(line[:2])
	value, spaced := strings.CutPrefix(rest, " ")
	value, tabbed := strings.CutPrefix(value, "\t")
	if exact := gap == 2 && line[2:4] == "  "; exact || name == line[:2] && (rest == "" || spaced || tabbed) {
		return name, value, true
	}
	return "", "", false
}

func isTagLetter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }

// cleanSeparators makes the line and paragraph separators of Unicode, which
// some publishers wrap their values with, spaces.
func cleanSeparators(line string) string {
	if !strings.Contains(line, "\u2028") && !strings.Contains(line, "\u2029") {
		return line
	}
	return strings.NewReplacer(" \u2028", " ", " \u2029", " ", "\u2028 ", " ", "\u2029 ", " ", "\u2028", " ", "\u2029", " ").Replace(line)
}
