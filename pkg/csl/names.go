package csl

import (
	"slices"
	"strings"
)

// nameList is the names of one variable while they are rendered.
type nameList struct {
	variable variable
	people   []person
	count    int // before the list was cut
	pos      int // its number among the lists of the cite
	etAl     etAlKind
}

// etAlKind tells how a cut list ends.
type etAlKind uint8

const (
	etAlNone etAlKind = iota
	etAlTerm          // "et al."
	etAlLast          // "… last name"
)

// namesRun renders one names element.
type namesRun struct {
	c          *context
	node       *namesNode
	options    *nameOptions
	lists      []nameList
	labelFor   variable
	etAlMin    int
	etAlFirst  int
	etAlLast   bool
	cuts       bool // long lists are cut
	delimiter  string
	commonTerm string
}

func (n *namesNode) render(c *context) {
	entered := c.enter(&n.look, elementNames)
	defer c.leave(entered)
	if c.termBefore {
		c.substituteOK = false
	}
	c.nameKeys, c.nameBlobs, c.nameTop, c.nameLabel = []string{}, nil, nil, nil
	c.canSubstitute = append(c.canSubstitute, true)
	variables, has := c.usableNames(n.variables)
	c.group.attempt = true
	if has {
		c.called(true)
		c.canSubstitute[len(c.canSubstitute)-1] = false
	}
	labelFor := noVariable
	if len(n.variables) > 0 {
		labelFor = n.variables[0]
	}
	if !has && len(n.substitute) > 0 {
		variables, labelFor = n.trySubstitutes(c, variables, labelFor)
	}
	c.nameKeys = c.nameKeys[:len(c.nameKeys):len(c.nameKeys)]
	n.renderLists(c, variables, labelFor)
	last := len(c.canSubstitute) - 1
	open := c.canSubstitute[last]
	c.canSubstitute = c.canSubstitute[:last]
	if !open && last > 0 {
		c.canSubstitute[last-1] = false
	}
	if c.area == areaBibliography {
		c.substituteAuthor(true)
	}
}

// usableNames are the variables that may be rendered, and whether any has names.
func (c *context) usableNames(all []variable) (usable []variable, has bool) {
	for _, v := range all {
		if c.use(v) {
			usable = append(usable, v)
			has = has || len(c.work.people(v)) > 0
		}
	}
	return usable, has
}

// borrowed are the variables that stand in for those of a names element.
type borrowed struct {
	variables []variable
	labelFor  variable
}

// trySubstitutes renders the first substitute that has something to show. For
// bare names it returns their variables, which take the parent's form.
func (n *namesNode) trySubstitutes(c *context, variables []variable, labelFor variable) ([]variable, variable) {
	around := c.borrow
	found := borrowed{variables, labelFor}
	c.borrow = &found
	c.inSubstitute++
	for _, s := range n.substitute {
		s.render(c)
	}
	c.inSubstitute--
	c.borrow = around
	return found.variables, found.labelFor
}

func (n *guardNode) render(c *context) {
	if k := len(c.canSubstitute); k == 0 || c.canSubstitute[k-1] {
		n.node.render(c)
	}
}

func (n *bareNode) render(c *context) {
	k := len(c.canSubstitute)
	if k == 0 || !c.canSubstitute[k-1] || c.borrow == nil {
		return
	}
	usable, has := c.usableNames(n.variables)
	if !has {
		c.group.attempt = true
		return
	}
	c.called(true)
	c.canSubstitute[k-1] = false
	c.borrow.variables, c.borrow.labelFor = usable, n.variables[0]
}

func (n *namesNode) renderLists(c *context, variables []variable, labelFor variable) {
	r := &namesRun{c: c, node: n, options: &n.name.nameOptions, labelFor: labelFor}
	r.prepare(variables)
	if n.name.form == "count" {
		r.renderCount()
		return
	}
	c.open(&n.look)
	top := c.open(&look{delimiter: n.delimiter})
	r.renderAll()
	c.close()
	c.close()
	wrapper := c.level().last()
	if c.suppress || c.dateKey != nil {
		c.dropLast()
	}
	if top.empty() {
		if n := len(c.level().kids); n > 0 && c.level().kids[n-1] == wrapper {
			c.dropLast()
		}
		return
	}
	c.termBefore = true
	if !c.looking {
		c.rendered = true
	}
	c.nameTop = top
	c.collapseAuthor(top)
}

