package upstream

import "time"

// Hooks tell what a client does, for metrics and logs. Every field may be
// nil. They are called from the goroutine that does the work, so they return
// promptly; they may call [Client.State]. Their arguments come from closed
// sets and hold nothing of a caller or a library.
type Hooks struct {
	// Request is called after every exchange with the host, with how long it
	// took to the last byte (of the header, for a download), and with
	// OutcomeHeld and 0 for one that was not begun.
	Request func(outcome Outcome, took time.Duration)
	// Retry is called before a wait that precedes another attempt.
	// Because may also be OutcomeNetwork for the storage of a download.
	Retry func(because Outcome, wait time.Duration)
	// Breaker is called when the circuit breaker changes its state.
	Breaker func(from, to BreakerState)
	// Cache is called once for every Get that uses the cache, and once more
	// if it ends with a stale answer.
	Cache func(result CacheResult)
}

// Outcome says how an exchange with the host ended.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"           // 2xx, or a redirect to a file
	OutcomeUnchanged   Outcome = "unchanged"    // 304
	OutcomeRejected    Outcome = "rejected"     // any other 3xx, 4xx or 501
	OutcomeRateLimited Outcome = "rate_limited" // 429
	OutcomeServerError Outcome = "server_error" // 5xx
	OutcomeNetwork     Outcome = "network"      // refused, reset, broken off
	OutcomeTimeout     Outcome = "timeout"      // no whole answer in time
	OutcomeTooLarge    Outcome = "too_large"    // past the limit of bytes
	OutcomeUnreadable  Outcome = "unreadable"   // 2xx with something that is no answer
	OutcomeCancelled   Outcome = "cancelled"    // nobody waits for it any more
	OutcomeHeld        Outcome = "held"         // not sent: breaker, pause, queue or refused key
)

// CacheResult says what the cache had for a call.
type CacheResult string

// The results.
const (
	CacheHit        CacheResult = "hit"        // a fresh answer
	CacheMiss       CacheResult = "miss"       // nothing
	CacheRevalidate CacheResult = "revalidate" // an answer to be confirmed
	CacheCoalesced  CacheResult = "coalesced"  // the same call was under way
	CacheStale      CacheResult = "stale"      // an old answer was given because the host failed
)

// BreakerState is the state of a circuit breaker.
type BreakerState string

// The states.
const (
	BreakerClosed   BreakerState = "closed"    // calls go through
	BreakerOpen     BreakerState = "open"      // no call goes through
	BreakerHalfOpen BreakerState = "half_open" // one call may try
)

func (h Hooks) request(outcome Outcome, took time.Duration) {
	if h.Request != nil {
		h.Request(outcome, took)
	}
}

func (h Hooks) retry(because Outcome, wait time.Duration) {
	if h.Retry != nil {
		h.Retry(because, wait)
	}
}

func (h Hooks) changed(from, to BreakerState) {
	if h.Breaker != nil {
		h.Breaker(from, to)
	}
}

func (h Hooks) cache(result CacheResult) {
	if h.Cache != nil {
		h.Cache(result)
	}
}
