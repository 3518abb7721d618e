package csl

import (
	"slices"
	"strings"
)

type matchRule uint8

const (
	matchAll matchRule = iota
	matchAny
	matchNone
	matchNand
)

// test is one condition of cs:if for one value.
type test func(c *context) bool

func (c *compiler) choose(e *element) node {
	n := &chooseNode{}
	// One branch is rendered at most: the largest counts.
	start, largest := c.size, c.size
	for _, child := range e.children {
		b := branch{}
		switch child.name {
		case "if", "else-if":
			b.tests, b.match = c.tests(child), parseMatch(child.get("match"))
		case "else":
		default:
			continue
		}
		c.size = start
		b.nodes = c.nodes(child.children)
		largest = max(largest, c.size)
		n.branches = append(n.branches, b)
	}
	c.size = largest
	return n
}

func parseMatch(s string) matchRule {
	switch s {
	case "any":
		return matchAny
	case "none":
		return matchNone
	case "nand":
		return matchNand
	}
	return matchAll
}

func (c *compiler) tests(e *element) []test {
	var tests []test
	for _, a := range e.attrs {
		values := strings.Fields(strings.Replace(a.Value, "sub verbo", "sub-verbo", 1))
		switch a.Name.Local {
		case "type":
			tests = append(tests, testType(values))
		case "variable":
			tests = appendVariables(tests, values, (*context).hasVariable)
		case "is-numeric":
			tests = appendVariables(tests, values, (*context).isNumeric)
		case "is-uncertain-date":
			tests = appendVariables(tests, values, func(c *context, v variable) bool {
				d := c.work.date(v)
				return d != nil && d.circa
			})
		case "locator":
			for _, label := range values {
				tests = append(tests, func(c *context) bool { return c.locatorLabel() == label })
			}
		case "position":
			c.program.citesByPosition = true
			for _, p := range values {
				tests = append(tests, testPosition(p))
			}
		case "disambiguate":
			if a.Value == "true" {
				c.program.hasDisambiguate = true
				tests = append(tests, (*context).testDisambiguate)
			}
		}
	}
	return tests
}

func testType(values []string) test {
	return func(c *context) bool { return slices.Contains(values, c.work.typ) }
}

func appendVariables(tests []test, names []string, check func(*context, variable) bool) []test {
	for _, name := range names {
		v := variableNumbers[name]
		tests = append(tests, func(c *context) bool { return v != noVariable && check(c, v) })
	}
	return tests
}

func testPosition(name string) test {
	return func(c *context) bool {
		if c.area == areaBibliography {
			return false
		}
		switch name {
		case "first":
			return c.cite == nil || c.cite.position == PositionFirst
		case "subsequent":
			return c.cite != nil && c.cite.position >= PositionSubsequent
		case "ibid":
			return c.cite != nil && c.cite.position >= PositionIbid
		case "ibid-with-locator":
			return c.cite != nil && c.cite.position >= PositionIbidWithLocator
		case "near-note":
			return c.cite != nil && c.cite.position >= PositionSubsequent && c.cite.nearNote
		case "far-note":
			return c.cite != nil && c.cite.position == PositionSubsequent && !c.cite.nearNote
		}
		return false
	}
}

// testDisambiguate counts the conditions that are tried and met, for the third
// round of disambiguation.
func (c *context) testDisambiguate() bool {
	if c.area != areaBibliography {
		c.disambiguateTried++
	}
	if c.settings != nil && c.disambiguateMet < c.settings.disambiguate {
		c.disambiguateMet++
		return true
	}
	return false
}

func (n *chooseNode) render(c *context) {
	for i := range n.branches {
		b := &n.branches[i]
		if b.holds(c) {
			for _, child := range b.nodes {
				child.render(c)
			}
			return
		}
	}
}

func (b *branch) holds(c *context) bool {
	if b.tests == nil {
		return true
	}
	switch b.match {
	case matchAny:
		for _, t := range b.tests {
			if t(c) {
				return true
			}
		}
		return false
	case matchNone:
		for _, t := range b.tests {
			if t(c) {
				return false
			}
		}
		return true
	case matchNand:
		for _, t := range b.tests {
			if !t(c) {
				return true
			}
		}
		return false
	}
	for _, t := range b.tests {
		if !t(c) {
			return false
		}
	}
	return true
}

// hasVariable tells whether the item, or the cite for a locator, has a value.
func (c *context) hasVariable(v variable) bool {
	switch v {
	case varLocator:
		return c.cite != nil && c.cite.locator != ""
	case varFirstReferenceNoteNumber:
		return c.cite != nil && c.cite.firstNote > 0
	}
	switch variableTable[v].kind {
	case kindName:
		return len(c.work.people(v)) > 0
	case kindDate:
		return c.work.date(v).present()
	}
	return c.work.text[v] != ""
}

func (c *context) isNumeric(v variable) bool {
	value := c.numberSource(v)
	if value == "" {
		return false
	}
	if variableTable[v].kind != kindNumber {
		last := value[len(value)-1]
		return (v == varTitle || v == varVersion) && last >= '0' && last <= '9'
	}
	return c.number(v).numeric
}
