package secret

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// run looks the secret up until ctx ends: at the refresh interval, and when
// [Source.Rejected] requests it.
func (s *Source) run(ctx context.Context) {
	timer := time.NewTimer(jittered(s.options.Refresh))
	defer timer.Stop()
	var begun time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wanted:
			if !sleep(ctx, pause-time.Since(begun)) {
				return
			}
		}
		begun = time.Now()
		asked, asker := s.begin()
		changed := s.refresh(trace.ContextWithSpanContext(ctx, asker))
		s.end(asked, changed)
		timer.Reset(jittered(s.options.Refresh))
	}
}

// begin returns the channel to close when the lookup that starts now has ended,
// and the span of its first caller. Later callers wait for the next lookup.
func (s *Source) begin() (asked chan struct{}, asker trace.SpanContext) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, asker = s.asked, s.asker
	s.renew()
	return asked, asker
}

// end releases the callers that wait for a lookup. If it found a new value, it
// also releases those that arrived during the lookup.
func (s *Source) end(asked chan struct{}, changed bool) {
	close(asked)
	if !changed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = time.Now()
	close(s.asked)
	s.renew()
}

// renew prepares the next lookup. The caller holds s.mu.
func (s *Source) renew() {
	s.asked, s.asker = make(chan struct{}), trace.SpanContext{}
	select {
	case <-s.wanted:
	default:
	}
}

// refresh looks the secret up and reports the result to log, hooks and
// callbacks. It returns whether values changed.
func (s *Source) refresh(ctx context.Context) (changed bool) {
	former := s.Current().Version()
	after, fault := s.look(ctx)
	switch {
	case ctx.Err() != nil: // the store is closing
		return false
	case fault != nil:
		s.fail(ctx, fault)
		return false
	}
	all, changed := s.settle(after)
	if !changed {
		s.options.Hooks.Refreshed(s.variable, "unchanged")
		return false
	}
	s.options.Logger.InfoContext(ctx, "a secret has changed", slog.String("variable", s.variable),
		slog.String("version", all[0].Version()), slog.String("before", former), slog.Int("former", len(all)-1))
	s.tell(all)
	s.options.Hooks.Refreshed(s.variable, "changed")
	return true
}

// look runs one lookup with timeout and span.
func (s *Source) look(ctx context.Context) (view, *Fault) {
	ctx, span := s.options.Tracer.Start(ctx, "secret.refresh", trace.WithAttributes(attribute.String("secret.variable", s.variable)))
	defer span.End()
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	s.mu.Lock()
	before := s.view
	s.mu.Unlock()
	after, fault := s.lookup.look(ctx, before)
	if fault != nil {
		fault.Variable = s.variable
		span.SetStatus(codes.Error, string(fault.Reason))
		if fault.Cause != nil {
			span.RecordError(fault.Cause)
		}
		return view{}, fault
	}
	span.SetAttributes(attribute.String("secret.version", after.current.value.Version()))
	return after, nil
}

// settle stores the result of a lookup. It returns all values, and whether they
// differ from those of the last callback.
func (s *Source) settle(after view) (all []Value, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	after.former = slices.DeleteFunc(slices.Clone(after.former), func(h held) bool { return !now.Before(h.until) })
	s.view, s.checked, s.fault = after, now, nil
	all = after.all(now)
	changed = !slices.EqualFunc(all, s.told, Value.Equal)
	s.told = all
	return all, changed
}

// tell calls the callbacks without holding a lock.
func (s *Source) tell(all []Value) {
	s.mu.Lock()
	callbacks := slices.Clone(s.callbacks)
	s.mu.Unlock()
	for _, f := range callbacks {
		f(slices.Clone(all))
	}
}

// fail reports a failed lookup. The previous value stays in use.
func (s *Source) fail(ctx context.Context, fault *Fault) {
	s.mu.Lock()
	s.fault = fault
	version, checked := s.view.current.value.Version(), s.checked
	s.mu.Unlock()
	s.options.Logger.WarnContext(ctx, "a secret could not be read again; the previous value stays in use",
		slog.String("variable", s.variable), slog.String("version", version), slog.Duration("unchecked", time.Since(checked).Round(time.Second)),
		slog.String("reason", string(fault.Reason)), slog.String("problem", fault.Message), slog.String("hint", fault.Hint), slog.Any("cause", fault.Cause))
	s.options.Hooks.Refreshed(s.variable, string(fault.Reason))
}

// jittered returns d plus or minus a tenth, so that instances don't send their
// requests at once.
func jittered(d time.Duration) time.Duration {
	spread := int64(d / 5)
	return d - d/10 + time.Duration(rand.Int64N(spread+1)) //nolint:gosec // spreading load is no matter of secrecy
}

// sleep waits for d and reports whether ctx is still active.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
