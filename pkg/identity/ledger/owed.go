package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Debt is the scheduled deletion of a key at the upstream.
type Debt struct {
	ID     string // ID of the debt
	Sealed []byte // the key; the caller seals it
	Due    time.Time
}

// owedPrefix begins the names of debts.
const owedPrefix = "owed/"

// owedFor is the lifetime of a debt, as long as the bucket's lifecycle rules
// keep an entry.
const owedFor = 90 * 24 * time.Hour

// owed is the stored form of a debt.
type owed struct {
	ID     string `json:"i"`
	Sealed []byte `json:"s"`
	Due    int64  `json:"d"` // seconds since 1970
}

// Owe schedules the deletion of a key at Due. The debt is stored for 90 days,
// or until it is settled.
func (l *Ledger) Owe(ctx context.Context, d Debt) error {
	value, err := json.Marshal(owed{d.ID, d.Sealed, d.Due.Unix()})
	if err != nil {
		return err
	}
	name := owedPrefix + digest(d.ID)
	for range maxTries {
		_, version, err := l.store.get(ctx, name)
		if err != nil && !errors.Is(err, errAbsent) {
			return unavailable(err)
		}
		_, err = l.store.put(ctx, name, value, l.now().Add(owedFor), version)
		if !errors.Is(err, errChanged) {
			return failed(err)
		}
	}
	return unavailable(errors.New("ledger: an entry keeps changing"))
}

// Hasten makes a debt due now. An unknown debt is no error.
func (l *Ledger) Hasten(ctx context.Context, id string) error {
	name := owedPrefix + digest(id)
	for range maxTries {
		value, version, err := l.store.get(ctx, name)
		if errors.Is(err, errAbsent) {
			return nil
		}
		var o owed
		if err == nil {
			err = json.Unmarshal(value, &o)
		}
		if err == nil {
			o.Due = l.now().Unix()
			value, err = json.Marshal(o)
		}
		if err == nil {
			_, err = l.store.put(ctx, name, value, l.now().Add(owedFor), version)
		}
		if !errors.Is(err, errChanged) {
			return failed(err)
		}
	}
	return unavailable(errors.New("ledger: an entry keeps changing"))
}

// Settle drops a debt. An unknown debt is no error.
func (l *Ledger) Settle(ctx context.Context, id string) error {
	name := owedPrefix + digest(id)
	for range maxTries {
		_, version, err := l.store.get(ctx, name)
		if errors.Is(err, errAbsent) {
			return nil
		}
		if err == nil {
			err = l.store.remove(ctx, name, version)
		}
		if !errors.Is(err, errChanged) {
			return failed(err)
		}
	}
	return unavailable(errors.New("ledger: an entry keeps changing"))
}

// Owed returns at most limit debts that are due.
func (l *Ledger) Owed(ctx context.Context, limit int) ([]Debt, error) {
	var names []item
	err := l.store.list(ctx, owedPrefix, func(i item) bool {
		names = append(names, i)
		return len(names) < maxListed
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var due []Debt
	for _, n := range names {
		if len(due) == limit {
			break
		}
		value, _, err := l.store.get(ctx, n.name)
		if errors.Is(err, errAbsent) {
			continue
		}
		if err != nil {
			return due, unavailable(err)
		}
		var o owed
		if err := json.Unmarshal(value, &o); err != nil {
			return due, unavailable(err)
		}
		if !l.now().Before(time.Unix(o.Due, 0)) {
			due = append(due, Debt{ID: o.ID, Sealed: o.Sealed, Due: time.Unix(o.Due, 0)})
		}
	}
	return due, nil
}

// failed returns the error of a store for the caller, or nil.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return unavailable(err)
}
