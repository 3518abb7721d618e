package bucket

import (
	"errors"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// fault is why a call failed.
type fault struct {
	outcome     upstream.Outcome
	status      int // of HTTP; 0 without a response
	again       bool
	wait        time.Duration // as the service asks, or 0
	credentials bool          // the machine's credentials gave no token
	cause       error
}

func (f *fault) Error() string { return f.cause.Error() }

// broken reports whether the service is at fault, which the breaker counts.
func (f *fault) broken() bool {
	return f.again || f.credentials || f.outcome == upstream.OutcomeTimeout
}

// retryAfter is when a caller may try again if the service does not say.
const retryAfter = 5 * time.Second

// translate returns the error of a call for a caller.
func (f *fault) translate(c call) *library.Error {
	switch {
	case f.outcome == upstream.OutcomeTooLarge:
		return tooLarge(c.limit).WithCause(f)
	case f.credentials:
		return noCredentials(f)
	case f.status == http.StatusNotFound:
		return library.Errorf(library.NotFound, "there is no such object").WithCause(f)
	case f.status == http.StatusPreconditionFailed:
		return library.Errorf(library.Conflict, "the object was changed in the meantime").WithCause(f)
	case f.status == http.StatusUnauthorized || f.status == http.StatusForbidden:
		return library.Errorf(library.Unavailable, "the account that this runs as may not use the bucket").
			WithHint("give it roles/storage.objectUser on the bucket").WithRetryAfter(time.Minute).WithCause(f)
	}
	return library.Errorf(library.Unavailable, "Cloud Storage does not answer as expected").
		WithHint("try again after the wait").WithRetryAfter(max(retryAfter, f.wait)).WithCause(f)
}

func tooLarge(limit int64) *library.Error {
	return library.Errorf(library.TooLarge, "the object has more than %d bytes", limit)
}

func noBucket(cause error) error {
	return library.Errorf(library.Unavailable, "the bucket does not exist").
		WithHint("create it, or correct its name").WithRetryAfter(time.Minute).WithCause(cause)
}

func noCredentials(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "this machine has no good credentials of Google Cloud").
		WithHint("run as a service account, or run: gcloud auth application-default login").WithRetryAfter(time.Minute).WithCause(cause)
}

func unexpected(cause error) error {
	return library.Errorf(library.Unavailable, "Cloud Storage gave a response that cannot be used").
		WithHint("try again after the wait").WithRetryAfter(retryAfter).WithCause(cause)
}

// When the breaker opens, and for how long.
const (
	breakerFailures = 5 // calls in a row, each with its retries
	breakerOpen     = 5 * time.Second
)

// breaker stops calls to a service that keeps failing.
type breaker struct {
	circuit *gobreaker.CircuitBreaker[struct{}]
}

func newBreaker(hooks upstream.Hooks) *breaker {
	return &breaker{circuit: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:     breakerOpen,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= breakerFailures },
		IsSuccessful: func(err error) bool {
			f := (*fault)(nil)
			return !errors.As(err, &f) || !f.broken()
		},
		IsExcluded: func(err error) bool {
			f := (*fault)(nil)
			return errors.As(err, &f) && f.outcome == upstream.OutcomeCancelled
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			if hooks.Breaker != nil {
				hooks.Breaker(stateOf(from), stateOf(to))
			}
		},
	})}
}

// through runs a call unless the breaker is open.
func (b *breaker) through(run func() *fault) *fault {
	_, err := b.circuit.Execute(func() (struct{}, error) {
		if f := run(); f != nil {
			return struct{}{}, f
		}
		return struct{}{}, nil
	})
	if f := (*fault)(nil); err == nil || errors.As(err, &f) {
		return f
	}
	return &fault{outcome: upstream.OutcomeHeld, cause: err}
}

func (b *breaker) state() upstream.BreakerState { return stateOf(b.circuit.State()) }

func stateOf(s gobreaker.State) upstream.BreakerState {
	switch s {
	case gobreaker.StateOpen:
		return upstream.BreakerOpen
	case gobreaker.StateHalfOpen:
		return upstream.BreakerHalfOpen
	}
	return upstream.BreakerClosed
}
