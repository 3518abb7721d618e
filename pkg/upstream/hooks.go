package upstream

import "time"

// Hooks are called on events of a client, for metrics and logs. Every field may
// be nil. They run in the goroutine of the event, so they must return promptly;
// they may call [Client.State]. Their arguments come from closed sets and
// contain nothing of a caller or a library.
type Hooks struct {
	// Request is called after every exchange with the host, with its duration
	// to the last byte (of the header, for a download), and with OutcomeHeld
	// and 0 for a call that was not sent.
	Request func(outcome Outcome, took time.Duration)
	// Retry is called before the wait that precedes another attempt. Because
	// may also be OutcomeNetwork for the storage of a download.
	Retry func(because Outcome, wait time.Duration)
	// Breaker is called when the circuit breaker changes its state.
	Breaker func(from, to BreakerState)
	// Cache is called once for every Get that uses the cache, and once more
	// if it ends with a stale answer.
	Cache func(result CacheResult)
}

// Outcome is the result of an exchange with the host.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"           // 2xx, or a redirect to a file
	OutcomeUnchanged   Outcome = "unchanged"    // 304
	OutcomeRejected    Outcome = "rejected"     // any other 3xx, 4xx or 501
	OutcomeRateLimited Outcome = "rate_limited" // 429
	OutcomeServerError Outcome = "server_error" // 5xx
	OutcomeNetwork     Outcome = "network"      // connection refused, reset or broken
	OutcomeTimeout     Outcome = "timeout"      // no complete response in time
	OutcomeTooLarge    Outcome = "too_large"    // larger than the limit
	OutcomeUnreadable  Outcome = "unreadable"   // 2xx with an invalid body
	OutcomeCancelled   Outcome = "cancelled"    // all callers left
	OutcomeHeld        Outcome = "held"         // not sent: breaker, pause, queue or invalid key
)

// CacheResult is the result of a cache lookup.
type CacheResult string

// The cache results.
const (
	CacheHit        CacheResult = "hit"        // a fresh response
	CacheMiss       CacheResult = "miss"       // no response
	CacheRevalidate CacheResult = "revalidate" // a response that must be confirmed
	CacheCoalesced  CacheResult = "coalesced"  // joined the same call in flight
	CacheStale      CacheResult = "stale"      // returned a stale response because the host failed
)

// BreakerState is the state of a circuit breaker.
type BreakerState string

// The states.
const (
	BreakerClosed   BreakerState = "closed"    // calls are sent
	BreakerOpen     BreakerState = "open"      // no call is sent
	BreakerHalfOpen BreakerState = "half_open" // one trial call is sent
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
