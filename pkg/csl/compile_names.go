package csl

import "strings"

// nameOptions are the options of names, which cs:style, cs:citation,
// cs:bibliography and cs:name can set. A pointer is nil, a number 0 and a
// string empty if the option is not set.
type nameOptions struct {
	and             string
	delimiter       *string
	namesDelimiter  *string
	precedesEtAl    string
	precedesLast    string
	etAlMin         int
	etAlUseFirst    int
	etAlSubMin      int
	etAlSubUseFirst int
	etAlUseLast     *bool
	initialize      *bool
	initializeWith  *string
	asSortOrder     string
	sortSeparator   *string
	form            string
}

// parseNameOptions reads the options of an element. Above cs:name the form and
// the delimiters have names of their own.
func parseNameOptions(e *element, above bool) nameOptions {
	o := nameOptions{
		and: e.get("and"), precedesEtAl: e.get("delimiter-precedes-et-al"), precedesLast: e.get("delimiter-precedes-last"),
		etAlMin: intAttr(e, "et-al-min", 0), etAlUseFirst: useFirst(e, "et-al-use-first"),
		etAlSubMin: intAttr(e, "et-al-subsequent-min", 0), etAlSubUseFirst: useFirst(e, "et-al-subsequent-use-first"),
		etAlUseLast: boolAttr(e, "et-al-use-last"), initialize: boolAttr(e, "initialize"),
		initializeWith: stringAttr(e, "initialize-with"), asSortOrder: e.get("name-as-sort-order"),
		sortSeparator: stringAttr(e, "sort-separator"),
	}
	if above {
		o.form, o.delimiter = e.get("name-form"), stringAttr(e, "name-delimiter")
		o.namesDelimiter = stringAttr(e, "names-delimiter")
	} else {
		o.form, o.delimiter = e.get("form"), stringAttr(e, "delimiter")
	}
	return o
}

// noNames is a number of names that is set to 0, which unset numbers are, too.
const noNames = -1

func useFirst(e *element, name string) int {
	if e.get(name) == "0" {
		return noNames
	}
	return intAttr(e, name, 0)
}

func boolAttr(e *element, name string) *bool {
	value, ok := e.attr(name)
	if !ok {
		return nil
	}
	return new(value == "true")
}

func stringAttr(e *element, name string) *string {
	value, ok := e.attr(name)
	if !ok {
		return nil
	}
	return &value
}

// inherit fills what is not set from above.
func (o *nameOptions) inherit(above *nameOptions) {
	orString(&o.and, above.and)
	orString(&o.precedesEtAl, above.precedesEtAl)
	orString(&o.precedesLast, above.precedesLast)
	orString(&o.asSortOrder, above.asSortOrder)
	orString(&o.form, above.form)
	orInt(&o.etAlMin, above.etAlMin)
	orInt(&o.etAlUseFirst, above.etAlUseFirst)
	orInt(&o.etAlSubMin, above.etAlSubMin)
	orInt(&o.etAlSubUseFirst, above.etAlSubUseFirst)
	orPointer(&o.delimiter, above.delimiter)
	orPointer(&o.namesDelimiter, above.namesDelimiter)
	orPointer(&o.etAlUseLast, above.etAlUseLast)
	orPointer(&o.initialize, above.initialize)
	orPointer(&o.initializeWith, above.initializeWith)
	orPointer(&o.sortSeparator, above.sortSeparator)
}

func orString(s *string, otherwise string) {
	if *s == "" {
		*s = otherwise
	}
}

func orInt(n *int, otherwise int) {
	if *n == 0 {
		*n = otherwise
	}
}

func orPointer[T any](p **T, otherwise *T) {
	if *p == nil {
		*p = otherwise
	}
}

func (c *compiler) namesElement(e *element, top bool) *namesNode {
	n := &namesNode{look: c.look(e, top), etAl: etAlNode{term: "et-al"}}
	for name := range strings.FieldsSeq(e.get("variable")) {
		if v, ok := variableNumbers[name]; ok {
			n.variables = append(n.variables, v)
		}
	}
	if _, set := e.attr("delimiter"); !set && c.names.namesDelimiter != nil {
		n.delimiter = *c.names.namesDelimiter
	}
	for _, child := range e.children {
		switch child.name {
		case "name":
			c.nameElement(n, child)
		case "et-al":
			n.etAl.look = parseLook(child)
			if term := child.get("term"); term != "" {
				n.etAl.term = term
			}
		case "label":
			n.label, n.labelBefore = c.label(child, false), n.name == nil
		}
	}
	c.borrowName(n)
	if s := e.child("substitute"); s != nil {
		c.namesUp = append(c.namesUp, n)
		n.substitute = c.substitutes(s)
		c.namesUp = c.namesUp[:len(c.namesUp)-1]
	}
	return n
}

