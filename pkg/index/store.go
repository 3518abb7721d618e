package index

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// format names what this version of the package writes: analysis, weights and
// layout. Whatever changes one of them changes it, so that an index written
// before is built again.
const (
	formatKey = "stackroom.format"
	format    = "1"
)

// Batches are numbered, in the store and in a file beside it: where scorch
// can't load what was written last it goes back to an older state, and the
// number in the file tells.
const (
	sequenceKey  = "stackroom.sequence"
	sequenceFile = "sequence"
)

// lockWait is how long opening waits for a process that has the directory.
const lockWait = "250ms"

// store is scorch: immutable segments, in memory or in a directory, and the
// snapshots of them that readers hold.
type store struct {
	scorch   *scorch.Scorch
	queue    *bleveindex.AnalysisQueue
	dir      string // "" in memory
	readOnly bool
	found    bool // something was there when it was opened

	mu     sync.RWMutex // guards closed against snapshot
	closed bool

	sequence uint64 // number of the last batch, guarded by whoever writes
}

func openStore(dir string, readOnly bool) (*store, error) {
	s := &store{dir: dir, readOnly: readOnly, queue: bleveindex.NewAnalysisQueue(1)}
	if dir != "" {
		_, err := os.Stat(filepath.Join(dir, "root.bolt"))
		s.found = err == nil
		if readOnly && err != nil {
			// Scorch would make the missing file even for reading.
			s.queue.Close()
			return nil, openError(err)
		}
	}
	if err := guard(s.open); err != nil {
		if s.scorch != nil {
			// Frees the lock, if opening came so far; else it fails or panics.
			_ = guard(s.scorch.Close)
		}
		s.queue.Close()
		return nil, openError(err)
	}
	if err := guard(s.check); err != nil {
		_ = s.close()
		return nil, openError(err)
	}
	return s, nil
}

func (s *store) open() error {
	config := map[string]any{"path": s.dir, "bolt_timeout": lockWait}
	if s.readOnly {
		config["read_only"] = true
	}
	x, err := scorch.NewScorch(scorch.Name, config, s.queue)
	if err != nil {
		return err
	}
	s.scorch = x.(*scorch.Scorch)
	return s.scorch.Open()
}

// check compares the format of what was there and verifies the files. A new
// store gets the format. Scorch passes over damage that it notices and goes on
// without what was stored; then the format is missing.
func (s *store) check() error {
	snap, err := s.snapshot()
	if err != nil {
		return err
	}
	defer func() { _ = snap.Close() }()
	got, err := snap.GetInternal([]byte(formatKey))
	if err != nil {
		return err
	}
	if !s.found {
		b := bleveindex.NewBatch()
		b.SetInternal([]byte(formatKey), []byte(format))
		return s.write(context.Background(), b)
	}
	if string(got) != format {
		return errors.New("written by another version, or nothing readable")
	}
	if err := s.checkSequence(snap); err != nil {
		return err
	}
	for _, seg := range snap.Segments() {
		if p, ok := seg.Segment().(segment.PersistedSegment); ok {
			if err := verify(p.Path()); err != nil {
				return err
			}
		}
	}
	return nil
}

// verify compares a segment's file with the CRC-32 at its end.
func verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const sumSize = 4
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-sumSize); err != nil {
		return err
	}
	var want [sumSize]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return err
	}
	if [sumSize]byte(sum.Sum(nil)) != want {
		return fmt.Errorf("checksum of %s does not match", filepath.Base(path))
	}
	return nil
}

// checkSequence reports whether the last batch is there, and goes on counting
// from it.
func (s *store) checkSequence(snap *scorch.IndexSnapshot) error {
	b, err := snap.GetInternal([]byte(sequenceKey))
	if err != nil {
		return err
	}
	s.sequence, _ = binary.Uvarint(b)
	text, err := os.ReadFile(filepath.Join(s.dir, sequenceFile))
	if err != nil {
		return err
	}
	want, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || s.sequence < want {
		return errors.New("what was written last is not there")
	}
	return nil
}

// noteSequence writes the number of the last batch into its file.
func (s *store) noteSequence() error {
	path := filepath.Join(s.dir, sequenceFile)
	if err := os.WriteFile(path+".new", strconv.AppendUint(nil, s.sequence, 10), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// snapshot returns the index as it is now; the caller closes it.
func (s *store) snapshot() (*scorch.IndexSnapshot, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, library.Errorf(library.Unavailable, "the search index is closed")
	}
	r, err := s.scorch.Reader()
	if err != nil {
		return nil, err
	}
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, library.Errorf(library.Unavailable, "the search index is closed")
	}
	return snap, nil
}

// write applies a batch. On disk it returns when the batch is there to stay.
func (s *store) write(ctx context.Context, b *bleveindex.Batch) error {
	if s.readOnly {
		return library.Errorf(library.Conflict, "the search index is open for reading only")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return library.Errorf(library.Unavailable, "the search index is closed")
	}
	s.sequence++
	b.SetInternal([]byte(sequenceKey), binary.AppendUvarint(nil, s.sequence))
	err := guard(func() error { return s.scorch.Batch(b) })
	if err == nil && s.dir != "" {
		err = s.noteSequence()
	}
	if err != nil {
		return library.Errorf(library.Internal, "the search index can't be written").WithCause(err)
	}
	return nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.scorch.Close()
	s.queue.Close()
	return err
}

// guard turns a panic into an error: damaged files make scorch and its
// segments read past their ends. A fault in a mapped file that was cut short
// is a panic too while guard runs.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged(fmt.Errorf("panic: %v", r))
		}
	}()
	return f()
}

// damaged returns an error with [ErrRebuild] in its chain.
func damaged(cause error) error {
	return library.Errorf(library.Internal, "the search index can't be used").
		WithHint("it must be built again").WithCause(errors.Join(ErrRebuild, cause))
}

// openError says what a failed opening means for the caller.
func openError(err error) error {
	switch {
	case errors.Is(err, ErrRebuild):
		return err
	case errors.Is(err, bolterrors.ErrTimeout):
		return library.Errorf(library.Conflict, "another process has the search index open").
			WithHint("end that process, or use another data directory").WithCause(err)
	case errors.Is(err, os.ErrPermission):
		return library.Errorf(library.Forbidden, "the search index may not be read").WithCause(err)
	}
	return damaged(err)
}
