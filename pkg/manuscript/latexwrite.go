package manuscript

import (
	"fmt"
	"io"
	"strings"
)

// writeLaTeX writes the manuscript as a LaTeX document.
func (c *Cited) writeLaTeX(out io.Writer) error {
	doc := c.compose()
	body := &latexWriter{reports: c.reports}
	m := &c.manuscript.Metadata
	if m.Title != "" {
		body.WriteString("\\maketitle\n\n")
	}
	if m.Abstract != "" {
		body.environment("abstract", func(w *latexWriter) { w.inlines(c.manuscript.inlinesOf(m.Abstract)) })
		body.WriteString("\n\n")
	}
	c.latexBlocks(body, doc.kids)
	head := &latexWriter{reports: c.reports}
	head.WriteString("\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{amsmath,amssymb}\n\\usepackage{graphicx}\n")
	if body.struck {
		head.WriteString("\\usepackage[normalem]{ulem}\n")
	}
	head.WriteString("\\usepackage{hyperref}\n\\setcounter{secnumdepth}{0}\n")
	if m.Title != "" {
		head.WriteString(`\title{`)
		head.inlines(c.manuscript.inlinesOf(m.Title))
		if m.Subtitle != "" {
			head.WriteString(`\\ \large `)
			head.inlines(c.manuscript.inlinesOf(m.Subtitle))
		}
		head.WriteString("}\n\\author{")
		for i, a := range m.Authors {
			if i > 0 {
				head.WriteString(` \and `)
			}
			head.inlines(c.manuscript.inlinesOf(a))
		}
		head.WriteString("}\n\\date{")
		head.inlines(c.manuscript.inlinesOf(m.Date))
		head.WriteString("}\n")
	}
	_, err := io.WriteString(out, head.String()+"\n\\begin{document}\n\n"+strings.TrimSpace(body.String())+"\n\n\\end{document}\n")
	return err
}

// latexBlocks writes blocks, with the bibliography as the style wants it.
func (c *Cited) latexBlocks(w *latexWriter, blocks []*node) {
	for _, b := range blocks {
		if b.kind == kindBibliography {
			w.bibliography(b, c.bibliography.HangingIndent)
			continue
		}
		w.block(b)
	}
}

func (w *latexWriter) blocks(nodes []*node) {
	for _, n := range nodes {
		w.block(n)
	}
}

// latexHeadings are the commands of headings, by level.
var latexHeadings = [...]string{"section", "subsection", "subsubsection", "paragraph", "subparagraph", "subparagraph"}

func (w *latexWriter) block(n *node) {
	switch n.kind {
	case kindHeading:
		w.WriteString(`\` + latexHeadings[min(max(n.level, 1), 6)-1] + "{")
		w.inlines(n.kids)
		w.WriteString("}")
		if n.target != "" {
			w.WriteString(`\label{` + strings.Map(labelRune, n.target) + "}")
		}
	case kindCodeBlock:
		// The content can't end the environment, which needs the text as it is.
		w.WriteString("\\begin{verbatim}\n" + strings.ReplaceAll(n.text, `\end{verbatim}`, `\end {verbatim}`) + "\\end{verbatim}")
	case kindRule:
		w.WriteString(`\begin{center}\rule{0.5\linewidth}{0.4pt}\end{center}`)
	case kindQuote:
		w.environment("quote", func(w *latexWriter) { w.blocks(n.kids) })
	case kindList:
		w.list(n)
	case kindTable:
		w.table(n)
	case kindFigure:
		w.environment("figure", func(w *latexWriter) {
			w.WriteString("\\centering\n")
			w.inlines(n.kids)
			w.WriteString("\n\\caption{")
			w.inlines(n.kids[0].kids)
			w.WriteString("}\n")
		})
	case kindTerm:
		w.WriteString(`\noindent\textbf{`)
		w.inlines(n.kids)
		w.WriteString("}")
	case kindDefinition:
		w.environment("quote", func(w *latexWriter) { w.content(n.kids) })
	default:
		w.content(n.kids)
	}
	w.WriteString("\n\n")
}

// content writes blocks or inlines.
func (w *latexWriter) content(nodes []*node) {
	for _, n := range nodes {
		if n.kind < kindText {
			w.block(n)
		} else {
			w.inline(n)
		}
	}
}

func (w *latexWriter) environment(name string, inside func(*latexWriter)) {
	w.WriteString(`\begin{` + name + "}\n" + strings.TrimRight(w.within(inside), "\n") + "\n\\end{" + name + "}")
}

// within returns what inside writes.
func (w *latexWriter) within(inside func(*latexWriter)) string {
	inner := &latexWriter{reports: w.reports, bare: w.bare}
	inside(inner)
	w.struck = w.struck || inner.struck
	return inner.String()
}

func (w *latexWriter) list(n *node) {
	name := "itemize"
	if n.on {
		name = "enumerate"
	}
	w.environment(name, func(w *latexWriter) {
		for i, item := range n.kids {
			switch {
			case n.on && i == 0 && n.level != 1:
				fmt.Fprintf(w, "\\item[%d.] ", n.level)
			case n.on && n.level != 1:
				fmt.Fprintf(w, "\\item[%d.] ", n.level+i)
			default:
				w.WriteString(`\item `)
			}
			w.WriteString("{}") // a bracket that follows is text
			w.content(item.kids)
		}
	})
}

func (w *latexWriter) table(n *node) {
	columns := 1
	for _, row := range n.kids {
		columns = max(columns, len(row.kids))
	}
	var spec strings.Builder
	for i := range columns {
		a := alignNone
		if i < len(n.align) {
			a = n.align[i]
		}
		spec.WriteString([...]string{"l", "l", "c", "r"}[a])
	}
	w.environment("center", func(w *latexWriter) {
		w.WriteString(`\begin{tabular}{` + spec.String() + "}\n\\hline\n")
		for _, row := range n.kids {
			for i, cell := range row.kids {
				if i > 0 {
					w.WriteString(" & ")
				}
				w.inlines(cell.kids)
			}
			w.WriteString(" \\\\\n")
			if row.on {
				w.WriteString("\\hline\n")
			}
		}
		w.WriteString("\\hline\n\\end{tabular}")
	})
}

// bibliography writes the entries as a list.
func (w *latexWriter) bibliography(n *node, hanging bool) {
	margin := len(n.kids) > 0 && len(n.kids[0].kids) > 0 && n.kids[0].kids[0].kind == kindMargin
	lengths := `\setlength{\leftmargin}{0em}`
	switch {
	case margin:
		lengths = `\setlength{\leftmargin}{3em}\setlength{\labelwidth}{2.5em}\setlength{\labelsep}{0.5em}`
	case hanging:
		lengths = `\setlength{\leftmargin}{2em}\setlength{\itemindent}{-2em}`
	}
	w.WriteString(`\begin{list}{}{` + lengths + "}\n")
	for _, entry := range n.kids {
		kids := entry.kids
		w.WriteString(`\item`)
		if margin && len(kids) > 0 && kids[0].kind == kindMargin {
			w.WriteString("[{")
			w.inlines(kids[0].kids)
			w.WriteString("}]")
			kids = kids[1:]
		}
		w.WriteString(" {}")
		w.inlines(kids)
		w.WriteByte('\n')
	}
	w.WriteString(`\end{list}`)
}
