package shelf

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Rebuilding takes a whole reading of a library in; see [Rebuild].
type Rebuilding struct {
	editor
	making *making
	seen   map[string]bool // keys of the works and collections that were put
	parts  bool
}

// MergeLater leaves the index in the parts in which it is written, so that the library
// answers sooner. [Shelf.MergeIndex] merges them, as does a later
// transaction.
func (b *Rebuilding) MergeLater() { b.parts = true }

// Put is like [Tx.Put].
func (b *Rebuilding) Put(it *library.Item) error { return b.taken(it, b.editor.Put(it)) }

// PutWithoutTexts is like [Rebuilding.Put], and removes the texts of the work's
// attachments.
func (b *Rebuilding) PutWithoutTexts(it *library.Item) error {
	return b.taken(it, b.put(it, b.dropText))
}

// taken notes that a work was put, unless that failed.
func (b *Rebuilding) taken(it *library.Item, err error) error {
	if err != nil {
		return err
	}
	b.seen[string(itemTable)+it.ID.Key] = true
	return b.making.spill()
}

// PutText is like [Tx.PutText].
func (b *Rebuilding) PutText(key, attachment string, pages []library.TextPage, status library.TextStatus) error {
	if err := b.editor.PutText(key, attachment, pages, status); err != nil {
		return err
	}
	return b.making.spill()
}

// PutCollection is like [Tx.PutCollection].
func (b *Rebuilding) PutCollection(c library.Collection) error {
	b.seen[string(collectionTable)+c.Key] = true
	return b.editor.PutCollection(c)
}

// rebuildBytes is how many bytes of rows a whole reading keeps in memory before they are
// spilled: those of some 50,000 works, so that they are written once.
const rebuildBytes = 64 << 20

// Rebuild takes a whole reading of a library into folder dir, as its state at
// the version that read returns, which may be below the one before. read puts
// every work and collection; those that it does not put are removed. Texts stay
// as long as their attachments do. The result is a new base, published whole: if
// read or Rebuild fails or is killed, the library is as it was. Other writers
// are refused meanwhile with [library.Conflict]; readers are not affected.
// Memory is bounded for any number of works. A library that is damaged, or of
// another format, is replaced.
func Rebuild(ctx context.Context, dir string, read func(*Rebuilding) (version int64, err error), opts ...Option) (err error) {
	m := newMaking(dir, optionsOf("", opts))
	m.batch = rebuildBytes
	defer m.clear()
	defer func() {
		if err != nil {
			err = inWords(err)
		}
	}()
	old, err := m.begin(ctx)
	if err != nil {
		return err
	}
	b := &Rebuilding{editor: newEditor(m.opts.library, m.rows, old), making: m, seen: map[string]bool{}}
	version, err := read(b)
	if err != nil {
		return err
	}
	b.next = version
	if m.base != nil {
		if err := b.removeOthers(); err != nil {
			return err
		}
	}
	if err := b.keys.decide(m.spill); err != nil {
		return err
	}
	m.keys = b.keys.given
	b.meta.Version = version
	if old.Version == 0 { // what was removed before the first reading is not known
		b.meta.Forgotten = version
	}
	if err := m.write(ctx, b.meta, contents{parts: b.parts}); err != nil {
		return err
	}
	return m.publish(ctx)
}

// begin locks the library against other writers, opens it, or none if it can't be
// used, and returns its meta.
func (m *making) begin(ctx context.Context) (meta, error) {
	if err := m.lockBoth(ctx, forImport); err != nil {
		return meta{}, err
	}
	if err := m.openOrForget(ctx); err != nil {
		return meta{}, err
	}
	return readMeta(m.rows)
}

// openOrForget is like open, but a library that can't be used counts as none.
func (m *making) openOrForget(ctx context.Context) error {
	err := m.open(ctx)
	if err == nil || ctx.Err() != nil || library.CodeOf(err) != library.Unavailable {
		return err
	}
	m.base, m.rows = nil, newRows()
	return nil
}

// removeOthers removes the works and collections that were not put.
func (b *Rebuilding) removeOthers() error {
	for _, x := range []struct {
		table  table
		remove func(key string) error
	}{{collectionTable, b.RemoveCollection}, {itemTable, b.Remove}} {
		var gone []string
		err := b.rows.scan(x.table, "", func(key string, _ []byte) error {
			if !b.seen[string(x.table)+key] {
				gone = append(gone, key)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range gone {
			if err := x.remove(key); err != nil {
				return err
			}
		}
	}
	return nil
}
