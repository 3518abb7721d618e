package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// batchBytes bounds one segment before it is merged: bytes of analysed terms, a
// rough measure of the memory that it takes.
const batchBytes = 12 << 20

// batch collects documents for one segment.
type batch struct {
	analysis *analysis
	docs     []*segment.Document
	size     int
}

// add analyses a work, and reports whether the batch is full.
func (b *batch) add(d *Document) (full bool) {
	for _, doc := range b.analysis.documents(d) {
		b.docs = append(b.docs, doc)
		b.size += doc.Size()
	}
	return b.size >= batchBytes
}

// take returns the documents of the batch and empties it.
func (b *batch) take() []*segment.Document {
	docs := b.docs
	b.docs, b.size = nil, 0
	b.analysis.surfaces.reset()
	return docs
}

// Builder writes an index into files of a directory. While one batch of works is
// written, in the background, the next one is analysed and perhaps written. Memory is bounded by two
// batches or, if that is more, by the two largest works. It is not safe for
// concurrent use.
type Builder struct {
	dir     string
	batch   batch
	writing chan error      // receives once the batch before is written; nil if there is none
	parts   []string        // names of files that are still to be merged
	put     map[string]bool // keys of the works that were added
}

// NewBuilder returns a builder that writes into an existing directory.
func NewBuilder(dir string) *Builder {
	return &Builder{dir: dir, batch: batch{analysis: newAnalysis()}, put: map[string]bool{}}
}

// Add adds a work. Each key may be added once.
func (b *Builder) Add(ctx context.Context, d Document) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.put[d.Item.ID.Key] = true
	if !b.batch.add(&d) {
		return nil
	}
	return b.flush()
}

// flush writes the batch into a file: in the background or, if the one before is
// still being written there, at once.
func (b *Builder) flush() error {
	if len(b.batch.docs) == 0 {
		return nil
	}
	name := fmt.Sprintf("part-%d.zap", len(b.parts))
	b.parts = append(b.parts, name)
	docs, path := b.batch.take(), filepath.Join(b.dir, name)
	if len(b.writing) == 0 && b.writing != nil {
		return writePart(docs, path)
	}
	if err := b.wait(); err != nil {
		return err
	}
	written := make(chan error, 1)
	b.writing = written
	go func() { written <- writePart(docs, path) }()
	return nil
}

// writePart writes documents into a segment's file.
func writePart(docs []*segment.Document, path string) error {
	return segment.Recover(func() error {
		s, err := segment.New(docs)
		if err != nil {
			return err
		}
		return s.Write(path)
	})
}

// Close ends what is written in the background. It must be called before the
// directory of an index that was not finished is removed.
func (b *Builder) Close() { _ = b.wait() }

// wait waits until the batch before is written, and returns the error of that.
func (b *Builder) wait() error {
	if b.writing == nil {
		return nil
	}
	err := <-b.writing
	b.writing = nil
	return err
}

// indexFile is the name of the file that a builder writes.
const indexFile = "words.zap"

// Finish writes the works that were added, and those of from that were not,
// into files, durably, and returns the names of the files that make the index:
// none if there are no works. from may be nil.
//
// Of [latent.LeastWorks] works or more it writes a latent space too. The one of
// from is kept unless the library has outgrown it.
func (b *Builder) Finish(ctx context.Context, from *Index) ([]string, error) {
	names, err := b.finishWords(ctx, from)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	var before *space
	if from != nil {
		before = from.view.space
	}
	var more []string
	err = guard(func() (err error) {
		more, err = writeSpace(ctx, b.dir, before)
		return err
	})
	return append(names, more...), err
}

// finishWords writes the words of all works into one file.
func (b *Builder) finishWords(ctx context.Context, from *Index) ([]string, error) {
	if err := errors.Join(b.flush(), b.wait()); err != nil {
		return nil, err
	}
	b.batch = batch{}
	debug.FreeOSMemory() // merging maps all parts, and needs none of the batches' memory
	var merged []segment.Part
	if from != nil {
		kept, err := b.keep(from)
		if err != nil {
			return nil, err
		}
		merged = kept
	}
	if len(merged) == 0 && len(b.parts) == 1 {
		return []string{indexFile}, os.Rename(filepath.Join(b.dir, b.parts[0]), filepath.Join(b.dir, indexFile))
	}
	for _, name := range b.parts {
		s, err := segment.Open(filepath.Join(b.dir, name))
		if err != nil {
			return nil, err
		}
		defer func() { _ = s.Close() }()
		merged = append(merged, segment.Part{Segment: s})
	}
	if len(merged) == 0 {
		return nil, nil
	}
	if err := segment.Merge(ctx, merged, filepath.Join(b.dir, indexFile)); err != nil {
		return nil, err
	}
	for _, name := range b.parts {
		if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
			return nil, err
		}
	}
	return []string{indexFile}, nil
}

// keep returns the segments of an index without the works that were added;
// those without other works are left out.
func (b *Builder) keep(from *Index) ([]segment.Part, error) {
	var parts []segment.Part
	err := guard(func() error {
		for _, s := range from.view.segments {
			kept, err := s.without(b.put)
			if err != nil {
				return err
			}
			if kept.deleted == nil || int(kept.deleted.GetCardinality()) < kept.Len() {
				parts = append(parts, segment.Part{Segment: kept.Segment, Deleted: kept.deleted})
			}
		}
		return nil
	})
	return parts, err
}
