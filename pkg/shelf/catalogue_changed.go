package shelf

import (
	"bytes"
	"errors"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// An import sees a work that a caller has changed as the sources tell it, and what they
// newly tell waits in the work's record. When all is read, it is reconciled with what
// the caller changed.

// hasRecords reports whether a caller has changed any work.
func hasRecords(r *rows) (bool, error) {
	err := r.scan(recordTable, "", func(string, []byte) error { return errFound })
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

func (c *catalogue) works() works { return works{library: library.Local, rows: c.rows} }

// entry returns a work that a caller has changed, or nil.
func (c *catalogue) entry(key string) (*entry, error) {
	if !c.records {
		return nil, nil
	}
	rec, err := c.works().record(key)
	if rec == nil || err != nil {
		return nil, err
	}
	return c.works().load(key)
}

// asTold returns the work as its sources tell it. If none does, it has a name and no
// more.
func (e *entry) asTold() *library.Item {
	it := &library.Item{Added: e.whole.Added}
	switch {
	case e.rec.Told != nil:
		*it = *e.rec.Told.Item
	case e.rec.Base != nil:
		*it = *e.rec.Base.Item
	}
	it.ID, it.CitationKey = e.whole.ID, e.whole.CitationKey
	return it
}

// tell notes how the sources tell a work that a caller has changed.
func (c *catalogue) tell(e *entry, it *library.Item) {
	e.rec.Told = &itemRow{Item: it}
	c.rows.put(recordTable, e.key(), encode(e.rec))
}

// settleEntry reconciles a work that a caller has changed with what its sources newly
// tell, and reports whether readers see it as before.
func (c *catalogue) settleEntry(e *entry, base *rows) (unchanged bool, err error) {
	if e.rec.Told == nil {
		return true, nil
	}
	told := e.rec.Told.Item
	e.rec.Told = nil
	texts, err := c.sameTexts(told, base)
	if err != nil {
		return false, err
	}
	if e.rec.Base != nil && texts && sameItem(e.rec.Base.Item, told) {
		c.rows.put(recordTable, e.key(), encode(e.rec))
		return true, nil
	}
	r := reconcile(e, told)
	if len(r.lost) > 0 {
		c.report.overruled(Overruled{Key: e.key(), Title: e.whole.Title(), Origin: c.seen[e.key()].origin, Fields: r.lost})
	}
	e.rec.Base = &itemRow{Item: told}
	if err := c.works().erase(r.gone...); err != nil {
		return false, err
	}
	now := e.visible()
	if unchanged = now == nil || e.shown != nil && texts && sameItem(now, e.shown); !unchanged {
		e.rec.Since = c.before + 1
	}
	it, err := c.works().keep(e)
	if unchanged || err != nil {
		return true, err
	}
	it.Version = c.before + 1
	if err := c.keys.claim(e.shown, it); err != nil {
		return false, err
	}
	return false, writeItem(c.rows, e.shown, it, change{kind: library.Changed, at: c.now}, 0)
}

// sameItem reports whether two works say the same, apart from when they changed.
func sameItem(a, b *library.Item) bool {
	x, y := *a, *b
	x.Version, x.Modified, x.CitationKey = y.Version, y.Modified, y.CitationKey
	return bytes.Equal(encodeItem(&x), encodeItem(&y))
}

// sameTexts reports whether a work's attachments have the texts that they had in base.
func (c *catalogue) sameTexts(it *library.Item, base *rows) (bool, error) {
	for _, a := range it.Attachments {
		old, err := base.get(textTable, a.Key)
		if err != nil {
			return false, err
		}
		if now, err := c.rows.get(textTable, a.Key); err != nil || !bytes.Equal(old, now) {
			return false, err
		}
	}
	return true, nil
}

// leave takes a work that a caller has changed from its last source: one that a caller
// made stays, another one goes to the trash, and one that is there is removed.
func (c *catalogue) leave(e *entry, origin string) error {
	key := e.key()
	switch {
	case e.rec.Made:
		e.rec.Base, e.rec.Told = nil, nil
		c.rows.put(recordTable, key, encode(e.rec))
		c.report.Kept++
		c.report.work(Kept, e.whole, origin)
		return c.identify(key, identities(e.whole))
	case e.rec.isTrashed(key):
		c.report.Removed++
		c.report.work(Removed, e.whole, origin)
		return c.works().erase(objectKeys(e.whole)...)
	}
	e.rec.Told = nil
	e.rec.set(key, func(s *objectState) { s.Version, s.Trashed = c.before+1, c.now })
	if _, err := c.works().keep(e); err != nil {
		return err
	}
	return c.removeItem(e.shown, origin)
}

// countTrashed counts a work that the sources tell of if it is in the trash.
func (c *catalogue) countTrashed(key string, s *sighting) error {
	e, err := c.entry(key)
	if err != nil || e == nil || len(s.sources) == 0 || !e.rec.isTrashed(key) {
		return err
	}
	c.report.Trashed++
	c.report.work(Trashed, e.whole, s.origin)
	return nil
}

// loseKey takes a former citation key from a work that a caller has changed.
func (c *catalogue) loseKey(e *entry, key string) error {
	e.whole = copyOf(e.whole)
	has := dropFormer(e.whole, key)
	for _, told := range []*itemRow{e.rec.Base, e.rec.Told} {
		if told != nil {
			told.Item = copyOf(told.Item)
			dropFormer(told.Item, key)
		}
	}
	it, err := c.works().keep(e)
	if err != nil || !has || it == nil {
		return err
	}
	it.Version = c.before + 1
	c.see(e.key(), "").wrote = true
	return writeItem(c.rows, e.shown, it, change{kind: library.Changed, at: c.now}, 0)
}

// filed returns the collections that are not in the trash.
func (c *catalogue) filed(collections []string) []string {
	if len(c.trashed) == 0 {
		return collections
	}
	return slices.DeleteFunc(slices.Clone(collections), func(key string) bool { return c.trashed[key] != nil })
}
