package shelf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// catalogue takes works into tables: it recognises them, gives out keys and
// keeps every row that hangs on an item in step with it.
type catalogue struct {
	rows   *rows
	meta   meta
	before int64                // the version before
	now    time.Time            // of each change; zero if times are to be those of the works
	seen   map[string]*sighting // by item key: the works that this import told of
	report Report
}

// sighting is what an import knows of an item that it has met.
type sighting struct {
	origin string // of the work that told of it first
	added  bool   // the library did not have it before
	wrote  bool   // its rows were written
}

// newCatalogue returns a catalogue over rows.
func newCatalogue(r *rows, now time.Time) (*catalogue, error) {
	m, err := readMeta(r)
	if err != nil {
		return nil, err
	}
	return &catalogue{
		rows: r, meta: m, before: m.Version, now: now, seen: map[string]*sighting{},
		report: Report{Merges: []Merge{}, Problems: []Problem{}},
	}, nil
}

// take takes a work in. What is wrong with the work goes into the report; an
// error means that the store failed.
func (c *catalogue) take(w Work) error {
	c.report.Read++
	p, err := prepare(w)
	if err != nil {
		c.report.problem(Problem{Origin: w.Origin, Reason: library.AsError(err).Message, Failed: true})
		return nil
	}
	for _, reason := range p.problems {
		c.report.problem(Problem{Origin: w.Origin, Reason: reason})
	}
	if p.item.Collections, err = c.collections(p.collections); err != nil {
		return err
	}
	ids := append([]identity{p.entry}, identities(p.item)...)
	old, by, err := c.recognise(p.item, ids)
	if err != nil {
		return err
	}
	if old == nil {
		return c.add(w, p, ids)
	}
	return c.update(w, p, ids, old, by)
}

// recognise returns the item that a work with these identities is, and by
// which of them; nil if the library does not have it yet.
func (c *catalogue) recognise(work *library.Item, ids []identity) (*library.Item, kind, error) {
	for _, id := range ids {
		row, err := c.rows.get(identityTable, id.row())
		if err != nil {
			return nil, "", err
		}
		for key := range keysIn(row) {
			it, err := c.item(key)
			if err != nil {
				return nil, "", err
			}
			// The item may have changed since it got this identity.
			if id.kind == byEntry || slices.Contains(identities(it), id) && same(id, it, work) {
				return it, id.kind, nil
			}
		}
	}
	return nil, "", nil
}

// item returns the item of a key that a row of the library names.
func (c *catalogue) item(key string) (*library.Item, error) {
	value, err := c.rows.get(itemTable, key)
	if err == nil && value == nil {
		err = damaged(fmt.Errorf("item %s is not there", key))
	}
	if err != nil {
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
	key, err := newKey(c.has(itemTable, childTable), seed...)
	if err != nil {
		return err
	}
	it := p.item
	it.ID = localID(key)
	if it.Added.IsZero() {
		it.Added = c.now
	}
	if it.Modified.IsZero() {
		it.Modified = it.Added
	}
	c.seen[key] = &sighting{origin: w.Origin, added: true, wrote: true}
	c.meta.Items++
	if err := c.nameChildren(it); err != nil {
		return err
	}
	if err := c.put(it, nil); err != nil {
		return err
	}
	c.putTexts(it, p)
	return c.identify(key, ids)
}

func (c *catalogue) update(w Work, p *prepared, ids []identity, old *library.Item, by kind) error {
	key := old.ID.Key
	it, replaced := merge(old, p.item, c.seen[key] != nil)
	if err := c.nameChildren(it); err != nil {
		return err
	}
	if s := c.seen[key]; s != nil {
		c.report.merge(Merge{Key: key, Origin: w.Origin, Into: s.origin, By: string(by), Replaced: replaced})
	} else {
		c.seen[key] = &sighting{origin: w.Origin}
	}
	newText, err := c.textsDiffer(it, p)
	if err != nil {
		return err
	}
	if newText || !bytes.Equal(encodeItem(it), encodeItem(old)) {
		c.seen[key].wrote = true
		if p.item.Modified.IsZero() && !c.now.IsZero() {
			it.Modified = c.now
		}
		if err := c.put(it, old); err != nil {
			return err
		}
		c.putTexts(it, p)
	}
	return c.identify(key, ids)
}

// put writes the item, which was old before; old is nil if there was none.
func (c *catalogue) put(it, old *library.Item) error {
	it.Version = c.before + 1
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
func (c *catalogue) identify(key string, ids []identity) error {
	for _, id := range ids {
		value, err := c.rows.get(identityTable, id.row())
		if err != nil {
			return err
		}
		keys := slices.Collect(keysIn(value))
		if !slices.Contains(keys, key) && len(keys) < maxSharing {
			c.rows.put(identityTable, id.row(), []byte(strings.Join(append(keys, key), "\x00")))
		}
	}
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
			if value == nil {
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

// settle counts what happened and takes back what came to nothing: an item
// that ends as it was keeps its version. It returns the keys of the items
// that did change.
func (c *catalogue) settle(base *rows) ([]string, error) {
	var changed []string
	for key, s := range c.seen {
		if s.wrote && !s.added {
			undone, err := c.takeBack(key, base)
			if err != nil {
				return nil, err
			}
			s.wrote = !undone
		}
		switch {
		case s.added:
			c.report.Added++
		case s.wrote:
			c.report.Updated++
		default:
			c.report.Unchanged++
			continue
		}
		changed = append(changed, key)
	}
	slices.Sort(changed)
	if len(changed) > 0 {
		c.meta.Version = c.before + 1
		c.rows.put(metaTable, metaRow, encode(c.meta))
	}
	c.report.Version, c.report.Items = c.meta.Version, c.meta.Items
	return changed, nil
}