// prepare reads the options, cuts the lists and keeps the counts that
// disambiguation needs.
func (r *namesRun) prepare(variables []variable) {
	c, o := r.c, r.options
	r.delimiter = ", "
	if o.delimiter != nil {
		r.delimiter = *o.delimiter
	}
	r.etAlMin, r.etAlFirst = o.etAlMin, o.etAlUseFirst
	r.etAlLast = o.etAlUseLast != nil && *o.etAlUseLast
	if k := c.sortKey; k != nil {
		orKey(&r.etAlMin, k.etAlMin)
		orKey(&r.etAlFirst, k.etAlUseFirst)
		if k.etAlUseLast != nil {
			r.etAlLast = *k.etAlUseLast
		}
	}
	if c.cite != nil && c.cite.position > PositionFirst && c.sortKey == nil {
		orKey(&r.etAlMin, o.etAlSubMin)
		orKey(&r.etAlFirst, o.etAlSubUseFirst)
		r.etAlLast = false
	}
	r.cuts = r.etAlFirst != 0 && r.etAlMin >= r.etAlFirst
	r.etAlFirst = max(r.etAlFirst, 0)
	for i, v := range variables {
		list := nameList{variable: v, people: c.work.people(v), count: len(c.work.people(v)), pos: c.namesSeen + i}
		if len(list.people) > 0 {
			r.disambiguate(&list)
			r.cut(&list)
		}
		r.lists = append(r.lists, list)
	}
	for i := range r.lists {
		if r.lists[i].count > 0 {
			c.namesSeen++
		}
	}
}

// orKey overrides a number where another is set.
func orKey(n *int, by int) {
	if by != 0 {
		*n = by
	}
}

// cut shortens a list by the et-al rules and by what disambiguation asks for.
func (r *namesRun) cut(l *nameList) {
	c := r.c
	c.namesMax = append(c.namesMax, l.count)
	show := r.etAlMin
	asked := 0
	if c.requested && c.settings != nil && l.pos < len(c.settings.names) {
		asked = c.settings.names[l.pos]
	}
	switch {
	case c.bare && asked > 0:
		show = asked
	case c.bare:
		if l.count >= r.etAlMin {
			show = r.etAlFirst
		}
	case asked > r.etAlFirst:
		show = asked
		if l.count < r.etAlMin {
			show = l.count
		}
	case l.count >= r.etAlMin:
		show = r.etAlFirst
	}
	if !c.bare && r.etAlLast && show > r.etAlMin-2 {
		show = r.etAlMin - 2
	}
	if r.cuts && l.count > show && show >= 0 {
		all := l.people
		l.people = all[:show]
		l.etAl = etAlTerm
		if r.etAlLast {
			l.etAl = etAlLast
			l.people = append(slices.Clone(l.people), all[len(all)-1])
			if len(l.people) >= l.count {
				l.etAl = etAlNone
			}
		}
		if c.sortKey != nil {
			l.etAl = etAlNone
		}
	}
	if c.settings != nil {
		c.settings.setNames(l.pos, len(l.people))
	}
}

func (r *namesRun) renderCount() {
	total := 0
	for i := range r.lists {
		total += len(r.lists[i].people)
	}
	if total > 0 || r.c.area.isSort() {
		r.c.append(itoa(total), nil, true)
		r.c.group.success = true
	}
}

// renderAll adds the lists, each with its label.
func (r *namesRun) renderAll() {
	c := r.c
	r.findCommonTerm()
	for i := range r.lists {
		l := &r.lists[i]
		if len(l.people) == 0 {
			continue
		}
		blob := r.list(l)
		if blob == nil {
			continue
		}
		if !c.area.isSort() {
			blob = r.labelled(blob, l)
		}
		c.level().add(c.wrap(blob))
		if r.commonTerm != "" {
			break
		}
	}
}

func (c *context) wrap(b *blob) *blob {
	w := c.arena.level(nil)
	w.add(b)
	return w
}

