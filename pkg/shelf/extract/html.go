package extract

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// maxToken bounds one HTML token, in bytes; tokens longer than this are not
// the text of a page.
const maxToken = 4 << 20

// reasonLongPart is the reason where a token is longer than maxToken.
const reasonLongPart = "the page has a part that is too long to read"

// readHTML reads the text of an HTML page: no markup, no scripts, no styles.
func readHTML(content []byte) result {
	if bytes.IndexByte(content[:min(len(content), 4096)], 0) >= 0 {
		if _, ok := decode(content); !ok {
			return result{reason: "the file is not text"}
		}
	}
	// The page says in which encoding it is (HTML standard, 13.2.3.2).
	encoding, name, certain := charset.DetermineEncoding(content, "")
	text := string(content)
	if certain || name != "windows-1252" {
		if decoded, err := encoding.NewDecoder().Bytes(content); err == nil {
			text = string(decoded)
		}
	} else if decoded, ok := decode(content); ok {
		text = decoded
	}
	w, reason := newHTMLWriter(), ""
	if err := w.document(strings.NewReader(text)); err != nil {
		reason = reasonLongPart
	}
	return result{pages: []string{w.String()}, reason: reason}
}

// document writes the text of an HTML document, apart from what was written
// before. It reads token by token, so memory is bounded by the text and by
// maxToken, and no depth of nesting costs anything. The error is that of r, or
// says that a token is longer than maxToken.
func (w *htmlWriter) document(r io.Reader) error {
	*w = htmlWriter{b: w.b, breaks: 2}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		case html.TextToken:
			w.text(z.Text())
		case html.StartTagToken:
			name, _ := z.TagName()
			w.start(atom.Lookup(name))
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			w.empty(atom.Lookup(name))
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(atom.Lookup(name))
		}
		if w.b.Len() > MaxTextBytes {
			return nil // finish cuts it and says so
		}
	}
}

// htmlWriter writes the text of HTML documents as their tokens come.
type htmlWriter struct {
	b      *strings.Builder
	hidden atom.Atom // the element whose content is not text, while in it
	pre    int       // depth of elements that keep their white space
	breaks int       // line breaks due before the next text
	space  bool      // a space is due before the next text
}

func newHTMLWriter() *htmlWriter { return &htmlWriter{b: &strings.Builder{}} }

func (w *htmlWriter) String() string { return w.b.String() }

// text writes a text token. Its entities are decoded here.
func (w *htmlWriter) text(raw []byte) {
	if w.hidden != 0 {
		return
	}
	s := html.UnescapeString(string(raw))
	if w.pre > 0 {
		w.due()
		w.b.WriteString(s)
		return
	}
	spaced := s != "" && strings.ContainsRune(" \t\r\n\f", rune(s[0]))
	for word := range strings.FieldsSeq(s) { // no list: a token may have millions
		w.space = w.space || spaced
		w.due()
		w.b.WriteString(word)
		spaced = true
	}
	if s != "" && strings.ContainsRune(" \t\r\n\f", rune(s[len(s)-1])) {
		w.space = true
	}
}

// due writes the line breaks or the space that the next text begins with.
func (w *htmlWriter) due() {
	switch {
	case w.b.Len() == 0:
	case w.breaks > 0:
		w.b.WriteString(strings.Repeat("\n", w.breaks))
	case w.space:
		w.b.WriteByte(' ')
	}
	w.breaks, w.space = 0, false
}

func (w *htmlWriter) start(a atom.Atom) {
	if w.hidden != 0 {
		return
	}
	switch a {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg, atom.Iframe, atom.Object, atom.Title, atom.Textarea, atom.Select:
		w.hidden = a
		return
	case atom.Pre:
		w.pre++
	}
	w.empty(a)
	if a == atom.Li {
		w.due()
		w.b.WriteString("- ")
	}
}

func (w *htmlWriter) end(a atom.Atom) {
	if w.hidden != 0 {
		if a == w.hidden {
			w.hidden = 0
		}
		return
	}
	if a == atom.Pre && w.pre > 0 {
		w.pre--
	}
	w.empty(a)
}

// empty makes the breaks that an element has on either side.
func (w *htmlWriter) empty(a atom.Atom) {
	switch a {
	case atom.Br, atom.Li, atom.Tr, atom.Dt, atom.Dd, atom.Option:
		w.breaks = max(w.breaks, 1)
	case atom.Td, atom.Th:
		w.space = true
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Dl, atom.Table,
		atom.Blockquote, atom.Pre, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Nav,
		atom.Figure, atom.Figcaption, atom.Hr, atom.Form, atom.Body, atom.Address:
		w.breaks = 2
	}
}
