package server

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// lastWords is how long a call that ran out of time may still take to say so
// itself: it knows better than the edge what it got done.
const lastWords = 100 * time.Millisecond

// panicError is a panic that was recovered.
type panicError struct {
	value any
	stack []byte
}

// Error implements error: a line for the log.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// errAbandoned is the cause of a call's end that its handler did not heed.
var errAbandoned = errors.New("the handler went on after its context had ended")

// errExited is the error of a handler that ended its goroutine.
var errExited = errors.New("the handler ended its goroutine")

// outcome is what a handler returned.
type outcome[T any] struct {
	value T
	err   error
}

// await runs handle and returns what it returns, or ctx's error joined with
// errAbandoned if handle does not return soon after ctx has ended: a handler
// that ignores its context must not hold the answer. A panic becomes a
// *panicError.
func await[T any](ctx context.Context, handle func(context.Context) (T, error)) (T, error) {
	done := make(chan outcome[T], 1)
	go func() {
		o := outcome[T]{err: errExited}
		defer func() {
			if v := recover(); v != nil {
				o.err = &panicError{value: v, stack: debug.Stack()}
			}
			done <- o
		}()
		o.value, o.err = handle(ctx)
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.value, o.err
	case <-timer.C:
		var zero T
		return zero, errors.Join(ctx.Err(), errAbandoned)
	}
}

// guard runs handle and turns a panic into a *panicError.
func guard[T any](handle func() (T, error)) (value T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return handle()
}
