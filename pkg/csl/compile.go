package csl

import (
	"slices"
	"strconv"
	"strings"
)

// maxMacroDepth bounds how deep macros call each other.
const maxMacroDepth = 60

// maxNodes bounds how many nodes a layout renders at most, where each call of a
// macro counts as the macro's nodes, so that macros that call macros can't
// multiply the work of rendering. The official styles have fewer than 3,000.
const maxNodes = 100_000

// compiler makes the nodes of one area of a style.
type compiler struct {
	style   *Style
	program *program
	area    area
	names   nameOptions // what names inherit in this area
	macros  map[string]*[]node
	dates   map[string]bool // the macros that render a date
	sizes   map[string]int  // the nodes of macros
	size    int             // the nodes so far
	calling []string        // the macros being compiled
	depth   int             // rendering elements between the layout and here
	namesUp []*namesNode    // the names elements around a substitute
	// inSubstitute counts the substitutes around within the same macro, and
	// guarded is set for their children, also within cs:choose.
	inSubstitute int
	guarded      bool
	err          error
}

// compileStyle compiles a style for a locale.
func compileStyle(s *Style, t *terms) (*program, error) {
	p := &program{options: parseOptions(s), terms: t}
	root := parseNameOptions(s.root, true)
	if root.sortSeparator == nil {
		root.sortSeparator = new(", ")
	}
	citation, err := compileLayout(s, p, s.root.child("citation"), areaCitation, root)
	if err != nil {
		return nil, err
	}
	p.citation = *citation
	if e := s.root.child("bibliography"); e != nil {
		p.bibliography, err = compileLayout(s, p, e, areaBibliography, root)
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func compileLayout(s *Style, p *program, e *element, a area, root nameOptions) (*layout, error) {
	names := parseNameOptions(e, true)
	names.inherit(&root)
	c := newCompiler(s, p, a, names)
	inner := e.child("layout")
	if inner == nil {
		return nil, errStyle("%s has no layout", e.name)
	}
	l := parseLayout(e, inner)
	if len(inner.children) > 0 {
		_, l.startsWithBlock = inner.children[0].attr("display")
	}
	l.nodes = c.nodes(inner.children)
	if c.err != nil {
		return nil, c.err
	}
	if sortElement := e.child("sort"); sortElement != nil {
		sc := newCompiler(s, p, a+areaCitationSort, names)
		l.sort = sc.sortKeys(sortElement)
		if sc.err != nil {
			return nil, sc.err
		}
	}
	return l, nil
}

func newCompiler(s *Style, p *program, a area, names nameOptions) *compiler {
	return &compiler{
		style: s, program: p, area: a, names: names,
		macros: map[string]*[]node{}, dates: map[string]bool{}, sizes: map[string]int{},
	}
}

func parseLayout(e, inner *element) *layout {
	l := &layout{
		fmt: parseFormat(inner), prefix: inner.get("prefix"), suffix: inner.get("suffix"),
		delimiter: inner.get("delimiter"), collapse: e.get("collapse"), groupDelimiter: e.get("cite-group-delimiter"),
		yearDelimiter: e.get("year-suffix-delimiter"), nearNote: intAttr(e, "near-note-distance", 5),
		substituteRule: e.get("subsequent-author-substitute-rule"), secondFieldAlign: e.get("second-field-align"),
		hangingIndent: e.get("hanging-indent") == "true", lineSpacing: intAttr(e, "line-spacing", 1),
		entrySpacing: intAttr(e, "entry-spacing", 1),
	}
	l.afterCollapse, l.hasAfterCollapse = e.attr("after-collapse-delimiter")
	l.substitute, l.hasSubstitute = e.attr("subsequent-author-substitute")
	return l
}

func intAttr(e *element, name string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(e.get(name)))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// fail keeps the first error.
func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = errStyle(format, args...)
	}
}

