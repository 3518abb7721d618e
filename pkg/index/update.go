package index

import (
	"context"

	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Bounds of one batch: works, and bytes of analysed terms (a rough measure of
// the memory that a batch takes).
const (
	batchWorks = 4_000
	batchBytes = 32 << 20
)

// Update puts works into the index, in place of what was there under their
// keys, and removes others, in batches. Each batch is atomic; if Update
// fails, some may be applied, and the same call again leads to the whole. A
// work's passages go in or out with the work. Memory is bounded by a batch
// or, if that is more, by the largest single work.
func (x *Index) Update(ctx context.Context, put []Document, remove []string) error {
	x.update.Lock()
	defer x.update.Unlock()
	b := bleveindex.NewBatch()
	for _, key := range remove {
		b.Delete(key)
	}
	build := newBuilder()
	size, works := 0, 0
	for i := range put {
		doc := build.document(&put[i])
		b.Update(doc)
		size += doc.size
		if works++; works >= batchWorks || size >= batchBytes {
			if err := x.store.write(ctx, b); err != nil {
				return err
			}
			b, size, works = bleveindex.NewBatch(), 0, 0
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(b.IndexOps) == 0 {
		return nil
	}
	if err := x.store.write(ctx, b); err != nil {
		return err
	}
	return x.compact(ctx)
}
