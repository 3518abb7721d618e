package index

import (
	"slices"
	"sync"
)

// pool keeps searches for further use.
type pool struct {
	idle sync.Pool // of *search

	mu sync.Mutex
	// counted are searches whose query's words are counted: each waits for
	// the search that follows a call of [Index.Statistics].
	counted []*search
}

// maxCounted bounds the searches that wait. Of more, the oldest are given up:
// their words are counted again.
const maxCounted = 8

// put takes back a search.
func (p *pool) put(s *search) {
	if !s.ready {
		p.idle.Put(s)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counted = slices.DeleteFunc(p.counted, func(other *search) bool { return other.view != s.view })
	if len(p.counted) == maxCounted {
		p.counted = slices.Delete(p.counted, 0, 1)
	}
	p.counted = append(p.counted, s)
}

// take returns a search of that view whose words are counted, or nil.
func (p *pool) take(v *view, text string) *search {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.counted, func(s *search) bool { return s.view == v && s.text == text })
	if i < 0 {
		return nil
	}
	s := p.counted[i]
	p.counted = slices.Delete(p.counted, i, i+1)
	return s
}

// counted returns a search for a text, whose words are counted if
// [Index.Statistics] has just counted them.
func (x *Index) counted(text string) *search {
	if s := x.pool.take(x.view, text); s != nil {
		s.source = x.source
		return s
	}
	return x.begin()
}

// begin returns a search.
func (x *Index) begin() *search {
	s, ok := x.pool.idle.Get().(*search)
	if !ok {
		s = &search{analyzer: newAnalyzer()}
	}
	s.source, s.ready = x.source, false
	s.languages = x.view.languages
	if s.view != x.view {
		// What was read from other segments may be gone with their files.
		s.view, s.dicts = x.view, make([]dictionaries, len(x.view.segments))
		s.lists, s.iterator, s.cursors = nil, nil, nil
	}
	return s
}
