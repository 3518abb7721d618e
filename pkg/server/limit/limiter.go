package limit

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

// Options say how much each caller may do.
type Options struct {
	// Max calls in Window is what a caller may keep up for ever. 0 is no limit.
	Max    int
	Window time.Duration
	// Burst calls may come at once after a pause. 0 is a tenth of Max. A
	// caller who comes with a full burst makes at most Max+Burst calls in a
	// window.
	Burst int
	// Callers bounds how many callers are remembered, at 16 bytes each; it is
	// rounded up to a power of two. 0 is 1,048,576. See [Limiter] for what
	// happens past it.
	Callers int
}

// Verdict says whether a call may be made, and what is left after it.
type Verdict struct {
	OK         bool
	Limit      int           // calls that a caller may make in the window; 0 is no limit
	Remaining  int           // calls that may be made now
	Reset      time.Duration // until a whole burst may be made again
	RetryAfter time.Duration // until the next call may be made, if this one may not; else 0
}

// Limiter gives each caller a token bucket, by the generic cell rate
// algorithm: all that it remembers of a caller is when the bucket will be full
// again. A caller whose bucket is full is the same as one who never came, so
// what it remembers wears off by itself, at most Window*Burst/Max after the
// last call.
//
// The callers lie in a table of fixed size, in sets of eight that a hash with
// a secret seed chooses. A new caller in a set without room takes the place of
// the one whose bucket is the fullest: whoever has spent most is forgotten
// last. To be forgotten with n calls spent, a caller would have to come under
// so many other names that all seven beside its own spend n and more, and
// can't know which names those are: it would have to spend that under about
// as many names as the table has places. What it wins is n calls.
//
// A nil Limiter lets everything pass. All methods may be called at once.
type Limiter struct {
	max       int
	every     time.Duration // a call's share of the window
	burst     int
	tolerance time.Duration // what a burst takes to come back
	policy    []string      // the value of RateLimit-Policy; shared, never appended to
	start     time.Time
	seed      maphash.Seed
	sets      []set
	locks     [shards]lock
}

const (
	ways   = 8   // places in a set: two cache lines
	shards = 256 // locks: far more than a machine has cores

	defaultCallers = 1 << 20
)

// set is the places that a caller may have.
type set [ways]place

// place is what is remembered of a caller.
type place struct {
	caller uint64        // the hash of its key
	full   time.Duration // when its bucket is full again, since the limiter's start
}

// lock guards every shards-th set. The padding keeps two of them off one cache
// line.
type lock struct {
	sync.Mutex
	_ [56]byte
}

// New returns a limiter, or nil, which lets everything pass, if o.Max is 0.
// Negative values and a window below a nanosecond a call count as 0 and as
// that.
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
		sets:      make([]set, powerOfTwo(max(1, o.Callers/ways))),
	}
}

// powerOfTwo returns the least power of two that is n or more.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }

// Allow spends one call of the caller named by key and says whether it may be
// made. A call that may not be made costs nothing.
func (l *Limiter) Allow(key string) Verdict {
	if l == nil {
		return Verdict{OK: true}
	}
	caller := maphash.String(l.seed, key)
	index := caller & uint64(len(l.sets)-1)
	lock := &l.locks[index%shards]
	lock.Lock()
	defer lock.Unlock()
	now := time.Since(l.start)
	return l.spend(l.sets[index].find(caller), caller, now)
}

// find returns the caller's place, or else the one that tells least: it is
// free, or its bucket is the fullest.
func (s *set) find(caller uint64) *place {
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

// spend takes a call out of the bucket at p, which may be somebody else's yet.
func (l *Limiter) spend(p *place, caller uint64, now time.Duration) Verdict {
	full := now
	if p.caller == caller {
		full = max(now, p.full)
	}
	v := Verdict{Limit: l.max}
	if after := full + l.every; after-now <= l.tolerance {
		v.OK = true
		full = after
		*p = place{caller: caller, full: full}
	} else {
		v.RetryAfter = after - now - l.tolerance
	}
	v.Reset = full - now
	v.Remaining = int((l.tolerance - v.Reset) / l.every)
	return v
}
