package manuscript

import "strings"

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
			// Marks hold only right at a word, so spaces stay outside.
			inner := markdownInlines(n.kids)
			bare := strings.TrimSpace(inner)
			if bare == "" {
				b.WriteString(inner)
				continue
			}
			before, after, _ := strings.Cut(inner, bare)
			if n.kind == kindSuperscript || n.kind == kindSubscript {
				bare = strings.ReplaceAll(bare, " ", `\ `)
			}
			b.WriteString(before + marks[0] + bare + marks[1] + after)
		default:
			b.WriteString(markdownInlines(n.kids))
		}
	}
	return b.String()
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