// list renders the names of one variable.
func (r *namesRun) list(l *nameList) *blob {
	c := r.c
	blobs := make([]*blob, 0, len(l.people)+1)
	for i := range l.people {
		p := &l.people[i]
		if c.area == areaBibliography {
			c.nameKeys = append(c.nameKeys, p.key)
		}
		var b *blob
		if p.literal != "" {
			b = r.institution(p)
		} else if name := r.personal(l, p, i); name != nil {
			b = c.arena.level(&r.node.name.look)
			b.add(name)
		}
		if b != nil && !b.empty() {
			blobs = append(blobs, b)
		}
	}
	switch {
	case l.etAl == etAlTerm:
		return r.joinEtAl(blobs)
	case l.etAl == etAlLast:
		return r.joinLast(blobs)
	case c.sortKey != nil:
		return r.join(blobs, r.delimiter, nil)
	}
	return r.joinAnd(blobs)
}

// institution renders a name that has no parts. It looks like a family name.
func (r *namesRun) institution(p *person) *blob {
	c := r.c
	l := look{fmt: r.node.name.fmt, textCase: r.node.name.textCase, stripPeriods: r.node.name.stripPeriods}
	if f := r.node.family; f != nil {
		l.fmt = overlay(l.fmt, f.fmt)
		if f.textCase != caseNone {
			l.textCase = f.textCase
		}
		l.stripPeriods = f.stripPeriods
	}
	c.group.success = true
	c.markSubstituted()
	var parts []*blob
	for part := range strings.SplitSeq(p.literal, "|") {
		part = strings.TrimSpace(part)
		if c.stripPeriods > 0 || l.stripPeriods {
			part = strings.ReplaceAll(part, ".", "")
		}
		if b := c.leaf(part, &l); b != nil {
			parts = append(parts, b)
		}
	}
	b := r.join(parts, r.delimiter, nil)
	if b == nil {
		return nil
	}
	b = c.wrap(b)
	b.institution = true
	c.nameBlobs = append(c.nameBlobs, b)
	return b
}

// overlay is a format with what another sets on top.
func overlay(under, over format) format {
	if over.style != 0 {
		under.style = over.style
	}
	if over.variant != 0 {
		under.variant = over.variant
	}
	if over.weight != 0 {
		under.weight = over.weight
	}
	if over.line != 0 {
		under.line = over.line
	}
	under.align, under.quotes, under.display = 0, 0, 0
	return under
}

// findCommonTerm finds the term of two variables with the same names, such as
// the editors who also translated.
func (r *namesRun) findCommonTerm() {
	if len(r.lists) < 2 || r.node.label == nil {
		return
	}
	names := make([]string, 0, len(r.lists))
	for i := range r.lists {
		names = append(names, r.lists[i].variable.String())
	}
	slices.Sort(names)
	term := strings.Join(names, "")
	if text, ok := r.c.program.terms.lookup(term, r.node.label.form, false, neuter); !ok || text == "" {
		return
	}
	for i := range len(r.lists) - 1 {
		a, b := &r.lists[i], &r.lists[i+1]
		if a.etAl != b.etAl || !samePeople(a.people, b.people) {
			return
		}
	}
	r.commonTerm = term
}

func samePeople(a, b []person) bool {
	return slices.EqualFunc(a, b, func(x, y person) bool { return x.key == y.key })
}

// labelled adds the label before or after a list.
func (r *namesRun) labelled(b *blob, l *nameList) *blob {
	n := r.node.label
	if n == nil {
		return b
	}
	c := r.c
	term := l.variable.String()
	if r.commonTerm != "" {
		term = r.commonTerm
	}
	plural := l.count > 1
	switch n.plural {
	case pluralAlways:
		plural = true
	case pluralNever:
		plural = false
	}
	text, _ := c.program.terms.lookup(term, n.form, plural, neuter)
	if c.stripPeriods > 0 || n.stripPeriods {
		text = strings.ReplaceAll(text, ".", "")
	}
	label := c.leaf(text, &n.look)
	if label == nil {
		return b
	}
	both := c.arena.level(nil)
	if r.node.labelBefore {
		both.add(label)
		both.add(b)
	} else {
		both.add(b)
		both.add(label)
		c.nameLabel = label
	}
	return both
}
