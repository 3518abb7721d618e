package shelf

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// catalogue takes works into tables: it recognises them, gives out keys and
// keeps every row that hangs on an item in step with it.
type catalogue struct {
	rows    *rows
	meta    meta
	before  int64                // the version before
	now     time.Time            // of each change; zero if times are to be those of the works
	keys    *keyring             // citation keys
	seen    map[string]*sighting // by item key: the works that this import told of or changed
	removed []string             // keys of works
	sources map[string]*sourceRow
	source  *sourceReading   // that is being read
	read    []*sourceReading // that were read
	touched map[int]bool
	records bool                   // callers have changed works
	trashed map[string]*collection // in the trash, by key
	written func() error           // is called after rows were written
	dirty   bool                   // rows about sources were written that the base does not have
	report  Report
}

// sighting is what an import knows of an item that it has met.
type sighting struct {
	origin  string // of the work that told of it first
	sources []int  // the numbers of those that told of it
	added   bool   // the library did not have it before
	wrote   bool   // its rows were written
	told    bool   // what sources say of it was written
}

// by reports whether a source told of the item in this import.
func (s *sighting) by(source int) bool { return s != nil && slices.Contains(s.sources, source) }

// see returns the sighting of an item, a new one if the import has not met it.
func (c *catalogue) see(key, origin string) *sighting {
	s := c.seen[key]
	if s == nil {
		s = &sighting{origin: origin}
		c.seen[key] = s
	}
	return s
}

// newCatalogue returns a catalogue over rows. written is called after rows were
// written, while none are read.
func newCatalogue(r *rows, now time.Time, written func() error) (*catalogue, error) {
	m, err := readMeta(r)
	if err != nil {
		return nil, err
	}
	sources, err := readSources(r)
	if err != nil {
		return nil, err
	}
	records, err := hasRecords(r)
	if err != nil {
		return nil, err
	}
	trashed, err := works{library: library.Local, rows: r}.collectionsOf(func(c *collection) bool { return !c.Trashed.IsZero() })
	if err != nil {
		return nil, err
	}
	return &catalogue{
		records: records, trashed: trashed, rows: r, meta: m, before: m.Version, now: now, keys: newKeyring(library.Local, r), seen: map[string]*sighting{},
		sources: sources, touched: map[int]bool{}, written: written,
		report: Report{Merges: []Merge{}, Works: []WorkReport{}, Overruled: []Overruled{}, KeyClashes: []KeyClash{}, Sources: []SourceReport{}, Problems: []Problem{}},
	}, nil
}

// take takes a work of the present source in. What is wrong with the work goes
// into the report; an error means that the store failed.
func (c *catalogue) take(w Work) error {
	c.report.Read++
	c.source.report.Read++
	p, err := prepare(w)
	if err != nil {
		c.report.problem(Problem{Origin: w.Origin, Reason: library.AsError(err).Message, Failed: true})
		c.source.keep = true // the work may be one that the library has
		return nil
	}
	for _, reason := range p.problems {
		c.report.problem(Problem{Origin: w.Origin, Reason: reason})
	}
	if p.item.Collections, err = c.collections(p.collections); err != nil {
		return err
	}
	p.item.Collections = c.filed(p.item.Collections)
	ids := append([]identity{p.entry}, identities(p.item)...)
	old, by, err := c.recognise(p.item, ids)
	if err != nil {
		return err
	}
	if old != nil {
		return c.update(w, p, ids, old, by)
	}
	if waits, err := c.wait(w, p, ids); err != nil || waits {
		return err
	}
	return c.add(w, p, ids)
}

// takeAll takes works into an empty library.
func (c *catalogue) takeAll(ctx context.Context, works []Work) error {
	in := &Input{}
	if err := c.begin(in); err != nil {
		return err
	}
	for _, w := range works {
		if err := errors.Join(c.take(w), ctx.Err()); err != nil {
			return err
		}
	}
	if err := c.end(in, true); err != nil {
		return err
	}
	_, err := c.settle(newRows())
	return err
}

// recognise returns the item that a work with these identities is, and by
// which of them; nil if the library does not have it yet.
func (c *catalogue) recognise(work *library.Item, ids []identity) (*library.Item, kind, error) {
	for id := range sought(work, ids) {
		row, err := c.rows.get(identityTable, id.row())
		if err != nil {
			return nil, "", err
		}
		for key := range keysIn(row) {
			it, err := c.item(key)
			if err != nil {
				return nil, "", err
			}
			if is, err := c.means(it, id, work); err != nil || is {
				return it, id.kind, err
			}
		}
	}
	return nil, "", nil
}

// means reports whether an item, which may be nil, is a work with this identity. The
// item may have changed since it got the identity.
func (c *catalogue) means(it *library.Item, id identity, work *library.Item) (bool, error) {
	if it == nil {
		return false, nil
	}
	is := func(it *library.Item) bool {
		return id.kind == byEntry || slices.Contains(identities(it), id) && same(id, it, work)
	}
	if is(it) {
		return true, nil
	}
	e, err := c.entry(it.ID.Key)
	return e != nil && is(e.whole), err
}

// item returns the item of a key, or nil if the library has none. One that a caller has
// changed is as its sources tell it.
func (c *catalogue) item(key string) (*library.Item, error) {
	if e, err := c.entry(key); err != nil {
		return nil, err
	} else if e != nil {
		return e.asTold(), nil
	}
	value, err := c.rows.get(itemTable, key)
	if err != nil || value == nil {
		return nil, err
	}
	return decodeItem(localID(key), value)
}

// localID names an item of the embedded library.
func localID(key string) library.ItemID { return library.ItemID{Library: library.Local, Key: key} }

