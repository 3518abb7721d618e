package tool

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxParallel bounds how many libraries one call asks at the same time.
const maxParallel = 8

// place is where a listing goes on in one library.
type place struct {
	lib     library.Info
	offset  int
	total   int   // how many there are, as of the page before; -1 if not known
	version int64 // of the library at the page before; 0 if there was none
}

// branch is one library's part of a listing's page.
type branch[T any] struct {
	place
	page library.Page[T]
	err  error
}

// ended reports whether the library refused for good, so that asking it again
// would give the same error.
func (b *branch[T]) ended() bool {
	if b.err == nil {
		return false
	}
	switch library.CodeOf(b.err) {
	case library.Unavailable, library.RateLimited, library.Internal:
		return false
	}
	return true
}

// entry is one line of a listing: its value and its position in its own
// library's list.
type entry[T any] struct {
	value  T
	lib    library.Info
	rank   int
	branch int
}

// listing is one page of what several libraries list together.
//
// Each library keeps its own order, and each page goes on where the one before
// stopped in each library; so nothing is lost or repeated between pages,
// however the libraries' lists are interleaved.
type listing[T any] struct {
	branches []branch[T]
	entries  []entry[T]
	notices  []string
	extra    []mark // what else the cursor carries
}

// places returns where the listing of the chosen libraries starts or, with a
// cursor, goes on. Marks in the cursor that name no library are the tool's own.
// With a collection the listing covers the library that has it, and libraries
// that its cursor doesn't name are not missing.
func (c *call) places(ctx context.Context, libraryName, collection, cursor string) (at []place, own []mark, notices []string, err error) {
	libs, err := c.choose(ctx, libraryName)
	if err != nil {
		return nil, nil, nil, err
	}
	if more := len(libs) - maxMarks/2; more > 0 {
		libs = libs[:maxMarks/2]
		notices = append(notices, fmt.Sprintf("%d more libraries are left out; name one to ask it", more))
	}
	if gap := c.incomplete(); gap != "" && libraryName == "" {
		notices = append(notices, gap)
	}
	if cursor == "" {
		for _, lib := range libs {
			at = append(at, place{lib: lib, total: -1})
		}
		return at, nil, notices, nil
	}
	marks, err := decodeCursor(cursor, c.digest())
	if err != nil {
		return nil, nil, nil, err
	}
	gone := 0
	for _, m := range marks {
		if _, err := library.ParseID(m.name); err != nil {
			own = append(own, m)
			continue
		}
		i := slices.IndexFunc(libs, func(lib library.Info) bool { return string(lib.ID) == m.name })
		if i < 0 && c.missing != nil {
			return nil, nil, nil, c.missing // going on without it would lose its place
		}
		if i < 0 {
			gone++
			notices = append(notices, fmt.Sprintf("library %s is no longer among yours; the rest of its entries is left out", m.name))
			continue
		}
		p, err := placeOf(libs[i], m)
		if err != nil {
			return nil, nil, nil, err
		}
		at = append(at, p)
	}
	if gone > 0 && len(at) == 0 {
		return nil, nil, nil, library.Errorf(library.NotFound, "no library of this cursor is among yours").
			WithHint("start again without a cursor; list_libraries names those that there are")
	}
	for _, lib := range libs {
		if collection == "" && !slices.ContainsFunc(at, func(p place) bool { return p.lib.ID == lib.ID }) {
			notices = append(notices, fmt.Sprintf("library %s is new among yours; start again without a cursor to include it", lib.ID))
		}
	}
	return at, own, notices, nil
}

func placeOf(lib library.Info, m mark) (place, error) {
	if len(m.numbers) != 3 || m.numbers[0] > maxOffset || m.numbers[1] > maxOffset {
		return place{}, damaged()
	}
	return place{lib: lib, offset: int(m.numbers[0]), total: int(m.numbers[1]) - 1, version: m.numbers[2]}, nil
}

// ask is a question to one library for a part of its list.
type ask[T any] func(ctx context.Context, r library.Reader, lib library.Info, offset, limit int) (library.Page[T], error)

// gather asks all libraries at the same time and merges what they answer, in
// the order that compare gives to the heads of their lists; equal ones come in
// the order of the libraries. A library that fails is named in the notices;
// only if all fail is that an error. The next page asks it again, unless it
// refused for good: then its part of the listing ends.
func gather[T any](ctx context.Context, c *call, at []place, limit int, question ask[T], compare func(a, b entry[T]) int) (*listing[T], error) {
	l := &listing[T]{branches: make([]branch[T], len(at))}
	each(len(at), func(i int) {
		b := &l.branches[i]
		b.place = at[i]
		if b.total < 0 || b.offset < b.total {
			b.page, b.err = askOne(ctx, c, b.place, limit, question)
		} else {
			b.page = library.Page[T]{Total: b.total, Version: b.version}
		}
		c.progress.step(len(at), "asked "+string(b.lib.ID))
	})
	var failed error
	answered := len(at) == 0
	for i := range l.branches {
		b := &l.branches[i]
		switch {
		case b.err == nil:
			answered = answered || b.total < 0 || b.offset < b.total
			l.note(b)
		case failed == nil:
			failed = b.err
			fallthrough
		default:
			l.notices = append(l.notices, "library "+string(b.lib.ID)+" did not answer and is left out: "+c.tolerate(ctx, b.err))
		}
	}
	if failed != nil && !answered {
		return nil, failed
	}
	l.merge(limit, compare)
	return l, nil
}

