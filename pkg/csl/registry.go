package csl

// entry is an item that takes part in a document.
type entry struct {
	work     *work
	settings *disambiguation
	number   int // the citation number, from 1
	order    int // the place in the bibliography, from 1
	cited    int // the place in the order of citing, from 1
	ambig    string
	keys     [][]byte
	note     int // the note of the first cite
}

// registry is the state of one document: its items in order, their names, and
// how their cites are told apart.
type registry struct {
	program *program
	entries map[string]*entry
	cited   []*entry // in the order of citing
	sorted  []*entry // in the order of the bibliography
	names   nameRegister
	keyed   map[personRef]nameKeys
	collate *collator
	arena   *arena
	tools   *renderTools
	levels  []*blob // kept for the next context
	reverse bool    // citation numbers run backward
}

// personRef identifies a name of a work.
type personRef struct {
	work     *work
	variable variable
	index    int
}

func (r *registry) keys(p *program, w *work, v variable, i int) nameKeys {
	ref := personRef{w, v, i}
	k, ok := r.keyed[ref]
	if !ok {
		k = p.registerKeys(w.id, &w.people(v)[i])
		r.keyed[ref] = k
	}
	return k
}

// newRegistry registers items in the order of citing, sorts them, tells their
// cites apart and numbers them.
func newRegistry(p *program, works []*work, tools *renderTools) *registry {
	r := &registry{
		program: p, entries: make(map[string]*entry, len(works)), keyed: map[personRef]nameKeys{},
		collate: tools.collator, arena: &tools.arena,
	}
	groups := map[string][]*entry{}
	var order []string
	// A work on its own is ambiguous only where all its names must differ.
	compares := p.compares() && (len(works) > 1 || p.givenRule != "by-cite" && len(works) == 1 && works[0].repeatsFamily())
	for _, w := range works {
		if r.entries[w.id] != nil {
			continue
		}
		e := &entry{work: w, settings: newDisambiguation(), cited: len(r.cited) + 1}
		if compares {
			cite, c := r.ambiguousCite(w, nil, nil, 0)
			e.settings, e.ambig = c.settings, cite
			if groups[cite] == nil {
				order = append(order, cite)
			}
			groups[cite] = append(groups[cite], e)
		}
		r.entries[w.id] = e
		r.cited = append(r.cited, e)
		e.order, e.number = e.cited, e.cited
	}
	r.sortEntries()
	d := disambiguator{registry: r, program: p}
	for _, cite := range order {
		d.run(cite, groups[cite])
	}
	r.renumber()
	return r
}

// compares tells whether cites must be compared before they are rendered.
func (p *program) compares() bool {
	return p.addNames || p.addGiven || p.addYearSuffix || p.hasDisambiguate
}

// sortEntries brings the entries into the order of the bibliography.
func (r *registry) sortEntries() {
	r.sorted = append([]*entry(nil), r.cited...)
	b := r.program.bibliography
	if b == nil || len(b.sort) == 0 || len(r.cited) < 2 {
		return
	}
	for _, e := range r.cited {
		e.keys = r.sortKeys(e, b, areaBibliographySort)
	}
	sortStable(r.sorted, func(x, y *entry) int { return compareKeys(x.keys, y.keys, b.sort) })
	for i := range b.sort {
		if b.sort[i].variable == varCitationNumber && b.sort[i].descending {
			r.reverse = true
		}
	}
}

func (r *registry) renumber() {
	for i, e := range r.sorted {
		e.order, e.number = i+1, i+1
		if r.reverse {
			e.number = len(r.sorted) - i
		}
	}
}

// ambiguousCite renders a cite as it is compared with others: as a subsequent
// one, without formats, numbers and suffixes.
func (r *registry) ambiguousCite(w *work, e *entry, request *disambiguation, firstNote int) (string, *context) {
	c := r.newContext(w, e, areaCitation)
	c.cite = &citeState{position: PositionSubsequent, nearNote: true, firstNote: firstNote}
	c.looking, c.bare = true, true
	switch {
	case request != nil:
		c.settings, c.requested = request, true
	case e != nil:
		c.settings, c.requested = e.settings, true
	default:
		c.settings = newDisambiguation()
	}
	used := r.arena.used
	root := c.renderLayout()
	tidyPunctuation(root, r.program.terms.punctuationInQuote)
	text := flatText(root)
	r.arena.release(used)
	return text, c
}

func (r *registry) newContext(w *work, e *entry, a area) *context {
	l := &r.program.citation
	if a == areaBibliography || a == areaBibliographySort {
		l = r.program.bibliography
	}
	return &context{
		program: r.program, registry: r, arena: r.arena, layout: l, area: a, work: w, entry: e, levels: r.levels[:0],
	}
}

// renderLayout renders the area's layout for the context's work.
func (c *context) renderLayout() *blob {
	root := c.open(nil)
	c.collapsed = c.area == areaCitation && c.layout.collapse != ""
	if c.cite != nil && c.cite.authorOnly {
		c.done.add(varLocator)
	}
	if c.area == areaCitation && c.cite != nil && c.cite.prefix != "" {
		c.citePrefix()
	}
	for _, n := range c.layout.nodes {
		n.render(c)
	}
	if c.area == areaCitation && c.cite != nil && c.cite.suffix != "" {
		c.citeSuffix()
	}
	c.close()
	c.registry.levels = c.levels[:0]
	root.purge()
	return root
}

// flatText is a blob's text without formats.
func flatText(b *blob) string {
	b.measure()
	e := emitter{bare: true}
	e.blob(b)
	if len(e.tokens) == 0 {
		return ""
	}
	return e.tokens[0].text
}
