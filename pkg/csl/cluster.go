package csl

import (
	"slices"
	"strings"
)

// Cite is a reference to one item within a citation.
type Cite struct {
	// ID is the item's ID.
	ID string
	// Locator is where in the item, such as "12-14", and Label what it counts,
	// such as "chapter"; "" is "page".
	Locator, Label string
	// Prefix and Suffix are texts before and after the cite; they may carry
	// markup.
	Prefix, Suffix string
	// SuppressAuthor leaves out the author, AuthorOnly everything else.
	SuppressAuthor, AuthorOnly bool
	// Position, NearNote and FirstNote count for a citation on its own: where it
	// stands among the cites of the item, and the note of the first of them. In
	// a whole text they are found.
	Position  Position
	NearNote  bool
	FirstNote int
}

// Cluster is one citation: a place in the text that refers to one item or more.
type Cluster struct {
	Cites []Cite
	// Note is the number of the foot- or endnote that the citation stands in; 0
	// for a citation in the text.
	Note int
	// Unsorted keeps the cites in the order given.
	Unsorted bool
}

// citeRun is a cite of a cluster on its way to text.
type citeRun struct {
	state  citeState
	entry  *entry
	keys   [][]byte
	first  string // the text of the first sort key
	blob   *blob
	splice string
	note   int
}

func newCiteRun(c *Cite, e *entry) *citeRun {
	run := &citeRun{entry: e, state: citeState{
		locator: strings.TrimRight(c.Locator, " \t\n"), label: c.Label, prefix: c.Prefix, suffix: c.Suffix,
		suppressAuthor: c.SuppressAuthor, authorOnly: c.AuthorOnly,
		position: c.Position, nearNote: c.NearNote, firstNote: c.FirstNote,
	}}
	return run
}

// splitLocatorLabel reads a label such as "sec." at the start of a locator that
// has none of its own.
func (p *program) splitLocatorLabel(s *citeState, typ string) {
	switch typ {
	case "bill", "gazette", "legislation", "regulation", "treaty":
		return
	}
	if s.locator == "" || s.label != "" && s.label != "page" {
		return
	}
	label, rest, ok := strings.Cut(s.locator, ".")
	if !ok {
		return
	}
	term, ok := termOf[label+"."]
	rest = strings.TrimLeft(rest, " ")
	if ok && p.terms.has(term) && rest != "" {
		s.label, s.locator = term, rest
	}
}

// clusterRuns finds the entries of a cluster's cites.
func (r *registry) clusterRuns(cluster *Cluster) []*citeRun {
	runs := make([]*citeRun, 0, len(cluster.Cites))
	for i := range cluster.Cites {
		e := r.entries[cluster.Cites[i].ID]
		if e == nil {
			continue
		}
		run := newCiteRun(&cluster.Cites[i], e)
		run.note = cluster.Note
		r.program.splitLocatorLabel(&run.state, e.work.typ)
		runs = append(runs, run)
	}
	return runs
}

// sortRuns sorts the cites of a cluster as the style wants.
func (r *registry) sortRuns(runs []*citeRun, grouped bool) {
	l := &r.program.citation
	if len(runs) < 2 || len(l.sort) == 0 {
		return
	}
	for _, run := range runs {
		run.keys = r.sortKeys(run.entry, l, areaCitationSort)
		if grouped {
			run.first = r.sortText(run.entry, &l.sort[0], areaCitationSort)
		}
	}
	if grouped && r.program.groupsCites() {
		r.groupRuns(runs)
		return
	}
	slices.SortStableFunc(runs, func(a, b *citeRun) int { return compareRuns(a, b, l.sort) })
}

func compareRuns(a, b *citeRun, keys []sortKey) int {
	if c := compareKeys(a.keys, b.keys, keys); c != 0 {
		return c
	}
	return 0
}

// groupsCites tells whether cites of the same authors stand together.
func (p *program) groupsCites() bool {
	l := &p.citation
	return p.class == "in-text" && l.collapse != "" ||
		l.groupDelimiter != "" && !p.citesByPosition && !p.numeric
}

// groupRuns sorts cites so that those with the same names stand together, at the
// place of the first of them.
func (r *registry) groupRuns(runs []*citeRun) {
	keys := r.program.citation.sort
	keys = append([]sortKey{{descending: keys[0].descending}}, keys...)
	authors := make(map[*citeRun]string, len(runs))
	for _, run := range runs {
		author := r.authorString(run.entry)
		authors[run] = author
		run.keys = append([][]byte{r.collate.key(author)}, run.keys...)
	}
	slices.SortStableFunc(runs, func(a, b *citeRun) int { return compareRuns(a, b, keys) })
	place := ""
	for i, run := range runs {
		if i == 0 || authors[run] != authors[runs[i-1]] {
			place = run.first
			if place == "" {
				place = "undefined"
			} else {
				place += sortFieldSeparator
			}
		}
		run.keys[0] = r.collate.key(place + itoa(i))
	}
	slices.SortStableFunc(runs, func(a, b *citeRun) int { return compareRuns(a, b, keys) })
}

