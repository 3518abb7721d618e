package ledger

import (
	"context"
	"errors"
	"strings"
	"time"
)

// store keeps small values under names until they expire. A version tells one
// value from the next under the same name; 0 is no value.
type store interface {
	// get returns a value and its version, or errAbsent.
	get(ctx context.Context, name string) (value []byte, version int64, err error)
	// put replaces the version ifVersion, or returns errChanged.
	put(ctx context.Context, name string, value []byte, expires time.Time, ifVersion int64) (version int64, err error)
	// remove deletes a value of a version. A value that does not exist is no
	// error.
	remove(ctx context.Context, name string, ifVersion int64) error
	// list calls visit for each name with a prefix until that returns false.
	list(ctx context.Context, prefix string, visit func(item) bool) error
	// shared reports whether other processes write to the store.
	shared() bool
	close() error
}

// item is an entry of a list.
type item struct {
	name    string
	version int64
	expires time.Time
}

// key returns the last part of the name.
func (i item) key() string { return i.name[strings.LastIndexByte(i.name, '/')+1:] }

var (
	errAbsent  = errors.New("ledger: no such entry")
	errChanged = errors.New("ledger: the entry has another version")
	errFull    = errors.New("ledger: full")
)
