package index

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// candidate is a work that answers a query.
type candidate struct {
	lanes   uint64 // how much of the query each part of the work covers
	score   float32
	passage uint32 // the document of its best passage, or 0
	segment uint32
	work    uint32
	covered uint8  // how much of the query the passage covers
	has     uint64 // the query's words that it has, anywhere
	grade   grade
}

// top keeps the best candidates of one page in one order: a heap with the worst
// on top.
type top struct {
	view      *view
	order     library.Sort
	limit     int
	after     *mark // where the page before ended, or nil
	total     int   // complete candidates on all pages
	following int   // candidates after that mark
	heap      []candidate
	// met, if not nil, collects the documents of the works that total counts, by
	// segment.
	met []*roaring.Bitmap
}

// mark is a position in an order.
type mark struct {
	score float32
	record
	key string
}

// markOf reads a position; nil is the beginning.
func markOf(order library.Sort, p *library.Position) (*mark, error) {
	if p == nil {
		return nil, nil
	}
	m := &mark{score: float32(p.Score), key: p.Key}
	var err error
	switch order {
	case library.SortDate, library.SortDateAsc:
		var date int64
		date, err = strconv.ParseInt(p.Value, 10, 32)
		m.date = int32(date)
	case library.SortAdded, library.SortAddedAsc:
		m.added, err = strconv.ParseInt(p.Value, 10, 64)
	case library.SortTitle:
		m.title = p.Value
	}
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the position belongs to another order").WithHint("start again without a cursor")
	}
	return m, nil
}

// value returns what a work is sorted by, as markOf reads it.
func (t *top) value(c *candidate) string {
	r := &t.view.segments[c.segment].records[c.work]
	switch t.order {
	case library.SortDate, library.SortDateAsc:
		return strconv.FormatInt(int64(r.date), 10)
	case library.SortAdded, library.SortAddedAsc:
		return strconv.FormatInt(r.added, 10)
	case library.SortTitle:
		return r.title
	}
	return ""
}

// compare is negative if a comes before b. The key decides between equals.
func (t *top) compare(a, b *candidate) int {
	if t.order == library.SortRelevance && a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	in, other := t.view.segments[a.segment], t.view.segments[b.segment]
	return cmp.Or(t.compareRecords(&in.records[a.work], &other.records[b.work]), strings.Compare(in.keys[a.work], other.keys[b.work]))
}

func (t *top) compareRecords(a, b *record) int {
	switch t.order {
	case library.SortDate:
		return cmp.Compare(b.date, a.date)
	case library.SortTitle:
		return strings.Compare(a.title, b.title)
	case library.SortAdded:
		return cmp.Compare(b.added, a.added)
	case library.SortDateAsc:
		return ascending(a.date, b.date, undated)
	case library.SortAddedAsc:
		return ascending(a.added, b.added, 0)
	}
	return 0
}

// ascending compares two values of which unknown is the last.
func ascending[T cmp.Ordered](a, b, unknown T) int {
	if a == unknown || b == unknown {
		return cmp.Compare(b, a) // unknown is the least value
	}
	return cmp.Compare(a, b)
}

// follows counts a candidate and reports whether it is listed after the page before.
func (t *top) follows(c *candidate) bool {
	if c.grade == complete {
		t.total++
		if t.met != nil {
			t.met[c.segment].Add(t.view.segments[c.segment].root[c.work])
		}
	} else if t.order != library.SortRelevance {
		return false // other orders would mix it with works that meet the query
	}
	if m := t.after; m != nil {
		seg := t.view.segments[c.segment]
		order := 0
		if t.order == library.SortRelevance {
			order = cmp.Compare(m.score, c.score)
		}
		if cmp.Or(order, t.compareRecords(&seg.records[c.work], &m.record), strings.Compare(seg.keys[c.work], m.key)) <= 0 {
			return false
		}
	}
	t.following++
	return true
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

// sorted returns the candidates, best first.
func (t *top) sorted() []candidate {
	slices.SortFunc(t.heap, func(a, b candidate) int { return t.compare(&a, &b) })
	return t.heap
}
