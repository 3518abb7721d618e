package bibtex

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// block is what stands between an "@" and the end of what it begins.
type block struct {
	line int    // of the "@", from 1
	kind string // entry type, "string", "comment" or "preamble", in lower case
	body string // without the delimiters around it
	// literal is set if braces balance only when a backslash before one
	// doesn't count: then none does.
	literal bool
	// repairs say what was repaired to get the block.
	repairs []string
	// broken says why there is no block, only a place where one begins.
	broken string
}

// scanner cuts a stream into blocks.
type scanner struct {
	in   *bufio.Reader
	line int
	// fresh is set where nothing but blanks precedes on the line.
	fresh bool
	last  byte
	// buffer holds the body of the block that is being read.
	buffer []byte
}

func newScanner(in *bufio.Reader) *scanner { return &scanner{in: in, line: 1, fresh: true} }

// lookahead is how many bytes decide whether an "@" that begins a line inside
// a block begins another entry. It is less than the reader's buffer.
const lookahead = 512

// read returns the next byte and keeps count of lines.
func (s *scanner) read() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		return 0, err
	}
	switch {
	case c == '\n' && s.last == '\r':
	case c == '\n' || c == '\r':
		s.line++
		s.fresh = true
	case c != ' ' && c != '\t':
		s.fresh = false
	}
	s.last = c
	return c, nil
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	b, err := s.in.Peek(1)
	if err != nil {
		return 0
	}
	return b[0]
}

// next returns the next block; io.EOF after the last. Text between entries is
// comment.
func (s *scanner) next() (block, error) {
	for {
		begins, before := s.fresh, s.last
		c, err := s.read()
		if err != nil {
			return block{}, err
		}
		switch c {
		case '%':
			if b, err := s.percent(); err != nil || b.broken != "" {
				return b, err
			}
		case '@':
			if isNameByte(before) && !begins {
				continue // a mail address
			}
			b, err := s.block(begins)
			if err != nil || b.kind != "" || b.broken != "" {
				return b, err
			}
		}
	}
}

// percent passes over a comment to the end of its line, and tells of an entry
// that is commented out: biber leaves it out, BibTeX would read it.
func (s *scanner) percent() (block, error) {
	b := block{line: s.line}
	head, err := s.in.Peek(lookahead)
	if len(head) == 0 {
		return b, err
	}
	if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
		head = head[:end]
	}
	if comment := bytes.TrimLeft(head, "% \t"); beginsEntry(string(comment)) {
		b.broken = "the entry is commented out with %"
	}
	for c := s.peek(); c != '\n' && c != '\r'; c = s.peek() {
		if _, err := s.read(); errors.Is(err, io.EOF) {
			return b, nil
		} else if err != nil {
			return b, err
		}
	}
	return b, nil
}

// block reads what follows an "@". A block without kind is none: an "@" in
// the text between entries.
func (s *scanner) block(begins bool) (block, error) {
	b := block{line: s.line}
	if err := s.skipBlank(); err != nil {
		return b, err
	}
	var name []byte
	for isNameByte(s.peek()) && len(name) < 64 {
		c, err := s.read()
		if err != nil {
			return b, err
		}
		name = append(name, c)
	}
	kind := strings.ToLower(string(name))
	if len(name) == 0 {
		return b, nil
	}
	if kind == "comment" {
		return s.comment(b)
	}
	if err := s.skipBlank(); err != nil && !errors.Is(err, io.EOF) {
		return b, err
	}
	open := s.peek()
	if open != '{' && open != '(' {
		if begins && knownEntryType(kind) {
			b.broken = "no brace follows the entry's type"
		}
		return b, nil
	}
	if _, err := s.read(); err != nil {
		return b, err
	}
	b.kind = kind
	err := s.body(&b, open)
	return b, err
}

// comment reads what follows "@comment": a block, or the rest of the line.
func (s *scanner) comment(b block) (block, error) {
	for s.peek() == ' ' || s.peek() == '\t' {
		if _, err := s.read(); err != nil {
			return b, err
		}
	}
	if s.peek() != '{' {
		_, err := s.percent()
		return block{}, err
	}
	if _, err := s.read(); err != nil {
		return b, err
	}
	b.kind = "comment"
	err := s.body(&b, '{')
	return b, err
}

