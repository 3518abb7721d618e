package shelf

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
	"golang.org/x/sync/singleflight"
)

// base is a generation's files, open, and what is cached of all the states over
// it. A call that uses one of those states holds the base, so that a newer one
// can take its place while calls still run.
type base struct {
	generation string // name of its folder, or "" in memory
	manifest   *Manifest
	file       *pack.File // nil in memory
	log        *os.File   // nil in memory
	codec      *pack.Codec
	index      *index.Index // of the base alone; nil if it can't be used
	embedder   Embedder     // of the searches; nil if they use no vectors

	items   recent[*library.Item]
	texts   recent[[]library.TextPage]
	results recent[*index.Result]
	flight  singleflight.Group

	holders atomic.Int64
}

// newBase returns a base without files, held once, with caches of at most that
// many bytes together.
func newBase(cacheBytes int) *base {
	b := &base{}
	b.items = newRecent(cacheBytes/3, itemBytes)
	b.texts = newRecent(cacheBytes/3, textBytes)
	b.results = newRecent(cacheBytes/3, resultBytes)
	b.holders.Store(1)
	return b
}

// openBase opens a generation. Where only the index can't be used, the base's
// index is nil.
func openBase(dir, generation string, cacheBytes int) (*base, error) {
	folder := filepath.Join(dir, generation)
	m, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	b := newBase(cacheBytes)
	b.generation, b.manifest = generation, m
	if err := b.open(folder); err != nil {
		return nil, errors.Join(err, b.release())
	}
	return b, nil
}

func (b *base) open(folder string) error {
	var err error
	if b.codec, err = pack.NewReader(); err != nil {
		return err
	}
	if b.file, err = pack.Open(filepath.Join(folder, rowsFile)); err != nil {
		return openError(err)
	}
	if b.log, err = openLog(folder, b.manifest.ID); err != nil {
		return err
	}
	if b.manifest.IndexFormat != index.Format || !b.manifest.CitationKeys {
		return nil // it is made again
	}
	b.index, err = index.Open(folder, b.manifest.Index, nil)
	if errors.Is(err, index.ErrRebuild) {
		return nil
	}
	return err
}

// openError says why a file can't be opened.
func openError(err error) error {
	if errors.Is(err, pack.ErrDamaged) || errors.Is(err, fs.ErrNotExist) {
		return damaged(err)
	}
	return unreadable(err)
}

func (b *base) hold() { b.holders.Add(1) }

// release ends a hold. The last one closes the base.
func (b *base) release() error {
	if b.holders.Add(-1) > 0 {
		return nil
	}
	var errs []error
	if b.index != nil {
		errs = append(errs, b.index.Close())
	}
	if b.file != nil {
		errs = append(errs, b.file.Close())
	}
	if b.log != nil {
		errs = append(errs, b.log.Close())
	}
	if b.codec != nil {
		b.codec.Close()
	}
	return errors.Join(errs...)
}

// first returns the state of the base without its log. Its hold is the base's.
// Without an index in the base, the state's is built in memory if it is to have
// one.
func (b *base) first(ctx context.Context, id library.ID, h *health, indexed bool) (*state, error) {
	r := newRows()
	if b.file != nil {
		r = newRows(sorted{File: b.file})
		r.log = b
	}
	m, err := readMeta(r)
	if err != nil {
		return nil, err
	}
	if b.manifest != nil && (m.Version != b.manifest.Version || m.Items != b.manifest.Items) {
		return nil, damaged(errors.New("manifest and rows are of different versions"))
	}
	st := newState(b, id, r, m, int64(logHeader), h)
	if err := st.fillVectors(nil, nil); err != nil {
		return nil, err
	}
	switch {
	case b.index != nil:
		st.index, err = b.index.With(ctx, st.content, nil, nil)
	case indexed:
		err = st.fillIndex(ctx)
	}
	return st, err
}

// load returns the state of the base with its log, for making another base: it
// has no index if the base has none.
func (b *base) load(ctx context.Context, id library.ID) (*state, error) {
	st, err := b.first(ctx, id, &health{}, false)
	if err != nil {
		return nil, err
	}
	info, err := b.log.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	return st.replay(ctx, info.Size())
}
