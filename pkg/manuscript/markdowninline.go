package manuscript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// inline reads an inline and adds it to the ones before it.
func (r *markdownReader) inline(before []*node, n ast.Node) []*node {
	switch n := n.(type) {
	case *ast.Text:
		return r.text(before, n)
	case *ast.String:
		return addText(before, string(n.Value))
	case *ast.CodeSpan:
		var b strings.Builder
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				b.Write(t.Segment.Value(r.source))
			}
		}
		return append(before, &node{kind: kindCode, text: strings.ReplaceAll(b.String(), "\n", " ")})
	case *ast.Emphasis:
		k := kindEmphasis
		if n.Level == 2 {
			k = kindStrong
		}
		return append(before, &node{kind: k, kids: r.children(n)})
	case *ast.Link:
		return append(before, &node{kind: kindLink, target: address(n.Destination), kids: r.children(n)})
	case *ast.AutoLink:
		target := string(n.URL(r.source))
		if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(target, "mailto:") {
			target = "mailto:" + target
		}
		return append(before, &node{kind: kindLink, target: target, kids: []*node{textNode(string(n.Label(r.source)))}})
	case *ast.Image:
		return append(before, &node{kind: kindImage, target: address(n.Destination), kids: r.children(n)})
	case *ast.RawHTML:
		return r.rawHTML(before, string(n.Segments.Value(r.source)))
	case *extast.Strikethrough:
		return append(before, &node{kind: kindStrike, kids: r.children(n)})
	case *extast.TaskCheckBox:
		return append(before, &node{kind: kindTask, on: n.IsChecked})
	case *extast.FootnoteLink:
		return r.footnote(before, n.Index)
	case *syntax:
		return r.syntax(before, n)
	}
	return before // a link back from a footnote
}

// addText adds a text to the one before it, since goldmark divides texts.
func addText(before []*node, s string) []*node {
	if n := len(before); n > 0 && before[n-1].kind == kindText {
		before[n-1].text += s
		return before
	}
	if s == "" {
		return before
	}
	return append(before, textNode(s))
}

// text reads a text and the break behind it.
func (r *markdownReader) text(before []*node, n *ast.Text) []*node {
	raw := n.Segment.Value(r.source)
	s := string(raw)
	if !n.IsRaw() {
		s = strings.ReplaceAll(s, `\ `, "\u00a0")
		s = string(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences([]byte(s)))))
	}
	before = addText(before, s)
	switch {
	case n.HardLineBreak():
		before = append(before, &node{kind: kindBreak})
	case n.SoftLineBreak():
		before = append(before, &node{kind: kindSoftBreak})
	}
	return before
}

// attributes reads the attributes behind an image, a link or code, such as
// "{width=50%}".
func (r *markdownReader) attributes(before []*node, s string) []*node {
	if len(before) == 0 {
		return addText(before, "{"+s+"}")
	}
	n := before[len(before)-1]
	if n.kind != kindImage && n.kind != kindLink && n.kind != kindCode {
		return addText(before, "{"+s+"}")
	}
	for a := range strings.FieldsSeq(s) {
		if width, ok := strings.CutPrefix(a, "width="); ok && n.kind == kindImage {
			width, inPercent := strings.CutSuffix(strings.Trim(width, `"`), "%")
			if percent, err := strconv.Atoi(width); err == nil && inPercent && percent > 0 && percent <= 100 {
				n.level = percent
				continue
			}
		}
		r.m.reports.add("attributes of images, links and code other than a width in percent: they are left out")
	}
	return before
}

// rawHTML reads a tag. Breaks count, and comments are nothing.
func (r *markdownReader) rawHTML(before []*node, tag string) []*node {
	switch name := strings.ToLower(strings.TrimRight(strings.Trim(tag, "</> "), "/ ")); {
	case name == "br":
		return append(before, &node{kind: kindBreak})
	case strings.HasPrefix(tag, "<!--"):
	default:
		r.m.reports.add("HTML in the text: its tags are left out")
	}
	return before
}

// footnote reads a footnote where the text refers to it.
func (r *markdownReader) footnote(before []*node, index int) []*node {
	f := r.notes[index]
	if f == nil {
		return before
	}
	if r.note > 0 || slices.Contains(r.within, index) {
		r.m.reports.add("footnotes in footnotes: they are left out")
		return before
	}
	*r.count++
	r.note = *r.count
	r.within = append(r.within, index)
	n := &node{kind: kindNote, kids: r.children(f)}
	r.within = r.within[:len(r.within)-1]
	r.note = 0
	return append(before, n)
}

// syntax reads what goldmark does not know.
func (r *markdownReader) syntax(before []*node, s *syntax) []*node {
	switch s.node {
	case kindText:
		return r.attributes(before, s.text)
	case kindCitation:
		return append(before, r.cite(s, len(before) == 0))
	case kindMath:
		return append(before, &node{kind: kindMath, text: s.text, on: s.on})
	case kindSuperscript, kindSubscript:
		return append(before, &node{kind: s.node, kids: []*node{textNode(s.text)}})
	}
	part := *r
	part.base += s.inner.start
	part.source = r.source[s.inner.start:s.inner.end]
	if s.node == kindNote && r.note == 0 {
		*r.count++
		part.note = *r.count
	}
	blocks := part.read()
	r.err = part.err
	if s.node == kindNote && r.note == 0 {
		return append(before, &node{kind: kindNote, kids: blocks})
	}
	if s.node == kindNote {
		r.m.reports.add("footnotes in footnotes: their text stands in the outer one")
	}
	n := &node{kind: s.node}
	for _, b := range blocks {
		n.add(b.kids...)
	}
	if n.kind != kindSmallCaps && n.kind != kindUnderline {
		return append(before, n.kids...)
	}
	return append(before, n)
}

// address returns the destination of a link or an image as written, without
// escapes.
func address(destination []byte) string {
	return string(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(destination))))
}

func asText(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}
