package shelf

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// settled is what an import changed.
type settled struct {
	changed, removed []string // keys of works
	dirty            bool     // what the library knows of its sources changed
}

func (s settled) any() bool { return s.dirty || len(s.changed) > 0 || len(s.removed) > 0 }

// settle drops what the sources no longer have, counts what happened and takes
// back what came to nothing: an item that ends as it was keeps its version.
func (c *catalogue) settle(base *rows) (settled, error) {
	for _, r := range c.read {
		if err := c.drop(r); err != nil {
			return settled{}, err
		}
	}
	if err := c.settleKeys(); err != nil {
		return settled{}, err
	}
	changed, err := c.count(base)
	if err != nil {
		return settled{}, err
	}
	if err := errors.Join(c.settleKeys(), c.tellClashes(), c.tellWorks(changed)); err != nil {
		return settled{}, err
	}
	if len(changed)+len(c.removed) > 0 {
		if err := c.removeEmptyCollections(); err != nil {
			return settled{}, err
		}
		c.meta.Version = c.before + 1
	}
	for _, r := range c.read {
		c.saveSource(r)
		c.report.Sources = append(c.report.Sources, r.report)
	}
	out := settled{changed: changed, removed: c.removed, dirty: c.dirty}
	if out.any() {
		c.rows.put(metaTable, metaRow, encode(c.meta))
	}
	c.report.Version, c.report.Items = c.meta.Version, c.meta.Items
	return out, nil
}

// count counts the works and returns the keys of those that were added or changed,
// sorted.
func (c *catalogue) count(base *rows) ([]string, error) {
	var changed []string
	for key, s := range c.seen {
		if s.told {
			if err := c.settleHoldings(key, s, base); err != nil {
				return nil, err
			}
		}
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
			if len(s.sources) > 0 {
				c.report.Unchanged++
			}
			if err := c.countTrashed(key, s); err != nil {
				return nil, err
			}
			continue
		}
		changed = append(changed, key)
		if err := c.written(); err != nil {
			return nil, err
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// settleHoldings gives what a source says of a work the version that it had, where
// the source says again what it said before this import.
func (c *catalogue) settleHoldings(key string, s *sighting, base *rows) error {
	was, err := base.get(holdingTable, key)
	if err != nil {
		return err
	}
	is, err := c.rows.get(holdingTable, key)
	if err != nil || was == nil || is == nil {
		c.touch(s)
		return err
	}
	before, err := decodeHoldings(key, was)
	if err != nil {
		return err
	}
	now, err := decodeHoldings(key, is)
	if err != nil {
		return err
	}
	for i := range now {
		if j := holdingOf(before, now[i].Source); j >= 0 && now[i].same(&before[j]) {
			now[i].Version = before[j].Version
		}
	}
	settled := encodeHoldings(now)
	c.rows.put(holdingTable, key, settled)
	if !bytes.Equal(settled, was) {
		c.touch(s)
	}
	if len(now) == 1 || bytes.Equal(settled, is) {
		return nil
	}
	old, err := c.item(key) // the order of its sources is another one
	if err != nil || old == nil {
		return err
	}
	it, err := c.derive(old, now)
	if err != nil || bytes.Equal(encodeItem(it), encodeItem(old)) {
		return err
	}
	s.wrote = true
	return c.put(it, old)
}

// touch notes that what the sources of an item say is not what they said before.
func (c *catalogue) touch(s *sighting) {
	c.dirty = true
	for _, source := range s.sources {
		c.touched[source] = true
	}
}

// settleKeys gives works their citation keys, and takes former ones from the works
// whose keys other works have taken over.
func (c *catalogue) settleKeys() error {
	if err := c.keys.settle(c.written); err != nil {
		return err
	}
	all := c.keys.lost
	c.keys.lost = nil
	for _, lost := range all {
		if e, err := c.entry(lost.item); err != nil {
			return err
		} else if e != nil {
			if err := c.loseKey(e, lost.key); err != nil {
				return err
			}
			continue
		}
		old, err := c.item(lost.item)
		if err != nil {
			return err
		}
		if old == nil {
			continue
		}
		it := *old
		it.Fields = maps.Clone(old.Fields)
		if dropFormer(&it, lost.key) {
			c.see(lost.item, "")
			if err := c.rewrite(&it, old); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellClashes reports the works that could not have the citation key that their
// source gives them.
func (c *catalogue) tellClashes() error {
	for _, clash := range c.keys.clashes {
		holder, err := c.item(clash.holder)
		if err != nil {
			return err
		}
		it, err := c.item(clash.item)
		if err != nil {
			return err
		}
		if it == nil || holder == nil {
			continue
		}
		origin := ""
		if s := c.seen[clash.item]; s != nil {
			origin = s.origin
		}
		c.report.clash(KeyClash{Key: clash.own, Origin: origin, Title: it.Title(), Got: clash.got, Holder: holder.Title()})
	}
	return nil
}

// tellWorks reports the works that were added or updated.
func (c *catalogue) tellWorks(changed []string) error {
	for _, key := range changed {
		if len(c.report.Works) >= maxListed {
			break
		}
		it, err := c.item(key)
		if err != nil {
			return err
		}
		s := c.seen[key]
		kind := Updated
		if s.added {
			kind = Added
		}
		c.report.work(kind, it, s.origin)
	}
	return nil
}

// errFound ends a scan.
var errFound = errors.New("found")

// removeEmptyCollections removes the collections that hold no work, neither
// themselves nor below them, and that no caller made or changed.
func (c *catalogue) removeEmptyCollections() error {
	all := map[string]collection{}
	err := c.rows.scan(collectionTable, "", func(key string, value []byte) error {
		one, err := decodeCollection(value)
		all[key] = one
		return err
	})
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for key, one := range all {
		err := c.rows.scan(memberTable, key+"\x00", func(string, []byte) error { return errFound })
		if err == nil && one.Kept {
			err = errFound
		}
		if err != nil && !errors.Is(err, errFound) {
			return err
		}
		for at := key; err != nil && at != "" && !used[at]; at = all[at].Parent {
			used[at] = true
		}
	}
	for key, one := range all {
		if !used[key] {
			c.rows.put(collectionTable, key, nil)
			c.rows.put(pathTable, one.Parent+"/"+one.Name, nil)
		}
	}
	return nil
}

// rewrite writes a work if it is not as it was.
func (c *catalogue) rewrite(it, old *library.Item) error {
	if bytes.Equal(encodeItem(it), encodeItem(old)) {
		return nil
	}
	c.seen[old.ID.Key].wrote = true
	return c.put(it, old)
}
