package manuscript

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// compose returns the document with its citations and its bibliography in place.
// The manuscript stays as it is.
func (c *Cited) compose() *node {
	doc := c.block(c.manuscript.root, false)
	if !slices.ContainsFunc(doc.kids, isBibliography) {
		doc.add(&node{kind: kindBibliography})
	}
	at := slices.IndexFunc(doc.kids, isBibliography)
	if c.Entries() == 0 {
		doc.kids = slices.Delete(doc.kids, at, at+1)
		return doc
	}
	doc.kids[at] = c.list()
	// A command of LaTeX that places the bibliography makes its heading too.
	placed := at < len(c.manuscript.root.kids) && c.manuscript.format != LaTeX
	if title := c.listTitle(at > 0 && doc.kids[at-1].kind == kindHeading, placed); title != "" {
		heading := &node{kind: kindHeading, level: c.manuscript.listLevel(doc), target: "references", kids: []*node{textNode(title)}}
		doc.kids = slices.Insert(doc.kids, at, heading)
	}
	return doc
}

func isBibliography(n *node) bool { return n.kind == kindBibliography }

// listTitle returns the heading of the bibliography, "" where one stands before
// it, or where the manuscript says where it stands and has none.
func (c *Cited) listTitle(headed, placed bool) string {
	own := c.manuscript.Metadata.ReferenceTitle
	switch {
	case headed || placed && own == "":
		return ""
	case own != "":
		return own
	}
	switch language, _, _ := strings.Cut(c.language, "-"); language {
	case "de":
		return "Literatur"
	case "fr":
		return "Références"
	case "es":
		return "Referencias"
	case "zh":
		return "参考文献"
	}
	return "References"
}

// listLevel returns the level of the bibliography's heading: that of the
// chapters. Where the manuscript names no title, its first heading can be one.
func (m *Manuscript) listLevel(doc *node) int {
	var levels []int
	for _, n := range doc.kids {
		if n.kind == kindHeading {
			levels = append(levels, n.level)
		}
	}
	if len(levels) == 0 {
		return 1
	}
	if m.Metadata.Title == "" && len(levels) > 1 && levels[0] < slices.Min(levels[1:]) {
		levels = levels[1:]
	}
	return slices.Min(levels)
}

// block returns a copy of a node with the citations below it in place.
func (c *Cited) block(n *node, inNote bool) *node {
	out := *n
	out.kids = nil
	for i := 0; i < len(n.kids); i++ {
		kid := n.kids[i]
		if kid.kind != kindCitation {
			out.add(c.block(kid, inNote || n.kind == kindNote))
			continue
		}
		var next *node
		if i+1 < len(n.kids) {
			copied := *n.kids[i+1]
			next = &copied
		}
		out.kids = c.place(out.kids, kid.cite, next)
		if next != nil && next.kind == kindText && next.text != n.kids[i+1].text {
			if i++; next.text != "" {
				out.add(next)
			}
		}
	}
	return &out
}

// place adds a rendered citation to the inlines before it. Punctuation at the
// beginning of the next one may move before it.
func (c *Cited) place(before []*node, at int, next *node) []*node {
	lead, mark := c.inlines(at, next == nil)
	before = append(before, lead...)
	if len(mark) == 0 {
		return before
	}
	moves := movesBehind(mark)
	if moves == "" {
		if len(c.texts[at].author) > 0 {
			before = append(before, textNode(" "))
		}
		return append(before, mark...)
	}
	before = trimEnd(before)
	if next != nil && next.kind == kindText {
		moved := punctuation(next.text, moves)
		next.text = next.text[len(moved):]
		if moved != "" {
			before = append(before, textNode(moved))
		}
	}
	return append(before, mark...)
}

// movesBehind returns the punctuation that a citation follows: notes follow all,
// raised numbers a full stop and a comma, and others none.
func movesBehind(mark []*node) string {
	switch {
	case mark[0].kind == kindNote:
		return `.,;:!?”"’'」』。，；：！？`
	case mark[0].kind == kindSuperscript && len(mark) == 1:
		return ".,。，"
	}
	return ""
}

