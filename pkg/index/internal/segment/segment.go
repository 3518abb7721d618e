package segment

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segmentapi "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"
)

// Segment is an immutable set of documents, numbered from 0 in the order in
// which they were given. Its methods may be called at the same time.
type Segment struct{ segment segmentapi.Segment }

// fitBuffers makes zap give a new segment a buffer of about its size. By default
// it adds room for a hundred documents, and keeps it: a segment of one document
// would take half a megabyte.
//
//nolint:gochecknoglobals // a function that runs once
var fitBuffers = sync.OnceFunc(func() { zap.NewSegmentBufferNumResultsBump = 0 })

// New returns a segment in memory.
func New(docs []*Document) (*Segment, error) {
	fitBuffers()
	in := make([]bleveindex.Document, len(docs))
	shared := map[string]*frequencies{}
	for i, d := range docs {
		in[i] = document{d, shared}
	}
	var plugin zap.ZapPlugin
	s, _, err := plugin.New(in)
	if err != nil {
		return nil, err
	}
	return &Segment{s}, nil
}

// Write writes a segment in memory to a file, which it does not synchronize with the
// disk. It removes what it wrote if it fails.
func (s *Segment) Write(path string) error {
	memory, ok := s.segment.(io.WriterTo)
	if !ok {
		return errors.New("the segment can't be written")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = memory.WriteTo(f)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}

// Open opens a segment's file, whose checksum it verifies.
func Open(path string) (*Segment, error) {
	if err := verify(path); err != nil {
		return nil, err
	}
	var s segmentapi.Segment
	err := Recover(func() (err error) {
		var plugin zap.ZapPlugin
		s, err = plugin.Open(path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Segment{s}, nil
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

// Part is a segment without some of its documents.
type Part struct {
	Segment *Segment
	Deleted *roaring.Bitmap // nil if all documents count
}

// Merge writes the documents of all parts, in their order, into one segment's
// file, durably. It removes what it wrote if it fails.
func Merge(ctx context.Context, parts []Part, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	segments := make([]segmentapi.Segment, len(parts))
	deleted := make([]*roaring.Bitmap, len(parts))
	for i, p := range parts {
		segments[i], deleted[i] = p.Segment.segment, p.Deleted
	}
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { close(cancelled) })
	defer stop()
	err := Recover(func() error {
		var plugin zap.ZapPlugin
		_, _, err := plugin.Merge(segments, deleted, path, cancelled, nil)
		return err
	})
	if errors.Is(err, segmentapi.ErrClosed) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Close frees what the segment holds. Nothing of it may be used after.
func (s *Segment) Close() error { return s.segment.Close() }

// Len returns the number of documents.
func (s *Segment) Len() int { return int(s.segment.Count()) }

// ID returns the ID of a document.
func (s *Segment) ID(doc uint32) (string, error) {
	id, err := s.segment.DocID(uint64(doc))
	return string(id), err
}

// Stored returns the ID of a document and what is stored of it.
func (s *Segment) Stored(doc uint32) (id string, stored []byte, err error) {
	err = s.segment.VisitStoredFields(uint64(doc), func(name string, _ byte, value []byte, _ []uint64) bool {
		switch name {
		case idField:
			id = string(value)
		case storedField:
			stored = append([]byte(nil), value...)
		}
		return true
	})
	return id, stored, err
}

// Find returns the numbers of the documents of an ID.
func (s *Segment) Find(id string) ([]uint32, error) {
	found, err := s.segment.DocNumbers([]string{id})
	if err != nil {
		return nil, err
	}
	return found.ToArray(), nil
}

// Recover calls f and turns a panic into an error: a damaged file makes zap read
// past its end. A fault in a mapped file that was cut short is a panic too
// while Recover runs.
func Recover(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}

// ErrDamaged is in the chain of errors of [Recover] that were panics.
var ErrDamaged = errors.New("the segment is damaged")
