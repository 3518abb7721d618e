package tool

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxParallel bounds how many libraries one call asks at the same time, and
// maxLibraries how many a listing covers.
const (
	maxParallel  = 8
	maxLibraries = maxMarks / 2
)

// portion is one library's portion of a listing, as the pages before left it.
type portion struct {
	lib     library.Info
	taken   int   // entries on the pages before
	total   int   // entries in all, as of the page before; -1 if not known
	version int64 // of the library at the page before; 0 if there was none
	done    bool  // the pages before have all
	// ranked says that the library scores by the statistics of the listing, so
	// that its entries merge with others by score.
	ranked bool
	after  *library.Position // of the last entry taken; nil if none or in a list read by offset
}

// counted returns how many of the entries taken the total counts: works that
// lack words of a query are listed after those that it counts.
func (p *portion) counted() int { return min(p.taken, max(p.total, 0)) }

// branch is one library's portion of a listing and its part of the page.
type branch[T any] struct {
	portion
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

// next returns the portion as this page leaves it when the first n of the
// library's entries are taken, the last of which is at that position.
func (b *branch[T]) next(n int, last *library.Position) portion {
	p := b.portion
	switch {
	case b.ended():
		p.total, p.done = p.counted(), true
	case b.err == nil:
		p.done = n == len(b.page.Items) && !b.page.More
		p.taken, p.total, p.version = p.taken+n, b.page.Total, b.page.Version
		if last != nil {
			last.Taken = p.taken
			p.after = last
		}
	}
	return p
}

// entry is one line of a listing.
type entry[T any] struct {
	value  T
	lib    library.Info
	branch int
	ranked bool
	// rank is the number of entries before this one in its library's list or,
	// if the library is ranked, in the lists of all ranked libraries.
	rank int
}

// listing is one page of what several libraries list together.
//
// Each library keeps its own order, and each page goes on where the one before
// stopped in each library; so nothing is lost or repeated between pages,
// however the libraries' lists are merged.
type listing[T any] struct {
	branches []branch[T]
	entries  []entry[T]
	notices  []string
	extra    []mark                    // what else the cursor carries
	position func(T) *library.Position // of an entry; nil for lists read by offset
	query    library.Query             // of a search
}

// portions returns the portions of the libraries that answered.
func (l *listing[T]) portions() []portion {
	var all []portion
	for i := range l.branches {
		if l.branches[i].err == nil {
			all = append(all, l.branches[i].portion)
		}
	}
	return all
}

// portions returns the portions of the chosen libraries, from their beginning
// or, with a cursor, from where it stands. Marks in the cursor that name no
// library are the tool's own. With a collection the listing covers the library
// that has it, and libraries that its cursor doesn't name are not missing.
func (c *call) portions(ctx context.Context, libraryName, collection, cursor string) (all []portion, own []mark, notices []string, err error) {
	libs, err := c.choose(ctx, libraryName)
	if err != nil {
		return nil, nil, nil, err
	}
	if more := len(libs) - maxLibraries; more > 0 {
		libs = libs[:maxLibraries]
		notices = append(notices, fmt.Sprintf("%d more libraries are left out; name one to ask it", more))
	}
	if gap := c.incomplete(); gap != "" && libraryName == "" {
		notices = append(notices, gap)
	}
	if cursor == "" {
		for _, lib := range libs {
			all = append(all, portion{lib: lib, total: -1})
		}
		return all, nil, notices, nil
	}
	marks, err := decodeCursor(cursor, c.digest())
	if err != nil {
		return nil, nil, nil, err
	}
	all, own, gone, err := c.resume(libs, marks)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, lib := range libs {
		if collection == "" && !slices.ContainsFunc(all, func(p portion) bool { return p.lib.ID == lib.ID }) {
			gone = append(gone, fmt.Sprintf("library %s is new among yours; start again without a cursor to include it", lib.ID))
		}
	}
	return all, own, append(notices, gone...), nil
}

// resume returns the portions that a cursor's marks describe, the marks that
// name no library, and notices about libraries that are gone.
func (c *call) resume(libs []library.Info, marks []mark) (all []portion, own []mark, gone []string, err error) {
	for _, m := range marks {
		if _, err := library.ParseID(m.name); err != nil {
			own = append(own, m)
			continue
		}
		i := slices.IndexFunc(libs, func(lib library.Info) bool { return string(lib.ID) == m.name })
		if i < 0 && c.missing != nil {
			return nil, nil, nil, c.missing // without it, the next cursor would forget its position
		}
		if i < 0 {
			gone = append(gone, fmt.Sprintf("library %s is no longer among yours; the rest of its entries is left out", m.name))
			continue
		}
		p, err := portionOf(libs[i], m)
		if err != nil {
			return nil, nil, nil, err
		}
		all = append(all, p)
	}
	if len(gone) > 0 && len(all) == 0 {
		return nil, nil, nil, library.Errorf(library.NotFound, "no library of this cursor is among yours").
			WithHint("start again without a cursor; list_libraries names those that there are")
	}
	return all, own, gone, nil
}

// The flags of a portion's mark.
const (
	flagDone = 1 << iota
	flagRanked
)

// mark returns the portion as a mark of a cursor.
func (p *portion) mark() mark {
	flags := int64(0)
	if p.done {
		flags |= flagDone
	}
	if p.ranked {
		flags |= flagRanked
	}
	m := mark{name: string(p.lib.ID), numbers: []int64{int64(p.taken), int64(p.total) + 1, p.version, flags}}
	if p.after != nil && !p.done {
		m.numbers = append(m.numbers, int64(math.Float64bits(max(p.after.Score, 0))))
		m.texts = []string{p.after.Value, p.after.Key}
	}
	return m
}

// portionOf reads the mark of a library.
func portionOf(lib library.Info, m mark) (portion, error) {
	if len(m.numbers) < 4 || m.numbers[0] > maxOffset || m.numbers[1] > maxOffset {
		return portion{}, damaged()
	}
	flags := m.numbers[3]
	p := portion{
		lib: lib, taken: int(m.numbers[0]), total: int(m.numbers[1]) - 1, version: m.numbers[2],
		done: flags&flagDone != 0, ranked: flags&flagRanked != 0,
	}
	switch {
	case len(m.numbers) == 5 && len(m.texts) == 2:
		p.after = &library.Position{Score: math.Float64frombits(uint64(m.numbers[4])), Value: m.texts[0], Key: m.texts[1], Taken: p.taken}
	case len(m.numbers) != 4 || len(m.texts) != 0:
		return portion{}, damaged()
	}
	return p, nil
}

// ask is a question to one library for the next page of its list.
type ask[T any] func(ctx context.Context, r library.Reader, p portion, limit int) (library.Page[T], error)

// gather asks all libraries at the same time and merges what they answer, in
// the order that compare gives to the heads of their lists; equal ones come in
// the order of the libraries. A library that fails is named in the notices;
// only if all fail is that an error. The next page asks it again, unless it
// refused for good: then its part of the listing ends.
func gather[T any](ctx context.Context, c *call, all []portion, limit int, question ask[T], compare func(a, b entry[T]) int) (*listing[T], error) {
	l := &listing[T]{branches: make([]branch[T], len(all))}
	each(len(all), func(i int) {
		b := &l.branches[i]
		b.portion = all[i]
		if b.done {
			b.page = library.Page[T]{Total: b.total, Version: b.version}
		} else {
			b.page, b.err = askOne(ctx, c, b.portion, limit, question)
		}
		c.progress.step(len(all), "asked "+string(b.lib.ID))
	})
	var failed error
	answered := len(all) == 0
	for i := range l.branches {
		b := &l.branches[i]
		if b.err == nil {
			answered = answered || !b.done
			l.note(b)
			continue
		}
		if failed == nil {
			failed = b.err
		}
		l.notices = append(l.notices, "library "+string(b.lib.ID)+" did not answer and is left out: "+c.tolerate(ctx, b.err))
	}
	if failed != nil && !answered {
		return nil, failed
	}
	l.merge(limit, compare)
	return l, nil
}

func askOne[T any](ctx context.Context, c *call, p portion, limit int, question ask[T]) (library.Page[T], error) {
	r, err := c.reader(ctx, p.lib.ID)
	if err != nil {
		return library.Page[T]{}, err
	}
	return question(ctx, r, p, limit)
}

// byOffset returns a page of a list read by offset with [library.Page].More set.
// A list that has become shorter than the offset ends there.
func byOffset[T any](page library.Page[T], offset int) library.Page[T] {
	if len(page.Items) == 0 {
		page.Total = min(page.Total, offset)
	}
	page.More = offset+len(page.Items) < page.Total
	return page
}

// note adds what a library says of its answer to the notices.
func (l *listing[T]) note(b *branch[T]) {
	if b.page.Notice != "" {
		l.notices = append(l.notices, "library "+string(b.lib.ID)+": "+ours(b.page.Notice))
	}
	if b.version == 0 || b.page.Version == b.version {
		return
	}
	effect := "; entries may be missing or repeated"
	if b.after != nil {
		effect = "; works that changed may be missing or repeated"
	}
	l.notices = append(l.notices, "library "+string(b.lib.ID)+" changed since the page before"+effect)
}

// merge takes the first limit entries off the heads of the libraries' lists.
func (l *listing[T]) merge(limit int, compare func(a, b entry[T]) int) {
	taken := make([]int, len(l.branches))
	l.entries = make([]entry[T], 0, limit)
	ranked := 0 // entries of ranked libraries, on this page and before
	for i := range l.branches {
		if l.branches[i].ranked {
			ranked += l.branches[i].taken
		}
	}
	for len(l.entries) < limit {
		best := entry[T]{branch: -1}
		for i := range l.branches {
			b := &l.branches[i]
			if taken[i] >= len(b.page.Items) {
				continue
			}
			head := entry[T]{value: b.page.Items[taken[i]], lib: b.lib, branch: i, ranked: b.ranked, rank: b.taken + taken[i]}
			if b.ranked {
				head.rank = ranked
			}
			if best.branch < 0 || compare(head, best) < 0 {
				best = head
			}
		}
		if best.branch < 0 {
			return
		}
		taken[best.branch]++
		if best.ranked {
			ranked++
		}
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
			n += b.counted()
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
	if len(out.NextCursor) > maxCursorChars {
		out.NextCursor = ""
		out.note("the list goes on, but over too many libraries to be continued; name one of them to see the rest of its entries")
	}
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
	last := make([]*library.Position, len(l.branches))
	for _, e := range l.entries[:n] {
		taken[e.branch]++
		if l.position != nil {
			last[e.branch] = l.position(e.value)
		}
	}
	marks, more := slices.Clone(l.extra), false
	for i := range l.branches {
		p := l.branches[i].next(taken[i], last[i])
		more = more || !p.done
		marks = append(marks, p.mark())
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
		running  = make(chan struct{}, maxParallel)
	)
	for i := range n {
		running <- struct{}{}
		wg.Go(func() {
			defer func() {
				<-running
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