// punctuation returns the beginning of s that consists of the characters of set,
// at most three.
func punctuation(s, set string) string {
	end := 0
	for i, r := range s {
		if !strings.ContainsRune(set, r) || i > 2*utf8.UTFMax {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return s[:end]
}

// trimEnd returns inlines without the space at their end.
func trimEnd(nodes []*node) []*node {
	for len(nodes) > 0 {
		last := *nodes[len(nodes)-1]
		switch {
		case last.kind == kindSoftBreak:
			nodes = nodes[:len(nodes)-1]
			continue
		case last.kind == kindText:
			last.text = strings.TrimRight(last.text, " \u00a0")
			nodes[len(nodes)-1] = &last
			if last.text == "" {
				nodes = nodes[:len(nodes)-1]
				continue
			}
		}
		break
	}
	return nodes
}

// inlines returns the rendered citation: the author in the sentence, and the
// citation or the note that it makes. In a footnote of the manuscript a citation
// goes without the full stop that the style has for its notes, unless the
// footnote ends with it.
func (c *Cited) inlines(at int, ends bool) (lead, mark []*node) {
	t := &c.texts[at]
	if s := c.manuscript.Citations[at].lead; s != "" {
		lead = append(lead, textNode(s))
	}
	lead = append(lead, t.author...)
	for _, part := range t.parts {
		mark = append(mark, formatted(part.Runs())...)
	}
	if t.within && !ends {
		mark = withoutStop(mark)
	}
	for i, key := range t.missing {
		if i > 0 || len(mark) > 0 {
			mark = append(mark, textNode(" "))
		}
		mark = append(mark, &node{kind: kindStrong, kids: []*node{textNode(key + "?")}})
	}
	if t.note && len(mark) > 0 {
		mark = []*node{{kind: kindNote, kids: []*node{{kind: kindParagraph, kids: mark}}}}
	}
	return lead, mark
}

// withoutStop returns inlines without a full stop at their end.
func withoutStop(nodes []*node) []*node {
	if n := len(nodes); n > 0 && nodes[n-1].kind == kindText {
		nodes[n-1] = textNode(strings.TrimSuffix(nodes[n-1].text, "."))
	}
	return nodes
}

// formatted returns runs of a rendered text as inlines.
func formatted(runs []csl.Run) []*node {
	var nodes []*node
	for _, r := range runs {
		n := textNode(r.Text)
		wrap := func(on bool, k kind) {
			if on {
				n = &node{kind: k, kids: []*node{n}}
			}
		}
		wrap(r.Italic || r.Oblique, kindEmphasis)
		wrap(r.Bold, kindStrong)
		wrap(r.SmallCaps, kindSmallCaps)
		wrap(r.Underlined, kindUnderline)
		wrap(r.Superscript, kindSuperscript)
		wrap(r.Subscript, kindSubscript)
		nodes = append(nodes, n)
	}
	return nodes
}

// list returns the bibliography.
func (c *Cited) list() *node {
	list := &node{kind: kindBibliography}
	for _, e := range c.bibliography.Entries {
		entry := &node{kind: kindEntry, target: e.ID}
		block := ""
		var margin, runs []csl.Run
		for _, r := range e.Text.Runs() {
			switch {
			case r.Block == "left-margin":
				margin = append(margin, r)
				continue
			case r.Block != block && r.Block != "right-inline" && len(runs) > 0:
				entry.add(linked(formatted(runs))...)
				entry.add(&node{kind: kindBreak})
				runs = nil
			}
			block = cmp.Or(r.Block, block)
			runs = append(runs, r)
		}
		if len(margin) > 0 {
			entry.kids = slices.Insert(entry.kids, 0, &node{kind: kindMargin, kids: trimEnd(formatted(margin))})
		}
		entry.add(linked(formatted(runs))...)
		list.add(entry)
	}
	return list
}

// webAddress is an address in a bibliography.
var webAddress = regexp.MustCompile(`https?://[^\s"]+[^\s".,;:)\]]`)

// linked makes links of the addresses in texts.
func linked(nodes []*node) []*node {
	var out []*node
	for _, n := range nodes {
		if n.kind != kindText {
			out = append(out, n)
			continue
		}
		s := n.text
		for {
			at := webAddress.FindStringIndex(s)
			if at == nil {
				break
			}
			if at[0] > 0 {
				out = append(out, textNode(s[:at[0]]))
			}
			target := s[at[0]:at[1]]
			out = append(out, &node{kind: kindLink, target: target, kids: []*node{textNode(target)}})
			s = s[at[1]:]
		}
		if s != "" {
			out = append(out, textNode(s))
		}
	}
	return out
}
