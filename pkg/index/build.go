package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// batchBytes bounds one segment before it is merged: bytes of analysed terms, a
// rough measure of the memory that it takes.
const batchBytes = 8 << 20

// batch collects documents for one segment.
type batch struct {
	analysis *analysis
	docs     []*segment.Document
	size     int
	most     int // size from which it is full
}

func newBatch() batch { return batch{analysis: newAnalysis(), most: batchBytes} }

// add analyses a work, and reports whether the batch is full.
func (b *batch) add(d *Document) (full bool) {
	for _, doc := range b.analysis.documents(d) {
		b.docs = append(b.docs, doc)
		b.size += doc.Size()
	}
	return b.size >= b.most
}

// take returns the documents of the batch and empties it.
func (b *batch) take() []*segment.Document {
	docs := b.docs
	b.docs, b.size = nil, 0
	b.analysis.surfaces.reset()
	return docs
}

// Builder writes an index into files of a directory. Batches of works are written in
// the background, while the next one is analysed. Memory is bounded by three batches
// or, if that is more, by the three largest works. It is not safe for concurrent use.
type Builder struct {
	dir     string
	batch   batch
	writing *errgroup.Group // writes batches into files
	failed  <-chan struct{} // closed once a batch could not be written
	parts   []string        // names of files that are still to be merged
	put     map[string]bool // keys of the works that were added
}

// writers is how many batches are written at the same time. Writing a batch takes
// about twice as long as analysing it.
const writers = 2

// NewBuilder returns a builder that writes into an existing directory.
func NewBuilder(dir string) *Builder {
	writing, failing := errgroup.WithContext(context.Background())
	writing.SetLimit(writers)
	return &Builder{dir: dir, batch: newBatch(), writing: writing, failed: failing.Done(), put: map[string]bool{}}
}

// Add adds a work. Each key may be added once. It fails once a batch before could not be
// written.
func (b *Builder) Add(ctx context.Context, d Document) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-b.failed:
		return b.writing.Wait()
	default:
	}
	b.put[d.Item.ID.Key] = true
	if b.batch.add(&d) {
		b.flush()
	}
	return nil
}

// flush has the batch written into a file in the background, once one of the writers
// is free.
func (b *Builder) flush() {
	if len(b.batch.docs) == 0 {
		return
	}
	name := fmt.Sprintf("part-%d.zap", len(b.parts))
	b.parts = append(b.parts, name)
	docs, path := b.batch.take(), filepath.Join(b.dir, name)
	b.writing.Go(func() error { return writePart(docs, path) })
}

// writePart writes documents into a segment's file, which need not be on disk: most are
// merged into the one that counts.
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
func (b *Builder) Close() { _ = b.writing.Wait() }

// indexFile is the name of the file that a builder writes.
const indexFile = "words.zap"

// Finish writes the works that were added, and those of from that were not,
// into files, durably, and returns the names of the files that make the index:
// none if there are no works. from may be nil.
//
// Of [latent.LeastWorks] works or more it writes a latent space too. The one of
// from is kept unless the library has outgrown it.
func (b *Builder) Finish(ctx context.Context, from *Index) ([]string, error) {
	b.flush()
	if err := b.writing.Wait(); err != nil {
		return nil, err
	}
	b.batch = batch{}
	debug.FreeOSMemory() // merging maps all parts, and needs none of the batches' memory
	parts, closeParts, err := b.openParts(from)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	single := len(parts) == 1 && len(b.parts) == 1
	names, err := b.write(ctx, parts, from, single)
	closeParts()
	if err != nil {
		return nil, err
	}
	if single {
		return names, keepPart(filepath.Join(b.dir, b.parts[0]), filepath.Join(b.dir, indexFile))
	}
	return names, b.removeParts()
}

// FinishParts is like [Builder.Finish] without an index before it, but leaves several
// parts as they are, which takes a quarter of the time less. Searches find the same
// works in them, more slowly and without a latent space, until another builder makes
// one index of them: see [Index.InParts].
func (b *Builder) FinishParts(ctx context.Context) ([]string, error) {
	b.flush()
	if len(b.parts) < 2 {
		return b.Finish(ctx, nil)
	}
	if err := b.writing.Wait(); err != nil {
		return nil, err
	}
	for _, name := range b.parts {
		if err := errors.Join(ctx.Err(), syncFile(filepath.Join(b.dir, name))); err != nil {
			return nil, err
		}
	}
	return slices.Clone(b.parts), nil
}

// keepPart makes a part the file of the index, durably.
func keepPart(part, path string) error {
	if err := syncFile(part); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// syncFile returns once a file is on disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// write writes the space of segments into one file, if they have one, and the segments
// into another, unless they are a single file. It returns the names of the files that
// make the index. The space reads the segments, not the file that they become: both
// are written at the same time unless there are more than besideDocuments.
func (b *Builder) write(ctx context.Context, parts []*segmentView, from *Index, single bool) ([]string, error) {
	var former *space
	if from != nil {
		former = from.view.space
	}
	both, ctx := errgroup.WithContext(ctx)
	if documents(parts) > besideDocuments {
		both.SetLimit(1)
	}
	if !single {
		both.Go(func() error { return guard(func() error { return b.merge(ctx, parts) }) })
	}
	names := []string{indexFile}
	both.Go(func() error {
		return guard(func() error {
			more, err := writeSpace(ctx, b.dir, parts, former)
			names = append(names, more...)
			return err
		})
	})
	err := both.Wait()
	return names, err
}

// besideDocuments is the number of documents, passages included, up to which merging and
// the space, or two parts of the space, may need memory at the same time.
const besideDocuments = 60_000

// documents returns the number of documents in segments, the deleted ones too.
func documents(parts []*segmentView) int {
	n := 0
	for _, p := range parts {
		n += p.Len()
	}
	return n
}

// openParts returns the segments of an index without the works that were added, then
// those that were written, and a function that closes the latter. from may be nil.
func (b *Builder) openParts(from *Index) (parts []*segmentView, closeParts func(), err error) {
	var opened []*segment.Segment
	closeParts = func() {
		for _, s := range opened {
			_ = s.Close()
		}
	}
	if from != nil {
		if parts, err = b.keep(from); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range b.parts {
		s, err := segment.Open(filepath.Join(b.dir, name))
		if err != nil {
			closeParts()
			return nil, nil, err
		}
		opened = append(opened, s)
		parts = append(parts, &segmentView{Segment: s})
	}
	return parts, closeParts, nil
}

// keep returns the segments of an index without the works that were added;
// those without other works are left out.
func (b *Builder) keep(from *Index) ([]*segmentView, error) {
	var parts []*segmentView
	err := guard(func() error {
		for _, s := range from.view.segments {
			kept, err := s.without(b.put)
			if err != nil {
				return err
			}
			if kept.deleted == nil || int(kept.deleted.GetCardinality()) < kept.Len() {
				parts = append(parts, kept)
			}
		}
		return nil
	})
	return parts, err
}

// merge writes the segments into one file.
func (b *Builder) merge(ctx context.Context, parts []*segmentView) error {
	merged := make([]segment.Part, len(parts))
	for i, p := range parts {
		merged[i] = segment.Part{Segment: p.Segment, Deleted: p.deleted}
	}
	return segment.Merge(ctx, merged, filepath.Join(b.dir, indexFile))
}

// removeParts removes the files that were merged.
func (b *Builder) removeParts() error {
	for _, name := range b.parts {
		if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
			return err
		}
	}
	return nil
}
