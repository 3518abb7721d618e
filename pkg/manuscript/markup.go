package manuscript

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
)

// markup writes XML and HTML.
type markup struct{ strings.Builder }

// open writes a start tag; attributes are pairs of names and values.
func (b *markup) open(name string, attributes ...string) {
	b.tag(name, attributes)
	b.WriteByte('>')
}

// empty writes an element without content.
func (b *markup) empty(name string, attributes ...string) {
	b.tag(name, attributes)
	b.WriteString("/>")
}

func (b *markup) tag(name string, attributes []string) {
	b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		b.WriteString(" " + attributes[i] + `="`)
		b.chars(attributes[i+1])
		b.WriteByte('"')
	}
}

// close writes an end tag.
func (b *markup) close(name string) { b.WriteString("</" + name + ">") }

// chars writes text with what would be markup escaped. Characters that XML
// does not have become U+FFFD.
func (b *markup) chars(s string) {
	for line := range strings.Lines(s) {
		body := strings.TrimSuffix(line, "\n")
		_ = xml.EscapeText(&b.Builder, []byte(body)) // a Builder never fails
		if body != line {
			b.WriteByte('\n')
		}
	}
}

// element writes an element with a text.
func (b *markup) element(name, text string, attributes ...string) {
	b.open(name, attributes...)
	b.chars(text)
	b.close(name)
}

// safeLink reports whether an address may stand in a document: one in the
// document, beside it, or on the web. What a reader's click would run is none.
func safeLink(target string) bool {
	u, err := url.Parse(strings.TrimSpace(target))
	return err == nil && target != "" && slices.Contains([]string{"", "http", "https", "mailto", "ftp", "doi"}, strings.ToLower(u.Scheme))
}
