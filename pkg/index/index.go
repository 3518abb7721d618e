package index

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Format names what this version of the package writes: analysis, weights and
// layout. A change of one of them changes it, so that an index written
// before is built again.
const Format = "6"

// MaxPassages is the most passages of one work that are searched, about 19
// million characters. What lies beyond is not found.
const MaxPassages = 16_000

// Document is what is indexed of one work: the item, under Item.ID.Key, and
// the texts of its attachments.
type Document struct {
	Item  *library.Item
	Texts []Text
}

// Text is the text of one attachment, page by page.
type Text struct {
	Attachment string // key
	Pages      []library.TextPage
}

// Source gives back what was indexed, so that the index need not keep it.
// Both methods are called by searches, several at a time, for the few works
// that an answer shows; what they return is only read. If a work is not as it
// was when it was indexed, its passages are left out or cut elsewhere, but
// nothing fails.
type Source interface {
	// Item returns the work of that key, and whether there is one.
	Item(key string) (*library.Item, bool)
	// Pages returns the text of an attachment as it was given to
	// [Index.With] or [Builder.Add].
	Pages(key, attachment string) ([]library.TextPage, error)
}

// errSpace is the error for a latent space of other works than the segment's.
var errSpace = errors.New("the latent space is of other works")

// ErrRebuild is in the chain of errors that mean: these files are no index
// that can be used, because they are missing, damaged or of another version of
// this package. Index the library again.
var ErrRebuild = errors.New("the search index must be built again")

// Index is a ranked full-text index at one version of a library. It never
// changes; [Index.With] returns the next version, which shares all that stayed
// as it was. Its methods may be called at the same time.
type Index struct {
	source Source
	view   *view
	pool   *pool // shared by all versions
}

// New returns an index without works.
func New(src Source) *Index {
	return &Index{source: src, view: &view{}, pool: &pool{}}
}

// Open opens the files that a [Builder] wrote into a directory. Any number of
// processes may have them open. Every file is verified by its checksum; one
// that is missing or damaged is [ErrRebuild]. [Index.Close] frees the files.
func Open(dir string, files []string, src Source) (*Index, error) {
	x := New(src)
	for _, name := range files {
		if name == spaceFile {
			continue
		}
		s, err := segment.Open(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(openError(err), x.Close())
		}
		columns, err := readColumns(s)
		if err != nil {
			return nil, errors.Join(openError(err), s.Close(), x.Close())
		}
		x.view.add(&segmentView{Segment: s, columns: columns, file: true})
	}
	if slices.Contains(files, spaceFile) {
		if err := x.view.openSpace(filepath.Join(dir, spaceFile)); err != nil {
			return nil, errors.Join(openError(err), x.Close())
		}
	}
	return x, nil
}

// Close frees the files of the index and of every version made from it by
// [Index.With]. None of them may be used after.
func (x *Index) Close() error {
	var errs []error
	for _, s := range x.view.segments {
		if s.file {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Works returns the number of works.
func (x *Index) Works() int { return x.view.works }

// InParts reports whether the index has several files, as [Builder.FinishParts] leaves
// them.
func (x *Index) InParts() bool { return x.view.inParts() }

func (x *Index) with(src Source, v *view) *Index { return &Index{source: src, view: v, pool: x.pool} }

// openError says what a failed opening means for the caller.
func openError(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return library.Errorf(library.Forbidden, "the search index may not be read").WithCause(err)
	}
	return damaged(err)
}

// damaged returns an error with [ErrRebuild] in its chain.
func damaged(cause error) error {
	if errors.Is(cause, ErrRebuild) {
		return cause
	}
	return library.Errorf(library.Internal, "the search index can't be used").
		WithHint("it must be built again").WithCause(errors.Join(ErrRebuild, cause))
}

// guard calls f; a damaged file is [ErrRebuild].
func guard(f func() error) error {
	err := segment.Recover(f)
	if errors.Is(err, segment.ErrDamaged) {
		return damaged(err)
	}
	return err
}

// ask runs a question to the index with a search, and puts the search back.
func ask[T any](ctx context.Context, x *Index, s *search, name string, do func(context.Context, *search) (T, error), found func(T) int) (T, error) {
	var out T
	err := guard(func() (err error) {
		out, err = traced(ctx, name, x.view, func(ctx context.Context) (T, error) { return do(ctx, s) }, found)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	x.pool.put(s)
	return out, nil
}
