package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Snapshot is the files of a library at one version: those of a base, which
// never change, and the part of its log that has been written by then. Two
// snapshots of the same base differ only in how long the log is. The files can
// be read until the snapshot is closed, also when a newer base has taken the
// place of this one.
type Snapshot struct {
	// Manifest describes the base. Its ID tells bases apart.
	Manifest Manifest
	// Version is the library's version with the log.
	Version int64
	// LogSize is the length of the log in bytes.
	LogSize int64

	files map[string]*os.File
	state *state
}

// Snapshot returns the library's files as they are now. A library that is in
// memory or was never written has none: [library.NotFound].
func (s *Shelf) Snapshot(ctx context.Context) (*Snapshot, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	snap := &Snapshot{Version: st.meta.Version, LogSize: st.end, files: map[string]*os.File{}, state: st}
	if st.base.manifest == nil {
		return nil, errors.Join(library.Errorf(library.NotFound, "the library has no files yet"), snap.Close())
	}
	snap.Manifest = *st.base.manifest
	for _, f := range snap.Manifest.Files {
		file, err := os.Open(filepath.Join(s.dir, st.base.generation, f.Name))
		if err != nil {
			err = library.Errorf(library.Conflict, "a newer base is taking the place of this one").
				WithHint("take the snapshot again").WithCause(err)
			return nil, errors.Join(err, snap.Close())
		}
		snap.files[f.Name] = file
	}
	return snap, nil
}

// Close frees the snapshot's files.
func (s *Snapshot) Close() error {
	errs := []error{s.state.release()}
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// File returns the content of one of the manifest's files.
func (s *Snapshot) File(name string) (io.Reader, error) {
	for _, f := range s.Manifest.Files {
		if f.Name == name {
			return io.NewSectionReader(s.files[name], 0, f.Size), nil
		}
	}
	return nil, library.Errorf(library.NotFound, "the snapshot has no file of that name")
}

// Log returns the log from an offset on, 0 for all of it.
func (s *Snapshot) Log(offset int64) io.Reader {
	return io.NewSectionReader(s.state.base.log, offset, max(s.LogSize-offset, 0))
}

// Restore makes the files of a snapshot the library in folder dir. open returns
// the content of one of the manifest's files by name, and log is the snapshot's log, of
// which what follows the last whole transaction is left out. Every file is
// compared with the manifest: one that differs is an error with code
// [library.Unavailable], and the library is as it was. Other writers are refused
// meanwhile with [library.Conflict].
func Restore(ctx context.Context, dir string, manifest *Manifest, open func(name string) (io.ReadCloser, error), log io.Reader, opts ...Option) (err error) {
	m := newMaking(dir, optionsOf("", opts))
	defer m.clear()
	defer func() {
		if err != nil {
			err = inWords(err)
		}
	}()
	if manifest.Library != m.opts.library {
		return library.Errorf(library.Conflict, "the snapshot is of another library")
	}
	if err := m.lockBoth(ctx, forImport); err != nil {
		return err
	}
	if err := m.create(); err != nil {
		return err
	}
	for _, f := range manifest.Files {
		if err := m.restoreFile(ctx, f, open); err != nil {
			return err
		}
	}
	if err := writeFrom(ctx, filepath.Join(m.folder, logFile), log); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(m.folder, manifestFile), manifest.Encode()); err != nil {
		return err
	}
	b, err := openBase(dir, filepath.Base(m.folder), makingCacheBytes)
	if err != nil {
		return err
	}
	if err := b.release(); err != nil {
		return err
	}
	return m.publish(ctx)
}

// restoreFile copies a file of a snapshot and compares it with the manifest.
func (m *making) restoreFile(ctx context.Context, f File, open func(name string) (io.ReadCloser, error)) error {
	from, err := open(f.Name)
	if err != nil {
		return err
	}
	path := filepath.Join(m.folder, f.Name)
	if err := errors.Join(writeFrom(ctx, path, from), from.Close()); err != nil {
		return err
	}
	got := &Manifest{}
	if err := got.describe(m.folder, f.Name); err != nil {
		return err
	}
	if got.Files[0] != f {
		return damaged(fmt.Errorf("file %s of the snapshot is not as it was written", f.Name))
	}
	return nil
}

// writeFrom writes what is read into a file, durably.
func writeFrom(ctx context.Context, path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, readerUntil{ctx, from})
	return errors.Join(err, f.Sync(), f.Close())
}

// readerUntil reads until a context ends.
type readerUntil struct {
	ctx  context.Context
	from io.Reader
}

func (r readerUntil) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