// authorString renders a cite's names for comparison.
func (r *registry) authorString(e *entry) string {
	c := r.newContext(e.work, e, areaCitation)
	c.cite = &citeState{position: PositionSubsequent, nearNote: true}
	c.looking, c.bare, c.wantAuthor = true, true, true
	c.settings, c.requested = e.settings.clone(), true
	used := r.arena.used
	c.renderLayout()
	r.arena.release(used)
	return c.authorString
}

// clusterText renders a cluster's cites and joins them.
func (r *registry) clusterText(runs []*citeRun) Text {
	if len(runs) == 0 {
		return Text{}
	}
	defer r.arena.release(r.arena.used)
	braces := nestedBraces{on: r.program.class == "note"}
	l := &r.program.citation
	prefix := braces.flip(l.prefix)
	cites := r.renderRuns(runs, &braces)
	suffix := l.suffix
	if strings.IndexByte(":.;!?", firstByte(suffix)) >= 0 && suffix != "" {
		suffix = suffix[:1]
	}
	suffix = braces.flip(suffix)
	// An author named in the text stands without the layout's affixes.
	if last := cites[len(cites)-1]; !last.state.authorOnly {
		last.blob.suffix = suffix
		cites[0].blob.prefix = prefix
	}
	for _, run := range cites {
		tidyPunctuation(run.blob, r.program.terms.punctuationInQuote)
		run.blob.measure()
	}
	if l.collapse != "" {
		r.collapseRanges(cites)
	}
	return r.joinRuns(cites)
}

// joinRuns emits cites with the delimiters between them.
func (r *registry) joinRuns(cites []*citeRun) Text {
	l := &r.program.citation
	em := emitter{quotes: &r.program.terms.quotes}
	parts := em.effective(&l.fmt)
	authorOnly := cites[0].state.authorOnly
	if authorOnly {
		parts = nil
	}
	for _, part := range slices.Backward(parts) {
		em.tokens = append(em.tokens, token{kind: tokenOpen, fmt: part})
	}
	em.count(&l.fmt, 1)
	start := len(em.tokens)
	for i, run := range cites {
		if !run.blob.measure() {
			r.emitEmpty(&em, run, i, len(cites))
			continue
		}
		if i > 0 && len(em.tokens) > start {
			em.text(run.splice)
		}
		em.blob(run.blob)
	}
	for i := range parts {
		em.tokens = append(em.tokens, token{kind: tokenClose, fmt: parts[i]})
	}
	return Text{tokens: em.tokens}
}

// noPrintedForm stands for a cite that shows nothing, in the words that the
// standard test suite expects.
const noPrintedForm = "[CSL STYLE ERROR: reference with no printed form.]"

// emitEmpty emits what stands for an empty cite: a note if it is the first one,
// and the layout's suffix if it is the last.
func (r *registry) emitEmpty(em *emitter, run *citeRun, i, count int) {
	l := &r.program.citation
	if run.state.suppressAuthor {
		return
	}
	if i == 0 {
		em.text(l.prefix + noPrintedForm)
	}
	if i == count-1 {
		em.text(l.suffix)
	}
}

// renderRuns renders cites one after the other, since names and years that
// repeat can be left out.
func (r *registry) renderRuns(runs []*citeRun, braces *nestedBraces) []*citeRun {
	var before *context
	cites := make([]*citeRun, 0, len(runs))
	for i, run := range runs {
		c := r.newContext(run.entry.work, run.entry, areaCitation)
		c.cite, c.braces = &run.state, braces
		c.settings, c.requested = run.entry.settings.clone(), true
		if before != nil {
			c.lastAuthor, c.haveLastAuthor = before.lastAuthor, before.haveLastAuthor
			c.lastYears, c.termBefore = before.yearsUsed, before.termBefore
		}
		run.blob = c.renderLayout()
		run.splice = r.splice(runs, i, before, c)
		cites = append(cites, run)
		if run.state.authorOnly {
			break
		}
		before = c
	}
	return cites
}

// splice is the delimiter before cite i.
func (r *registry) splice(runs []*citeRun, i int, before, c *context) string {
	if i == 0 {
		return ""
	}
	l := &r.program.citation
	s := l.delimiter
	if c.spliceWith != "" {
		s = c.spliceWith
	}
	lastLocator := runs[i-1].state.locator != ""
	switch {
	case l.hasAfterCollapse:
		if lastLocator || before.collapsed && !c.collapsed ||
			!before.collapsed && !c.collapsed && l.collapse != "year-suffix" {
			s = l.afterCollapse
		}
	case c.groupDelimiter:
		s = l.groupDelimiter
	case c.collapsed && r.program.class == "in-text" && !r.program.numeric:
		s = ", "
	}
	return trimSplice(s, &runs[i-1].state, &runs[i].state)
}

// trimSplice shortens a delimiter where the texts around it have punctuation.
func trimSplice(s string, before, after *citeState) string {
	ends := before.suffix != "" && strings.IndexByte(";.,", lastByte(before.suffix)) >= 0
	starts := before.suffix == "" && after.prefix != "" && strings.IndexByte(";.,", after.prefix[0]) >= 0
	if !ends && !starts {
		return s
	}
	if space := strings.IndexByte(s, ' '); space >= 0 && !starts {
		return s[space:]
	}
	return ""
}
