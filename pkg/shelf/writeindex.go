package shelf

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// reportEvery is after how many works the progress of indexing is told.
const reportEvery = 500

// writeIndex writes the base's index and returns the names of its files.
func (m *making) writeIndex(ctx context.Context, c contents, items int) ([]string, error) {
	f, err := pack.Open(filepath.Join(m.folder, rowsFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := newBase(makingCacheBytes)
	from := &content{library: m.opts.library, rows: newRows(sorted{File: f}), items: b.items, texts: b.texts}
	to := index.NewBuilder(m.folder)
	defer to.Close()
	done, total := 0, items
	if c.from != nil {
		total = len(c.put)
	}
	err = from.eachDocument(ctx, c, func(doc index.Document) error {
		if done++; c.report != nil && done%reportEvery == 0 {
			c.report(done, total)
		}
		return to.Add(ctx, doc)
	})
	if err != nil {
		return nil, err
	}
	if c.report != nil {
		c.report(done, total)
	}
	if c.parts {
		return to.FinishParts(ctx)
	}
	return to.Finish(ctx, c.from)
}

// readAhead is how many works are read before the index takes them.
const readAhead = 16

// eachDocument calls take with what the index takes of each work that it does not
// have yet. The next works are read while take runs, which is as much work as
// indexing them.
func (c *content) eachDocument(ctx context.Context, of contents, take func(index.Document) error) error {
	reading, stop := context.WithCancel(ctx)
	docs, failed := make(chan index.Document, readAhead), make(chan error, 1)
	go func() {
		defer close(docs)
		failed <- c.eachToIndex(of, func(it *library.Item) error {
			doc, err := c.document(it)
			if err != nil {
				return err
			}
			select {
			case docs <- doc:
				return nil
			case <-reading.Done():
				return reading.Err()
			}
		})
	}()
	defer func() { // nothing reads the files any more when it returns
		stop()
		for range docs {
		}
	}()
	for doc := range docs {
		if err := take(doc); err != nil {
			return err
		}
	}
	return <-failed
}

// eachToIndex calls fn with the works that the index does not have yet.
func (c *content) eachToIndex(of contents, fn func(*library.Item) error) error {
	if of.from == nil {
		return c.eachItem(fn)
	}
	for _, key := range of.put {
		it, err := c.item(key)
		if err == nil && it == nil {
			err = damaged(errors.New("an item that was written is not there"))
		}
		if err == nil {
			err = fn(it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
