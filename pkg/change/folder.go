package change

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// sweepEvery is the time between two sweeps of a [Folder].
const sweepEvery = time.Hour

// Folder is a [Store] in a folder, which several processes may use. An object is a
// file whose time of modification is when it expires. Expired files are removed when
// an object is created, at most hourly.
type Folder struct {
	dir string
	now func() time.Time

	mu    sync.Mutex
	swept time.Time
}

// NewFolder returns the store in a folder, which is made when it is needed. A nil now
// is [time.Now].
func NewFolder(dir string, now func() time.Time) *Folder {
	if now == nil {
		now = time.Now
	}
	return &Folder{dir: dir, now: now}
}

// Create implements [Store]: it writes a file of another name, syncs it, and links it
// to its own name, which fails if that exists.
func (f *Folder) Create(_ context.Context, name string, data []byte, expires time.Time) error {
	f.sweep()
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unusable(err)
	}
	temporary, err := written(filepath.Dir(path), data, expires)
	if err != nil {
		return unusable(err)
	}
	defer func() { _ = os.Remove(temporary) }() // swept if that fails
	switch err := os.Link(temporary, path); {
	case errors.Is(err, fs.ErrExist):
		return library.Errorf(library.Conflict, "there is a record of this name").WithCause(err)
	case err != nil:
		return unusable(err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return unusable(err)
	}
	return nil
}

// temporaryPrefix begins the names of files that are not objects yet.
const temporaryPrefix = ".new-"

// written writes a synced file into a folder and returns its path.
func written(dir string, data []byte, expires time.Time) (path string, err error) {
	file, err := os.CreateTemp(dir, temporaryPrefix+"*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Chtimes(file.Name(), time.Time{}, expires)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one that matters
		return "", err
	}
	return file.Name(), nil
}

// syncFolder makes the names in a folder survive a crash. Windows has no way to.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get implements [Store].
func (f *Folder) Get(_ context.Context, name string) ([]byte, error) {
	path := f.path(name)
	info, err := os.Stat(path)
	if err == nil && info.ModTime().Before(f.now()) {
		err = fs.ErrNotExist
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, library.Errorf(library.NotFound, "there is no record of this name").WithCause(err)
	case err != nil:
		return nil, unusable(err)
	}
	return data, nil
}

// List implements [Store] with one page. It lists no object in a folder below.
func (f *Folder) List(_ context.Context, prefix, _ string) (names []string, next string, err error) {
	folder, begins := path.Split(prefix)
	list, err := os.ReadDir(f.path(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", unusable(err)
	}
	for _, entry := range list {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(entry.Name(), temporaryPrefix) && strings.HasPrefix(entry.Name(), begins) && !info.ModTime().Before(f.now()) {
			names = append(names, folder+entry.Name())
		}
	}
	slices.Sort(names)
	return names, "", nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// sweep removes what has expired, and what a crash left of files that were being
// written: those expire too. A file that can't be removed is tried again next time.
func (f *Folder) sweep() {
	f.mu.Lock()
	due := f.now().Sub(f.swept) >= sweepEvery
	if due {
		f.swept = f.now()
	}
	f.mu.Unlock()
	if !due {
		return
	}
	_ = filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() && !entry.IsDir() || path == f.dir {
			return nil //nolint:nilerr // the rest can be swept
		}
		limit := f.now()
		if entry.IsDir() {
			limit = limit.Add(-sweepEvery) // one that is not empty can't be removed
		}
		if strings.HasPrefix(entry.Name(), temporaryPrefix) {
			limit = limit.Add(-sweepEvery) // its time may not be set yet
		}
		if info, err := entry.Info(); err == nil && info.ModTime().Before(limit) {
			_ = os.Remove(path) //nolint:gosec // only this server writes to the folder
		}
		return nil
	})
}

func unusable(cause error) error {
	return library.Errorf(library.Unavailable, "the journal of changes can't be used, so nothing can be changed").
		WithHint("check that the server may write to the folder STACKROOM_DATA and that its disk is not full").WithCause(cause)
}
