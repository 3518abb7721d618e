package replica

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// What stands in the folder of a replica.
const (
	shelfDir      = "shelf"
	partialPrefix = "partial-" // a shelf of what was asked for while the library is read
	spoolPrefix   = "spool-"
	readingLock   = "reading.lock" // held by the process that reads the library whole
	textsLock     = "texts.lock"   // held by the process that reads texts in the background
	openLock      = "open.lock"    // shared by the processes that have the replica open
	usedFile      = "used"         // its time is when the replica was last opened
)

// tryLock takes a folder for removal: no process has it open or reads it.
func tryLock(folder string) (unlock func(), ok bool) {
	reading := flock.New(filepath.Join(folder, readingLock))
	if got, err := reading.TryLock(); err != nil || !got {
		return nil, false
	}
	open := flock.New(filepath.Join(folder, openLock))
	if got, err := open.TryLock(); err != nil || !got {
		_ = reading.Close()
		return nil, false
	}
	return func() {
		_ = open.Close()
		_ = reading.Close()
	}, true
}

// touch notes that the folder is in use now.
func touch(folder string) {
	path := filepath.Join(folder, usedFile)
	now := time.Now()
	if os.Chtimes(path, now, now) != nil {
		_ = os.WriteFile(path, nil, 0o600)
	}
}

// removeLeft removes what a reading that broke off has left, and the partial
// shelves of processes that have ended without removing them.
func removeLeft(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		const abandoned = 24 * time.Hour
		if strings.HasPrefix(e.Name(), spoolPrefix) ||
			strings.HasPrefix(e.Name(), partialPrefix) && time.Since(info.ModTime()) > abandoned {
			_ = os.RemoveAll(filepath.Join(folder, e.Name()))
		}
	}
}

// sizeOf returns the bytes of the files in a folder and below it.
func sizeOf(folder string) int64 {
	var n int64
	_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what is removed meanwhile counts nothing
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