func (c *catalogue) add(w Work, p *prepared, ids []identity) error {
	seed := []string{string(p.entry.kind), p.entry.value}
	if len(ids) > 1 { // a surer identity changes less when the entry is edited
		seed = []string{string(ids[1].kind), ids[1].value}
	}
	key, err := newKey(c.has(itemTable, childTable, trashTable), seed...)
	if err != nil {
		return err
	}
	it := *p.item
	it.ID = localID(key)
	if it.Added.IsZero() {
		it.Added = c.now
	}
	if it.Modified.IsZero() {
		it.Modified = it.Added
	}
	s := c.see(key, w.Origin)
	s.added, s.wrote, s.told = true, true, true
	c.meta.Items++
	if _, _, err := c.hold(key, p); err != nil {
		return err
	}
	s.sources = append(s.sources, c.source.Number)
	if err := c.nameChildren(&it); err != nil {
		return err
	}
	if err := c.put(&it, nil); err != nil {
		return err
	}
	c.putTexts(&it, p)
	return c.identify(key, ids)
}

func (c *catalogue) update(w Work, p *prepared, ids []identity, old *library.Item, by kind) error {
	key := old.ID.Key
	if s := c.seen[key]; s != nil && len(s.sources) > 0 {
		_, replaced := merge(old, p.item)
		c.report.merge(Merge{Key: key, Origin: w.Origin, Into: s.origin, By: string(by), Replaced: replaced})
	}
	said, changed, err := c.hold(key, p)
	if err != nil {
		return err
	}
	s := c.see(key, w.Origin)
	s.told = s.told || changed
	if !s.by(c.source.Number) {
		s.sources = append(s.sources, c.source.Number)
	}
	it := old
	if changed {
		if it, err = c.derive(old, said); err != nil {
			return err
		}
	}
	if err := c.updateItem(it, old, p); err != nil {
		return err
	}
	return c.identify(key, ids)
}

// updateItem writes an item and the texts that a work brings, if they are new.
func (c *catalogue) updateItem(it, old *library.Item, p *prepared) error {
	own := *it
	if err := c.nameChildren(&own); err != nil {
		return err
	}
	newText, err := c.textsDiffer(&own, p)
	if err != nil || !newText && bytes.Equal(encodeItem(&own), encodeItem(old)) {
		return err
	}
	c.seen[old.ID.Key].wrote = true
	if p.item.Modified.IsZero() && !c.now.IsZero() {
		own.Modified = c.now
	}
	if err := c.put(&own, old); err != nil {
		return err
	}
	c.putTexts(&own, p)
	return nil
}

// put writes the item, which was old before; old is nil if there was none.
func (c *catalogue) put(it, old *library.Item) error {
	if e, err := c.entry(it.ID.Key); err != nil {
		return err
	} else if e != nil {
		c.tell(e, it)
		return nil
	}
	it.Version = c.before + 1
	if err := c.keys.claim(old, it); err != nil {
		return err
	}
	ch := change{kind: library.Changed, at: c.now}
	if c.seen[it.ID.Key].added {
		ch.kind = library.Added
	}
	if ch.at.IsZero() {
		ch.at = it.Modified
	}
	return writeItem(c.rows, old, it, ch, 0)
}

// maxSharing is how many items are compared with a work that shares an
// identity with them, so that a file in which everything has one citation key
// does not take for ever. What is beyond is still recognised as the same entry.
const maxSharing = 64

// identify notes by what the item is recognised from now on.
func (c *catalogue) identify(key string, ids []identity) error { return identify(c.rows, key, ids) }

func identify(r *rows, key string, ids []identity) error {
	for _, id := range ids {
		value, err := r.get(identityTable, id.row())
		if err != nil {
			return err
		}
		keys := slices.Collect(keysIn(value))
		if !slices.Contains(keys, key) && len(keys) < maxSharing {
			r.put(identityTable, id.row(), []byte(strings.Join(append(keys, key), "\x00")))
		}
	}
	return nil
}

// unidentify takes an item from those that an identity's row names.
func (c *catalogue) unidentify(row, item string) error {
	value, err := c.rows.get(identityTable, row)
	if err != nil || value == nil {
		return err
	}
	keys := slices.DeleteFunc(slices.Collect(keysIn(value)), func(key string) bool { return key == item })
	if len(keys) == 0 {
		c.rows.put(identityTable, row, nil)
		return nil
	}
	c.rows.put(identityTable, row, []byte(strings.Join(keys, "\x00")))
	return nil
}

// collections returns the keys of the collections at paths, making those that
// are missing.
func (c *catalogue) collections(paths [][]string) ([]string, error) {
	var keys []string
	for _, path := range paths {
		parent := ""
		for _, name := range path {
			at := parent + "/" + name
			value, err := c.rows.get(pathTable, at)
			if err != nil {
				return nil, err
			}
			key := string(value)
			known, err := c.works().collection(key) // a path may be that of a collection that is gone
			if err != nil {
				return nil, err
			}
			if known == nil {
				if key, err = newKey(c.has(collectionTable), "collection", parent, name); err != nil {
					return nil, err
				}
				c.rows.put(pathTable, at, []byte(key))
				c.rows.put(collectionTable, key, encode(collection{Name: name, Parent: parent}))
			}
			parent = key
		}
		keys = union(keys, []string{parent})
	}
	return keys, nil
}

// has returns a function that says whether a key stands in one of the tables.
func (c *catalogue) has(in ...table) func(key string) (bool, error) {
	return func(key string) (bool, error) {
		for _, t := range in {
			if row, err := c.rows.get(t, key); err != nil || row != nil {
				return true, err
			}
		}
		return false, nil
	}
}
