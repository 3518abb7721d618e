package manuscript

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
)

// wordElement is an element of a part of a Word document.
type wordElement struct {
	name string // with its prefix
	attr []xml.Attr
	kids []*wordElement
	// text is that of w:t, m:t and w:instrText.
	text string
	// paragraph is set for a w:p.
	paragraph *wordParagraph
}

// wordTree returns the elements of a part. Removed text and what stands for older
// programs is left out, as in [scanWord].
func wordTree(part *wordText) (*wordElement, error) {
	root := &wordElement{}
	stack := []*wordElement{root}
	paragraphs := 0
	d := xml.NewDecoder(bytes.NewReader(part.data))
	for {
		before := int(d.InputOffset())
		token, err := d.RawToken()
		if err != nil {
			if len(stack) == 1 {
				return root, nil // scanWord has read the part to its end
			}
			return nil, noDocument(err)
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &wordElement{name: qualified(t.Name), attr: slices.Clone(t.Attr)}
			stack = append(stack, e)
			if !slices.Contains(wordSkipped, e.name) && top.name != wordNothing {
				top.kids = append(top.kids, e)
			} else {
				e.name = wordNothing
			}
			if e.name == "w:p" && paragraphs < len(part.paragraphs) {
				e.paragraph = &part.paragraphs[paragraphs]
				paragraphs++
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			switch top.name {
			case "w:t", "m:t", "w:instrText":
				if !bytes.HasPrefix(part.data[before:], []byte("<![CDATA[")) {
					top.text += string(t)
				}
			}
		}
	}
}

// wordSkipped are the elements whose content is no part of the text.
var wordSkipped = []string{"mc:Fallback", "w:moveFrom", "w:del"}

// wordNothing is the name of an element that is left out, and of those in it.
const wordNothing = "-"

// first returns the first element with a name below e, along a path of names; nil
// if there is none.
func (e *wordElement) first(path ...string) *wordElement {
	for _, name := range path {
		if e == nil {
			return nil
		}
		at := slices.IndexFunc(e.kids, func(k *wordElement) bool { return k.name == name })
		if at < 0 {
			return nil
		}
		e = e.kids[at]
	}
	return e
}

// val returns an attribute, "" if there is none or no element.
func (e *wordElement) val(name string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.attr {
		if qualified(a.Name) == name {
			return a.Value
		}
	}
	return ""
}

// on reports whether a property is there and not switched off.
func (e *wordElement) on() bool {
	if e == nil {
		return false
	}
	switch e.val("w:val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// hasText reports whether there is text below e.
func (e *wordElement) hasText() bool {
	found := false
	e.walk(func(e *wordElement) bool {
		found = found || e.name == "w:t"
		return !found
	})
	return found
}

// walk calls f for e and every element below it, until f returns false.
func (e *wordElement) walk(f func(*wordElement) bool) {
	if !f(e) {
		return
	}
	for _, k := range e.kids {
		k.walk(f)
	}
}

// relations returns the targets of the relationships of a part by their IDs, and
// the ends of their types.
func (w *wordFile) relations(part string) (targets, kinds map[string]string, err error) {
	targets, kinds = map[string]string{}, map[string]string{}
	data, err := w.read(relationsOf(part))
	if err != nil || len(data) == 0 {
		return targets, kinds, err
	}
	var all struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.Unmarshal(data, &all); err != nil {
		return nil, nil, noDocument(err)
	}
	for _, r := range all.Relationship {
		targets[r.ID] = r.Target
		kinds[r.ID] = r.Type[strings.LastIndexByte(r.Type, '/')+1:]
	}
	return targets, kinds, nil
}
