package secret

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Source is the secret of one setting. It is safe for concurrent use. A nil
// *Source is a setting that is not set: it has no value, and its methods do
// nothing.
type Source struct {
	variable  string
	reference reference
	lookup    lookup // nil for a plain value, which can't change
	options   *Options
	done      <-chan struct{} // closed when the store closes

	wanted chan struct{} // capacity 1: a caller waits on asked

	mu        sync.Mutex
	view      view
	told      []Value             // values of the last callback
	checked   time.Time           // end of the last successful lookup
	changed   time.Time           // last change of the values
	fault     *Fault              // error of the last lookup, or nil
	callbacks []func(all []Value) //
	asked     chan struct{}       // closed when the next lookup has ended
	asking    int                 // number of waiting callers
	asker     trace.SpanContext   // span of the first of them
}

// lookup reads a secret from its store.
type lookup interface {
	// look returns the current secret, given the previous one.
	look(ctx context.Context, before view) (view, *Fault)
}

// Current returns the current secret.
func (s *Source) Current() Value {
	if s == nil {
		return Value{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.current.value
}

// All returns the current value, then at most two former ones that are within
// their overlap and not withdrawn, newest first. Use it for keys, which must
// still open data sealed under former ones. For an allowlist, such as tokens or
// a policy, use [Source.Current]: a former value would still allow what was
// just removed.
func (s *Source) All() []Value {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.all(time.Now())
}

// OnChange registers a callback for changes of [Source.All]: a new value, or a
// former one that is withdrawn or past its overlap. f receives the new result
// of All. Calls for one source are sequential, in the order of the changes and,
// for one change, of registration. No lock is held, but the next lookup waits
// for f, so f must return promptly and must not call [Source.Rejected]. To miss
// no change, call OnChange before reading the values.
func (s *Source) OnChange(f func(all []Value)) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = append(s.callbacks, f)
}

// Rejected reports that a value of s was rejected, or that a sealed value names
// a key that s does not have. It triggers a lookup, and returns when a lookup
// that began after the call has ended and the callbacks of [Source.OnChange]
// have returned, so that the caller can retry with the current value. It also
// returns when a value has changed in the meantime or just before, after 5 s,
// and when ctx ends. Concurrent callers share one lookup, and lookups start at
// least two seconds apart. If 64 callers are already waiting, it returns at
// once. For a plain value, which can't change, it does nothing.
func (s *Source) Rejected(ctx context.Context) {
	if s == nil || s.lookup == nil {
		return
	}
	asked := s.ask(ctx)
	if asked == nil {
		return
	}
	timer := time.NewTimer(mostWait)
	defer timer.Stop()
	select {
	case <-asked:
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking--
}

// ask requests a lookup and returns a channel that closes when the next lookup
// has ended, or nil if the caller should not wait.
func (s *Source) ask(ctx context.Context) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking >= mostAsking || !s.changed.IsZero() && time.Since(s.changed) < pause {
		return nil
	}
	if !s.asker.IsValid() {
		s.asker = trace.SpanContextFromContext(ctx)
	}
	s.asking++
	select {
	case s.wanted <- struct{}{}:
	default: // already requested
	}
	return s.asked
}

// status returns the status of s.
func (s *Source) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.view.current
	return Status{
		Variable: s.variable, Kind: s.reference.kind, Reference: s.reference.String(), Version: h.value.Version(),
		Former: len(s.view.all(time.Now())) - 1, Created: h.created, Since: h.since, Checked: s.checked, Fault: s.fault,
	}
}
