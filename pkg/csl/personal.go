package csl

import (
	"slices"
	"strings"
)

// How fully a personal name is shown.
const (
	levelFamily   = 0
	levelInitials = 1
	levelFull     = 2
)

// personName is a personal name while it is rendered.
type personName struct {
	r      *namesRun
	p      *person
	family *blob
	given  *blob
	drop   *blob
	keep   *blob // the particle that is not dropped
	suffix *blob
	level  int
	joined bool // the particle ends in an apostrophe or hyphen
	comma  string
	space  string // between particle and family name
}

// personal renders the name at index i of a list.
func (r *namesRun) personal(l *nameList, p *person, i int) *blob {
	c := r.c
	n := personName{r: r, p: p, space: " "}
	if c.program.nonBreakingNames {
		n.space = "\u00a0"
	}
	familyLook, givenLook := partLook(r.node.family), partLook(r.node.given)
	n.setDropping(l, givenLook)
	n.family = n.part(p.family, familyLook)
	keep := p.nonDropping
	if c.sortKey != nil {
		keep = dropApostrophe(keep)
	}
	n.keep = n.part(keep, familyLook)
	n.joined = endsJoining(keep)
	n.setGiven(l, i, givenLook)
	n.setSuffix()
	if n.given == nil {
		n.drop, n.suffix = nil, nil
	}
	b := n.arrange(i)
	c.group.success = true
	c.markSubstituted()
	c.termBefore = true
	if b != nil {
		c.nameBlobs = append(c.nameBlobs, b)
	}
	return b
}

// partLook is the look of a name part without its affixes.
func partLook(l *look) *look {
	if l == nil {
		return nil
	}
	bare := *l
	bare.prefix, bare.suffix = "", ""
	return &bare
}

func (n *personName) part(text string, l *look) *blob {
	if text == "" {
		return nil
	}
	if n.r.c.stripPeriods > 0 || l != nil && l.stripPeriods {
		text = strings.ReplaceAll(text, ".", "")
	}
	return n.r.c.leaf(text, l)
}

func (n *personName) setDropping(l *nameList, givenLook *look) {
	d := n.p.dropping
	if d == "" {
		return
	}
	if n.p.commaDropping {
		n.comma = ","
	}
	if isEtAl(d) {
		// The work itself names its authors so.
		n.comma = ""
		l.etAl = etAlTerm
		if n.r.options.etAlUseLast != nil && *n.r.options.etAlUseLast {
			l.etAl = etAlLast
		}
		return
	}
	if n.r.c.sortKey != nil {
		d = dropApostrophe(d)
	}
	n.drop = n.part(d, givenLook)
}

func isEtAl(s string) bool {
	rest, ok := strings.CutPrefix(s, "et")
	if !ok {
		return false
	}
	rest = strings.TrimPrefix(rest, " ")
	return strings.HasPrefix(rest, "al") && len(rest) == 3 && (rest[2] < 'a' || rest[2] > 'z')
}

func dropApostrophe(s string) string {
	if i := strings.IndexAny(s, "'’"); i >= 0 {
		r := "'"
		if s[i] != '\'' {
			r = "’"
		}
		return s[:i] + s[i+len(r):]
	}
	return s
}

