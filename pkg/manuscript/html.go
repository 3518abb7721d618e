package manuscript

import (
	"fmt"
	"io"
	"strconv"
)

// htmlStyle sets the page. It names no file and no host.
const htmlStyle = `
body { max-width: 42em; margin: 2em auto; padding: 0 1em; font-family: Georgia, "Times New Roman", serif; line-height: 1.5; color: #1a1a1a; }
header { text-align: center; margin-bottom: 2em; }
header p { margin: .2em; }
h1, h2, h3, h4, h5, h6 { line-height: 1.2; }
blockquote { margin-left: 2em; margin-right: 2em; }
pre { overflow-x: auto; background: #f5f5f5; padding: .8em; }
table { border-collapse: collapse; margin: 1em auto; }
th, td { border: 1px solid #999; padding: .3em .6em; }
figure { text-align: center; margin: 1em 0; }
img { max-width: 100%; }
figcaption { font-style: italic; }
.footnotes { font-size: .9em; border-top: 1px solid #999; margin-top: 2em; }
a { overflow-wrap: anywhere; }
`

// htmlWriter writes nodes as HTML.
type htmlWriter struct {
	markup
	reports *reports
	notes   []*node
}

// writeHTML writes the manuscript as a page of HTML.
func (c *Cited) writeHTML(out io.Writer) error {
	doc := c.compose()
	meta := &c.manuscript.Metadata
	title := plainOf(c.manuscript.inlinesOf(meta.Title))
	if title == "" {
		title = firstHeading(doc)
	}
	w := &htmlWriter{reports: c.reports}
	w.WriteString("<!DOCTYPE html>\n")
	w.open("html", "lang", c.documentLanguage())
	w.WriteString("\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	w.element("title", title)
	w.WriteString("\n<style>" + htmlStyle + c.listCSS() + "</style>\n</head>\n<body>\n")
	w.head(c)
	w.blocks(doc.kids)
	w.endnotes()
	w.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(out, w.String())
	return err
}

// documentLanguage is the language of the text: its own, else that of the
// citations.
func (c *Cited) documentLanguage() string {
	if l := c.manuscript.Metadata.Language; l != "" {
		return l
	}
	return c.language
}

func firstHeading(doc *node) string {
	for _, n := range doc.kids {
		if n.kind == kindHeading {
			return n.plain()
		}
	}
	return "Manuscript"
}

// listCSS sets the entries of the bibliography as the style wants them.
func (c *Cited) listCSS() string {
	b := c.bibliography
	if b == nil {
		return ""
	}
	css := fmt.Sprintf(".csl-entry { margin-bottom: %.1fem; line-height: %.1f; }\n", .3+float64(min(b.EntrySpacing, 3))*.6, 1+float64(min(max(b.LineSpacing, 1), 3))*.4)
	if b.HangingIndent {
		css += ".csl-entry { padding-left: 2em; text-indent: -2em; }\n"
	}
	if b.SecondFieldAlign != "" {
		css += ".csl-entry { display: flex; }\n.csl-left-margin { flex: 0 0 2.5em; }\n"
	}
	return css
}

// head writes the title and what stands with it.
func (w *htmlWriter) head(c *Cited) {
	m := &c.manuscript.Metadata
	if m.Title == "" && len(m.Authors) == 0 {
		return
	}
	w.WriteString("<header>\n")
	line := func(name, class, text string) {
		if text == "" {
			return
		}
		w.open(name, "class", class)
		w.inlines(c.manuscript.inlinesOf(text))
		w.close(name)
		w.WriteByte('\n')
	}
	line("h1", "title", m.Title)
	line("p", "subtitle", m.Subtitle)
	for _, a := range m.Authors {
		line("p", "author", a)
	}
	line("p", "date", m.Date)
	line("div", "abstract", m.Abstract)
	w.WriteString("</header>\n")
}

func (w *htmlWriter) blocks(nodes []*node) {
	for i := 0; i < len(nodes); i++ {
		if k := nodes[i].kind; k == kindTerm || k == kindDefinition {
			w.WriteString("<dl>\n")
			for ; i < len(nodes) && (nodes[i].kind == kindTerm || nodes[i].kind == kindDefinition); i++ {
				w.block(nodes[i])
			}
			w.WriteString("</dl>\n")
			i--
			continue
		}
		w.block(nodes[i])
	}
}

// htmlNames are the elements of blocks whose content is all that they have.
var htmlNames = map[kind]string{kindItem: "li", kindTerm: "dt", kindDefinition: "dd"}

func (w *htmlWriter) block(n *node) {
	switch n.kind {
	case kindHeading:
		name := "h" + strconv.Itoa(min(max(n.level, 1), 6))
		if n.target == "" {
			w.open(name)
		} else {
			w.open(name, "id", n.target)
		}
		w.inlines(n.kids)
		w.close(name)
	case kindParagraph:
		w.wrap("p", n.kids)
	case kindCodeBlock:
		w.WriteString("<pre>")
		w.element("code", n.text)
		w.WriteString("</pre>")
	case kindRule:
		w.WriteString("<hr>")
	case kindFigure:
		w.WriteString("<figure>")
		w.inlines(n.kids)
		w.wrap("figcaption", n.kids[0].kids)
		w.WriteString("</figure>")
	case kindList:
		w.list(n)
	case kindTable:
		w.table(n)
	case kindBibliography:
		w.bibliography(n)
	case kindQuote:
		w.open("blockquote")
		w.blocks(n.kids)
		w.close("blockquote")
	default:
		name := htmlNames[n.kind]
		w.open(name)
		w.content(n.kids)
		w.close(name)
	}
	w.WriteByte('\n')
}

func (w *htmlWriter) wrap(name string, inlines []*node) {
	w.open(name)
	w.inlines(inlines)
	w.close(name)
}

// content writes the content of an item: a single paragraph without its tags.
func (w *htmlWriter) content(nodes []*node) {
	if len(nodes) > 0 && nodes[0].kind == kindParagraph {
		w.inlines(nodes[0].kids)
		nodes = nodes[1:]
	} else if len(nodes) > 0 && nodes[0].kind >= kindText {
		w.inlines(nodes)
		return
	}
	w.blocks(nodes)
}

func (w *htmlWriter) list(n *node) {
	name := "ul"
	var attributes []string
	if n.on {
		name = "ol"
		if n.level > 1 {
			attributes = []string{"start", strconv.Itoa(n.level)}
		}
	}
	w.open(name, attributes...)
	w.WriteByte('\n')
	w.blocks(n.kids)
	w.close(name)
}

func (w *htmlWriter) table(n *node) {
	w.WriteString("<table>\n")
	for _, row := range n.kids {
		name := "td"
		if row.on {
			name = "th"
		}
		w.open("tr")
		for i, cell := range row.kids {
			var attributes []string
			if i < len(n.align) && n.align[i] != alignNone {
				attributes = []string{"style", "text-align: " + [...]string{"", "left", "center", "right"}[n.align[i]]}
			}
			w.open(name, attributes...)
			w.inlines(cell.kids)
			w.close(name)
		}
		w.close("tr")
		w.WriteByte('\n')
	}
	w.WriteString("</table>")
}

func (w *htmlWriter) bibliography(n *node) {
	w.WriteString("<div id=\"refs\" class=\"csl-bib-body\">\n")
	for _, entry := range n.kids {
		w.open("div", "class", "csl-entry")
		kids := entry.kids
		if len(kids) > 0 && kids[0].kind == kindMargin {
			w.open("div", "class", "csl-left-margin")
			w.inlines(kids[0].kids)
			w.close("div")
			kids = kids[1:]
		}
		w.open("div", "class", "csl-right-inline")
		w.inlines(kids)
		w.WriteString("</div></div>\n")
	}
	w.WriteString("</div>")
}

// endnotes writes the notes at the end of the page.
func (w *htmlWriter) endnotes() {
	if len(w.notes) == 0 {
		return
	}
	w.WriteString("<section class=\"footnotes\">\n<ol>\n")
	for i := range w.notes {
		number := strconv.Itoa(i + 1)
		w.open("li", "id", "fn"+number)
		w.content(w.notes[i].kids)
		w.WriteByte(' ')
		w.element("a", "↩", "href", "#fnref"+number)
		w.WriteString("</li>\n")
	}
	w.WriteString("</ol>\n</section>\n")
}
