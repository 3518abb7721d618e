package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// IndexState is how large an index is and how old.
type IndexState struct {
	Library string    // ID; of the deployment's own libraries, which are few
	Works   int64     // that it holds
	Bytes   int64     // that it takes, 0 if not known
	Updated time.Time // when it was last brought up to date; zero if not known
}

// Indexes measures what states returns, each time that metrics are read. It is
// called once, with a function that returns promptly.
func (t *Telemetry) Indexes(states func() []IndexState) error {
	if t == nil || t.instruments == nil {
		return nil
	}
	works, err1 := t.meter.Int64ObservableGauge("stackroom.index.works", metric.WithUnit("{work}"), metric.WithDescription("Works in an index."))
	size, err2 := t.meter.Int64ObservableGauge("stackroom.index.size", metric.WithUnit("By"), metric.WithDescription("Size of an index."))
	age, err3 := t.meter.Float64ObservableGauge("stackroom.index.age", metric.WithUnit("s"), metric.WithDescription("How long ago an index was brought up to date."))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, s := range bounded(states()) {
			lib := metric.WithAttributes(attribute.String("library", s.Library))
			o.ObserveInt64(works, s.Works, lib)
			if s.Bytes > 0 {
				o.ObserveInt64(size, s.Bytes, lib)
			}
			if !s.Updated.IsZero() {
				o.ObserveFloat64(age, time.Since(s.Updated).Seconds(), lib)
			}
		}
		return nil
	}, works, size, age)
	return err
}

// SecretState is how a secret fares.
type SecretState struct {
	Setting string        // the variable that names it; never its value
	Age     time.Duration // of the version in use
	Fault   bool          // it could not be read anew
}

// Secrets measures what states returns, each time that metrics are read. It is
// called once, with a function that returns promptly.
func (t *Telemetry) Secrets(states func() []SecretState) error {
	if t == nil || t.instruments == nil {
		return nil
	}
	age, err1 := t.meter.Float64ObservableGauge("stackroom.secret.age", metric.WithUnit("s"), metric.WithDescription("How old the version of a secret is that is in use."))
	fault, err2 := t.meter.Int64ObservableGauge("stackroom.secret.faulty", metric.WithDescription("1 while a secret can't be read anew."))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, s := range bounded(states()) {
			setting := metric.WithAttributes(attribute.String("setting", s.Setting))
			o.ObserveFloat64(age, s.Age.Seconds(), setting)
			o.ObserveInt64(fault, number(s.Fault), setting)
		}
		return nil
	}, age, fault)
	return err
}

// knownLookups are the words of pkg/secret for how looking up a secret ended:
// "read" at start, "unchanged" and "changed", or why it failed.
var knownLookups = map[string]bool{
	"read": true, "unchanged": true, "changed": true,
	"malformed": true, "credentials": true, "denied": true, "missing": true, "disabled": true,
	"unreachable": true, "unreadable": true, "damaged": true, "unusable": true,
}

// SecretRead counts that the secret of a setting was looked up, and how that
// ended, in the words of pkg/secret. The program names the setting, never a
// caller.
func (t *Telemetry) SecretRead(setting, outcome string) {
	if t == nil || t.instruments == nil {
		return
	}
	t.lookups.Add(context.Background(), 1, metric.WithAttributes(
		attribute.String("setting", setting), attribute.String("outcome", closed(knownLookups, outcome))))
}

// maxStates bounds how many states become series.
const maxStates = 100

func bounded[T any](states []T) []T { return states[:min(len(states), maxStates)] }

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