func endsJoining(s string) bool {
	for _, end := range [...]string{"’", "'", "-", " "} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// setGiven renders the given name as fully as form, initials and
// disambiguation ask for.
func (n *personName) setGiven(l *nameList, i int, givenLook *look) {
	c, o := n.r.c, n.r.options
	level := o.defaultLevel()
	if s := c.settings; s != nil {
		level = max(level, s.given(l.pos, i))
	}
	n.level = level
	given := n.p.given
	switch {
	case level == levelFamily:
		return
	case level == levelInitials && n.p.family != "":
		withInitials := o.initializeWith != nil || strings.HasSuffix(c.program.givenRule, "-with-initials")
		if withInitials {
			with := ""
			if o.initializeWith != nil {
				with = *o.initializeWith
			}
			given = c.program.initials(given, with, o.initialize != nil && !*o.initialize)
		}
	}
	n.given = n.part(given, givenLook)
}

// defaultLevel is how fully names are shown where nothing else asks for more.
func (o *nameOptions) defaultLevel() int {
	switch {
	case o.form != "" && o.form != "long":
		return levelFamily
	case o.initializeWith != nil:
		return levelInitials
	}
	return levelFull
}

func (n *personName) setSuffix() {
	s := n.p.suffix
	if s == "" {
		return
	}
	if with := n.r.options.initializeWith; with != nil {
		s = n.r.c.program.initials(s, *with, true)
	}
	trimmed := strings.TrimSuffix(s, ".")
	n.suffix = n.part(trimmed, nil)
	if n.suffix != nil && trimmed != s {
		n.suffix.suffix = "."
	}
}

// script tells how a name's order follows its letters: 0 for family names first
// without spaces, 1 for family names first with a space, 2 for the usual order.
func (n *personName) script() int {
	if !inScript(strings.ReplaceAll(n.p.family, `"`, "")) {
		if startsWithLetter(n.p.given) {
			return 1
		}
		return 0
	}
	switch n.r.c.work.language {
	case "ja", "zh":
		return 1
	}
	return 2
}

// arrange puts the parts of the name at index i in order.
func (n *personName) arrange(i int) *blob {
	r, c := n.r, n.r.c
	script := n.script()
	language := c.work.text[varLanguage]
	static := n.p.static || language == "vi" || language == "hu"
	switch {
	case script == 0:
		return r.join([]*blob{n.keep, n.family, n.given}, "", nil)
	case script == 1 || static:
		merged := r.join([]*blob{n.keep, n.family}, n.space, nil)
		return r.join([]*blob{merged, n.given}, " ", nil)
	case c.sortKey != nil:
		return n.sortOrder()
	case r.options.asSortOrder == "all" || r.options.asSortOrder == "first" && i == 0:
		return n.inverted()
	}
	return n.usualOrder()
}

func (n *personName) sortOrder() *blob {
	r := n.r
	if r.c.program.demoteParticle == "never" {
		merged := r.join([]*blob{n.keep, n.family}, n.space, nil)
		merged = r.join([]*blob{merged, n.drop}, " ", nil)
		merged = r.join([]*blob{merged, n.given}, sortFieldSeparator, nil)
		return r.join([]*blob{merged, n.suffix}, " ", nil)
	}
	second := r.join([]*blob{n.given, n.drop, n.keep}, " ", nil)
	merged := r.join([]*blob{n.family, second}, sortFieldSeparator, nil)
	return r.join([]*blob{merged, n.suffix}, " ", nil)
}

func (n *personName) inverted() *blob {
	r := n.r
	separator := ""
	if s := r.options.sortSeparator; s != nil {
		separator = *s
	}
	if n.p.given == "Lord" || n.p.given == "Lady" {
		separator = ", "
	}
	var first, second *blob
	if r.c.program.demoteParticle == "display-and-sort" {
		second = r.join([]*blob{n.given, n.drop}, n.comma+" ", nil)
		second = r.join([]*blob{second, n.keep}, " ", nil)
		first = n.family
	} else {
		space := n.space
		if n.joined {
			space = ""
		}
		first = r.join([]*blob{n.keep, n.family}, space, nil)
		second = r.join([]*blob{n.given, n.drop}, n.comma+" ", nil)
	}
	first, second = n.affixed(first, r.node.family), n.affixed(second, r.node.given)
	merged := r.join([]*blob{first, second}, separator, nil)
	b := r.join([]*blob{merged, n.suffix}, separator, nil)
	if b != nil {
		b.inverted = true
	}
	return b
}

// affixed gives a part of a name its own affixes.
func (n *personName) affixed(b *blob, l *look) *blob {
	if b == nil || l == nil {
		return b
	}
	b.prefix, b.suffix = l.prefix, l.suffix
	return b
}

func (n *personName) usualOrder() *blob {
	r, p := n.r, n.p
	if p.dropping != "" && p.family != "" && p.nonDropping == "" && n.drop != nil {
		if ends := [...]string{"'", "ʼ", "’", "-"}; slices.ContainsFunc(ends[:], func(s string) bool {
			before, ok := strings.CutSuffix(p.dropping, s)
			return ok && before != "de"
		}) {
			n.family, n.drop = r.join([]*blob{n.drop, n.family}, "", nil), nil
		}
	}
	var second *blob
	if n.joined {
		second = r.join([]*blob{n.keep, n.family}, "", nil)
		second = r.join([]*blob{n.drop, second}, n.space, nil)
	} else {
		second = r.join([]*blob{n.drop, n.keep, n.family}, n.space, nil)
	}
	separator := " "
	if p.commaSuffix {
		separator = ", "
	}
	second = n.affixed(r.join([]*blob{second, n.suffix}, separator, nil), r.node.family)
	given := n.affixed(n.given, r.node.given)
	if second != nil && second.prefix != "" {
		n.comma = ""
	}
	space := " "
	if with := r.options.initializeWith; with != nil && n.level == levelInitials && strings.ContainsAny(*with, "\u00a0\ufeff") {
		space = n.space
	}
	return r.join([]*blob{given, second}, n.comma+space, nil)
}
