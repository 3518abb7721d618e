package note

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// MaxHTML is the most characters of a note's HTML. Zotero's server refuses more.
const MaxHTML = 250_000

// maxMarkdown is the most bytes of Markdown that are read: more can't become a note of
// MaxHTML characters.
const maxMarkdown = 4 * MaxHTML

// HTML returns Markdown (CommonMark with tables and ~~strikethrough~~) as the HTML of a
// note: paragraphs, headings, strong, em, u, s, sub, sup, quotations, code, lists,
// tables, line breaks, rules, and links to http, https, mailto and zotero addresses. A
// line break in a paragraph stays one. The tags <u>, <sub> and <sup> count as markup.
// All other HTML in the Markdown becomes text, an image its description, and any other
// link its words. The error has the code TooLarge for a note of more than [MaxHTML]
// characters.
func HTML(markdown string) (string, error) {
	if len(markdown) > maxMarkdown {
		return "", tooLong()
	}
	var b bytes.Buffer
	if err := newConverter().Convert([]byte(strings.ToValidUTF8(markdown, "\uFFFD")), &b); err != nil {
		return "", fmt.Errorf("note: %w", err)
	}
	out, err := balanced(b.String())
	if err != nil {
		return "", err
	}
	return bounded(out)
}

// bounded returns the HTML of a note, or an error if it is too long.
func bounded(html string) (string, error) {
	if utf8.RuneCountInString(html) > MaxHTML {
		return "", tooLong()
	}
	return html, nil
}

func tooLong() error {
	return library.Errorf(library.TooLarge, "the note would have more than %d characters of HTML", MaxHTML).WithHint("divide it into several notes")
}

// newConverter returns a converter from Markdown to the HTML of notes.
func newConverter() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)), extension.Strikethrough),
		goldmark.WithRendererOptions(
			html.WithHardWraps(),
			renderer.WithNodeRenderers(util.Prioritized(noteRenderer{}, 100)),
		),
	)
}

// noteRenderer writes the nodes that notes have in another form than web pages.
type noteRenderer struct{}

// RegisterFuncs implements [renderer.NodeRenderer].
func (noteRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, renderRaw)
	r.Register(ast.KindHTMLBlock, renderHTMLBlock)
	r.Register(ast.KindLink, renderLink)
	r.Register(ast.KindAutoLink, renderAutoLink)
	r.Register(ast.KindImage, renderImage)
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(extast.KindStrikethrough, renderStrikethrough)
}

// isMarkup reports whether a tag counts as markup in Markdown.
func isMarkup(tag string) bool {
	return slices.Contains([]string{"<u>", "</u>", "<sub>", "</sub>", "<sup>", "</sup>"}, strings.ToLower(tag))
}

func renderRaw(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if n, ok := node.(*ast.RawHTML); ok && entering {
		raw := string(n.Segments.Value(source))
		if !isMarkup(raw) {
			raw = nethtml.EscapeString(raw)
		}
		_, _ = w.WriteString(raw)
	}
	return ast.WalkSkipChildren, nil
}

// renderHTMLBlock writes a block of HTML as a paragraph of text.
func renderHTMLBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.HTMLBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	text := string(n.Lines().Value(source))
	if n.HasClosure() {
		text += string(n.ClosureLine.Value(source))
	}
	text = strings.ReplaceAll(nethtml.EscapeString(strings.TrimSpace(text)), "\n", "<br>\n")
	_, _ = w.WriteString("<p>" + text + "</p>\n")
	return ast.WalkSkipChildren, nil
}

// isSafe reports whether a note may link to an address.
func isSafe(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains([]string{"http", "https", "mailto", "zotero"}, strings.ToLower(u.Scheme))
}

func renderLink(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.Link)
	switch {
	case !ok || !isSafe(string(n.Destination)): // its words stay
	case entering:
		_, _ = w.WriteString(`<a href="` + nethtml.EscapeString(string(n.Destination)) + `">`)
	default:
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

func renderAutoLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n, ok := node.(*ast.AutoLink)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	address, words := string(n.URL(source)), nethtml.EscapeString(string(n.Label(source)))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(address), "mailto:") {
		address = "mailto:" + address
	}
	if isSafe(address) {
		words = `<a href="` + nethtml.EscapeString(address) + `">` + words + "</a>"
	}
	_, _ = w.WriteString(words)
	return ast.WalkContinue, nil
}

// renderImage writes nothing for the image itself: its description, which is below
// it, stays.
func renderImage(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkContinue, nil
}

// renderCode writes a block of code without the name of its language, for which notes
// have no place.
func renderCode(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<pre>" + nethtml.EscapeString(string(node.Lines().Value(source))))
	} else {
		_, _ = w.WriteString("</pre>\n")
	}
	return ast.WalkContinue, nil
}

func renderStrikethrough(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<s>")
	} else {
		_, _ = w.WriteString("</s>")
	}
	return ast.WalkContinue, nil
}

// balanced returns HTML in which every element is closed where it must be, so that
// what is put beside it stays outside.
func balanced(fragment string) (string, error) {
	nodes, err := nethtml.ParseFragment(strings.NewReader(strings.TrimSpace(fragment)), &nethtml.Node{Type: nethtml.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return "", fmt.Errorf("note: %w", err)
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := nethtml.Render(&b, n); err != nil {
			return "", fmt.Errorf("note: %w", err)
		}
	}
	return strings.ReplaceAll(b.String(), "<br/>", "<br>"), nil
}
