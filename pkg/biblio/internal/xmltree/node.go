package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// Bounds on one record.
const (
	maxDepth = 64
	maxNodes = 200_000
)

// Node is an element. Names are without prefixes.
type Node struct {
	Name     string
	Attrs    map[string]string // by local name
	Children []*Node
	// text is the character data directly in the element; for a text node
	// between elements, which has no name, all of it.
	text string
}

// errTooMuch is the error for a record past the bounds.
var errTooMuch = errors.New("it has too many elements, or they are nested too deeply")

// Parse reads an element. Entities are those of HTML; others stay as they are
// written. It is an error if the element is not well-formed, nested deeper than
// 64 levels or has more than 200,000 elements.
func Parse(text []byte) (*Node, error) {
	utf, _ := source.Text(text)
	dec := xml.NewDecoder(strings.NewReader(strings.Map(legal, utf)))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	root := &Node{}
	stack := []*Node{root}
	for nodes := 0; ; {
		t, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.StartElement:
			n := &Node{Name: t.Name.Local}
			for _, a := range t.Attr {
				if n.Attrs == nil {
					n.Attrs = map[string]string{}
				}
				n.Attrs[a.Name.Local] = a.Value
			}
			if nodes++; nodes > maxNodes || len(stack) > maxDepth {
				return nil, errTooMuch
			}
			top.Children = append(top.Children, n)
			stack = append(stack, n)
		case xml.EndElement:
			if len(stack) > 1 && top.Name == t.Name.Local {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			top.Children = append(top.Children, &Node{text: string(bytes.Clone(t))})
		}
	}
	for _, n := range root.Children {
		if n.Name != "" {
			return n, nil
		}
	}
	return nil, errors.New("it is empty")
}

// legal drops characters that XML doesn't have.
func legal(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return -1
	}
	return r
}

// All returns the elements at the path below n: "titles/title". A nil node has
// none.
func (n *Node) All(path string) []*Node {
	if n == nil {
		return nil
	}
	name, rest, deeper := strings.Cut(path, "/")
	var found []*Node
	for _, c := range n.Children {
		if c.Name != name {
			continue
		}
		if deeper {
			found = append(found, c.All(rest)...)
		} else {
			found = append(found, c)
		}
	}
	return found
}

// First returns the first element at the path below n, or nil.
func (n *Node) First(path string) *Node {
	if all := n.All(path); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Elements returns the elements directly below n.
func (n *Node) Elements() []*Node {
	if n == nil {
		return nil
	}
	var found []*Node
	for _, c := range n.Children {
		if c.Name != "" {
			found = append(found, c)
		}
	}
	return found
}

// Attr returns an attribute, "" if there is none.
func (n *Node) Attr(name string) string {
	if n == nil {
		return ""
	}
	return n.Attrs[name]
}

// Text returns all text in n, white space as one space each; "" for nil.
func (n *Node) Text() string { return strings.Join(strings.Fields(n.Raw()), " ") }

// TextAt returns the text of the first element at the path.
func (n *Node) TextAt(path string) string { return n.First(path).Text() }

// Raw returns all text in n as it is written.
func (n *Node) Raw() string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.write(&b, nil)
	return b.String()
}

// Rich returns the text in n with the elements that tags names as the markup
// it gives for them: {"italic": "i"}.
func (n *Node) Rich(tags map[string]string) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.write(&b, tags)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (n *Node) write(b *strings.Builder, tags map[string]string) {
	if utf8.ValidString(n.text) {
		b.WriteString(n.text)
	}
	for _, c := range n.Children {
		tag := tags[c.Name]
		if tag != "" {
			b.WriteString("<" + tag + ">")
		}
		c.write(b, tags)
		if tag != "" {
			b.WriteString("</" + tag + ">")
		}
	}
}
