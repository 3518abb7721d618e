package csl

import (
	"slices"
	"strings"
)

// disambiguator tells cites that look the same apart. It works on one group of
// such cites at a time and tries, as far as the style wants: more names and
// fuller given names, then year suffixes, then conditions on disambiguate. A
// group falls into smaller lists as some of its cites become different.
type disambiguator struct {
	registry *registry
	program  *program
	cite     string
	modes    []disambiguationMode
	mode     int

	lists    []ambiguousList
	base     *disambiguation // what is tried; only ever grows
	better   *disambiguation // what was found to help
	fresh    bool            // the first try adds nothing
	list     int             // the list of names that grows
	name     int             // the name in it
	namesMax int
	listsMax int
	clashes  [2]int // before and now
	partners []*entry
	others   []*entry

	triedConditions, metConditions int
	maxNames                       map[*entry][]int
}

type ambiguousList struct {
	base    *disambiguation
	entries []*entry
}

type disambiguationMode uint8

const (
	modeNames disambiguationMode = iota
	modeYears
	modeConditions
)

// givenMax is the fullest level of a given name.
const givenMax = levelFull

// maxRounds bounds the tries for one group. Each adds one name or initial, so
// that no list of names needs more.
const maxRounds = 20_000

func (d *disambiguator) byCite() bool { return d.program.givenRule == "by-cite" }

func (d *disambiguator) growsGivens() bool { return d.program.addGiven && d.byCite() }

// run tells the entries of one group apart.
func (d *disambiguator) run(cite string, group []*entry) {
	d.modes = nil
	if d.program.addNames || d.growsGivens() {
		d.modes = append(d.modes, modeNames)
	}
	if d.program.addYearSuffix {
		d.modes = append(d.modes, modeYears)
	}
	if d.program.hasDisambiguate {
		d.modes = append(d.modes, modeConditions)
	}
	if len(d.modes) == 0 || len(group) < 2 {
		if len(d.modes) > 0 && len(group) == 1 && d.program.addGiven && !d.byCite() {
			// The name may be ambiguous even where the cite is not.
			d.maxNames = map[*entry][]int{}
			d.base, d.better = nil, nil
			d.measure(group[0], nil)
		}
		return
	}
	d.start(cite, group)
	rounds := 0
	for len(d.lists) > 0 {
		d.list, d.name, d.clashes = 0, 0, [2]int{1, 0}
		for len(d.lists[0].entries) > 0 {
			if rounds++; rounds > maxRounds {
				return
			}
			if d.base == nil {
				d.base = d.lists[0].base
			}
			maxed := d.grow()
			d.scan(d.lists[0].entries)
			d.evaluate(maxed)
		}
		d.lists = d.lists[1:]
	}
}

// start renders all cites of the group once and begins with what they have in
// common.
func (d *disambiguator) start(cite string, group []*entry) {
	d.cite, d.mode = cite, 0
	d.base, d.better = nil, nil
	d.maxNames = map[*entry][]int{}
	c := d.measure(group[0], nil)
	d.base = c.settings.clone()
	for _, e := range group[1:] {
		d.measure(e, d.base)
	}
	entries := slices.Clone(group)
	slices.SortStableFunc(entries, func(a, b *entry) int {
		if c := strings.Compare(numbersText(d.maxNames[a]), numbersText(d.maxNames[b])); c != 0 {
			return c
		}
		return strings.Compare(a.work.id, b.work.id)
	})
	d.lists = []ambiguousList{{d.base, entries}}
	d.namesMax = 0
	if names := d.maxNames[entries[0]]; len(names) > 0 {
		d.namesMax = names[0]
	}
	d.base.pad()
	d.better.pad()
	d.base.yearSuffix, d.base.disambiguate = -1, 0
	d.better.yearSuffix, d.better.disambiguate = -1, 0
	d.fresh = true
}

func numbersText(list []int) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(itoa(n))
	}
	return b.String()
}

// measure renders an entry's cite to learn how many names it has, and widens the
// base to it.
func (d *disambiguator) measure(e *entry, base *disambiguation) *context {
	_, c := d.registry.ambiguousCite(e.work, e, base, 0)
	found := c.settings.clone()
	d.maxNames[e] = slices.Clone(c.namesMax)
	e.settings.givens = c.settings.clone().givens
	d.listsMax = len(e.settings.names) - 1
	if d.base == nil {
		d.base, d.better = found, found.clone()
	}
	if len(found.names) < len(d.base.names) {
		d.base = found
	}
	for i := range found.names {
		if i < len(d.base.names) && found.names[i] > d.base.names[i] {
			d.base.givens[i] = slices.Clone(found.givens[i])
			d.base.names[i] = found.names[i]
			d.better.names = slices.Clone(d.base.names)
			d.base.pad()
			d.better.pad()
		}
	}
	d.better.givens = d.base.clone().givens
	return c
}

// grow adds the next name or the next level of a given name to the base. It
// returns whether there is nothing more to add.
func (d *disambiguator) grow() (maxed bool) {
	if d.fresh {
		d.fresh = false
		return false
	}
	switch d.modes[d.mode] {
	case modeConditions:
		d.base.disambiguate++
		d.better.disambiguate++
		return false
	case modeYears:
		return false
	}
	more := !d.growsGivens()
	if d.growsGivens() {
		if d.base.hasGiven(d.list, d.name) && d.base.givens[d.list][d.name] < givenMax {
			d.base.givens[d.list][d.name]++
		} else {
			more = true
		}
	}
	nextList := false
	if more {
		nextList = true
		if d.program.addNames && d.name < d.namesMax {
			nextList = false
			if d.list < len(d.base.names) {
				d.base.names[d.list]++
			}
			d.name++
		}
	}
	if nextList && d.list < d.listsMax {
		d.list++
		d.name = 0
		d.base.setNames(d.list, 1)
	}
	return (d.listsMax < 0 || d.list == d.listsMax) && (!d.program.addNames || d.name == d.namesMax) &&
		(!d.growsGivens() || !d.base.hasGiven(d.list, d.name) || d.base.givens[d.list][d.name] == givenMax)
}

