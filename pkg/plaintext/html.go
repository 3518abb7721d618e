package plaintext

import (
	"strings"
	"sync"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
)

// How large a document may be, in bytes, and how deeply its elements may be
// nested, before it is read as bare text: the converter builds a tree and walks
// it by recursion.
const (
	maxSize  = 256 << 10
	maxDepth = 256
)

// FromHTML returns what a reader sees of an HTML document or fragment, as
// Markdown without links and images to other places: scripts, styles and
// comments are gone, of a link its words stay, and of an image a mark with its
// description: [image: a chart].
func FromHTML(s string) string {
	if len(s) > maxSize {
		return strings.TrimSpace(Clean(Words(s)))
	}
	root, err := html.Parse(strings.NewReader(s))
	if err != nil || tooDeep(root) {
		return strings.TrimSpace(Clean(Words(s)))
	}
	unlink(root)
	out, err := markdown().ConvertNode(root)
	if err != nil {
		return strings.TrimSpace(Clean(Words(s)))
	}
	// A break is two spaces in Markdown, and "<" an entity.
	text := strings.ReplaceAll(string(out), "  \n", "\n")
	return strings.TrimSpace(Clean(html.UnescapeString(text)))
}

// markdown returns the converter, which several goroutines may use. The text is for
// reading and searching, not for rendering: a star that was a star needs no backslash.
//
//nolint:gochecknoglobals // made when it is first needed
var markdown = sync.OnceValue(func() *converter.Converter {
	return converter.NewConverter(converter.WithEscapeMode(converter.EscapeModeDisabled),
		converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin()))
})

// Words returns the words of an HTML fragment without any of its markup, as
// titles have it: "<i>Homo</i> sapiens" is "Homo sapiens". A text without
// markup comes back as it is, so "a < b" stays.
func Words(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(html.UnescapeString(string(z.Raw())))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if hidden(string(name)) {
				skip++
			} else if block(string(name)) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); hidden(string(name)) && skip > 0 {
				skip--
			}
		}
	}
}

// hidden reports whether a reader never sees what the element holds.
func hidden(name string) bool {
	switch name {
	case "script", "style", "template", "noscript", "head", "iframe", "object":
		return true
	}
	return false
}

// block reports whether the element begins a line of its own.
func block(name string) bool {
	switch name {
	case "br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6":
		return true
	}
	return false
}

// unlink removes what a reader doesn't see and what would send a client
// elsewhere: a link gives way to its words, an image to its description.
func unlink(n *html.Node) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case child.Type == html.CommentNode, child.Type == html.ElementNode && hidden(child.Data) && child.Data != "head":
			n.RemoveChild(child)
		case child.Type == html.ElementNode && child.Data == "img":
			n.InsertBefore(&html.Node{Type: html.TextNode, Data: imageMark(attribute(child, "alt"))}, child)
			n.RemoveChild(child)
		default:
			if child.Type == html.ElementNode && child.Data == "a" {
				child.Data, child.DataAtom, child.Attr = "span", 0, nil
			}
			unlink(child)
		}
		child = next
	}
}

// imageMark returns what stands for an image with this description.
func imageMark(description string) string {
	if description = strings.TrimSpace(description); description == "" {
		return "[image]"
	}
	return "[image: " + description + "]"
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tooDeep reports whether elements are nested more than maxDepth deep, without
// recursion.
func tooDeep(root *html.Node) bool {
	depth := 0
	for n := root; n != nil; {
		if n.FirstChild != nil {
			n = n.FirstChild
			if depth++; depth > maxDepth {
				return true
			}
			continue
		}
		for n != nil && n.NextSibling == nil {
			n = n.Parent
			depth--
		}
		if n != nil {
			n = n.NextSibling
		}
	}
	return false
}