func askOne[T any](ctx context.Context, c *call, p place, limit int, question ask[T]) (library.Page[T], error) {
	r, err := c.reader(ctx, p.lib.ID)
	if err != nil {
		return library.Page[T]{}, err
	}
	page, err := question(ctx, r, p.lib, p.offset, limit)
	if err == nil && len(page.Items) == 0 {
		page.Total = min(page.Total, p.offset) // shrunk meanwhile: there is no more
	}
	return page, err
}

// mapped returns the page with f of its items.
func mapped[A, B any](page library.Page[A], f func(A) B) library.Page[B] {
	items := make([]B, len(page.Items))
	for i, a := range page.Items {
		items[i] = f(a)
	}
	return library.Page[B]{Items: items, Total: page.Total, Version: page.Version, Notice: page.Notice}
}

// note takes over what a library says of its answer.
func (l *listing[T]) note(b *branch[T]) {
	if b.page.Notice != "" {
		l.notices = append(l.notices, "library "+string(b.lib.ID)+": "+ours(b.page.Notice))
	}
	if b.version != 0 && b.page.Version != b.version {
		l.notices = append(l.notices, "library "+string(b.lib.ID)+" changed since the page before; entries may be missing or repeated")
	}
}

// merge takes the first limit entries off the heads of the libraries' lists.
func (l *listing[T]) merge(limit int, compare func(a, b entry[T]) int) {
	taken := make([]int, len(l.branches))
	l.entries = make([]entry[T], 0, limit)
	for len(l.entries) < limit {
		best := entry[T]{branch: -1}
		for i := range l.branches {
			b := &l.branches[i]
			if taken[i] >= len(b.page.Items) {
				continue
			}
			head := entry[T]{value: b.page.Items[taken[i]], lib: b.lib, rank: b.offset + taken[i], branch: i}
			if best.branch < 0 || compare(head, best) < 0 {
				best = head
			}
		}
		if best.branch < 0 {
			return
		}
		taken[best.branch]++
		l.entries = append(l.entries, best)
	}
}

// total returns how many entries there are in all libraries that answered, now
// or on an earlier page.
func (l *listing[T]) total() int {
	n := 0
	for i := range l.branches {
		switch b := &l.branches[i]; {
		case b.err == nil:
			n += b.page.Total
		case b.ended():
			n += b.offset
		default:
			n += max(b.total, 0)
		}
	}
	return n
}

// listed is what every answer that lists says of itself.
type listed struct {
	Total      int      `json:"total"`
	Returned   int      `json:"returned"`
	NextCursor string   `json:"next_cursor,omitempty"`
	Truncated  bool     `json:"truncated,omitempty"`
	Notices    []string `json:"notices,omitempty"`
}

// listed describes the answer that holds the first n entries.
func (l *listing[T]) listed(c *call, n int) listed {
	out := listed{Total: l.total(), Returned: n, NextCursor: l.cursor(c, n), Notices: slices.Concat(c.standing.all(), l.notices)}
	if left := len(l.entries) - n; left > 0 {
		out.Truncated = true
		out.Notices = append(out.Notices, fmt.Sprintf("%d of the entries asked for did not fit; next_cursor goes on with them", left))
	}
	return out
}

// cursor returns where the listing goes on after its first n entries, "" at
// the end.
func (l *listing[T]) cursor(c *call, n int) string {
	taken := make([]int, len(l.branches))
	for _, e := range l.entries[:n] {
		taken[e.branch]++
	}
	marks, more := slices.Clone(l.extra), false
	for i := range l.branches {
		b := &l.branches[i]
		offset, total, version := b.offset+taken[i], b.page.Total, b.page.Version
		switch {
		case b.ended():
			total, version = offset, b.version
		case b.err != nil:
			total, version = b.total, b.version
		}
		more = more || total < 0 || offset < total
		marks = append(marks, mark{string(b.lib.ID), []int64{int64(offset), int64(total) + 1, version}})
	}
	if !more {
		return ""
	}
	return encodeCursor(c.digest(), marks)
}

// each calls do for 0 to n-1, several at a time, and returns when all are
// done. A panic in one of them comes out of each, where the caller's recovery
// sees it.
func each(n int, do func(i int)) {
	if n == 1 {
		do(0)
		return
	}
	var (
		wg       sync.WaitGroup
		once     sync.Once
		panicked any
		room     = make(chan struct{}, maxParallel)
	)
	for i := range n {
		room <- struct{}{}
		wg.Go(func() {
			defer func() {
				<-room
				if r := recover(); r != nil {
					once.Do(func() { panicked = r })
				}
			}()
			do(i)
		})
	}
	wg.Wait()
	if panicked != nil {
		panic(panicked)
	}
}
