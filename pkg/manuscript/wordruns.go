package manuscript

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"
)

// runsOf returns inlines as runs with the properties of the run in which they
// stand.
func runsOf(nodes []*node, properties string, f wordFormat) string {
	var b markup
	for _, n := range nodes {
		switch n.kind {
		case kindText:
			b.WriteString("<w:r>" + merged(properties, f))
			b.element("w:t", n.text, "xml:space", "preserve")
			b.WriteString("</w:r>")
		case kindBreak:
			b.WriteString("<w:r><w:br/></w:r>")
		default:
			b.WriteString(runsOf(n.kids, properties, f.with(n.kind)))
		}
	}
	return b.String()
}

// propertyOrder is the order of run properties in the schema (ECMA-376, part 1,
// 17.3.2).
var propertyOrder = []string{
	"w:rStyle", "w:rFonts", "w:b", "w:bCs", "w:i", "w:iCs", "w:caps", "w:smallCaps", "w:strike", "w:dstrike", "w:outline", "w:shadow",
	"w:emboss", "w:imprint", "w:noProof", "w:snapToGrid", "w:vanish", "w:webHidden", "w:color", "w:spacing", "w:w", "w:kern", "w:position", "w:sz", "w:szCs",
	"w:highlight", "w:u", "w:effect", "w:bdr", "w:shd", "w:fitText", "w:vertAlign", "w:rtl", "w:cs", "w:em", "w:lang", "w:eastAsianLayout", "w:specVanish", "w:oMath",
}

// merged returns the properties of a run, with a format more.
func merged(properties string, f wordFormat) string {
	all := append(children(properties), children(inner(f.properties()))...)
	all = slices.DeleteFunc(all, func(p property) bool { return p.name == "w:rPrChange" })
	// The format wins over what the run had.
	var kept []property
	for i, p := range all {
		if !slices.ContainsFunc(all[i+1:], func(q property) bool { return q.name == p.name }) {
			kept = append(kept, p)
		}
	}
	slices.SortStableFunc(kept, func(a, b property) int { return cmp.Compare(a.order(), b.order()) })
	if len(kept) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("<w:rPr>")
	for _, p := range kept {
		b.WriteString(p.xml)
	}
	b.WriteString("</w:rPr>")
	return b.String()
}

// property is one property of a run.
type property struct{ name, xml string }

func (p property) order() int {
	if at := slices.Index(propertyOrder, p.name); at >= 0 {
		return at
	}
	return len(propertyOrder)
}

// inner returns what stands in an element, "" for none.
func inner(element string) string {
	begin, end := strings.IndexByte(element, '>'), strings.LastIndex(element, "</")
	if begin < 0 || end <= begin {
		return ""
	}
	return element[begin+1 : end]
}

// children returns the elements of a piece of XML.
func children(s string) []property {
	var all []property
	d := xml.NewDecoder(strings.NewReader(s))
	depth, begin := 0, 0
	name := ""
	for {
		before := int(d.InputOffset())
		token, err := d.RawToken()
		if err != nil {
			return all
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				begin, name = before, qualified(t.Name)
			}
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				all = append(all, property{name, s[begin:int(d.InputOffset())]})
			}
		}
	}
}
