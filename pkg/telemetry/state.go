package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// IndexState is the size and age of an index.
type IndexState struct {
	Library string    // ID; of the deployment's own libraries, which are few
	Works   int64     // number of works
	Bytes   int64     // size on disk, 0 if not known
	Updated time.Time // of the last update; zero if not known
}

// Indexes adds metrics of the indexes that states returns. Call it once; each
// read of the metrics calls states, which must not block.
func (t *Telemetry) Indexes(states func() []IndexState) error {
	if t == nil || t.instruments == nil {
		return nil
	}
	works, err1 := t.meter.Int64ObservableGauge("stackroom.index.works", metric.WithUnit("{work}"), metric.WithDescription("Works in an index."))
	size, err2 := t.meter.Int64ObservableGauge("stackroom.index.size", metric.WithUnit("By"), metric.WithDescription("Size of an index."))
	age, err3 := t.meter.Float64ObservableGauge("stackroom.index.age", metric.WithUnit("s"), metric.WithDescription("Time since the last update of an index."))
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

// SecretState is the age of a secret and whether it can be read.
type SecretState struct {
	Setting string        // the variable that names it; never its value
	Age     time.Duration // of the version in use
	Fault   bool          // the last refresh failed
}

// Secrets adds metrics of the secrets that states returns. Call it once; each
// read of the metrics calls states, which must not block.
func (t *Telemetry) Secrets(states func() []SecretState) error {
	if t == nil || t.instruments == nil {
		return nil
	}
	age, err1 := t.meter.Float64ObservableGauge("stackroom.secret.age", metric.WithUnit("s"), metric.WithDescription("Age of the version of a secret that is in use."))
	fault, err2 := t.meter.Int64ObservableGauge("stackroom.secret.faulty", metric.WithDescription("1 while a secret can't be refreshed."))
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

// knownLookups are pkg/secret's outcomes of a lookup: "read" at start,
// "unchanged" and "changed", or why it failed.
var knownLookups = map[string]bool{
	"read": true, "unchanged": true, "changed": true,
	"malformed": true, "credentials": true, "denied": true, "missing": true, "disabled": true,
	"unreachable": true, "unreadable": true, "damaged": true, "unusable": true,
}

// SecretRead counts a lookup of the secret of a setting by its outcome, one of
// pkg/secret's. The setting comes from the program, never from a caller.
func (t *Telemetry) SecretRead(setting, outcome string) {
	if t == nil || t.instruments == nil {
		return
	}
	t.lookups.Add(context.Background(), 1, metric.WithAttributes(
		attribute.String("setting", setting), attribute.String("outcome", closed(knownLookups, outcome))))
}

// maxStates bounds the number of series of each state metric.
const maxStates = 100

func bounded[T any](states []T) []T { return states[:min(len(states), maxStates)] }

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
