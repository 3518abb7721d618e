package csl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on a style or locale document. The largest official style has about
// 200 kB and 4,000 elements, nested 20 deep.
const (
	maxDocument = 4 << 20
	maxElements = 60_000
	maxDepth    = 100
)

// element is one element of a style or locale, without comments and processing
// instructions.
type element struct {
	name     string
	attrs    []xml.Attr
	children []*element
	text     string // character data, in elements without children
}

// attr returns an attribute's value and whether it is set.
func (e *element) attr(name string) (string, bool) {
	for i := range e.attrs {
		if e.attrs[i].Name.Local == name {
			return e.attrs[i].Value, true
		}
	}
	return "", false
}

// get returns an attribute's value; "" if it is not set.
func (e *element) get(name string) string {
	value, _ := e.attr(name)
	return value
}

// child returns the first child with a name, or nil.
func (e *element) child(name string) *element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// childText returns the trimmed text of a child; "" if there is none.
func (e *element) childText(name string) string {
	if c := e.child(name); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// parseXML reads a document whose root element has the given name. It refuses
// document type declarations, so that no entity can be declared, and documents
// beyond the bounds above.
func parseXML(r io.Reader, root string) (*element, error) {
	limited := &io.LimitedReader{R: r, N: maxDocument + 1}
	dec := xml.NewDecoder(limited)
	dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("charset %q is not supported, only UTF-8", charset)
	}
	top := &element{}
	stack := []*element{top}
	count := 0
	for {
		token, err := dec.Token()
		if limited.N <= 0 {
			return nil, fmt.Errorf("csl: the document has more than %d bytes", maxDocument)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("csl: reading XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			count++
			if count > maxElements {
				return nil, fmt.Errorf("csl: the document has more than %d elements", maxElements)
			}
			if len(stack) > maxDepth {
				return nil, fmt.Errorf("csl: elements are nested more than %d deep", maxDepth)
			}
			e := &element{name: t.Name.Local, attrs: t.Attr}
			parent := stack[len(stack)-1]
			parent.children = append(parent.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			stack[len(stack)-1].text += string(t)
		case xml.Directive:
			return nil, errors.New("csl: the document has a document type declaration, which is refused")
		}
	}
	if len(top.children) != 1 || top.children[0].name != root {
		return nil, fmt.Errorf("csl: the document's root is not one element %q", root)
	}
	return top.children[0], nil
}
