package call

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// returnDelay is how long a handler whose context has ended may take to return
// its own, more precise error.
const returnDelay = 100 * time.Millisecond

// PanicError is a recovered panic.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error. The text is for the log, not for callers.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// errAbandoned reports that a handler did not return after its context ended.
var errAbandoned = errors.New("the handler kept running after its context had ended")

// errExited reports that a handler ended its goroutine.
var errExited = errors.New("the handler ended its goroutine")

// result is the result of a handler.
type result[T any] struct {
	value T
	err   error
}

// await runs handle and returns its result, or ctx's error joined with
// errAbandoned if handle does not return within returnDelay after ctx ends, so
// that a handler that ignores its context does not delay the response. A panic
// becomes a *PanicError.
func await[T any](ctx context.Context, handle func(context.Context) (T, error)) (T, error) {
	done := make(chan result[T], 1)
	go func() {
		r := result[T]{err: errExited}
		defer func() {
			if v := recover(); v != nil {
				r.err = &PanicError{Value: v, Stack: debug.Stack()}
			}
			done <- r
		}()
		r.value, r.err = handle(ctx)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(returnDelay)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var zero T
		return zero, errors.Join(ctx.Err(), errAbandoned)
	}
}

// Recovered runs handle and turns a panic into a *PanicError.
func Recovered[T any](handle func() (T, error)) (value T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return handle()
}
