package ris

import (
	"bufio"
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// tagOrder is the order in which tags are written: TY first, as RIS demands,
// and the rest as in Zotero.
const tagOrder = "TI AU T2 A2 T3 A3 A4 AB C1 C2 C3 C4 C5 C6 CN CY DA PY DO DP ET VL IS SP J2 LA M1 M3 NV OP PB SE SN ST SV UR AN DB Y2 L1 L2 L4 N1 KW"

// Write writes items as RIS. What RIS has no tag for is written as M2 lines
// "name: value", which [Read] and Zotero keep, and Read puts back into the
// field. It fails only where w does.
func Write(w io.Writer, items []*library.Item) error {
	out := &writer{w: bufio.NewWriter(w), m: newMapping(), order: strings.Fields(tagOrder)}
	keys := citekey.Assign(items)
	for i, item := range items {
		out.item(item, keys[i])
	}
	return out.w.Flush()
}

type writer struct {
	w     *bufio.Writer // keeps the first error until Flush
	m     *mapping
	order []string
}

// tag writes a tag, unless it is empty. The value's lines become one: a line
// of its own might be read as a tag.
func (w *writer) tag(name, value string) {
	value = strings.Join(strings.Fields(value), " ")
	if value == "" {
		return
	}
	w.line(name, value)
}

func (w *writer) line(name, value string) {
	_, _ = w.w.WriteString(name + "  - " + value + "\r\n")
}

// text writes a tag whose lines matter. A line that looks like a tag is
// joined to the one before.
func (w *writer) text(name, value string) {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(value, "\r", "\n"), "\n") {
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case line == "":
			continue
		case b.Len() == 0:
		case looksLikeTag(line):
			b.WriteByte(' ')
		default:
			b.WriteString("\r\n")
		}
		b.WriteString(line)
	}
	if b.Len() > 0 {
		w.line(name, b.String())
	}
}

// looksLikeTag reports whether some reader may take a line for a tag: two
// letters or digits, then a hyphen of any kind after white space or none.
func looksLikeTag(line string) bool {
	runes := []rune(line[:min(len(line), 32)])
	if len(runes) < 3 {
		return false
	}
	rest := strings.TrimLeft(string(runes[2:]), " \t")
	return rest != "" && strings.ContainsRune("-\u2010\u2011\u2012\u2013\u2014\u2212", []rune(rest)[0])
}

// item writes an item under its citation key.
func (w *writer) item(item *library.Item, key string) {
	risType, known := w.m.written[item.Type]
	if !known {
		risType = "GEN"
	}
	w.line("TY", risType)
	done := map[string]bool{"extra": true, "citationKey": true}
	roles := map[string]bool{}
	for _, name := range w.order {
		field := w.m.fields[name].field(item.Type)
		kind, role, _ := strings.Cut(field, "/")
		switch kind {
		case "":
		case "creators":
			roles[role] = true
			w.creators(name, role, item.Creators)
		case "notes":
			for _, note := range item.Notes {
				w.tag(name, markup.Paragraphs(note.Text))
			}
		case "tags":
			w.tags(item.Tags)
		case "files":
			w.links(name, role, item.Attachments)
		default:
			w.field(item, name, field, done)
		}
	}
	w.rest(item, key, done, roles)
	w.line("ER", "")
	_, _ = w.w.WriteString("\r\n")
}

// field writes the field that a tag stands for.
func (w *writer) field(item *library.Item, name, field string, done map[string]bool) {
	actual, ok := zschema.FieldFor(item.Type, field)
	if !ok {
		actual = field
	}
	value := item.Fields[actual]
	if value == "" || done[actual] && name != "PY" {
		return
	}
	switch name {
	case "AB":
		w.text(name, value)
	case "DA":
		w.tag(name, slashed(value))
	case "PY":
		if iso, ok := edtf.Parse(value); ok && !strings.HasPrefix(iso, "-") {
			year, _, _ := strings.Cut(iso, "-")
			w.tag(name, year)
		}
	case "Y2":
		w.tag(name, value)
	case "SP":
		first, last, ok := strings.Cut(value, "-")
		if actual != "pages" || !ok || strings.Contains(last, "-") || strings.TrimSpace(first) == "" || strings.TrimSpace(last) == "" {
			first, last = value, ""
		}
		w.tag(name, first)
		w.tag("EP", last)
	default:
		w.tag(name, value)
	}
	done[actual] = true
}

// slashed writes an ISO date as RIS does, "2008/06/26/", and any other as it
// is.
func slashed(date string) string {
	if iso, ok := edtf.Parse(date); !ok || iso != date || strings.HasPrefix(iso, "-") {
		return date
	}
	parts := strings.Split(date, "-")
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	return strings.Join(parts, "/")
}

func (w *writer) creators(name, role string, creators []library.Creator) {
	for _, c := range creators {
		if c.Role == role {
			w.tag(name, risName(c))
		}
	}
}

// risName writes a name as "Family, Given". The first comma of an
// institution's name, which would make a person of it, is doubled, as EndNote
// does.
func risName(c library.Creator) string {
	if c.Name != "" {
		return strings.Replace(c.Name, ",", ",,", 1)
	}
	if c.Given == "" {
		return c.Family
	}
	return c.Family + ", " + c.Given
}

// tags writes keywords, one a line.
func (w *writer) tags(tags []string) {
	for _, t := range tags {
		w.tag("KW", t)
	}
}

// links writes the addresses of attachments, or the paths of files, by what
// they lead to.
func (w *writer) links(name, kind string, attachments []library.Attachment) {
	for _, a := range attachments {
		is := "other"
		switch a.ContentType {
		case "application/pdf":
			is = "PDF"
		case "text/html":
			is = "HTML"
		}
		if is == kind {
			w.tag(name, cmp.Or(a.URL, a.Filename))
		}
	}
}

// rest writes what has no tag.
func (w *writer) rest(item *library.Item, key string, done, roles map[string]bool) {
	if w.m.typeOf[w.m.written[item.Type]] != item.Type && zschema.KnownType(item.Type) {
		w.tag("M2", extra.Line("Type", item.Type))
	}
	if own := item.Fields["citationKey"]; citekey.Clean(own) == key {
		key = own // as it was written
	}
	w.tag("M2", extra.Line("Citation Key", key))
	for _, field := range slices.Sorted(maps.Keys(item.Fields)) {
		if value := item.Fields[field]; value != "" && !done[field] {
			w.tag("M2", extra.Line(extra.Label(field), value))
		}
	}
	for _, c := range item.Creators {
		if !roles[c.Role] {
			w.tag("M2", extra.Line(extra.Label(c.Role), extra.Name(c)))
		}
	}
	for line := range strings.Lines(item.Fields["extra"]) {
		w.tag("M2", line)
	}
}
