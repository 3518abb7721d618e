package ledger

import (
	"context"
	"errors"
	"strings"
	"time"
)

// store stores small values by name until they expire. Each write of a value
// has a new version; version 0 stands for no value.
type store interface {
	// get returns a value and its version, or errAbsent.
	get(ctx context.Context, name string) (value []byte, version int64, err error)
	// put replaces the value with version ifVersion, or returns errChanged.
	put(ctx context.Context, name string, value []byte, expires time.Time, ifVersion int64) (version int64, err error)
	// remove deletes a value with a version. A missing value is no error.
	remove(ctx context.Context, name string, ifVersion int64) error
	// list calls visit for each name with a prefix until visit returns false.
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
