package shelf

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	bolt "go.etcd.io/bbolt"
)

// lockTimeout is how long opening a generation's file may wait for its lock.
// Nobody holds it for writing once the generation is published, so any wait
// is a fault.
const lockTimeout = 2 * time.Second

// database is a generation's items.db.
type database struct{ db *bolt.DB }

// openDatabase opens a published file for reading.
func openDatabase(path string) (*database, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, damaged(errors.New("the file is empty")) // bbolt would wait for its lock instead
	}
	d := &database{}
	err = guarded(func() error {
		if d.db, err = bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: lockTimeout}); err != nil {
			return damaged(err)
		}
		return d.db.View(func(tx *bolt.Tx) error { return checkWhole(tx, info.Size()) })
	})
	if err != nil {
		_ = d.close() // the first error is the one that matters
		return nil, err
	}
	return d, nil
}

// checkWhole fails if the file lacks its end or a table. Reading past the end
// of a mapped file would be a fault of the machine, not an error.
func checkWhole(tx *bolt.Tx, size int64) error {
	if tx.Size() > size {
		return damaged(fmt.Errorf("the file has %d bytes of %d", size, tx.Size()))
	}
	for _, t := range tables() {
		if tx.Bucket([]byte(t)) == nil {
			return damaged(fmt.Errorf("no table %s", t))
		}
	}
	return nil
}

// createDatabase opens a file for writing, making it if needed. Nothing is
// surely on disk before [database.sync].
func createDatabase(path string) (*database, error) {
	d := &database{}
	err := guarded(func() (err error) {
		d.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, NoSync: true, NoGrowSync: true, FreelistType: bolt.FreelistMapType})
		if err != nil {
			return err
		}
		return d.db.Update(func(tx *bolt.Tx) error {
			for _, t := range tables() {
				if _, err := tx.CreateBucketIfNotExists([]byte(t)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		_ = d.close() // the first error is the one that matters
		return nil, err
	}
	return d, nil
}

func (d *database) close() error {
	if d.db == nil {
		return nil
	}
	return guarded(d.db.Close)
}

func (d *database) sync() error { return d.db.Sync() }

func (d *database) get(t table, key string) (value []byte, err error) {
	err = guarded(func() error {
		return d.db.View(func(tx *bolt.Tx) error {
			value = slices.Clone(tx.Bucket([]byte(t)).Get([]byte(key)))
			return nil
		})
	})
	return value, err
}

func (d *database) scan(t table, prefix string, fn func(key string, value []byte) error) error {
	return guarded(func() error {
		return d.db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket([]byte(t)).Cursor()
			for k, v := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, v = c.Next() {
				if err := fn(string(k), slices.Clone(v)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// write puts the layer's rows into the file, all or none. Rows go in the
// order of their keys: that is how bbolt fills its pages best.
func (d *database) write(l *layer) error {
	return guarded(func() error {
		return d.db.Update(func(tx *bolt.Tx) error {
			for _, t := range tables() {
				b := tx.Bucket([]byte(t))
				for _, key := range slices.Sorted(maps.Keys(l.rows[t])) {
					var err error
					if v := l.rows[t][key]; v == nil {
						err = b.Delete([]byte(key))
					} else {
						err = b.Put([]byte(key), v)
					}
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// guarded calls f and turns what a damaged file makes bbolt do, a panic or a
// read outside the mapped file, into an error.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(fmt.Errorf("%v", p))
		}
	}()
	return f()
}

// damaged says that the store can't be read.
func damaged(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the library on disk is damaged").
		WithHint("the data folder keeps the state before the last import: write that gen-… folder's name into the file CURRENT; or move the folder away and import again").
		WithCause(cause)
}
