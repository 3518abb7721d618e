package limit

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

// Options configures a [Limiter].
type Options struct {
	// Max is the number of calls per Window that a caller can sustain. 0 is no
	// limit.
	Max    int
	Window time.Duration
	// Burst is the number of calls that may come at once after a pause. 0 is a
	// tenth of Max. A caller with a full burst can make at most Max+Burst calls
	// in a window.
	Burst int
	// Callers bounds the callers in memory, at 16 bytes each, rounded up to a
	// power of two. 0 is 1,048,576. [Limiter] describes what happens beyond it.
	Callers int
}

// Decision is the result of [Limiter.Allow].
type Decision struct {
	OK         bool
	Limit      int           // calls per window; 0 is no limit
	Remaining  int           // calls that are allowed now
	Reset      time.Duration // until a whole burst is available
	RetryAfter time.Duration // until the next call is allowed, if this one is not; else 0
}

// Limiter has a token bucket for each caller, by the generic cell rate
// algorithm: its only state of a caller is the time when the bucket will be
// full. A full bucket equals an unknown caller, so entries expire by
// themselves, at most Window*Burst/Max after the last call.
//
// The callers are stored in a table of fixed size, in sets of eight that a hash
// with a secret seed selects. If the set of a new caller is full, it replaces
// the caller with the fullest bucket, so callers that have spent the most are
// evicted last. To get evicted after n calls, an attacker would need other
// names that spend n or more calls in all seven other entries of its set. It
// can't know which names share its set, so it would need about as many such
// names as the table has entries, and would gain n calls.
//
// A nil Limiter allows every call. It is safe for concurrent use.
type Limiter struct {
	max       int
	every     time.Duration // the interval of sustained calls
	burst     int
	tolerance time.Duration // the time to refill a burst
	policy    []string      // the value of RateLimit-Policy; shared, never append to it
	start     time.Time
	seed      maphash.Seed
	sets      int // a power of two
	shards    [shards]shard
}

const (
	ways   = 8   // entries of a set: two cache lines
	shards = 256 // far more than a machine has cores

	defaultCallers = 1 << 20
)

// set holds the entries in which a caller may be stored.
type set [ways]bucket

// bucket is the state of a caller.
type bucket struct {
	caller uint64        // hash of its key
	full   time.Duration // when its bucket will be full, since the limiter's start
}

// shard holds every shards-th set, once one of them is used: a server with few callers
// needs little memory. The padding prevents false sharing.
type shard struct {
	sync.Mutex
	sets []set
	_    [32]byte
}

// New returns a limiter, or nil, which allows every call, if o.Max is 0.
// Negative values count as 0, and a window below a nanosecond per call as that.
func New(o Options) *Limiter {
	if o.Max <= 0 {
		return nil
	}
	if o.Burst <= 0 {
		o.Burst = max(1, o.Max/10)
	}
	if o.Callers <= 0 {
		o.Callers = defaultCallers
	}
	every := max(1, o.Window/time.Duration(o.Max))
	return &Limiter{
		max:       o.Max,
		every:     every,
		burst:     o.Burst,
		tolerance: every * time.Duration(o.Burst),
		policy:    []string{fmt.Sprintf(`"%s";q=%d;w=%d;stackroom-burst=%d`, policyName, o.Max, seconds(o.Window), o.Burst)},
		start:     time.Now(),
		seed:      maphash.MakeSeed(),
		sets:      powerOfTwo(max(1, o.Callers/ways)),
	}
}

// powerOfTwo returns the smallest power of two that is at least n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }

// Allow counts one call of the caller with a key and reports whether it is
// allowed. A rejected call does not count.
func (l *Limiter) Allow(key string) Decision {
	if l == nil {
		return Decision{OK: true}
	}
	caller := maphash.String(l.seed, key)
	index := int(caller & uint64(l.sets-1))
	shard := &l.shards[index%shards]
	shard.Lock()
	defer shard.Unlock()
	if shard.sets == nil {
		shard.sets = make([]set, max(1, l.sets/shards))
	}
	now := time.Since(l.start)
	return l.spend(shard.sets[index/shards].find(caller), caller, now)
}

// find returns the caller's entry, or else the one to replace: an empty one, or
// the one with the fullest bucket.
func (s *set) find(caller uint64) *bucket {
	least := &s[0]
	for i := range s {
		if s[i].caller == caller {
			return &s[i]
		}
		if s[i].full < least.full {
			least = &s[i]
		}
	}
	return least
}

// spend takes a call from the bucket of p, which may still belong to another
// caller.
func (l *Limiter) spend(p *bucket, caller uint64, now time.Duration) Decision {
	full := now
	if p.caller == caller {
		full = max(now, p.full)
	}
	v := Decision{Limit: l.max}
	if after := full + l.every; after-now <= l.tolerance {
		v.OK = true
		full = after
		*p = bucket{caller: caller, full: full}
	} else {
		v.RetryAfter = after - now - l.tolerance
	}
	v.Reset = full - now
	v.Remaining = int((l.tolerance - v.Reset) / l.every)
	return v
}
