package csl

// Document is the rendered citations of a whole text, and its bibliography.
type Document struct {
	// Citations has a text for each cluster, in their order.
	Citations    []Text
	Bibliography *Bibliography
}

// Citations renders the citations of a whole text in order, and the
// bibliography of what is cited, followed by the items that are not. Cites of
// items that are not given are left out. The same input always gives the same
// output.
func (p *Processor) Citations(clusters []Cluster, items []Item) *Document {
	works := newWorks(items)
	r := p.register(citingOrder(clusters, works))
	defer p.release(r)
	runs := make([][]*citeRun, len(clusters))
	for i := range clusters {
		runs[i] = r.clusterRuns(&clusters[i])
		if !clusters[i].Unsorted {
			r.sortRuns(runs[i], true)
		}
	}
	r.setPositions(clusters, runs)
	doc := &Document{Citations: make([]Text, len(clusters))}
	for i := range clusters {
		doc.Citations[i] = r.clusterText(runs[i])
	}
	doc.Bibliography = r.bibliography()
	return doc
}

// Cite renders one citation on its own, as the first of its items.
func (p *Processor) Cite(cluster Cluster, items []Item) Text {
	r := p.register(newWorks(items))
	defer p.release(r)
	return r.cite(&cluster)
}

func (r *registry) cite(cluster *Cluster) Text {
	runs := r.clusterRuns(cluster)
	if !cluster.Unsorted {
		r.sortRuns(runs, false)
	}
	return r.clusterText(runs)
}

// citingOrder brings works into the order in which they are cited first; the
// others follow.
func citingOrder(clusters []Cluster, works []*work) []*work {
	byID := make(map[string]*work, len(works))
	for _, w := range works {
		if byID[w.id] == nil {
			byID[w.id] = w
		}
	}
	order := make([]*work, 0, len(works))
	taken := map[string]bool{}
	take := func(w *work) {
		if w != nil && !taken[w.id] {
			taken[w.id] = true
			order = append(order, w)
		}
	}
	for i := range clusters {
		for j := range clusters[i].Cites {
			take(byID[clusters[i].Cites[j].ID])
		}
	}
	for _, w := range works {
		take(w)
	}
	return order
}

// setPositions finds for each cite whether its item was cited before, and where.
// Citations in the text and in notes are followed apart.
func (r *registry) setPositions(clusters []Cluster, runs [][]*citeRun) {
	var text, notes []int
	for i := range clusters {
		if clusters[i].Note > 0 {
			notes = append(notes, i)
		} else {
			text = append(text, i)
		}
	}
	for _, indexes := range [][]int{text, notes} {
		t := positionTracker{registry: r, first: map[string]int{}, last: map[string]int{}, inNote: map[int]int{}}
		for n, i := range indexes {
			var before []*citeRun
			beforeNote := 0
			if n > 0 {
				before, beforeNote = runs[indexes[n-1]], clusters[indexes[n-1]].Note
			}
			t.cluster(runs[i], clusters[i].Note, before, beforeNote, n > 0)
		}
	}
}

// positionTracker follows the cites of each item through a text.
type positionTracker struct {
	registry *registry
	first    map[string]int // the note of the first cite
	last     map[string]int // the note of the last one
	inNote   map[int]int    // how many cites stand in a note
}

func (t *positionTracker) cluster(runs []*citeRun, note int, before []*citeRun, beforeNote int, hasBefore bool) {
	t.inNote[note] += len(runs)
	for k, run := range runs {
		id := run.entry.work.id
		s := &run.state
		if _, seen := t.last[id]; !seen {
			t.first[id] = note
			s.position = PositionFirst
			run.entry.note = note
		} else {
			s.position = PositionSubsequent
			if prev := t.preceding(runs, k, note, before, beforeNote, hasBefore); prev != nil {
				s.position = ibidPosition(&prev.state, s)
			}
			if t.first[id] != note {
				s.firstNote = t.first[id]
			}
			if note == 0 || note-t.last[id] <= t.registry.program.citation.nearNote {
				s.nearNote = true
			}
		}
		t.last[id] = note
	}
}

// preceding returns the cite right before cite k if it is of the same item and
// ibid can refer to it.
func (t *positionTracker) preceding(runs []*citeRun, k, note int, before []*citeRun, beforeNote int, hasBefore bool) *citeRun {
	id := runs[k].entry.work.id
	if k > 0 {
		if runs[k-1].entry.work.id == id {
			return runs[k-1]
		}
		return nil
	}
	if !hasBefore || len(before) == 0 {
		return nil
	}
	if beforeNote != note {
		// The whole note before must be about this item alone.
		if before[0].entry.work.id == id && beforeNote >= note-1 && t.inNote[beforeNote] == 1 {
			return before[0]
		}
		return nil
	}
	if before[len(before)-1].entry.work.id == id {
		return before[0]
	}
	return nil
}

// ibidPosition compares the locators of two cites of one item in a row.
func ibidPosition(before, s *citeState) Position {
	switch {
	case before.locator == "" && s.locator == "":
		return PositionIbid
	case before.locator == "":
		return PositionIbidWithLocator
	case s.locator == "":
		return PositionSubsequent
	case before.locator+before.label == s.locator+s.label:
		return PositionIbid
	}
	return PositionIbidWithLocator
}

// Session holds the items of a document, registered and told apart once, to
// render several citations on their own. It is for one goroutine at a time.
type Session struct {
	registry *registry
}

// Session registers items, in the order in which they are cited.
func (p *Processor) Session(items []Item) *Session {
	return &Session{registry: p.register(newWorks(items))}
}

// Cite renders one citation as the first of its items.
func (s *Session) Cite(cluster Cluster) Text { return s.registry.cite(&cluster) }

// Bibliography renders the entries of the session's items.
func (s *Session) Bibliography() *Bibliography { return s.registry.bibliography() }
