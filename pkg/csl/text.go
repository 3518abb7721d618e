package csl

import "strings"

// elementKind tells rendering elements apart for suppressing authors.
type elementKind uint8

const (
	elementText elementKind = iota
	elementDate
	elementNames
	elementGroup
)

// elementState is what a rendering element changes until it ends.
type elementState struct {
	suppressed bool
	strips     bool
	blocks     int
}

// enter begins a rendering element: stripping of periods, suppression of authors,
// and the blocks of second-field-align.
func (c *context) enter(l *look, kind elementKind) elementState {
	if l.stripPeriods {
		c.stripPeriods++
	}
	state := elementState{suppressed: c.suppress, strips: l.stripPeriods}
	if kind != elementGroup && c.cite != nil && !c.looking {
		c.suppress = state.suppressed || c.suppresses(kind)
	}
	if l.top {
		state.blocks = c.openBlocks(l)
	}
	return state
}

// leave ends a rendering element.
func (c *context) leave(state elementState) {
	for range state.blocks {
		c.close()
	}
	if state.strips {
		c.stripPeriods--
	}
	c.suppress = state.suppressed
}

// suppresses tells whether an element is left out of a cite without or with
// nothing but the author.
func (c *context) suppresses(kind elementKind) bool {
	switch kind {
	case elementNames:
		return c.cite.authorOnly && c.rendered || c.cite.suppressAuthor && !c.rendered
	case elementDate:
		return c.cite.authorOnly && c.rendered
	}
	return c.cite.authorOnly && (c.rendered || c.inSubstitute == 0)
}

// openBlocks opens the block that a top element is in.
func (c *context) openBlocks(l *look) int {
	if c.area == areaBibliography && c.layout.secondFieldAlign != "" {
		if !c.seenFirst {
			c.open(&look{fmt: format{display: displayLeftMargin}})
			c.seenFirst = true
			return 1
		}
		if c.rightBlock == nil {
			c.rightBlock = c.open(&look{fmt: format{display: displayRightInline}})
			c.rightBlock.suffix = ""
			c.close()
		}
		c.levels = append(c.levels, c.rightBlock)
		return 1
	}
	if l.display != 0 {
		c.open(&look{fmt: format{display: l.display}})
		return 1
	}
	return 0
}

func (n *textNode) render(c *context) {
	entered := c.enter(&n.look, elementText)
	n.renderVariable(c)
	c.leave(entered)
	if c.area == areaBibliography && c.hasVariable(n.variable) {
		c.substituteAuthor(false)
	}
}

func (n *textNode) renderVariable(c *context) {
	v := n.variable
	free := c.use(v)
	value := ""
	if free {
		value = c.textValue(v, n.short)
	}
	has := value != "" || free && c.alwaysHas(v)
	if has && len(c.canSubstitute) > 0 && c.canSubstitute[len(c.canSubstitute)-1] && c.area == areaBibliography && value != "" {
		c.nameTop = c.level()
		c.nameKeys = append(c.nameKeys, value)
	}
	c.called(has)
	switch v {
	case varLocator, varCitationNumber, varYearSuffix, varCitationLabel:
	default:
		c.collapsed = false
	}
	switch {
	case !has:
	case v == varCitationNumber:
		c.citationNumber(&n.look)
	case v == varYearSuffix:
		if c.entry != nil && c.entry.settings.yearSuffix >= 0 && !c.looking {
			c.appendRanged(c.entry.settings.yearSuffix, rangeYearSuffix, &n.look)
		}
	case v == varCitationLabel:
		c.append(c.citationLabel(), &n.look, true)
	case v == varLocator || v == varFirstReferenceNoteNumber || v.isNumberText():
		c.appendNumber(v, &n.look, numberNumeric)
		if v == varLocator && !c.looking {
			c.done.add(v)
		}
	case v == varURL || v == varDOI:
		if v == varURL && n.short {
			value = shortURL(value)
		}
		c.appendText(value, &n.look, true, false)
	default:
		n.renderText(c, value)
	}
}