// scan splits a list into the cites that look like its first, and the others.
func (d *disambiguator) scan(list []*entry) {
	first, c := d.render(list[0])
	d.partners, d.others = []*entry{list[0]}, nil
	clashes := 0
	for _, e := range list[1:] {
		var cite string
		cite, c = d.render(e)
		if cite == first {
			clashes++
			d.partners = append(d.partners, e)
		} else {
			d.others = append(d.others, e)
		}
	}
	d.triedConditions, d.metConditions = c.disambiguateTried, c.disambiguateMet
	d.clashes[0], d.clashes[1] = d.clashes[1], clashes
}

func (d *disambiguator) render(e *entry) (string, *context) {
	note := 0
	if d.byCite() {
		note = e.note
	}
	return d.registry.ambiguousCite(e.work, e, d.base, note)
}

func (d *disambiguator) evaluate(maxed bool) {
	switch d.modes[d.mode] {
	case modeNames:
		d.byNames(maxed)
	case modeYears:
		d.byYears()
	default:
		d.byConditions()
	}
	if maxed {
		if d.mode < len(d.modes)-1 {
			d.mode++
		} else {
			d.setList(1, ambiguousList{base: d.base})
		}
	}
}

func (d *disambiguator) setList(i int, l ambiguousList) {
	for len(d.lists) <= i {
		d.lists = append(d.lists, ambiguousList{})
	}
	d.lists[i] = l
}

// keep makes a setting an entry's own.
func (d *disambiguator) keep(e *entry, s *disambiguation) { e.settings = s.clone() }

// capture takes over what was just tried, since it helped.
func (d *disambiguator) capture() {
	if d.byCite() && d.base.hasGiven(d.list, d.name) {
		if len(d.better.givens) < len(d.base.givens) {
			d.better.givens = d.base.clone().givens
		}
		d.better.setGiven(d.list, d.name, d.base.givens[d.list][d.name])
	}
	if d.list < len(d.base.names) {
		for len(d.better.names) <= d.list {
			d.better.names = append(d.better.names, 0)
		}
		d.better.names[d.list] = d.base.names[d.list]
	}
}

func (d *disambiguator) byNames(maxed bool) {
	switch {
	case d.clashes[1] == 0 && len(d.others) == 1:
		d.capture()
		d.keep(d.others[0], d.better)
		d.keep(d.partners[0], d.better)
		d.lists[0] = ambiguousList{base: d.better}
	case d.clashes[1] == 0:
		d.capture()
		d.keep(d.partners[0], d.better)
		d.lists[0] = ambiguousList{d.better, d.others}
		if len(d.others) > 0 {
			d.fresh = true
		}
	case len(d.others) == 1:
		d.capture()
		d.keep(d.others[0], d.better)
		d.lists[0] = ambiguousList{d.better, d.partners}
	case d.clashes[1] < d.clashes[0]:
		d.capture()
		d.lists[0] = ambiguousList{d.better, d.partners}
		d.lists = append(d.lists, ambiguousList{d.better, d.others})
	case maxed:
		d.lists[0] = ambiguousList{d.better, d.others}
		d.lists = append(d.lists, ambiguousList{d.better, d.partners})
		if d.mode == len(d.modes)-1 {
			for _, e := range d.partners {
				d.keep(e, d.better)
			}
			d.lists[0] = ambiguousList{base: d.better}
		}
	}
}

// byYears gives the entries of a list letters, in the order of the bibliography.
func (d *disambiguator) byYears() {
	l := d.lists[0]
	if d.clashes[1] > 0 {
		entries := slices.Clone(l.entries)
		var keys []sortKey
		if b := d.program.bibliography; b != nil {
			keys = b.sort
		}
		slices.SortStableFunc(entries, func(a, b *entry) int {
			if c := compareKeys(a.keys, b.keys, keys); c != 0 {
				return c
			}
			return a.cited - b.cited
		})
		for i, e := range entries {
			l.base.yearSuffix = i
			d.keep(e, l.base)
		}
	}
	d.lists[0] = ambiguousList{base: d.better}
}

// byConditions lets one more condition on disambiguate hold.
func (d *disambiguator) byConditions() {
	done := d.clashes[1] == 0 && len(d.others) < 2
	if !done && (d.base.disambiguate == 0 || d.metConditions != d.triedConditions) {
		d.mode = 0
		d.base.disambiguate = d.metConditions
		d.better.disambiguate = d.metConditions
		if d.base.disambiguate == 0 {
			d.fresh = true
			d.base.disambiguate = 1
			return
		}
		d.byNames(false)
		return
	}
	if !done && d.metConditions != d.triedConditions {
		return
	}
	l := d.lists[0]
	if done || d.mode == len(d.modes)-1 {
		for _, e := range l.entries {
			d.keep(e, l.base)
		}
		d.lists[0] = ambiguousList{base: d.better}
		return
	}
	d.mode = len(d.modes) - 1
	l.base.disambiguate = 1
	for _, e := range l.entries {
		d.keep(e, l.base)
	}
}
