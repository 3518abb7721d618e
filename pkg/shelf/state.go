package shelf

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// state is the library at one version, never changed: what every call reads
// from. It is a base with the transactions of its log up to one of them.
type state struct {
	*content
	base   *base
	meta   meta
	last   mark  // of the last transaction
	end    int64 // of the last transaction in the log: the state's sequence
	index  *index.Index
	health *health

	tree   func() (*tree, error)
	tags   func() ([]foldedTag, error)
	events func() ([]event, error)
}

// newState returns the state that rows hold. The index is still missing.
func newState(b *base, id library.ID, r *rows, m meta, end int64, h *health) *state {
	s := &state{content: &content{library: id, rows: r, works: m.Items, items: b.items, texts: b.texts, embedder: b.embedder}, base: b, meta: m, end: end, health: h}
	s.tree = sync.OnceValues(func() (*tree, error) { return readTree(r) })
	s.tags = sync.OnceValues(func() ([]foldedTag, error) { return readTags(r, nil) })
	s.events = sync.OnceValues(func() ([]event, error) { return readEvents(r) })
	return s
}

// resultBytes returns about how much memory a result takes.
func resultBytes(r *index.Result) int {
	n := 200
	if s := r.Statistics; s != nil {
		n += 16*len(s.Words) + (32+library.MaxCompletionBytes)*len(s.Completions) + (40+2*library.MaxCompletionBytes)*len(s.Added)
	}
	for _, h := range r.Hits {
		n += 64 + len(h.Value)
		if h.Match != nil {
			n += 160 + len(h.Match.Text)
		}
	}
	return n
}

// apply returns the state after transactions; last is the mark of the last one,
// which ends at end in the log.
func (s *state) apply(ctx context.Context, written []row, last mark, end int64) (*state, error) {
	r := s.rows.clone()
	for _, x := range written {
		r.set(x)
	}
	m, err := readMeta(r)
	if err != nil {
		return nil, err
	}
	next := newState(s.base, s.library, r, m, end, s.health)
	next.last = last
	if err := next.fillVectors(s, written); err != nil {
		return nil, err
	}
	if s.index != nil {
		next.index, err = next.updateIndex(ctx, s.index, written)
	}
	return next, err
}

// replay returns the state after all whole records of the log, s itself if
// there is none to come.
func (s *state) replay(ctx context.Context, size int64) (*state, error) {
	var written []row
	last, end := s.last, s.end
	for {
		more, next, ok := readRecord(s.base.log, s.base.codec, end, size)
		if !ok {
			break
		}
		last = markAt(s.base.log, end)
		written, end = append(written, left(more, end)...), next
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if end == s.end {
		return s, nil
	}
	return s.apply(ctx, written, last, end)
}

// notice returns what readers should know of the state, or "".
func (s *state) notice() string { return s.health.notice() }

// hold keeps the state's files open until release.
func (s *state) hold() { s.base.hold() }

func (s *state) release() error { return s.base.release() }

// health is what a shelf knows of its folder beside its state.
type health struct {
	stale  atomic.Bool  // the library has changed, but its new state can't be read
	behind atomic.Bool  // the library has changed, and its new state is being read
	rest   atomic.Int64 // bytes of the log after the last whole record
	since  atomic.Int64 // when the log was last written, in Unix nanoseconds
}

// current notes that the present state is that of the folder.
func (h *health) current() {
	h.stale.Store(false)
	h.behind.Store(false)
}

// restAge is how old the rest of a log must be to be told of: what is younger
// may be a transaction that is just being written.
const restAge = 2 * time.Second

func (h *health) notice() string {
	if h.stale.Load() {
		return "the library has changed on disk, but its new state can't be read; this is the state before"
	}
	if h.behind.Load() {
		return "the library has just changed and is being read again; this is the state before"
	}
	if rest := h.rest.Load(); rest > 0 && time.Since(time.Unix(0, h.since.Load())) > restAge {
		return fmt.Sprintf("the last %d bytes of the library's log are damaged; the changes in them are missing", rest)
	}
	return ""
}
