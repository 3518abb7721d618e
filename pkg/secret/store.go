package secret

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
)

// Store holds the secrets of all settings and refreshes them. It is safe for
// concurrent use.
type Store struct {
	sources map[string]*Source
	cloud   *cloud
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Status describes the secret of one setting. It contains nothing secret.
type Status struct {
	Variable  string
	Kind      Kind
	Reference string    // reference to the secret; "" for a plain value
	Version   string    // of the current value, as [Value.Version]
	Former    int       // number of former values within their overlap
	Created   time.Time // creation of the version; zero if unknown
	Since     time.Time // when this process first used it
	Checked   time.Time // end of the last successful lookup
	Fault     *Fault    // error of the last lookup, or nil
}

// Age returns the minimal age of the current value: since its version was
// created, or since this process first used it.
func (s Status) Age(now time.Time) time.Duration {
	if !s.Created.IsZero() {
		return now.Sub(s.Created)
	}
	return now.Sub(s.Since)
}

// Open resolves all settings concurrently and refreshes them until
// [Store.Close]. Its error is of type [Faults] and lists the faults of all
// settings, or it is ctx's error. Open dials only for references to Secret
// Manager. It retries denied access for [Options.GrantWait], unless another
// secret has a different fault.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Store{
		sources: map[string]*Source{}, stop: stop,
		cloud: &cloud{options: o.ClientOptions, clients: map[string]func() (*secretmanager.Client, error){}},
	}
	var faults Faults
	for _, variable := range slices.Sorted(maps.Keys(o.Settings)) {
		if o.Settings[variable] == "" {
			continue
		}
		source, fault := s.newSource(running, variable, &o)
		if fault != nil {
			fault.Variable = variable
			faults = append(faults, fault)
			continue
		}
		s.sources[variable] = source
	}
	if len(faults) > 0 {
		o.GrantWait = 0 // retrying would not help
	}
	faults = append(faults, s.resolve(ctx, o.GrantWait)...)
	if err := ctx.Err(); err != nil {
		s.Close()
		return nil, err
	}
	if len(faults) > 0 {
		s.Close()
		slices.SortFunc(faults, func(a, b *Fault) int { return cmp.Compare(a.Variable, b.Variable) })
		return nil, faults
	}
	for _, source := range s.sources {
		if source.lookup != nil {
			s.running.Go(func() { source.run(running) })
		}
	}
	return s, nil
}

// newSource returns the source of one setting. Only a plain value is resolved.
func (s *Store) newSource(running context.Context, variable string, o *Options) (*Source, *Fault) {
	value := o.Settings[variable]
	r, fault := parse(value, o.Project)
	if fault != nil {
		return nil, fault
	}
	source := &Source{variable: variable, reference: r, options: o, done: running.Done(), wanted: make(chan struct{}, 1), asked: make(chan struct{})}
	switch r.kind {
	case SecretManager:
		source.lookup = &cloudLookup{cloud: s.cloud, reference: r, overlap: o.Overlap}
	case File:
		source.lookup = fileLookup{path: r.path, overlap: o.Overlap}
	default:
		source.settle(view{current: held{value: newValue(value, ""), since: time.Now()}})
	}
	return source, nil
}

// resolve looks up all referenced secrets concurrently and returns their
// faults. It retries denied access until patience has passed, or another secret
// has a different fault.
func (s *Store) resolve(ctx context.Context, patience time.Duration) Faults {
	var (
		mu     sync.Mutex
		faults Faults
		all    sync.WaitGroup
	)
	patient, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	for _, source := range s.sources {
		if source.lookup == nil {
			continue
		}
		all.Go(func() {
			if fault := source.resolve(ctx, patient); fault != nil {
				giveUp()
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, fault)
			}
		})
	}
	all.Wait()
	return faults
}

// resolve looks the secret up for the first time. It retries denied access
// until patient ends, because a grant may not have taken effect yet.
func (s *Source) resolve(ctx, patient context.Context) *Fault {
	after, fault := s.look(ctx)
	for wait := firstWait; s.mayBeGranted(fault) && patient.Err() == nil; wait = min(2*wait, longestWait) {
		deadline, _ := patient.Deadline()
		s.options.Logger.WarnContext(ctx, "access to a secret is denied; retrying, because a grant takes minutes to take effect",
			slog.String("variable", s.variable), slog.Duration("for", time.Until(deadline).Round(time.Second)),
			slog.String("problem", fault.Message), slog.String("hint", fault.Hint))
		sleep(patient, wait)
		after, fault = s.look(ctx)
	}
	if fault != nil {
		s.options.Hooks.Refreshed(s.variable, string(fault.Reason))
		return fault
	}
	all, _ := s.settle(after)
	s.options.Logger.InfoContext(ctx, "a secret was read", slog.String("variable", s.variable), slog.String("kind", string(s.reference.kind)),
		slog.String("version", all[0].Version()), slog.Int("former", len(all)-1))
	s.options.Hooks.Refreshed(s.variable, "read")
	return nil
}

// mayBeGranted reports whether waiting may resolve a fault. File permissions
// don't change by themselves.
func (s *Source) mayBeGranted(fault *Fault) bool {
	return fault != nil && fault.Reason == Denied && s.reference.kind == SecretManager
}

// Source returns the secret of a setting. It returns nil, a valid empty source,
// for a setting that is not set.
func (s *Store) Source(variable string) *Source { return s.sources[variable] }

// Status returns the status of every setting that is set, by variable.
func (s *Store) Status() []Status {
	var all []Status
	for _, variable := range slices.Sorted(maps.Keys(s.sources)) {
		all = append(all, s.sources[variable].status())
	}
	return all
}

// Close stops refreshing and closes every connection. Running lookups end; the
// current values stay readable.
func (s *Store) Close() {
	s.stop()
	s.running.Wait()
	s.cloud.close()
}
