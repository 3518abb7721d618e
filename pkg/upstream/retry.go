package upstream

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// ladder says how long to wait before the next attempt: anything from nothing
// to the base, then to twice the base and so on (full jitter), and never less
// than what the host asked for. It stops where no wait helps or none fits.
type ladder struct {
	*backoff.ExponentialBackOff
	flight *flight
	last   *fault
}

// newLadder returns a ladder whose first wait is at most base.
func newLadder(base time.Duration, f *flight) *ladder {
	return &ladder{flight: f, ExponentialBackOff: &backoff.ExponentialBackOff{
		InitialInterval: base / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: maxWait,
	}}
}

// NextBackOff returns the next wait, or [backoff.Stop].
func (l *ladder) NextBackOff() time.Duration {
	d := max(l.ExponentialBackOff.NextBackOff(), l.last.wait)
	if !l.last.again || !l.flight.pause(time.Now().Add(d), l.last.err) {
		return backoff.Stop
	}
	return d
}

// retry makes attempts until one succeeds or no further one makes sense. An
// error that says to come back later says when.
func (c *Client) retry(ctx context.Context, f *flight, attempt func(context.Context) *fault) *fault {
	steps := newLadder(c.options.RetryBase, f)
	step, before := c.options.RetryBase, 0
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		failed := c.traced(ctx, before, attempt)
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
		backoff.WithMaxElapsedTime(0), // the flight's deadline is the bound
		backoff.WithNotify(func(_ error, wait time.Duration) { c.retrying(ctx, steps.last.outcome, wait) }),
	)
	if err == nil {
		return nil
	}
	// Not err, which is the context's if that ended meanwhile.
	return steps.last
}
