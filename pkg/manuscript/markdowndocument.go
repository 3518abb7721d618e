package manuscript

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// markdownWriter writes nodes as a document in Markdown.
type markdownWriter struct {
	reports *reports
	notes   []string // the definitions of the footnotes
}

// writeMarkdown writes a manuscript in LaTeX or Word as Markdown.
func (c *Cited) writeMarkdown(out io.Writer) error {
	doc := c.compose()
	w := &markdownWriter{reports: c.reports}
	parts := []string{c.markdownMetadata(w)}
	parts = append(parts, w.blocks(doc.kids)...)
	parts = append(parts, w.notes...)
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	_, err := io.WriteString(out, strings.Join(kept, "\n\n")+"\n")
	return err
}

// markdownMetadata returns the YAML block with what the manuscript says of itself.
func (c *Cited) markdownMetadata(w *markdownWriter) string {
	m := &c.manuscript.Metadata
	var b strings.Builder
	field := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, yamlText(w.line(c.manuscript.inlinesOf(text))))
		}
	}
	field("title", m.Title)
	field("subtitle", m.Subtitle)
	if len(m.Authors) > 0 {
		b.WriteString("author:\n")
	}
	for _, a := range m.Authors {
		b.WriteString("  - " + yamlText(w.line(c.manuscript.inlinesOf(a))) + "\n")
	}
	field("date", m.Date)
	field("abstract", m.Abstract)
	field("lang", m.Language)
	if b.Len() == 0 {
		return ""
	}
	return "---\n" + b.String() + "---"
}

// yamlText returns a text in single quotes.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// line returns inlines without line ends.
func (w *markdownWriter) line(nodes []*node) string {
	s := strings.ReplaceAll(w.inlines(nodes), "\\\n", " ")
	return strings.TrimSpace(strings.ReplaceAll(s, "\n", " "))
}

// inlines writes inlines, with the footnotes among them as references.
func (w *markdownWriter) inlines(nodes []*node) string {
	return markdownInlines(w.referring(nodes))
}

// referring returns a copy of inlines in which footnotes are references, whose
// definitions are kept for the end.
func (w *markdownWriter) referring(nodes []*node) []*node {
	out := make([]*node, 0, len(nodes))
	for _, n := range nodes {
		changed := *n
		if n.kind == kindNote {
			w.notes = append(w.notes, "") // the number is that of the text, not of a note within
			at := len(w.notes)
			w.notes[at-1] = fmt.Sprintf("[^%d]: %s", at, indented(strings.Join(w.blocks(n.kids), "\n\n"), "    "))
			changed = node{kind: kindNote, level: at}
		} else {
			changed.kids = w.referring(n.kids)
		}
		out = append(out, &changed)
	}
	return out
}

// indented returns a text whose lines after the first are indented.
func indented(s, by string) string {
	lines := strings.Split(s, "\n")
	for i := range lines[1:] {
		if lines[i+1] != "" {
			lines[i+1] = by + lines[i+1]
		}
	}
	return strings.Join(lines, "\n")
}

// blocks writes blocks, each as a text.
func (w *markdownWriter) blocks(nodes []*node) []string {
	var all []string
	for i := 0; i < len(nodes); i++ {
		if nodes[i].kind < kindText {
			if i > 0 && nodes[i].kind == kindList && nodes[i-1].kind == kindList && nodes[i].on == nodes[i-1].on {
				all = append(all, "<!-- -->") // keeps two lists apart
			}
			if s := w.block(nodes[i]); s != "" {
				all = append(all, s)
			}
			continue
		}
		from := i
		for i+1 < len(nodes) && nodes[i+1].kind >= kindText {
			i++
		}
		all = append(all, w.paragraph(nodes[from:i+1]))
	}
	return all
}

func (w *markdownWriter) block(n *node) string {
	switch n.kind {
	case kindHeading:
		s := strings.Repeat("#", min(max(n.level, 1), 6)) + " " + w.line(n.kids)
		if n.target != "" && !strings.ContainsAny(n.target, " {}\n") {
			s += " {#" + n.target + "}"
		}
		return s
	case kindCodeBlock:
		return w.code(n)
	case kindQuote:
		quoted := strings.ReplaceAll(strings.Join(w.blocks(n.kids), "\n\n"), "\n", "\n> ")
		return "> " + strings.ReplaceAll(quoted, "> \n", ">\n")
	case kindList:
		return w.list(n)
	case kindTable:
		return w.table(n)
	case kindRule:
		return "---"
	case kindBibliography:
		var entries []string
		for _, entry := range n.kids {
			entries = append(entries, markdownEntry(entry))
		}
		return strings.Join(entries, "\n\n")
	case kindTerm:
		return w.line(n.kids)
	case kindDefinition:
		return ":   " + indented(strings.Join(w.blocks(n.kids), "\n\n"), "    ")
	}
	return w.paragraph(n.kids)
}

// paragraph writes a paragraph. Its lines begin no list, heading or quote.
func (w *markdownWriter) paragraph(nodes []*node) string {
	lines := strings.Split(strings.TrimSpace(w.inlines(nodes)), "\n")
	for i, line := range lines {
		line = strings.TrimLeft(line, " \t")
		digits := strings.TrimLeft(line, "0123456789")
		switch {
		case line == "":
		case strings.ContainsRune("-+=:", rune(line[0])):
			line = `\` + line
		case len(digits) < len(line) && digits != "" && (digits[0] == '.' || digits[0] == ')'):
			line = line[:len(line)-len(digits)] + `\` + digits
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// code writes code between fences that are longer than any in it.
func (w *markdownWriter) code(n *node) string {
	fence := "```"
	for strings.Contains(n.text, fence) {
		fence += "`"
	}
	return fence + n.target + "\n" + strings.TrimSuffix(n.text, "\n") + "\n" + fence
}

func (w *markdownWriter) list(n *node) string {
	var items []string
	for i, item := range n.kids {
		mark := "- "
		if n.on {
			mark = strconv.Itoa(n.level+i) + ". "
		}
		blocks := strings.Join(w.blocks(item.kids), "\n\n")
		items = append(items, mark+indented(blocks, strings.Repeat(" ", len(mark))))
	}
	return strings.Join(items, "\n")
}

// table writes a pipe table, whose first row is always a header.
func (w *markdownWriter) table(n *node) string {
	columns := len(n.align)
	for _, row := range n.kids {
		columns = max(columns, len(row.kids))
	}
	if columns == 0 {
		return ""
	}
	rows := n.kids
	header := &node{}
	if len(rows) > 0 && rows[0].on {
		header, rows = rows[0], rows[1:]
	}
	lines := []string{w.row(header, columns), "|"}
	for i := range columns {
		a := alignNone
		if i < len(n.align) {
			a = n.align[i]
		}
		lines[1] += [...]string{"---", ":--", ":-:", "--:"}[a] + "|"
	}
	for _, row := range rows {
		lines = append(lines, w.row(row, columns))
	}
	return strings.Join(lines, "\n")
}

func (w *markdownWriter) row(row *node, columns int) string {
	var b strings.Builder
	b.WriteByte('|')
	for i := range columns {
		cell := ""
		if i < len(row.kids) {
			cell = w.line(row.kids[i].kids)
		}
		b.WriteString(" " + cell + " |")
	}
	return b.String()
}
