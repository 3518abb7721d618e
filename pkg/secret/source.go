package secret

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Source is the secret of one setting, and safe for concurrent use. A nil
// *Source is a setting that is not set: it holds nothing and does nothing.
type Source struct {
	variable  string
	reference reference
	lookup    lookup // nil for a plain value, which can't change
	options   *Options
	done      <-chan struct{} // closed when the store is

	wanted chan struct{} // one slot: somebody waits on asked

	mu        sync.Mutex
	view      view
	told      []Value             // what callbacks know
	checked   time.Time           // when the last lookup that succeeded ended
	changed   time.Time           // when values last changed
	fault     *Fault              // why the last lookup failed, or nil
	callbacks []func(all []Value) //
	asked     chan struct{}       // closed when the next lookup has ended
	asking    int                 // how many wait
	asker     trace.SpanContext   // of the first of them
}

// lookup reads a secret where it is kept.
type lookup interface {
	// look returns what the secret is now, knowing what it was.
	look(ctx context.Context, before view) (view, *Fault)
}

// Current returns the secret as it is now.
func (s *Source) Current() Value {
	if s == nil {
		return Value{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.current.value
}

// All returns the current value first, and then at most two former ones that
// are in their overlap and not withdrawn, newest first. It is for keys, which
// must still open what was sealed under them. Of a list of what is allowed,
// such as tokens or a policy, only the current value counts: a former one
// would let in whoever was just removed.
func (s *Source) All() []Value {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.all(time.Now())
}

// OnChange has f called after every change of what [Source.All] returns, with
// what it returns now: a new value, or a former one that is withdrawn or past
// its overlap. The calls for one source come one after the other, in the order
// of the changes and, for one change, in that in which functions were given;
// no lock is held, but the next lookup waits for f, so f returns promptly and
// does not call [Source.Rejected]. Who needs every change calls OnChange first
// and reads the values then.
func (s *Source) OnChange(f func(all []Value)) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = append(s.callbacks, f)
}

// Rejected reports that a value of s was refused, or that something came
// sealed under a key that s does not hold. It returns once a lookup that began
// after the call has ended and the functions of [Source.OnChange] have been
// called, so that the caller can try again with what s holds then; or when a
// value changed meanwhile or just before; or after 5 s; or when ctx ends. All who call at
// once wait for one lookup, and two seconds lie between the beginnings of two;
// with too many waiting already (64), it returns at once. A plain value can't
// change, and nothing is looked up.
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

// ask returns what is closed when the next lookup has ended, or nil if the
// caller need not or may not wait for it.
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
	default: // is known
	}
	return s.asked
}

// status returns what can be told of s.
func (s *Source) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.view.current
	return Status{
		Variable: s.variable, Kind: s.reference.kind, Reference: s.reference.String(), Version: h.value.Version(),
		Former: len(s.view.all(time.Now())) - 1, Created: h.created, Since: h.since, Checked: s.checked, Fault: s.fault,
	}
}
