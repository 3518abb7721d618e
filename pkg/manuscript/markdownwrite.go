package manuscript

import (
	"strconv"
	"strings"
)

// markdownMarks are the marks around formats.
var markdownMarks = map[kind][2]string{
	kindEmphasis: {"*", "*"}, kindStrong: {"**", "**"}, kindStrike: {"~~", "~~"}, kindSuperscript: {"^", "^"}, kindSubscript: {"~", "~"},
	kindSmallCaps: {"[", "]{.smallcaps}"}, kindUnderline: {"[", "]{.underline}"},
}

// markdownEscapes are the characters that Markdown could read as markup.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "^", `\^`, "~", `\~`,
	"$", `\$`, "#", `\#`, "@", `\@`, "|", `\|`)

// markdownInlines writes inlines as Markdown.
func markdownInlines(nodes []*node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch marks, ok := markdownMarks[n.kind]; {
		case n.kind == kindText:
			b.WriteString(markdownEscapes.Replace(n.text))
		case n.kind == kindBreak:
			b.WriteString("\\\n")
		case n.kind == kindLink && n.target == plainOf(n.kids):
			b.WriteString("<" + n.target + ">")
		case ok:
			b.WriteString(marked(n, marks))
		default:
			b.WriteString(markdownInline(n))
		}
	}
	return b.String()
}

// marked writes a text between marks, which hold only right at a word: spaces
// stay outside.
func marked(n *node, marks [2]string) string {
	inner := markdownInlines(n.kids)
	bare := strings.TrimSpace(inner)
	if bare == "" {
		return inner
	}
	before, after, _ := strings.Cut(inner, bare)
	if n.kind == kindSuperscript || n.kind == kindSubscript {
		bare = strings.ReplaceAll(bare, " ", `\ `)
	}
	return before + marks[0] + bare + marks[1] + after
}

// markdownAddresses are the characters of an address that would end it.
var markdownAddresses = strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\n", "")

// markdownInline writes an inline that documents have and citations have not.
func markdownInline(n *node) string {
	switch n.kind {
	case kindCode:
		fence := "`"
		for strings.Contains(n.text, fence) {
			fence += "`"
		}
		if fence == "`" {
			return fence + n.text + fence
		}
		return fence + " " + n.text + " " + fence
	case kindMath:
		if n.on {
			return "$$" + n.text + "$$"
		}
		return "$" + n.text + "$"
	case kindSoftBreak:
		return "\n"
	case kindNote:
		return "[^" + strconv.Itoa(n.level) + "]"
	case kindLink:
		return "[" + markdownInlines(n.kids) + "](" + markdownAddresses.Replace(n.target) + ")"
	case kindImage:
		s := "![" + markdownInlines(n.kids) + "](" + markdownAddresses.Replace(n.target) + ")"
		if n.level > 0 {
			s += "{width=" + strconv.Itoa(n.level) + "%}"
		}
		return s
	}
	return markdownInlines(n.kids)
}

// markdownEntry writes an entry of a bibliography as a paragraph. The number at
// its beginning begins no list.
func markdownEntry(n *node) string {
	kids := n.kids
	number := ""
	if len(kids) > 0 && kids[0].kind == kindMargin {
		number = strings.TrimSpace(markdownInlines(kids[0].kids))
		if bare, ok := strings.CutSuffix(number, "."); ok {
			number = bare + `\.`
		}
		number += " "
		kids = kids[1:]
	}
	return number + strings.TrimSpace(markdownInlines(kids))
}
