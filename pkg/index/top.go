package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// candidate is a work that answers a query.
type candidate struct {
	lanes   uint64 // how much of the query each part of the work covers
	score   float32
	passage uint32 // the document of its best passage, or 0
	segment uint32
	work    uint32
	covered uint8 // how much of the query the passage covers
}

// top keeps the best candidates in one order: a heap with the worst on top.
type top struct {
	view  *view
	order library.Sort
	limit int
	total int
	heap  []candidate
}

// compare is negative if a comes before b. The key decides between equals.
func (t *top) compare(a, b *candidate) int {
	if t.order == library.SortRelevance && a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	in, other := t.view.segments[a.segment], t.view.segments[b.segment]
	r, s := &in.records[a.work], &other.records[b.work]
	order := 0
	switch t.order {
	case library.SortDate:
		order = cmp.Compare(s.date, r.date)
	case library.SortTitle:
		order = strings.Compare(r.title, s.title)
	case library.SortAdded:
		order = cmp.Compare(s.added, r.added)
	}
	if order != 0 {
		return order
	}
	return strings.Compare(in.keys[a.work], other.keys[b.work])
}

// hopeless reports whether a work of that score can't be among the best, so
// that the caller need not describe it.
func (t *top) hopeless(score float32) bool {
	return t.order == library.SortRelevance && len(t.heap) == t.limit && score < t.heap[0].score
}

// add offers a candidate.
func (t *top) add(c candidate) {
	if len(t.heap) < t.limit {
		t.heap = append(t.heap, c)
		t.up(len(t.heap) - 1)
		return
	}
	if t.limit > 0 && t.compare(&c, &t.heap[0]) < 0 {
		t.heap[0] = c
		t.down()
	}
}

// worse reports whether heap[i] comes after heap[j].
func (t *top) worse(i, j int) bool { return t.compare(&t.heap[i], &t.heap[j]) > 0 }

func (t *top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.worse(i, parent) {
			return
		}
		t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
		i = parent
	}
}

func (t *top) down() {
	for i := 0; ; {
		worst := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(t.heap) && t.worse(child, worst) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.heap[i], t.heap[worst] = t.heap[worst], t.heap[i]
		i = worst
	}
}

// sorted returns the candidates past the first offset, best first.
func (t *top) sorted(offset int) []candidate {
	slices.SortFunc(t.heap, func(a, b candidate) int { return t.compare(&a, &b) })
	return t.heap[min(offset, len(t.heap)):]
}