// shortURL drops the path of a URL, and the protocol of hosts that start with
// "www".
func shortURL(s string) string {
	if dot := strings.LastIndexByte(s, '.'); dot >= 0 {
		for ; dot >= 0; dot = strings.LastIndexByte(s[:dot], '.') {
			if slash := strings.IndexByte(s[dot:], '/'); slash > 1 {
				s = s[:dot+slash]
				break
			}
		}
	}
	if strings.Contains(s, "//www.") {
		s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	}
	return s
}

func (n *textNode) renderText(c *context, value string) {
	if n.variable.isMultilingual() {
		if !c.looking && c.cite != nil && c.cite.suppressAuthor && !c.rendered && len(c.canSubstitute) > 0 {
			return
		}
		l := n.look
		if l.textCase == caseTitle && !c.isEnglish() {
			l.textCase = caseNone
		}
		c.append(value, &l, true)
		c.rendered = true
		if c.inSubstitute > 0 {
			c.nameBlobs = append(c.nameBlobs, c.level())
		}
		return
	}
	if strings.Contains(value, `\`) {
		value = strings.ReplaceAll(value, `\`, "")
	}
	c.append(value, &n.look, true)
}

// alwaysHas tells variables that count as set in every item.
func (c *context) alwaysHas(v variable) bool {
	return v == varYearSuffix || v == varCitationNumber || v == varCitationLabel
}

// textValue is the value of a text or number variable, in its short form if
// wanted and there is one.
func (c *context) textValue(v variable, short bool) string {
	switch variableTable[v].kind {
	case kindName, kindDate:
		return ""
	}
	if short {
		switch v {
		case varTitle:
			if s := c.work.text[varTitleShort]; s != "" {
				return s
			}
		case varContainerTitle:
			if s := c.work.text[varContainerTitleShort]; s != "" {
				return s
			}
		}
	}
	switch v {
	case varTitleShort:
		if c.work.text[v] == "" {
			return ""
		}
	case varLocator, varFirstReferenceNoteNumber:
		return c.numberSource(v)
	}
	return c.work.text[v]
}

func (c *context) citationNumber(l *look) {
	if c.looking || c.entry == nil {
		return
	}
	number := c.entry.number
	if c.area.isSort() {
		c.append(padNumber(itoa(c.entry.order)), nil, true)
		return
	}
	c.appendRanged(number, rangeCitationNumber, l)
}

// appendRanged adds a number that can become part of a range.
func (c *context) appendRanged(n int, kind rangeKind, l *look) *blob {
	if c.suppress || c.dateKey != nil {
		return nil
	}
	text := itoa(n)
	if kind == rangeYearSuffix {
		text = suffixLetters(n)
	}
	b := c.arena.plain(l.textCase.apply(text, ""))
	b.fmt, b.prefix, b.suffix = l.fmt, l.prefix, l.suffix
	b.number, b.rank, b.ranged = true, n, kind
	c.level().add(b)
	return b
}

func (n *termNode) render(c *context) {
	entered := c.enter(&n.look, elementText)
	defer c.leave(entered)
	text, _ := c.program.terms.lookup(n.term, n.form, n.plural, neuter)
	if text == "" {
		if c.inSubstitute > 0 {
			c.markSubstituted()
		}
		return
	}
	c.group.term = true
	if !c.termBefore && !(c.program.class == "in-text" && c.area == areaCitation) {
		text = caseCapitalizeFirst.apply(text, c.program.defaultLanguage)
	}
	if n.stripPeriods || c.stripPeriods > 0 {
		text = strings.ReplaceAll(text, ".", "")
	}
	c.append(text, &n.look, true)
	if c.inSubstitute > 0 {
		c.markSubstituted()
	}
}

func (n *valueNode) render(c *context) {
	entered := c.enter(&n.look, elementText)
	defer c.leave(entered)
	c.group.term = true
	c.append(n.value, &n.look, true)
	if c.inSubstitute > 0 {
		c.markSubstituted()
	}
}

func (n *numberNode) render(c *context) {
	entered := c.enter(&n.look, elementText)
	defer c.leave(entered)
	v := n.variable
	free := c.use(v)
	has := free && c.textValue(v, false) != ""
	c.called(has)
	if !has {
		return
	}
	if v == varLocator && c.looking {
		return
	}
	c.appendNumber(v, &n.look, n.form)
	if v == varLocator && !c.looking {
		c.done.add(v)
	}
}

// appendNumber adds the numbers of a variable.
func (c *context) appendNumber(v variable, l *look, form numberForm) {
	number := c.number(v)
	if c.suppress || c.dateKey != nil || len(number.parts) == 0 {
		return
	}
	c.open(&look{fmt: l.fmt, prefix: l.prefix, suffix: l.suffix})
	for i := range number.parts {
		part := &number.parts[i]
		if part.labelShown {
			label, ok := c.program.terms.lookup(part.label, formShort, part.plural, neuter)
			if !ok {
				label = part.labelText
			}
			c.append(label+" ", nil, true)
		}
		text := part.particle + part.value
		if part.collapsible {
			if part.label != number.parts[0].label {
				form = numberNumeric
			}
			b := c.arena.plain(l.textCase.apply(c.formatNumber(v, part, form), c.caseLanguage()))
			b.suffix = strings.ReplaceAll(part.join, `\-`, "-")
			b.number, b.rank = true, -1
			if part.particle == "" && isPlainInteger(part.value) {
				b.rank = leadingInt(part.value)
			}
			c.level().add(b)
			c.termBefore = true
			continue
		}
		c.append(text, &look{suffix: part.join, textCase: l.textCase}, true)
	}
	c.close()
}

func (c *context) formatNumber(v variable, part *numberPart, form numberForm) string {
	if form == numberNumeric || part.particle != "" || !isPlainInteger(part.value) {
		return part.particle + part.value
	}
	n := leadingInt(part.value)
	t := c.program.terms
	switch form {
	case numberOrdinal:
		return t.ordinal(n, t.nouns[v.String()])
	case numberLongOrdinal:
		return t.longOrdinal(n, t.nouns[v.String()])
	default:
		return roman(n)
	}
}

func (n *labelNode) render(c *context) {
	text := n.text(c)
	if text == "" {
		return
	}
	c.group.term = true
	c.append(text, &n.look, true)
}

// text is the label's term in singular or plural.
func (n *labelNode) text(c *context) string {
	v := n.variable
	term := v.String()
	if v == varLocator {
		term = "page"
		if c.cite != nil && c.cite.label != "" {
			term = normalTerm(c.cite.label)
		}
	}
	plural := n.plural == pluralAlways
	if n.plural == pluralContextual && c.numberSource(v) != "" {
		number := c.number(v)
		plural = number.plural
		if (v == varLocator || v == varNumber || v == varPage) && number.label != "" {
			term = number.label
		}
	}
	text, _ := c.program.terms.lookup(term, n.form, plural, neuter)
	if n.stripPeriods || c.stripPeriods > 0 {
		text = strings.ReplaceAll(text, ".", "")
	}
	return text
}

func (n *groupNode) render(c *context) {
	entered := c.enter(&n.look, elementGroup)
	c.grouped(&n.look, n.nodes)
	c.leave(entered)
}

func (n *macroNode) render(c *context) {
	entered := c.enter(&n.look, elementGroup)
	c.open(&look{fmt: n.fmt, prefix: n.prefix, suffix: n.suffix, delimiter: n.delimiter})
	dates := c.dateKey
	if n.hasDate && c.area.isSort() && c.dateKey == nil && c.dates != nil {
		c.dateKey = c.dates
	}
	c.grouped(&look{}, *n.nodes)
	if n.hasDate {
		c.dateKey = nil
	} else {
		c.dateKey = dates
	}
	c.close()
	c.leave(entered)
}

// grouped renders a group's content and drops it if all variables that it calls
// are empty.
func (c *context) grouped(l *look, nodes []node) {
	outer, termBefore := c.group, c.termBefore
	c.group = groupState{}
	c.open(l)
	for _, n := range nodes {
		n.render(c)
	}
	c.close()
	state := c.group
	c.group = outer
	if state.success || state.term && !state.attempt {
		c.group.success = true
		return
	}
	c.termBefore = termBefore
	c.group.attempt = state.attempt
	c.dropLast()
}
