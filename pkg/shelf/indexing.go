package shelf

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// One batch for the index: works, and about how many bytes of them.
const (
	indexWorks = 2000
	indexBytes = 16 << 20
)

// indexer puts items into an index in batches.
type indexer struct {
	content *content
	index   *index.Index
	docs    []index.Document
	size    int
	done    int
	report  func(done int) // how many items are in the index; may be nil
}

// add puts an item into the next batch.
func (x *indexer) add(ctx context.Context, it *library.Item) error {
	doc, err := x.content.document(it)
	if err != nil {
		return err
	}
	x.docs = append(x.docs, doc)
	x.size += itemBytes(it)
	for _, t := range doc.Texts {
		x.size += textBytes(t.Pages)
	}
	if len(x.docs) < indexWorks && x.size < indexBytes {
		return nil
	}
	return x.flush(ctx)
}

func (x *indexer) flush(ctx context.Context) error {
	if err := x.index.Update(ctx, x.docs, nil); err != nil {
		return err
	}
	x.done += len(x.docs)
	x.docs, x.size = nil, 0
	if x.report != nil {
		x.report(x.done)
	}
	return nil
}

// fillIndex puts every item into an empty index and notes the version.
func (c *content) fillIndex(ctx context.Context, x *index.Index, version int64, report func(done int)) error {
	to := indexer{content: c, index: x, report: report}
	err := c.rows.scan(itemTable, "", func(key string, row []byte) error {
		it, err := decodeItem(key, row)
		if err != nil {
			return err
		}
		return to.add(ctx, it)
	})
	if err != nil {
		return err
	}
	if err := to.flush(ctx); err != nil {
		return err
	}
	return x.SetVersion(version)
}

// errStaleIndex means that an index is sound but of another version of the
// library.
var errStaleIndex = errors.New("the index is of another version of the library")

// openIndex opens the index of a generation, and makes sure that it is of that
// version.
func openIndex(open func(string, index.Source) (*index.Index, error), folder string, c *content, version int64) (*index.Index, error) {
	x, err := open(filepath.Join(folder, indexFolder), c)
	if err != nil {
		return nil, err
	}
	if v, err := x.Version(); err != nil || v != version {
		return nil, errors.Join(errStaleIndex, err, x.Close())
	}
	return x, nil
}

// openState opens the current generation of the library in dir, held once.
func openState(ctx context.Context, dir string, cacheBytes int) (*state, error) {
	name, err := currentGeneration(dir)
	if err != nil {
		return nil, err
	}
	s, err := openGeneration(dir, name, cacheBytes)
	if err == nil || !rebuildable(err) {
		return s, err
	}
	// The index alone is broken: build it again, for all if that may be.
	if repaired, err := repair(ctx, dir, name); err == nil {
		if s, err := openGeneration(dir, repaired, cacheBytes); err == nil {
			return s, nil
		}
	}
	if s, err = openRows(dir, name, cacheBytes); err != nil {
		return nil, err
	}
	if err := s.indexInMemory(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// rebuildable reports whether an error means that an index must be built
// again and that doing so helps.
func rebuildable(err error) bool {
	return errors.Is(err, index.ErrRebuild) || errors.Is(err, errStaleIndex)
}

// openRows opens a generation without its index.
func openRows(dir, name string, cacheBytes int) (*state, error) {
	db, err := openDatabase(filepath.Join(dir, name, databaseFile))
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, damaged(err)
		}
		return nil, library.AsError(inWords(err))
	}
	m, err := readMeta(db)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	s := newState(db, m, cacheBytes)
	s.generation = name
	s.closers = append(s.closers, db.close)
	return s, nil
}

// openGeneration opens a generation with its index.
func openGeneration(dir, name string, cacheBytes int) (*state, error) {
	s, err := openRows(dir, name, cacheBytes)
	if err != nil {
		return nil, err
	}
	x, err := openIndex(index.Open, filepath.Join(dir, name), s.content, s.meta.Version)
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	s.setIndex(x)
	return s, nil
}
