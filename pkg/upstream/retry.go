package upstream

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// retryDelays computes the wait before the next attempt, with full jitter: between
// zero and the base, which doubles with each attempt, and at least the wait
// that the host requested. It stops when a retry can't help or the wait exceeds
// the deadline.
type retryDelays struct {
	*backoff.ExponentialBackOff
	flight *flight
	last   *fault
}

// newRetryDelays returns a retryDelays whose first wait is at most base.
func newRetryDelays(base time.Duration, f *flight) *retryDelays {
	return &retryDelays{flight: f, ExponentialBackOff: &backoff.ExponentialBackOff{
		InitialInterval: base / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: maxWait,
	}}
}

// NextBackOff returns the next wait, or [backoff.Stop].
func (l *retryDelays) NextBackOff() time.Duration {
	d := max(l.ExponentialBackOff.NextBackOff(), l.last.wait)
	if !l.last.again || !l.flight.pause(time.Now().Add(d), l.last.err) {
		return backoff.Stop
	}
	return d
}

// retry makes attempts until one succeeds or another is pointless. The error
// says when to retry if that is known.
func (c *Client) retry(ctx context.Context, f *flight, method string, attempt func(context.Context) *fault) *fault {
	steps := newRetryDelays(c.options.RetryBase, f)
	step, before := c.options.RetryBase, 0
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		failed := c.traced(ctx, method, before, attempt)
		before++
		if failed == nil {
			return struct{}{}, nil
		}
		if failed.outcome == OutcomeHeld {
			c.options.Hooks.request(OutcomeHeld, 0)
		}
		if (failed.again || failed.broken || failed.outcome == OutcomeTimeout) && failed.err.RetryAfter == 0 {
			failed.err = failed.err.WithRetryAfter(step)
		}
		step = min(2*step, maxWait)
		steps.last = failed
		return struct{}{}, failed
	},
		backoff.WithBackOff(steps),
		backoff.WithMaxTries(uint(c.options.Attempts)),
		backoff.WithMaxElapsedTime(0), // the flight's deadline is the limit
		backoff.WithNotify(func(_ error, wait time.Duration) { c.retrying(ctx, steps.last.outcome, wait) }),
	)
	if err == nil {
		return nil
	}
	// Not err, which is the context's error if the context has ended.
	return steps.last
}
