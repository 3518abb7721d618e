package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Get returns the host's answer to r, from the cache while it is fresh. Where
// the host can't answer and did before, the old answer comes marked as stale.
// It returns as soon as ctx ends, and never later than [Options.Timeout].
//
// Errors are [*library.Error], with the host's status under [StatusOf]:
// [library.RateLimited] and [library.Unavailable] say when to come back.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	p, err := c.prepare(r)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, library.AsError(err)
	}
	// Before the cache: a dead key gets nothing, not even what it once got.
	if err := c.refusal(p); err != nil {
		return nil, err
	}
	if p.cached {
		if kept := c.answers.get(p.key); kept != nil {
			if now := time.Now(); now.Sub(kept.confirmed) < c.options.Fresh {
				c.decided(ctx, CacheHit)
				return kept.response(now, false), nil
			}
		}
	}
	response, err := c.share(ctx, p)
	if err == nil {
		return response, nil
	}
	if response := c.stale(ctx, p, err); response != nil {
		return response, nil
	}
	return nil, err
}

// refusal returns why p is not even tried, or nil.
func (c *Client) refusal(p *call) error {
	if err := c.records.refusal(p.key.credential, c.options.Name); err != nil {
		c.options.Hooks.request(OutcomeHeld, 0)
		return err
	}
	return nil
}

// share joins the flight for p, or starts it, and waits for what comes of it.
func (c *Client) share(ctx context.Context, p *call) (*Response, error) {
	f, own := c.flights.join(ctx, p, c.options.Timeout)
	if own != nil {
		go c.fly(own, f, p)
	} else {
		c.decided(ctx, CacheCoalesced)
	}
	response, left, err := f.await(ctx)
	if left {
		c.flights.leave(p.key, f)
	}
	return response, err
}

// stale returns the old answer to p, if err is one that it may stand in for.
// A caller who left gets none: nobody reads it.
func (c *Client) stale(ctx context.Context, p *call, err error) *Response {
	code := library.CodeOf(err)
	if !p.cached || ctx.Err() != nil || (code != library.Unavailable && code != library.RateLimited) {
		return nil
	}
	now := time.Now()
	kept := c.answers.get(p.key)
	if kept == nil || now.Sub(kept.confirmed) > c.options.Keep || c.records.suspect(p.key.credential) {
		return nil
	}
	c.decided(ctx, CacheStale)
	response := kept.response(now, true)
	response.Cause = err
	return response
}

// fly makes the call of f and ends f, whatever happens.
func (c *Client) fly(ctx context.Context, f *flight, p *call) {
	var response *Response
	var err error = library.Errorf(library.Internal, "a call to %s failed inside the server", c.options.Name)
	defer func() {
		if r := recover(); r != nil {
			err = library.Errorf(library.Internal, "a call to %s failed inside the server", c.options.Name).
				WithCause(fmt.Errorf("panic: %v", r))
		}
		c.flights.finish(p.key, f, response, err)
	}()
	got, failed := c.fetch(ctx, f, p)
	if failed != nil {
		err = failed.err
		return
	}
	response, err = got.response(time.Now(), false), nil
}

// fetch asks the host, with what the cache has as a condition, and keeps the
// answer.
func (c *Client) fetch(ctx context.Context, f *flight, p *call) (*answer, *fault) {
	var kept *answer
	if p.cached {
		kept = c.answers.get(p.key)
		// Another flight may have ended between the look before and the start
		// of this one.
		if kept != nil && time.Since(kept.confirmed) < c.options.Fresh {
			c.decided(ctx, CacheHit)
			return kept, nil
		}
		c.decided(ctx, had(kept))
	}
	condition := kept.condition(time.Now(), c.options.Keep)
	var got *answer
	failed := c.retry(ctx, f, func(ctx context.Context) (failed *fault) {
		got, failed = c.attempt(ctx, f, p, condition)
		return failed
	})
	if failed != nil {
		c.settle(p, failed)
		return nil, failed
	}
	if got.status == http.StatusNotModified {
		got = kept.renewed(got.confirmed)
	}
	if p.cached {
		c.answers.put(p.key, got)
	}
	return got, nil
}

// had says what the cache had for a call.
func had(kept *answer) CacheResult {
	if kept == nil {
		return CacheMiss
	}
	return CacheRevalidate
}

// settle forgets an answer that the host no longer stands by.
func (c *Client) settle(p *call, failed *fault) {
	switch failed.err.Code {
	case library.NotFound, library.Forbidden, library.Unauthenticated:
		c.answers.drop(p.key)
	}
}

// attempt waits for p's turn and asks the host once.
func (c *Client) attempt(ctx context.Context, f *flight, p *call, condition string) (*answer, *fault) {
	release, failed := c.enter(ctx, f, p)
	if failed != nil {
		return nil, failed
	}
	defer release()
	return c.exchange(ctx, p, condition)
}

// enter waits until p may be sent: for a place in its credential's lane, then,
// in that place, for the end of a pause that the host asked for. What can't be
// sent in time is held back at once.
func (c *Client) enter(ctx context.Context, f *flight, p *call) (release func(), failed *fault) {
	id, began := p.key.credential, time.Now()
	if state, _ := c.breaker.state(); state == BreakerOpen {
		return nil, held(c.breaker.refusal(c.options.Name))
	}
	if until := c.records.paused(id); time.Now().Before(until) && !f.pause(until, c.pausing(until)) {
		return nil, held(c.pausing(until))
	}
	release, err := c.lanes.acquire(ctx, id, func() bool { return c.records.verified(id) })
	if err != nil {
		return nil, c.laneFault(ctx, err)
	}
	if failed := c.clear(ctx, f, id); failed != nil {
		release()
		return nil, failed
	}
	waited(ctx, began)
	return release, nil
}

// clear returns when nothing holds id back any more, or why it can't.
func (c *Client) clear(ctx context.Context, f *flight, id digest) *fault {
	for {
		// While this call waited, another may have learned that the key is bad.
		if err := c.records.refusal(id, c.options.Name); err != nil {
			return held(err)
		}
		until := c.records.paused(id)
		if !time.Now().Before(until) {
			return nil
		}
		if failed := f.sleep(ctx, until, c.pausing(until)); failed != nil {
			return failed
		}
	}
}

// pausing is what a caller reads who can't wait for the end of a pause.
func (c *Client) pausing(until time.Time) *library.Error {
	return library.Errorf(library.RateLimited, "%s asked for a pause", c.options.Name).
		WithHint("wait before asking again").WithRetryAfter(roundUp(time.Until(until)))
}

// laneFault is the fault of a call that got no turn.
func (c *Client) laneFault(ctx context.Context, err error) *fault {
	message := "too many calls with this API key wait already"
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		message = "too many calls with this API key wait, and this one did not have its turn in time"
	case ctx.Err() != nil:
		return &fault{err: library.AsError(ctx.Err()), outcome: OutcomeCancelled}
	}
	return held(library.Errorf(library.RateLimited, "%s", message).
		WithHint("make fewer calls at a time").WithRetryAfter(c.options.RetryBase).WithCause(err))
}
