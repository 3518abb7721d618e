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

// Store holds the secrets of all settings and keeps them fresh. It is safe for
// concurrent use.
type Store struct {
	sources map[string]*Source
	cloud   *cloud
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Status is what can be told of one setting's secret.
type Status struct {
	Variable  string
	Kind      Kind
	Reference string    // where the secret is kept; "" for a plain value
	Version   string    // of the current value, as [Value.Version]
	Former    int       // how many former values are in their overlap
	Created   time.Time // when the version was made; zero if that isn't known
	Since     time.Time // when this process took it up
	Checked   time.Time // when it was last looked up with success
	Fault     *Fault    // why the last lookup failed while the value serves on, or nil
}

// Age returns how old the current value is at least: since its version was
// made, or since this process took it up.
func (s Status) Age(now time.Time) time.Duration {
	if !s.Created.IsZero() {
		return now.Sub(s.Created)
	}
	return now.Sub(s.Since)
}

// Open resolves every setting, all at once, and begins to keep them fresh
// until [Store.Close]. Its error is of type [Faults] and lists what is
// wrong with each of them, by variable; or it is that of ctx. References to
// Secret Manager are the only ones for which anything is dialled. Access that
// is denied is tried again for [Options.Patience], as long as no other secret
// has another fault.
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
		o.Patience = 0 // it can't help
	}
	faults = append(faults, s.resolve(ctx, o.Patience)...)
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

// newSource returns the source of one setting, not yet resolved unless its
// value is plain.
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

// resolve looks up every secret that is kept elsewhere, all at once, and
// returns what is wrong with them. Denied access is tried again until patience
// is over or another secret can't be had at all.
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

// resolve looks the secret up for the first time. Denied access is tried again
// until patient ends: a grant may not have taken effect yet.
func (s *Source) resolve(ctx, patient context.Context) *Fault {
	after, fault := s.look(ctx)
	for wait := firstWait; s.mayBeGranted(fault) && patient.Err() == nil; wait = min(2*wait, longestWait) {
		deadline, _ := patient.Deadline()
		s.options.Logger.WarnContext(ctx, "access to a secret is denied; it is tried again, as a grant may take minutes to take effect",
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

// mayBeGranted reports whether waiting can help against a fault: who may read
// a file does not change by itself.
func (s *Source) mayBeGranted(fault *Fault) bool {
	return fault != nil && fault.Reason == Denied && s.reference.kind == SecretManager
}

// Source returns the secret of a setting, or nil, which holds nothing and does
// nothing, for one that is not set.
func (s *Store) Source(variable string) *Source { return s.sources[variable] }

// Status tells of every setting that is set, by variable, nothing that is
// secret.
func (s *Store) Status() []Status {
	var all []Status
	for _, variable := range slices.Sorted(maps.Keys(s.sources)) {
		all = append(all, s.sources[variable].status())
	}
	return all
}

// Close ends the refreshing and every connection. The values that are held
// stay; lookups under way end.
func (s *Store) Close() {
	s.stop()
	s.running.Wait()
	s.cloud.close()
}
