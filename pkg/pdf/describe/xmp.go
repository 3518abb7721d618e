package describe

import (
	"bytes"
	"encoding/xml"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// metadata is the properties of a file's metadata stream that say what it is, such
// as "dc:title" and "prism:doi", with their values.
type metadata map[string][]string

// The bounds of a metadata stream.
const (
	maxDepth  = 32
	maxValues = 1000
)

// first returns the first value of a property, or "".
func (m metadata) first(property string) string {
	if all := m[property]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// add adds a value of a property.
func (m metadata) add(property, value string) {
	if value = plaintext.Line(value); property != "" && value != "" && len(m[property]) < maxValues {
		m[property] = append(m[property], value)
	}
}

// readXMP reads a metadata stream (ISO 16684-1): properties are elements below
// rdf:Description, or its attributes; those with several values hold a list of
// rdf:li. Of a title in several languages the default one comes first. What
// follows the first error is left out.
func readXMP(packet []byte) metadata {
	m := metadata{}
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	var stack []xml.StartElement
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return m
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			if stack = append(stack, t.Copy()); len(stack) > maxDepth {
				return m
			}
			text.Reset()
			m.takeAttributes(t)
		case xml.EndElement:
			m.takeElement(stack, text.String())
			text.Reset()
			stack = stack[:max(0, len(stack)-1)]
		}
	}
}

// takeAttributes adds the properties that an rdf:Description has as attributes.
func (m metadata) takeAttributes(t xml.StartElement) {
	if t.Name.Local != "Description" {
		return
	}
	for _, a := range t.Attr {
		m.add(property(a.Name), a.Value)
	}
}

// takeElement adds the value of the innermost element of a stack: a property, or an
// item of the list of one.
func (m metadata) takeElement(stack []xml.StartElement, text string) {
	n := len(stack)
	switch {
	case n >= 3 && stack[n-1].Name.Local == "li":
		name := property(stack[n-3].Name)
		m.add(name, text)
		if isDefault(stack[n-1]) && len(m[name]) > 1 {
			all := m[name]
			last := len(all) - 1
			all[0], all[last] = all[last], all[0]
		}
	case n >= 2 && stack[n-2].Name.Local == "Description":
		m.add(property(stack[n-1].Name), text)
	}
}

// isDefault reports whether an item of a list is the one in the default language.
func isDefault(t xml.StartElement) bool {
	for _, a := range t.Attr {
		if a.Name.Local == "lang" && a.Value == "x-default" {
			return true
		}
	}
	return false
}

// property returns the name of a property in a namespace that is read, or "".
func property(n xml.Name) string {
	for prefix, space := range map[string]string{
		"dc": "http://purl.org/dc/elements/1.1/", "prism": "http://prismstandard.org/namespaces/", "pdfx": "http://ns.adobe.com/pdfx/",
		"crossmark": "http://crossref.org/crossmark/",
	} {
		if strings.HasPrefix(n.Space, space) {
			return prefix + ":" + n.Local
		}
	}
	return ""
}
