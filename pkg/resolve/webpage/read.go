package webpage

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds of metadata.
const (
	maxToken   = 1 << 20 // bytes of one tag or script
	maxTags    = 2_000
	maxScripts = 20
	maxValue   = 2_000 // characters of a field

	// MaxPeople is the most people of a work.
	MaxPeople = 500
)

// tags are the metadata of a page as it states them.
type tags struct {
	meta    map[string][]string // by name in lower case
	scripts []string            // JSON-LD
	title   string
	count   int
}

// Read reads the work that a page describes. The content type names the character
// encoding, if the page does not. It fails with [library.Invalid] if the page has no
// title or can't be decoded.
func Read(page []byte, contentType string) (*library.Item, error) {
	decoded, err := charset.NewReader(bytes.NewReader(page), contentType)
	t := &tags{}
	if err == nil {
		t, err = scan(decoded)
	}
	if err != nil && !errors.Is(err, io.EOF) { // an empty page has no encoding
		return nil, library.Errorf(library.Invalid, "the page can't be decoded").WithCause(err)
	}
	it := t.item()
	if it.Field("title") == "" {
		return nil, library.Errorf(library.Invalid, "the page has no metadata and no title").
			WithHint("it may be made by scripts, which are not run")
	}
	return it, nil
}

// scan collects the metadata of a page. Of a page with a tag beyond the bounds it is
// what stands before.
func scan(r io.Reader) (*tags, error) {
	t := &tags{meta: map[string][]string{}}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	for t.count < maxTags {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) && !errors.Is(err, html.ErrBufferExceeded) {
				return nil, err
			}
			return t, nil
		case html.StartTagToken, html.SelfClosingTagToken:
			t.open(z)
		}
	}
	return t, nil
}

// open reads a tag that may hold metadata.
func (t *tags) open(z *html.Tokenizer) {
	name, more := z.TagName()
	switch atom.Lookup(name) {
	case atom.Meta:
		a := attributes(z, more)
		key := a["name"]
		if key == "" {
			key = a["property"]
		}
		t.add(strings.ToLower(key), a["content"])
	case atom.Title:
		if z.Next() == html.TextToken && t.title == "" {
			t.title = Value(string(z.Text()))
		}
	case atom.Script:
		if a := attributes(z, more); strings.EqualFold(strings.TrimSpace(a["type"]), "application/ld+json") && z.Next() == html.TextToken && len(t.scripts) < maxScripts {
			t.scripts = append(t.scripts, string(z.Raw()))
		}
	}
}

// add adds the value of a tag.
func (t *tags) add(name, content string) {
	if content = Value(content); name != "" && content != "" {
		t.meta[name] = append(t.meta[name], content)
		t.count++
	}
}

func attributes(z *html.Tokenizer, more bool) map[string]string {
	a := map[string]string{}
	for more {
		var key, val []byte
		key, val, more = z.TagAttr()
		if _, ok := a[string(key)]; !ok {
			a[string(key)] = string(val)
		}
	}
	return a
}

// Value returns a value as a reader sees it: without markup, on one line, and its
// first 2,000 characters.
func Value(s string) string {
	s, _ = plaintext.Cut(s, 2*maxValue)
	s, _ = plaintext.Cut(plaintext.Name(s), maxValue)
	return s
}

// first returns the first value of the first of some tags that the page has.
func (t *tags) first(names ...string) string {
	for _, name := range names {
		if all := t.meta[name]; len(all) > 0 {
			return all[0]
		}
	}
	return ""
}

// all returns the values of the first of some tags that the page has.
func (t *tags) all(names ...string) []string {
	for _, name := range names {
		if all := t.meta[name]; len(all) > 0 {
			return all[:min(len(all), MaxPeople)]
		}
	}
	return nil
}
