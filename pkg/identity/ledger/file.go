package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// FileName is the name of the ledger's file in the data folder.
const FileName = "sign-in.db"

// Bounds of a file.
const (
	maxEntries = 100_000 // when full, no family can begin; ends are still recorded
	lockTime   = 12 * time.Second
	sweepEvery = time.Hour
)

// ErrLocked reports that another process uses the file.
var ErrLocked = errors.New("ledger: another process uses the file")

// OpenFile opens the ledger in a folder for exclusive use. It waits up to 12 s
// for a former process to end. The error has the code Unavailable, with
// [ErrLocked] as the cause if another process uses the file.
func OpenFile(folder string, o Options) (*Ledger, error) {
	s, err := openFile(folder, lockTime, o.Now)
	if err != nil {
		return nil, err
	}
	l := newLedger(s, o)
	if err := l.ended.load(context.Background()); err != nil {
		_ = s.close() // the first error is the one that matters
		return nil, unusable(err)
	}
	return l, nil
}

// Probe reports whether the ledger in a folder can be opened. It does not wait
// for another process and changes nothing. A missing ledger is no error: the
// first server creates it. The error is that of [OpenFile].
func Probe(folder string) error {
	path := filepath.Join(folder, FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := openBolt(path, bolt.Options{Timeout: time.Millisecond, ReadOnly: true})
	if err != nil {
		return err
	}
	return db.Close()
}

// openBolt opens a bbolt file. Its errors are for people.
func openBolt(path string, o bolt.Options) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &o)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, library.Errorf(library.Unavailable, "another process uses the sign-in records in this data folder").
			WithHint("stop it; several processes need STACKROOM_STATE_BUCKET").WithCause(ErrLocked)
	case err != nil:
		return nil, unusable(err)
	}
	return db, nil
}

func openFile(folder string, wait time.Duration, now func() time.Time) (*file, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, unusable(err)
	}
	db, err := openBolt(filepath.Join(folder, FileName), bolt.Options{Timeout: wait})
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	f := &file{db: db, now: now}
	if err := f.sweep(); err != nil {
		_ = db.Close() // the first error is the one that matters
		return nil, unusable(err)
	}
	return f, nil
}

func unusable(cause error) error {
	return library.Errorf(library.Unavailable, "the sign-in records in the data folder can't be used").
		WithHint("check that this user may write to the folder STACKROOM_DATA, or set STACKROOM_STATE_BUCKET; if %s is lost, every member must sign in again", FileName).WithCause(cause)
}

// tableName is the name of the file's only bbolt bucket.
const tableName = "entries"

func table(tx *bolt.Tx) *bolt.Bucket { return tx.Bucket([]byte(tableName)) }

// headerSize is the size of the header before a value: its expiry in seconds
// since 1970, and its version.
const headerSize = 16

// file is a store in a bbolt file.
type file struct {
	db  *bolt.DB
	now func() time.Time

	mu    sync.Mutex // held by writers
	count int        // number of entries
	swept time.Time
}

// parse splits a stored value.
func parse(stored []byte) (value []byte, version int64, expires time.Time, err error) {
	if len(stored) < headerSize {
		return nil, 0, time.Time{}, errors.New("ledger: a damaged entry")
	}
	return stored[headerSize:], int64(binary.BigEndian.Uint64(stored[8:])), time.Unix(int64(binary.BigEndian.Uint64(stored)), 0), nil
}

func (f *file) get(_ context.Context, name string) (value []byte, version int64, err error) {
	err = f.db.View(func(tx *bolt.Tx) error {
		stored := table(tx).Get([]byte(name))
		if stored == nil {
			return errAbsent
		}
		var inside []byte
		inside, version, _, err = parse(stored)
		value = bytes.Clone(inside) // the memory is valid only within the transaction
		return err
	})
	return value, version, err
}

func (f *file) put(_ context.Context, name string, value []byte, expires time.Time, ifVersion int64) (version int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Sub(f.swept) > sweepEvery || f.count >= maxEntries && f.now().Sub(f.swept) > time.Minute {
		if err := f.sweep(); err != nil {
			return 0, err
		}
	}
	err = f.db.Update(func(tx *bolt.Tx) error {
		t := table(tx)
		had, err := versionOf(t, name)
		switch {
		case err != nil:
			return err
		case had != ifVersion:
			return errChanged
		case had == 0 && f.count >= maxEntries && (strings.HasPrefix(name, string(SignIn)) || strings.HasPrefix(name, string(Token))):
			return errFull
		}
		next, err := t.NextSequence()
		if err != nil {
			return err
		}
		version = int64(next)
		stored := binary.BigEndian.AppendUint64(make([]byte, 0, headerSize+len(value)), uint64(expires.Unix()))
		stored = binary.BigEndian.AppendUint64(stored, next)
		return t.Put([]byte(name), append(stored, value...))
	})
	if err == nil && ifVersion == 0 {
		f.count++
	}
	return version, err
}

func versionOf(t *bolt.Bucket, name string) (int64, error) {
	stored := t.Get([]byte(name))
	if stored == nil {
		return 0, nil
	}
	_, version, _, err := parse(stored)
	return version, err
}

func (f *file) remove(_ context.Context, name string, ifVersion int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	removed := false
	err := f.db.Update(func(tx *bolt.Tx) error {
		t := table(tx)
		had, err := versionOf(t, name)
		switch {
		case err != nil || had == 0:
			return err
		case had != ifVersion:
			return errChanged
		}
		removed = true
		return t.Delete([]byte(name))
	})
	if err == nil && removed {
		f.count--
	}
	return err
}

func (f *file) list(_ context.Context, prefix string, visit func(item) bool) error {
	var all []item
	err := f.db.View(func(tx *bolt.Tx) error {
		c := table(tx).Cursor()
		for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
			_, version, expires, err := parse(v)
			if err != nil {
				return err
			}
			all = append(all, item{name: string(k), version: version, expires: expires})
		}
		return nil
	})
	for _, i := range all { // outside the transaction, so that visit may write
		if !visit(i) {
			break
		}
	}
	return err
}

// sweep deletes expired entries and counts the others.
func (f *file) sweep() error {
	count, now := 0, f.now()
	err := f.db.Update(func(tx *bolt.Tx) error {
		t, err := tx.CreateBucketIfNotExists([]byte(tableName))
		if err != nil {
			return err
		}
		var over [][]byte
		c := t.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			_, _, expires, err := parse(v)
			if err != nil {
				return err
			}
			if now.Before(expires) {
				count++
			} else {
				over = append(over, bytes.Clone(k))
			}
		}
		for _, k := range over {
			if err := t.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		f.count, f.swept = count, now
	}
	return err
}

func (*file) shared() bool   { return false }
func (f *file) close() error { return f.db.Close() }
