// Package xmltree reads XML files of bibliographies element by element: what
// is wrong with one record costs that record alone. It resolves no entities
// but those of HTML, follows no references and is bounded in size and depth.
package xmltree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// Record is an element of a file as it stands there.
type Record struct {
	Line int // of its tag, from 1
	Text []byte
	// Fault says why there is no text, "" if there is.
	Fault string
}

// Records finds the elements of some names in a file, at any depth; one within
// another is part of it.
type Records struct {
	in    *bufio.Reader
	names map[string]bool // local names
	line  int
}

// Open returns the records of a file. It fails as [source.Open] does.
func Open(ctx context.Context, r io.Reader, names ...string) (*Records, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	if in, err = decoded(in); err != nil {
		return nil, err
	}
	rs := &Records{in: in, names: map[string]bool{}, line: 1}
	for _, name := range names {
		rs.names[name] = true
	}
	return rs, nil
}

// decoded returns the file in UTF-8, if its declaration names another
// encoding. (source.Open has decoded UTF-16.)
func decoded(in *bufio.Reader) (*bufio.Reader, error) {
	head, err := in.Peek(200)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	declaration, _, _ := bytes.Cut(head, []byte("?>"))
	_, after, ok := bytes.Cut(declaration, []byte("encoding="))
	if !ok || len(after) < 3 || !bytes.HasPrefix(head, []byte("<?xml")) {
		return in, nil
	}
	label, _, _ := strings.Cut(string(after[1:]), string(after[:1]))
	encoding, err := htmlindex.Get(label)
	if err != nil || strings.HasPrefix(strings.ToLower(label), "utf") {
		return in, nil // unknown: read as UTF-8, or as source.Text reads it
	}
	return bufio.NewReaderSize(transform.NewReader(in, encoding.NewDecoder()), 64<<10), nil
}

// Next returns the next record; io.EOF after the last.
func (rs *Records) Next() (Record, error) {
	for {
		c, err := rs.read()
		if err != nil {
			return Record{}, err
		}
		if c != '<' {
			continue
		}
		line := rs.line
		tag, err := rs.tag()
		if err != nil {
			return Record{}, err
		}
		if name := localName(tag); rs.names[name] && tag[1] != '/' {
			return rs.record(name, tag, line)
		}
	}
}

// record reads the rest of an element whose tag was read.
func (rs *Records) record(name string, tag []byte, line int) (Record, error) {
	r := Record{Line: line, Text: bytes.Clone(tag)}
	depth := 1
	if isEmpty(tag) {
		return r, nil
	}
	for depth > 0 {
		c, err := rs.read()
		if errors.Is(err, io.EOF) {
			return Record{Line: line, Fault: "the file ends within it"}, nil
		}
		if err != nil {
			return r, err
		}
		if len(r.Text) > source.MaxEntryBytes {
			r.Fault = fmt.Sprintf("it is larger than %d MiB", source.MaxEntryBytes>>20)
			r.Text = r.Text[:0]
		}
		if c != '<' {
			r.Text = append(r.Text, c)
			continue
		}
		tag, err := rs.tag()
		if err != nil && !errors.Is(err, io.EOF) {
			return r, err
		}
		r.Text = append(r.Text, tag...)
		switch {
		case localName(tag) != name || isEmpty(tag):
		case tag[1] == '/':
			depth--
		default:
			depth++
		}
	}
	return r, nil
}

// tag reads the rest of a tag, comment, declaration or CDATA section, whose
// "<" was read.
func (rs *Records) tag() ([]byte, error) {
	comment, section := []byte("<!--"), []byte("<![CDATA[")
	begins := bytes.HasPrefix
	tag := []byte{'<'}
	quote := byte(0)
	for {
		c, err := rs.read()
		if errors.Is(err, io.EOF) && len(tag) > 1 {
			return tag, nil
		}
		if err != nil {
			return append(tag, ' '), err
		}
		tag = append(tag, c)
		switch {
		case len(tag) > source.MaxEntryBytes:
			return tag, nil
		case begins(tag, comment):
			if len(tag) > 6 && bytes.HasSuffix(tag, []byte("-->")) {
				return tag, nil
			}
		case begins(tag, section):
			if bytes.HasSuffix(tag, []byte("]]>")) {
				return tag, nil
			}
		case begins(comment, tag) || begins(section, tag):
			// It may still become one of the two.
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return tag, nil
		case c == '<' && len(tag) > 1:
			// "a < b" in a text that should have been escaped.
			return tag[:len(tag)-1], rs.in.UnreadByte()
		}
	}
}

func (rs *Records) read() (byte, error) {
	c, err := rs.in.ReadByte()
	if c == '\n' {
		rs.line++
	}
	return c, err
}

// localName returns the name in a tag without its prefix, "" for what is no
// tag.
func localName(tag []byte) string {
	name := bytes.TrimPrefix(tag[1:], []byte("/"))
	if end := bytes.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	if colon := bytes.LastIndexByte(name, ':'); colon >= 0 {
		name = name[colon+1:]
	}
	return string(name)
}

func isEmpty(tag []byte) bool { return bytes.HasSuffix(tag, []byte("/>")) }