func (c *compiler) nodes(elements []*element) []node {
	var nodes []node
	for _, e := range elements {
		if c.err != nil {
			return nil
		}
		if n := c.node(e); n != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (c *compiler) node(e *element) node {
	c.grow(1)
	if e.name == "choose" {
		return c.choose(e)
	}
	if e.name == "names" && c.inSubstitute > 0 && len(e.children) == 0 {
		return c.bareNames(e)
	}
	guarded := c.guarded
	c.guarded = false
	n := c.element(e)
	c.guarded = guarded
	if guarded && n != nil {
		return &guardNode{n}
	}
	return n
}

// element compiles a rendering element.
func (c *compiler) element(e *element) node {
	top := c.depth == 0
	c.depth++
	defer func() { c.depth-- }()
	switch e.name {
	case "text":
		return c.text(e, top)
	case "number":
		n := &numberNode{look: c.look(e, top), variable: variableNumbers[e.get("variable")]}
		switch e.get("form") {
		case "ordinal":
			n.form = numberOrdinal
		case "long-ordinal":
			n.form = numberLongOrdinal
		case "roman":
			n.form = numberRoman
		}
		return n
	case "label":
		return c.label(e, top)
	case "group":
		return &groupNode{look: c.look(e, top), nodes: c.nodes(e.children)}
	case "date":
		return c.date(e, top)
	case "names":
		return c.namesElement(e, top)
	}
	return nil
}

func (c *compiler) look(e *element, top bool) look {
	l := parseLook(e)
	l.top = top
	if d := parseDisplay(e.get("display")); d != 0 && top {
		l.display = d
	}
	return l
}

func (c *compiler) text(e *element, top bool) node {
	l := c.look(e, top)
	if name, ok := e.attr("macro"); ok {
		return c.macro(name, l)
	}
	if name, ok := e.attr("variable"); ok {
		v := variableNumbers[name]
		switch v {
		case varYearSuffix, varCitationLabel:
			c.program.hasYearSuffix = true
		case varCitationNumber:
			c.program.numeric = c.program.numeric || c.area == areaCitation
			c.program.numericEntries = c.program.numericEntries || c.area == areaBibliography
		}
		return &textNode{look: l, variable: v, short: e.get("form") == "short"}
	}
	if term, ok := e.attr("term"); ok {
		return &termNode{look: l, term: normalTerm(term), form: parseTermForm(e.get("form")), plural: e.get("plural") == "true"}
	}
	if value, ok := e.attr("value"); ok && value != "" {
		return &valueNode{look: l, value: value}
	}
	return nil
}

// grow counts nodes.
func (c *compiler) grow(n int) {
	c.size += n
	if c.size > maxNodes {
		c.fail("macros multiply to more than %d elements", maxNodes)
	}
}

// macro compiles a macro once for the area and returns a call of it.
func (c *compiler) macro(name string, l look) node {
	if nodes, ok := c.macros[name]; ok {
		if slices.Contains(c.calling, name) {
			c.fail("the macro %q calls itself", name)
		}
		c.grow(c.sizes[name])
		return &macroNode{look: l, nodes: nodes, hasDate: c.dates[name]}
	}
	e, ok := c.style.macros[name]
	if !ok {
		c.fail("the macro %q is missing", name)
		return nil
	}
	if len(c.calling) >= maxMacroDepth {
		c.fail("macros call each other more than %d deep", maxMacroDepth)
		return nil
	}
	nodes := new([]node)
	c.macros[name] = nodes
	c.dates[name] = hasLocalizedDate(e)
	c.calling = append(c.calling, name)
	inSubstitute, size := c.inSubstitute, c.size
	c.inSubstitute = 0
	*nodes = c.nodes(e.children)
	c.sizes[name] = c.size - size
	c.inSubstitute = inSubstitute
	c.calling = c.calling[:len(c.calling)-1]
	return &macroNode{look: l, nodes: nodes, hasDate: c.dates[name]}
}

// hasLocalizedDate tells whether an element contains a date.
func hasLocalizedDate(e *element) bool {
	return e.name == "date" || slices.ContainsFunc(e.children, hasLocalizedDate)
}

func (c *compiler) label(e *element, top bool) *labelNode {
	n := &labelNode{
		look: c.look(e, top), variable: variableNumbers[e.get("variable")], form: parseTermForm(e.get("form")),
	}
	switch e.get("plural") {
	case "always", "true":
		n.plural = pluralAlways
	case "never", "false":
		n.plural = pluralNever
	}
	return n
}

func (c *compiler) date(e *element, top bool) node {
	n := &dateNode{look: c.look(e, top), variable: variableNumbers[e.get("variable")]}
	form, localized := e.attr("form")
	own := map[string]*element{}
	for _, part := range e.children {
		if part.name == "date-part" {
			own[part.get("name")] = part
			if !localized {
				n.parts = append(n.parts, parseDatePart(part))
			}
		}
	}
	if !localized {
		return n
	}
	template := c.program.terms.dates[form]
	if template == nil {
		return nil
	}
	c.localizedDate(n, e, template, own)
	return n
}

// localizedDate fills a date from the locale's format: the style's own parts
// override attributes, its date-parts attribute drops parts.
func (c *compiler) localizedDate(n *dateNode, e, template *element, own map[string]*element) {
	shape := parseLook(template)
	// What the style says of affixes and display wins; formatting is the format's own.
	prefix, suffix, top, shown := n.prefix, n.suffix, n.top, n.look.display
	n.look = shape
	n.prefix, n.suffix, n.top, n.look.display = prefix, suffix, top, shown
	n.localized = true
	wanted := e.get("date-parts")
	for i, part := range template.children {
		if part.name != "date-part" || !wantsPart(wanted, part.get("name")) {
			continue
		}
		merged := *part
		if mine := own[part.get("name")]; mine != nil {
			merged.attrs = slices.Concat(mine.attrs, part.attrs)
		}
		p := parseDatePart(&merged)
		if wanted == "month-day" && i+1 < len(template.children) && template.children[i+1].get("name") == "year" {
			p.suffix = ""
		}
		n.parts = append(n.parts, p)
	}
}

func wantsPart(wanted, part string) bool {
	switch wanted {
	case "year":
		return part == "year"
	case "year-month":
		return part != "day"
	case "month-day":
		return part != "year"
	}
	return true
}

func parseDatePart(e *element) datePart {
	p := datePart{look: parseLook(e), name: e.get("name"), form: e.get("form"), rangeDelimiter: e.get("range-delimiter")}
	if p.form == "" {
		p.form = "long"
	}
	return p
}
