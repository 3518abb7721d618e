package manuscript

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// edit replaces a part of a source.
type edit struct {
	span
	text string
}

// applied returns the source with the edits, which do not overlap. Of several at
// one place the first in the list stands first.
func applied(source string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.start < at {
			continue // a footnote that the text refers to twice
		}
		b.WriteString(source[at:e.start])
		b.WriteString(e.text)
		at = e.end
	}
	b.WriteString(source[at:])
	return b.String()
}

// sourceEditor puts citations into the source of a manuscript.
type sourceEditor struct {
	cited  *Cited
	source string
	write  func([]*node) string // inlines in the format of the source
	edits  []edit
	// label begins the labels of new footnotes in Markdown; notes are their
	// definitions.
	label string
	notes strings.Builder
	count int
}

// editText writes a manuscript in Markdown or LaTeX as it is, with its
// citations and its bibliography.
func (c *Cited) editText(out io.Writer) error {
	m := c.manuscript
	e := &sourceEditor{cited: c, source: string(m.source), write: markdownInlines, label: "cite-"}
	for strings.Contains(e.source, "[^"+e.label) {
		e.label += "x"
	}
	if m.format == LaTeX {
		bare := !strings.Contains(e.source, "hyperref") && !strings.Contains(e.source, "{url}")
		e.write = func(nodes []*node) string {
			w := &latexWriter{reports: c.reports, bare: bare}
			w.inlines(nodes)
			return w.String()
		}
	}
	for i := 0; i < len(m.Citations); i++ {
		last := i
		for last+1 < len(m.Citations) && m.Citations[last+1].lead != "" {
			last++
		}
		e.cite(i, last)
		i = last
	}
	for _, s := range m.removed {
		e.edits = append(e.edits, edit{span: s})
	}
	if c.Entries() > 0 {
		e.edits = append(e.edits, edit{m.place, e.bibliography()})
	} else if m.format == LaTeX && m.place.start < m.place.end {
		e.edits = append(e.edits, edit{span: m.place})
	}
	text := applied(e.source, e.edits)
	if notes := e.notes.String(); notes != "" {
		text = strings.TrimRight(text, "\n") + "\n\n" + notes
	}
	_, err := io.WriteString(out, text)
	return err
}

// cite replaces a citation, and those that follow it in one command.
func (e *sourceEditor) cite(at, last int) {
	m := e.cited.manuscript
	s := m.Citations[at].span
	rest, _, _ := strings.Cut(e.source[s.end:], "\n")
	rest = strings.TrimSpace(rest)
	ends := rest == "" || m.format == LaTeX && strings.HasPrefix(rest, "}")
	text := ""
	for i := at; i <= last; i++ {
		lead, mark := e.cited.inlines(i, ends)
		text += e.write(lead)
		moves := ""
		if len(mark) > 0 {
			moves = movesBehind(mark)
		}
		switch {
		case moves == "" && len(mark) > 0 && len(e.cited.texts[i].author) > 0:
			text += " "
		case moves != "" && text == "" && !m.Citations[i].opens:
			s.start = spaceBefore(e.source, s.start)
		}
		if i == last && moves != "" {
			if m.format == LaTeX {
				moves = strings.ReplaceAll(moves, `"`, "")
			}
			moved := punctuation(e.source[s.end:], moves)
			s.end += len(moved)
			text += moved
		}
		text += e.mark(mark)
	}
	e.edits = append(e.edits, edit{s, text})
}

// spaceBefore returns where the white space before a position begins. An empty
// line, and a line that ends in a comment, stay.
func spaceBefore(source string, at int) int {
	before := strings.TrimRight(source[:at], " \t\n~")
	space := source[len(before):at]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	if strings.Count(space, "\n") > 1 || strings.Contains(space, "\n") && strings.Contains(line, "%") || strings.TrimSpace(line) == "" {
		return at
	}
	return len(before)
}

// mark returns a citation or the note that it makes. A note in Markdown is defined at the
// end of the text.
func (e *sourceEditor) mark(mark []*node) string {
	if len(mark) == 0 || mark[0].kind != kindNote || e.cited.manuscript.format != Markdown {
		return e.write(mark)
	}
	e.count++
	fmt.Fprintf(&e.notes, "[^%s%d]: %s\n\n", e.label, e.count, e.write(mark[0].kids[0].kids))
	return fmt.Sprintf("[^%s%d]", e.label, e.count)
}

// bibliography returns the bibliography with its heading, if it needs one, in
// the format of the source.
func (e *sourceEditor) bibliography() string {
	c, m := e.cited, e.cited.manuscript
	var b strings.Builder
	if m.format == LaTeX {
		w := &latexWriter{reports: c.reports, bare: !strings.Contains(e.source, "hyperref") && !strings.Contains(e.source, "{url}")}
		w.bibliography(c.list(), c.bibliography.HangingIndent)
		heading := `\section*{`
		if strings.Contains(e.source, `\chapter{`) {
			heading = `\chapter*{`
		}
		return heading + c.listTitle(false, false) + "}\n" + w.String() + "\n"
	}
	last := len(m.root.kids) - 1
	placed := slices.IndexFunc(m.root.kids, isBibliography)
	if placed >= 0 {
		last = placed - 1
	}
	b.WriteString("\n\n")
	if title := c.listTitle(last >= 0 && m.root.kids[last].kind == kindHeading, placed >= 0); title != "" {
		b.WriteString(strings.Repeat("#", m.listLevel(m.root)) + " " + title + "\n\n")
	}
	for _, entry := range c.list().kids {
		b.WriteString(markdownEntry(entry) + "\n\n")
	}
	if placed < 0 {
		return strings.TrimRight("\n"+strings.TrimLeft(b.String(), "\n"), "\n") + "\n"
	}
	return b.String()
}
