package csl

import "slices"

// disambiguation says how a cite is told apart from others: how many names of
// each list are shown, how fully, whether conditions on disambiguate hold, and
// the year suffix.
type disambiguation struct {
	names        []int
	givens       [][]int
	disambiguate int
	yearSuffix   int // -1 for none, 0 for "a"
}

func newDisambiguation() *disambiguation { return &disambiguation{yearSuffix: -1} }

func (d *disambiguation) clone() *disambiguation {
	copied := &disambiguation{names: slices.Clone(d.names), disambiguate: d.disambiguate, yearSuffix: d.yearSuffix}
	if d.givens != nil {
		copied.givens = make([][]int, len(d.givens))
		for i := range d.givens {
			copied.givens[i] = slices.Clone(d.givens[i])
		}
	}
	return copied
}

// given is how fully name i of a list is shown.
func (d *disambiguation) given(list, i int) int {
	if list >= len(d.givens) || i >= len(d.givens[list]) {
		return 0
	}
	return d.givens[list][i]
}

func (d *disambiguation) hasGiven(list, i int) bool {
	return list < len(d.givens) && i < len(d.givens[list])
}

func (d *disambiguation) setGiven(list, i, level int) {
	for len(d.givens) <= list {
		d.givens = append(d.givens, nil)
	}
	for len(d.givens[list]) <= i {
		d.givens[list] = append(d.givens[list], 0)
	}
	d.givens[list][i] = level
}

func (d *disambiguation) setNames(list, n int) {
	for len(d.names) <= list {
		d.names = append(d.names, 0)
	}
	d.names[list] = n
	d.pad()
}

// pad makes room for the given names of all names shown.
func (d *disambiguation) pad() {
	for len(d.givens) < len(d.names) {
		d.givens = append(d.givens, nil)
	}
	for i, n := range d.names {
		for len(d.givens[i]) < n {
			d.givens[i] = append(d.givens[i], 0)
		}
	}
}

// nameRegister counts how many people share a family name and initials.
type nameRegister struct {
	families map[string]*familyCount
}

type familyCount struct {
	initials map[string]map[string]struct{} // given names by their initials
}

// nameKeys are what a name is registered under.
type nameKeys struct {
	family, initials, given string
}

func (p *program) registerKeys(id string, n *person) nameKeys {
	k := nameKeys{family: plainPeriods(n.family), given: plainPeriods(n.given)}
	if p.demoteParticle == "never" && n.nonDropping != "" && n.family != "" {
		k.family += " " + n.nonDropping
	}
	k.given = dropLowerSuffix(k.given)
	k.initials = p.initials(k.given, "%s", false)
	if p.givenRule == "by-cite" {
		k.family = id + "\x00" + k.family
	}
	return k
}

func (r *nameRegister) add(k nameKeys) {
	if r.families == nil {
		r.families = map[string]*familyCount{}
	}
	f := r.families[k.family]
	if f == nil {
		f = &familyCount{initials: map[string]map[string]struct{}{}}
		r.families[k.family] = f
	}
	if k.initials == "" {
		return
	}
	given := f.initials[k.initials]
	if given == nil {
		given = map[string]struct{}{}
		f.initials[k.initials] = given
	}
	if k.given != "" {
		given[k.given] = struct{}{}
	}
}
