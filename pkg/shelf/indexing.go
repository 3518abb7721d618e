package shelf

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// One batch for an index in memory: works, and about how many bytes of them.
const (
	indexWorks = 4000
	indexBytes = 24 << 20
)

// updateIndex returns an index after the items among rows were written.
func (s *state) updateIndex(ctx context.Context, x *index.Index, written []row) (*index.Index, error) {
	put, removed := changedItems(written)
	seen := map[string]bool{}
	to := indexer{content: s.content, index: x, removed: removed}
	for _, key := range put {
		if seen[key] { // a later transaction wrote it again
			continue
		}
		seen[key] = true
		it, err := s.item(key)
		if err != nil {
			return nil, err
		}
		if it == nil {
			continue // a later transaction removed it
		}
		if err := to.add(ctx, it); err != nil {
			return nil, err
		}
	}
	return to.finish(ctx)
}

// fillIndex builds the state's index in memory.
func (s *state) fillIndex(ctx context.Context) (err error) {
	to := indexer{content: s.content, index: index.New(s.content)}
	err = s.eachItem(func(it *library.Item) error { return to.add(ctx, it) })
	if err != nil {
		return err
	}
	s.index, err = to.finish(ctx)
	return err
}

// indexer puts items into an index in memory, in batches.
type indexer struct {
	content *content
	index   *index.Index
	docs    []index.Document
	removed []string // keys that are removed with the first batch
	size    int
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

func (x *indexer) flush(ctx context.Context) (err error) {
	x.index, err = x.index.With(ctx, x.content, x.docs, x.removed)
	x.docs, x.removed, x.size = nil, nil, 0
	return err
}

// finish returns the index with the last batch.
func (x *indexer) finish(ctx context.Context) (*index.Index, error) {
	err := x.flush(ctx)
	return x.index, err
}
