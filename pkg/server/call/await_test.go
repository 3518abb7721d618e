package call

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	fault := errors.New("fault")
	for _, test := range []struct {
		name   string
		handle func(context.Context) (int, error)
		value  int
		err    error
	}{
		{"a value", func(context.Context) (int, error) { return 1, nil }, 1, nil},
		{"an error", func(context.Context) (int, error) { return 0, fault }, 0, fault},
		{"a value after the deadline", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			time.Sleep(returnDelay / 2)
			return 2, nil
		}, 2, nil},
		{"a handler that ignores its context", func(context.Context) (int, error) {
			time.Sleep(time.Hour)
			return 3, nil
		}, 0, errAbandoned},
		{"a handler that ends its goroutine", func(context.Context) (int, error) {
			runtime.Goexit()
			return 4, nil
		}, 0, errExited},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				value, err := await(ctx, test.handle)
				if value != test.value || !errors.Is(err, test.err) {
					t.Errorf("got %d, %v", value, err)
				}
				if took := time.Since(start); took > time.Second+returnDelay {
					t.Errorf("the result took %v", took)
				}
				time.Sleep(2 * time.Hour) // on the bubble's clock: the last handler also ends
			})
		})
	}
}

func TestRecovered_TurnsPanicIntoError(t *testing.T) {
	broken := func() (int, error) { panic("broken") }
	_, recovered := Recovered(broken)
	_, awaited := await(t.Context(), func(context.Context) (int, error) { return broken() })
	for _, err := range []error{recovered, awaited} {
		var e *PanicError
		if !errors.As(err, &e) || e.Error() != "panic: broken" || len(e.Stack) == 0 {
			t.Errorf("got %v", err)
		}
	}
}
