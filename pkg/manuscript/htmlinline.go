package manuscript

import "strconv"

// htmlInline are the elements of formats.
var htmlInline = map[kind]string{
	kindEmphasis: "em", kindStrong: "strong", kindStrike: "del", kindSuperscript: "sup", kindSubscript: "sub", kindUnderline: "u",
}

func (w *htmlWriter) inlines(nodes []*node) {
	for _, n := range nodes {
		w.inline(n)
	}
}

func (w *htmlWriter) inline(n *node) {
	switch n.kind {
	case kindText:
		w.chars(n.text)
	case kindSmallCaps:
		w.open("span", "style", "font-variant: small-caps")
		w.inlines(n.kids)
		w.close("span")
	case kindCode:
		w.element("code", n.text)
	case kindMath:
		w.math(n)
	case kindSoftBreak:
		w.WriteByte('\n')
	case kindBreak:
		w.WriteString("<br>\n")
	case kindTask:
		w.chars(checkbox(n.on))
	case kindLink:
		w.link(n)
	case kindImage:
		w.image(n)
	case kindNote:
		w.notes = append(w.notes, n)
		number := strconv.Itoa(len(w.notes))
		w.open("sup")
		w.element("a", number, "id", "fnref"+number, "href", "#fn"+number)
		w.close("sup")
	default:
		name := htmlInline[n.kind]
		w.open(name)
		w.inlines(n.kids)
		w.close(name)
	}
}

// checkbox returns the box of a task.
func checkbox(checked bool) string {
	if checked {
		return "☒ "
	}
	return "☐ "
}

// math writes a formula as text, in the delimiters of TeX that scripts for
// mathematics know.
func (w *htmlWriter) math(n *node) {
	w.reports.add("mathematics in HTML: formulas stand in TeX's notation, which a script such as MathJax sets")
	if n.on {
		w.element("span", `\[`+n.text+`\]`, "class", "math display")
		return
	}
	w.element("span", `\(`+n.text+`\)`, "class", "math inline")
}

func (w *htmlWriter) link(n *node) {
	if !safeLink(n.target) {
		w.reports.add("links that a browser would run: their text stays")
		w.inlines(n.kids)
		return
	}
	w.open("a", "href", n.target)
	w.inlines(n.kids)
	w.close("a")
}

func (w *htmlWriter) image(n *node) {
	if !safeLink(n.target) {
		w.reports.add("images whose address is no file and no web address: their text stays")
		w.inlines(n.kids)
		return
	}
	attributes := []string{"src", n.target, "alt", plainOf(n.kids)}
	if n.level > 0 {
		attributes = append(attributes, "style", "width: "+strconv.Itoa(n.level)+"%")
	}
	w.empty("img", attributes...)
}
