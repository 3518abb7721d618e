package library

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code says what kind of thing went wrong. The set is closed.
type Code string

// The codes.
const (
	Invalid         Code = "invalid"         // the request is invalid; change it
	NotFound        Code = "not_found"       // no such thing, or none that the caller may see
	Unauthenticated Code = "unauthenticated" // no credential, or one that is no longer good
	Forbidden       Code = "forbidden"       // a good credential that may not do this
	Conflict        Code = "conflict"        // another caller changed it first, or holds it
	TooLarge        Code = "too_large"       // past a limit that the message names
	RateLimited     Code = "rate_limited"    // wait for RetryAfter
	Unavailable     Code = "unavailable"     // the upstream can't answer now
	Internal        Code = "internal"        // our fault; the log has the cause
)

// Error is a failure in words that a caller may read: what happened and what
// to do next. The cause is for the log alone and is reached with
// [errors.Unwrap].
type Error struct {
	Code       Code
	Message    string        // what happened; our words, never text from a library
	Hint       string        // what to do next, or ""
	RetryAfter time.Duration // when trying again makes sense, or 0
	Cause      error         // never shown to a caller
}

// Errorf returns an error with a code and a message for the caller.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint returns a copy of e that says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// WithCause returns a copy of e that carries the cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// WithRetryAfter returns a copy of e that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error returns code, message and cause: a line for the log.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// AsError returns err as an [*Error], so that an error that was not
// written for callers becomes an [Internal] error that tells them
// nothing but that. A passed deadline becomes [Unavailable]. AsError(nil) is
// nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Errorf(Unavailable, "the call took longer than it may").WithHint("ask for less at a time, or try again").WithCause(err)
	case errors.Is(err, context.Canceled):
		return Errorf(Unavailable, "the call was cancelled").WithCause(err)
	}
	return Errorf(Internal, "something went wrong inside the server").WithHint("the server's log has the cause under this request's ID").WithCause(err)
}

// CodeOf returns the code of err, [Internal] for an error without one and ""
// for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}
