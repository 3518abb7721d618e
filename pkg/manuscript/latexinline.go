package manuscript

import (
	"strconv"
	"strings"
)

// latexWriter writes nodes as LaTeX.
type latexWriter struct {
	strings.Builder
	reports *reports
	// bare is set where the document loads no package for links.
	bare   bool
	struck bool // something is struck out, which needs a package
}

// latexEscapes are the characters that LaTeX does not read as text.
var latexEscapes = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "_", `\_`, "%", `\%`,
	"^", `\textasciicircum{}`, "~", `\textasciitilde{}`, "\u00a0", "~", "<", `\textless{}`, ">", `\textgreater{}`)

// latexCommands are the commands of formats.
var latexCommands = map[kind]string{
	kindEmphasis: "emph", kindStrong: "textbf", kindStrike: "sout", kindSuperscript: "textsuperscript", kindSubscript: "textsubscript",
	kindSmallCaps: "textsc", kindUnderline: "underline",
}

func (w *latexWriter) inlines(nodes []*node) {
	for _, n := range nodes {
		w.inline(n)
	}
}

func (w *latexWriter) inline(n *node) {
	switch n.kind {
	case kindText:
		w.WriteString(latexEscapes.Replace(n.text))
	case kindCode:
		w.WriteString(`\texttt{` + latexEscapes.Replace(n.text) + "}")
	case kindMath:
		w.math(n)
	case kindSoftBreak:
		w.WriteByte('\n')
	case kindBreak:
		w.WriteString("\\\\\n")
	case kindTask:
		w.WriteString(map[bool]string{true: `$\boxtimes$ `, false: `$\square$ `}[n.on])
	case kindLink:
		w.link(n)
	case kindImage:
		w.image(n)
	case kindNote:
		note := w.within(func(w *latexWriter) { w.blocks(n.kids) })
		w.WriteString(`\footnote{` + strings.TrimSpace(note) + "}")
	default:
		w.struck = w.struck || n.kind == kindStrike
		w.WriteString(`\` + latexCommands[n.kind] + "{")
		w.inlines(n.kids)
		w.WriteByte('}')
	}
}

// math writes a formula as it stands.
func (w *latexWriter) math(n *node) {
	switch {
	case strings.HasPrefix(n.text, `\begin{`):
		w.WriteString(n.text)
	case n.on:
		w.WriteString(`\[` + n.text + `\]`)
	default:
		w.WriteString("$" + n.text + "$")
	}
}

// urlEscapes are the characters of an address that an argument can't have.
var urlEscapes = strings.NewReplacer(`\`, "%5C", "{", "%7B", "}", "%7D", "%", `\%`, "#", `\#`, "\n", "", "^", "%5E")

func (w *latexWriter) link(n *node) {
	switch text := plainOf(n.kids); {
	case w.bare || !safeLink(n.target):
		w.inlines(n.kids)
	case strings.HasPrefix(n.target, "#"):
		w.WriteString(`\hyperref[` + strings.Map(labelRune, n.target[1:]) + "]{")
		w.inlines(n.kids)
		w.WriteByte('}')
	case text == n.target:
		w.WriteString(`\url{` + urlEscapes.Replace(n.target) + "}")
	default:
		w.WriteString(`\href{` + urlEscapes.Replace(n.target) + "}{")
		w.inlines(n.kids)
		w.WriteByte('}')
	}
}

// labelRune keeps the characters that a label can have.
func labelRune(r rune) rune {
	if strings.ContainsRune(`\{}$&#^_~%,`, r) {
		return '-'
	}
	return r
}

func (w *latexWriter) image(n *node) {
	if strings.Contains(n.target, "://") || strings.ContainsAny(n.target, `\{}%#$^~`) {
		w.reports.add("images whose address is no plain file name: their text stays")
		w.inlines(n.kids)
		return
	}
	width := "1"
	if n.level > 0 {
		width = strconv.FormatFloat(float64(n.level)/100, 'g', 3, 64)
	}
	w.WriteString(`\includegraphics[width=` + width + `\linewidth,height=0.8\textheight,keepaspectratio]{` + n.target + "}")
}
