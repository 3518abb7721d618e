package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Get returns the host's response to r, from the cache while it is fresh. If
// the host fails and an older response is cached, Get returns that one, marked
// as stale. It returns as soon as ctx ends, and at the latest after
// [Options.Timeout].
//
// Errors are [*library.Error], with the host's status under [StatusOf]. For
// [library.RateLimited] and [library.Unavailable] they say when to retry.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	p, err := c.prepare(r)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, library.AsError(err)
	}
	// Before the cache: an invalid key gets nothing, not even cached responses.
	if err := c.precheck(p); err != nil {
		return nil, err
	}
	if p.cached {
		if kept := c.responses.get(p.key); kept != nil {
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

// precheck returns why p must not be sent, or nil.
func (c *Client) precheck(p *call) error {
	if err := c.credentials.rejection(p.key.credential, c.options.Name); err != nil {
		c.options.Hooks.request(OutcomeHeld, 0)
		return err
	}
	return nil
}

// share joins the flight for p, or starts it, and waits for its result.
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

// stale returns an older response for p, if it may replace err. A caller that
// has left gets none.
func (c *Client) stale(ctx context.Context, p *call, err error) *Response {
	code := library.CodeOf(err)
	if !p.cached || ctx.Err() != nil || (code != library.Unavailable && code != library.RateLimited) {
		return nil
	}
	now := time.Now()
	kept := c.responses.get(p.key)
	if kept == nil || now.Sub(kept.confirmed) > c.options.MaxStale || c.credentials.suspect(p.key.credential) {
		return nil
	}
	c.decided(ctx, CacheStale)
	response := kept.response(now, true)
	response.Cause = err
	return response
}

// fly runs the request of f and ends f, even after a panic.
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

// fetch sends a request, conditional if a response is cached, and caches the
// result.
func (c *Client) fetch(ctx context.Context, f *flight, p *call) (*answer, *fault) {
	var kept *answer
	if p.cached {
		kept = c.responses.get(p.key)
		// Another flight may have ended since the last look into the cache.
		if kept != nil && time.Since(kept.confirmed) < c.options.Fresh {
			c.decided(ctx, CacheHit)
			return kept, nil
		}
		c.decided(ctx, had(kept))
	}
	condition := kept.condition(time.Now(), c.options.MaxStale)
	var got *answer
	failed := c.retry(ctx, f, p.method, func(ctx context.Context) (failed *fault) {
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
		c.responses.put(p.key, got)
	}
	return got, nil
}

// had returns the cache result of a call.
func had(kept *answer) CacheResult {
	if kept == nil {
		return CacheMiss
	}
	return CacheRevalidate
}

// settle drops a cached response that the host has withdrawn.
func (c *Client) settle(p *call, failed *fault) {
	switch failed.err.Code {
	case library.NotFound, library.Forbidden, library.Unauthenticated:
		c.responses.drop(p.key)
	}
}

// attempt waits in the queue and sends one request.
func (c *Client) attempt(ctx context.Context, f *flight, p *call, condition string) (*answer, *fault) {
	release, failed := c.enter(ctx, f, p)
	if failed != nil {
		return nil, failed
	}
	defer release()
	return c.exchange(ctx, p, condition)
}

// enter waits until p may be sent: for its slot in the credential's queue, then
// for the end of a pause that the host requested. If p can't be sent in time,
// enter fails at once.
func (c *Client) enter(ctx context.Context, f *flight, p *call) (release func(), failed *fault) {
	id, began := p.key.credential, time.Now()
	if state, _ := c.breaker.state(); state == BreakerOpen {
		return nil, held(c.breaker.rejection(c.options.Name))
	}
	if until := c.credentials.paused(id); time.Now().Before(until) && !f.pause(until, c.pausing(until)) {
		return nil, held(c.pausing(until))
	}
	release, err := c.queues.acquire(ctx, id, func() bool { return c.credentials.verified(id) })
	if err != nil {
		return nil, c.queueFault(ctx, err)
	}
	if failed := c.clear(ctx, f, id); failed != nil {
		release()
		return nil, failed
	}
	waited(ctx, began)
	return release, nil
}

// clear waits until id is not paused. It fails if the key turns out to be
// invalid.
func (c *Client) clear(ctx context.Context, f *flight, id digest) *fault {
	for {
		// Another call may have found the key invalid during the wait.
		if err := c.credentials.rejection(id, c.options.Name); err != nil {
			return held(err)
		}
		until := c.credentials.paused(id)
		if !time.Now().Before(until) {
			return nil
		}
		if failed := f.sleep(ctx, until, c.pausing(until)); failed != nil {
			return failed
		}
	}
}

// pausing returns the error for callers that can't wait for the end of a pause.
func (c *Client) pausing(until time.Time) *library.Error {
	return library.Errorf(library.RateLimited, "%s requested a pause", c.options.Name).
		WithHint("wait before trying again").WithRetryAfter(roundUp(time.Until(until)))
}

// queueFault returns the fault of a call that got no slot.
func (c *Client) queueFault(ctx context.Context, err error) *fault {
	message := "too many calls with this API key are waiting"
	switch {
	case errors.Is(context.Cause(ctx), ErrTimeout):
		message = "too many calls with this API key are waiting, and this one was not sent in time"
	case ctx.Err() != nil:
		return &fault{err: library.AsError(ctx.Err()), outcome: OutcomeCancelled}
	}
	return held(library.Errorf(library.RateLimited, "%s", message).
		WithHint("make fewer calls at once").WithRetryAfter(c.options.RetryBase).WithCause(err))
}
