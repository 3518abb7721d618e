package upstream

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
)

// responseCache caches responses, bounded in bytes; the least useful are evicted.
// Entries don't expire, so that a stale one is available when the host fails.
type responseCache struct {
	kept  *cache.Cache[*answer]
	limit int64 // bytes of one response
}

// answer is a response of the host. It is immutable.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	fetched   time.Time // when it was received whole
	confirmed time.Time // when the host last confirmed it
}

// newResponseCache returns a cache of at most that many bytes.
func newResponseCache(bytes int64) *responseCache {
	return &responseCache{
		// No single response may evict all others.
		limit: bytes / 4,
		kept:  cache.NewWeighted(uint64(bytes), func(key string, a *answer) uint32 { return uint32(min(weight(key, a), math.MaxUint32)) }),
	}
}

// weight returns the approximate size of an entry in memory.
func weight(key string, a *answer) int64 {
	const perEntry, perField = 400, 64
	n := perEntry + len(key) + cap(a.body)
	for name, values := range a.header {
		n += len(name) + perField
		for _, value := range values {
			n += len(value)
		}
	}
	return int64(n)
}

// get returns the response for k, or nil.
func (s *responseCache) get(k key) *answer {
	a, _ := s.kept.Get(k.String())
	return a
}

// put caches a under k if it is complete and not too large.
func (s *responseCache) put(k key, a *answer) {
	key := k.String()
	if a.status != http.StatusOK || weight(key, a) > s.limit {
		s.kept.Remove(key)
		return
	}
	s.kept.Set(key, a)
}

// drop removes the response for k.
func (s *responseCache) drop(k key) { s.kept.Remove(k.String()) }

// dropBelow removes the responses, of every credential, to requests whose address
// begins so.
func (s *responseCache) dropBelow(address string) {
	for k := range s.kept.Keys() {
		if strings.HasPrefix(k[len(digest{}):], address) {
			s.kept.Remove(k)
		}
	}
}

// size returns the number of responses and their approximate size in bytes.
func (s *responseCache) size() (entries int, bytes int64) {
	return s.kept.Len(), int64(s.kept.Weight())
}

// response returns a for a caller at now.
func (a *answer) response(now time.Time, stale bool) *Response {
	return &Response{Status: a.status, Header: a.header, Body: a.body, Stale: stale, Age: max(now.Sub(a.confirmed), 0)}
}

// condition returns the version for a conditional request, or "". Even a
// response that the host keeps confirming is fetched whole once in maxStale:
// what a key may see can change without a new version.
func (a *answer) condition(now time.Time, keep time.Duration) string {
	if a == nil || now.Sub(a.fetched) > keep {
		return ""
	}
	return a.header.Get("Last-Modified-Version")
}

// renewed returns a as confirmed by the host at now.
func (a *answer) renewed(now time.Time) *answer {
	again := *a
	again.confirmed = now
	return &again
}
