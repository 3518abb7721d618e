package upstream

import (
	"math"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"
)

// answers are the cached answers: bounded by bytes, the least useful leave
// first. They don't expire by themselves, so that there is one to give when
// the host fails.
type answers struct {
	cache *otter.Cache[key, *answer]
	limit int64 // bytes of one answer
}

// answer is what the host said. It is never changed.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	fetched   time.Time // when it came whole
	confirmed time.Time // when the host last said that it holds
}

// newAnswers returns a cache of at most that many bytes.
func newAnswers(bytes int64) *answers {
	return &answers{
		// No answer may push out all others.
		limit: bytes / 4,
		cache: otter.Must(&otter.Options[key, *answer]{
			MaximumWeight: uint64(bytes),
			Weigher:       func(k key, a *answer) uint32 { return uint32(min(weight(k, a), math.MaxUint32)) },
		}),
	}
}

// weight returns about how much memory an entry takes.
func weight(k key, a *answer) int64 {
	const perEntry, perField = 400, 64
	n := perEntry + len(k.request) + cap(a.body)
	for name, values := range a.header {
		n += len(name) + perField
		for _, value := range values {
			n += len(value)
		}
	}
	return int64(n)
}

// get returns the answer under k, or nil.
func (s *answers) get(k key) *answer {
	a, _ := s.cache.GetIfPresent(k)
	return a
}

// put keeps a under k if it is one to keep: whole, and not so large that it
// would cost all others their place.
func (s *answers) put(k key, a *answer) {
	if a.status != http.StatusOK || weight(k, a) > s.limit {
		s.cache.Invalidate(k)
		return
	}
	s.cache.Set(k, a)
}

// drop forgets what is under k.
func (s *answers) drop(k key) { s.cache.Invalidate(k) }

// size returns how many answers there are and about how many bytes they take.
func (s *answers) size() (entries int, bytes int64) {
	return s.cache.EstimatedSize(), int64(s.cache.WeightedSize())
}

// response returns a as a caller gets it at now.
func (a *answer) response(now time.Time, stale bool) *Response {
	return &Response{Status: a.status, Header: a.header, Body: a.body, Stale: stale, Age: max(now.Sub(a.confirmed), 0)}
}

// condition returns the version that a shows, if the host may be asked for
// what came after it, or "". Even an answer that is confirmed time and again
// is fetched whole once in keep: what a key may see can change without a new
// version.
func (a *answer) condition(now time.Time, keep time.Duration) string {
	if a == nil || now.Sub(a.fetched) > keep {
		return ""
	}
	return a.header.Get("Last-Modified-Version")
}

// renewed returns a as the host confirmed it at now.
func (a *answer) renewed(now time.Time) *answer {
	again := *a
	again.confirmed = now
	return &again
}
