package library_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestAsErrorShowsOnlyWhatWasMeantForCallers(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:5432: secret host")
	for _, c := range []struct {
		err  error
		want library.Code
	}{
		{cause, library.Internal},
		{fmt.Errorf("reading: %w", cause), library.Internal},
		{fmt.Errorf("reading: %w", library.Errorf(library.NotFound, "no such item").WithCause(cause)), library.NotFound},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), library.Unavailable},
		{context.Canceled, library.Unavailable},
	} {
		got := library.AsError(c.err)
		if got.Code != c.want {
			t.Errorf("%v: code %s, want %s", c.err, got.Code, c.want)
		}
		if strings.Contains(got.Message+got.Hint, "secret") {
			t.Errorf("%v: the caller reads %q", c.err, got.Message+got.Hint)
		}
	}
	if library.AsError(nil) != nil || library.CodeOf(nil) != "" {
		t.Error("no error is an error")
	}
}

func TestErrorKeepsItsParts(t *testing.T) {
	base := library.Errorf(library.RateLimited, "too many calls")
	full := base.WithHint("wait").WithRetryAfter(time.Second).WithCause(context.Canceled)
	if full.Message != "too many calls" || full.Hint != "wait" || full.RetryAfter != time.Second || !errors.Is(full, context.Canceled) {
		t.Errorf("%+v", full)
	}
	if base.Hint != "" || base.Cause != nil {
		t.Error("With… changed the error it was called on")
	}
	if s := full.Error(); s != "rate_limited: too many calls: context canceled" {
		t.Errorf("log line %q", s)
	}
}