// skipBlank passes over white space and, as biber does, comments with "%".
func (s *scanner) skipBlank() error {
	for {
		c := s.peek()
		switch {
		case c == 0:
			_, err := s.in.Peek(1)
			return err
		case c == '%':
			if _, err := s.percent(); err != nil {
				return err
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if _, err := s.read(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// depth counts open braces in the two ways that programs do.
type depth struct {
	escaped int  // a brace after a backslash doesn't count (Zotero, JabRef)
	literal int  // every brace counts (BibTeX, biber)
	dead    bool // literal has gone below zero: that way is wrong
}

// body reads a block to its end: the delimiter that balances the opening one,
// or, where that is missing, the next entry that begins a line.
func (s *scanner) body(b *block, open byte) error {
	body := s.buffer[:0]
	defer func() { s.buffer = body }()
	d := depth{}
	if open == '{' {
		d = depth{escaped: 1, literal: 1}
	}
	quoted, backslash := false, false
	for {
		if s.fresh && s.peek() == '@' && s.entryAhead() {
			b.repairs = append(b.repairs, "the entry has no end: it was cut before the next one")
			b.decode(body)
			return nil
		}
		c, err := s.read()
		if errors.Is(err, io.EOF) {
			b.repairs = append(b.repairs, model.FileEnds)
			b.decode(body)
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case c == '{' || c == '}':
			d.count(c, backslash)
		case c == '"' && !backslash && open == '(' && d.escaped == 0:
			quoted = !quoted
		}
		ended := open == '(' && c == ')' && d.escaped <= 0 && !quoted || open == '{' && c == '}' && s.ended(&d)
		if ended && (open == '(' || !s.strayBrace(b, &d)) {
			b.literal = d.escaped > 0
			b.decode(body)
			return nil
		}
		if !ended {
			body = append(body, c)
		}
		backslash = c == '\\' && !backslash
	}
}

// count takes a brace into account.
func (d *depth) count(c byte, backslash bool) {
	step := 1
	if c == '}' {
		step = -1
	}
	d.literal += step
	if !backslash {
		d.escaped += step
	}
	if d.literal < 0 {
		d.dead = true
	}
}

// ended reports whether the brace just read ends the block. If the two ways
// of counting differ, it does only at the end of a line.
func (s *scanner) ended(d *depth) bool {
	literal := d.literal == 0 && !d.dead
	switch {
	case d.escaped <= 0 && (literal || d.dead):
		return true
	case d.escaped > 0 && !literal:
		return false
	}
	for _, c := range s.ahead() {
		if c == '\n' || c == '\r' || c == '@' {
			break
		}
		if c != ' ' && c != '\t' {
			if literal {
				d.dead = true
			}
			return false
		}
	}
	return true
}

// strayBrace reports whether the brace that seems to end the block is one too
// many: a field follows it. Then the block goes on.
func (s *scanner) strayBrace(b *block, d *depth) bool {
	if s.peek() != ',' || !fieldFollows(string(s.ahead())[1:]) {
		return false
	}
	*d = depth{escaped: 1, literal: 1}
	if len(b.repairs) == 0 {
		b.repairs = append(b.repairs, "a brace too many was passed over")
	}
	return true
}

// decode sets the body of a block, as UTF-8.
func (b *block) decode(body []byte) {
	var valid bool
	if b.body, valid = source.Text(body); !valid {
		b.repairs = append(b.repairs, "it was not in UTF-8 and was read as Windows-1252")
	}
}

// ahead returns some of the bytes that come next.
func (s *scanner) ahead() []byte {
	head, _ := s.in.Peek(lookahead)
	return head
}

// entryAhead reports whether the "@" that comes next begins an entry.
func (s *scanner) entryAhead() bool {
	return beginsEntry(string(s.ahead()))
}

// beginsEntry reports whether text begins with "@type{key," or the like.
func beginsEntry(text string) bool {
	text, ok := strings.CutPrefix(text, "@")
	if !ok {
		return false
	}
	kind, text := cutName(strings.TrimLeft(text, " \t"))
	text = strings.TrimLeft(text, " \t")
	if kind == "" || text == "" || text[0] != '{' && text[0] != '(' {
		return false
	}
	text = strings.TrimLeft(text[1:], " \t\r\n")
	switch strings.ToLower(kind) {
	case "comment", "preamble":
		return true
	case "string":
		return fieldFollows(text)
	}
	end := strings.IndexAny(text, ",={}()\"\r\n")
	if end < 0 || end == 0 && text[0] != ',' {
		return false
	}
	return text[end] == ',' || text[end] == '=' || text[end] == '}' && knownEntryType(strings.ToLower(kind))
}

// fieldFollows reports whether text begins, after white space, with "name =".
func fieldFollows(text string) bool {
	name, text := cutName(strings.TrimLeft(text, " \t\r\n"))
	return name != "" && strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "=")
}

// cutName returns the name that text begins with, and what follows.
func cutName(text string) (name, rest string) {
	end := 0
	for end < len(text) && isNameByte(text[end]) {
		end++
	}
	return text[:end], text[end:]
}

// isNameByte reports whether c can be in the name of an entry type or field.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == ':' || c == '+' || c == '/' || c == '*'
}