// borrowName gives names without a name element of their own what they inherit:
// inside of a substitute that of the names around it.
func (c *compiler) borrowName(n *namesNode) {
	if len(c.namesUp) > 0 {
		up := c.namesUp[len(c.namesUp)-1]
		if n.name == nil {
			n.name = up.name
		}
		if n.family == nil {
			n.family = up.family
		}
		if n.given == nil {
			n.given = up.given
		}
		return
	}
	if n.name == nil {
		n.name = &nameNode{nameOptions: c.names, outerPrecedesLast: c.names.precedesLast}
		if n.label != nil {
			n.labelBefore = false
		}
	}
}

func (c *compiler) nameElement(n *namesNode, e *element) {
	n.name = &nameNode{
		look: parseLook(e), nameOptions: parseNameOptions(e, false), outerPrecedesLast: c.names.precedesLast,
	}
	n.name.inherit(&c.names)
	n.name.look.delimiter = ""
	o := &n.name.nameOptions
	if o.etAlSubMin != 0 && o.etAlSubMin != o.etAlMin || o.etAlSubUseFirst != 0 && o.etAlSubUseFirst != o.etAlUseFirst {
		c.program.citesByPosition = true
	}
	for _, part := range e.children {
		if part.name != "name-part" {
			continue
		}
		l := parseLook(part)
		switch part.get("name") {
		case "family":
			n.family = &l
		case "given":
			n.given = &l
		}
	}
}

// substitutes compiles the children of cs:substitute.
func (c *compiler) substitutes(e *element) []node {
	guarded := c.guarded
	c.guarded, c.inSubstitute = true, c.inSubstitute+1
	nodes := c.nodes(e.children)
	c.guarded, c.inSubstitute = guarded, c.inSubstitute-1
	return nodes
}

// bareNames compiles names without children in a substitute.
func (c *compiler) bareNames(e *element) node {
	n := &bareNode{}
	for name := range strings.FieldsSeq(e.get("variable")) {
		if v, ok := variableNumbers[name]; ok {
			n.variables = append(n.variables, v)
		}
	}
	return n
}

func (c *compiler) sortKeys(e *element) []sortKey {
	var keys []sortKey
	for _, k := range e.children {
		if k.name != "key" {
			continue
		}
		key := sortKey{descending: k.get("sort") == "descending"}
		key.etAl = nameOptions{
			etAlMin: intAttr(k, "names-min", 0), etAlUseFirst: useFirst(k, "names-use-first"),
			etAlUseLast: boolAttr(k, "names-use-last"),
		}
		key.etAl.inherit(&nameOptions{
			etAlMin: c.names.etAlMin, etAlUseFirst: c.names.etAlUseFirst, etAlUseLast: c.names.etAlUseLast,
		})
		if name, ok := k.attr("macro"); ok {
			key.isMacro = true
			if call, ok := c.macro(name, look{}).(*macroNode); ok {
				key.nodes, key.hasDate = []node{call}, call.hasDate
			}
		} else {
			c.variableKey(&key, variableNumbers[k.get("variable")])
		}
		if c.err != nil {
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}

func (c *compiler) variableKey(key *sortKey, v variable) {
	key.variable = v
	switch variableTable[v].kind {
	case kindName:
		name := &nameNode{nameOptions: nameOptions{asSortOrder: "all", sortSeparator: new(" ")}}
		name.inherit(&key.etAl)
		name.inherit(&c.names)
		key.names = &namesNode{variables: []variable{v}, name: name, etAl: etAlNode{term: "et-al"}}
	case kindDate:
		key.hasDate = true
		key.date = &dateNode{variable: v, parts: []datePart{{name: "year"}, {name: "month"}, {name: "day"}}}
	}
}
