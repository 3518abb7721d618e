package shelf

import (
	"maps"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// data returns the fields of a collection in Zotero's shapes.
func (c *collection) data() library.Data {
	d := library.Data{"name": c.Name}
	if c.Parent != "" {
		d["parentCollection"] = c.Parent
	}
	if !c.Trashed.IsZero() {
		d["deleted"] = true
	}
	return d
}

// collection returns a collection, also one in the trash, or nil.
func (s works) collection(key string) (*collection, error) {
	value, err := s.rows.get(collectionTable, key)
	if err != nil || value == nil || key == "" {
		return nil, err
	}
	c, err := decodeCollection(value)
	return &c, err
}

// changeCollection makes, renames or moves a collection, or moves it to the trash or
// back.
func (w *writing) changeCollection(o *library.Object, sent library.Data) error {
	c, err := w.collection(o.Key)
	if err != nil {
		return err
	}
	if c == nil {
		c = &collection{}
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if err := w.setCollectionField(o.Key, c, name, sent[name]); err != nil {
			return err
		}
	}
	if c.Name == "" {
		return invalid("name", "a collection needs one")
	}
	value, named := sent["deleted"]
	switch deleted := !isEmpty(value); {
	case named && deleted && c.Trashed.IsZero():
		return w.trashCollection(o.Key, c, "")
	case named && !deleted && !c.Trashed.IsZero():
		return w.restoreCollection(o.Key, c)
	}
	w.putCollection(o.Key, c)
	return nil
}

// setCollectionField sets a field of a collection.
func (w *writing) setCollectionField(key string, c *collection, name string, value any) error {
	text, ok := value.(string)
	switch {
	case name == "deleted":
		return nil
	case name != "name" && name != "parentCollection":
		return noField("collection", name)
	case !ok && !isEmpty(value):
		return invalid(name, "must be a text")
	case name == "name" && len(text) > maxNameBytes:
		return invalid(name, "has more than %d bytes", maxNameBytes)
	case name == "name":
		c.Name = clean(text)
		return nil
	}
	c.Parent = text
	return w.checkAbove(key, text)
}

// checkAbove refuses a collection above another one that does not exist, or would be
// below it.
func (w *writing) checkAbove(key, above string) error {
	for depth := 1; above != ""; depth++ {
		if above == key || depth >= maxDepth {
			return invalid("parentCollection", "the collection would be below itself, or more than %d deep", maxDepth)
		}
		c, err := w.collection(above)
		if err != nil {
			return err
		}
		if c == nil || !c.Trashed.IsZero() {
			return missing("parentCollection", "the library has no such collection, or has it in the trash")
		}
		above = c.Parent
	}
	return nil
}

// putCollection writes a collection. The path by which an import found it before stays,
// so that an import does not make the collection again under its former name.
func (w *writing) putCollection(key string, c *collection) {
	c.Version, c.Kept = w.next, true
	w.rows.put(collectionTable, key, encode(c))
	w.rows.put(pathTable, c.Parent+"/"+c.Name, []byte(key))
}

// trashCollection moves a collection and those below it to the trash; with is the one
// above that goes too, or "". Works leave it.
func (w *writing) trashCollection(key string, c *collection, with string) error {
	c.Trashed, c.With, c.Members = w.now, with, nil
	err := w.rows.scan(memberTable, key+"\x00", func(row string, _ []byte) error {
		c.Members = append(c.Members, row[len(key)+1:])
		return nil
	})
	if err != nil {
		return err
	}
	w.putCollection(key, c)
	below, err := w.works.collectionsOf(func(other *collection) bool { return other.Parent == key && other.Trashed.IsZero() })
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(below)) {
		if err := w.trashCollection(k, below[k], key); err != nil {
			return err
		}
	}
	for _, work := range c.Members {
		if err := w.file(work, key, false); err != nil {
			return err
		}
	}
	return nil
}

// restoreCollection takes a collection out of the trash, with its works and the
// collections that went with it.
func (w *writing) restoreCollection(key string, c *collection) error {
	if err := w.checkAbove(key, c.Parent); err != nil {
		return err
	}
	members := c.Members
	c.Trashed, c.With, c.Members = time.Time{}, "", nil
	w.putCollection(key, c)
	for _, work := range members {
		if err := w.file(work, key, true); err != nil {
			return err
		}
	}
	below, err := w.works.collectionsOf(func(other *collection) bool { return other.With == key })
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(below)) {
		if err := w.restoreCollection(k, below[k]); err != nil {
			return err
		}
	}
	return nil
}

// collectionsOf returns the collections that meet a condition, by key.
func (s works) collectionsOf(meets func(*collection) bool) (map[string]*collection, error) {
	found := map[string]*collection{}
	err := s.rows.scan(collectionTable, "", func(key string, value []byte) error {
		c, err := decodeCollection(value)
		if err == nil && meets(&c) {
			found[key] = &c
		}
		return err
	})
	return found, err
}

// file puts a work into a collection or takes it out, unless the work is in the trash.
// It is the collection that changed: the version of the work as an object stays.
func (w *writing) file(work, key string, in bool) error {
	e, err := w.works.load(work)
	if err != nil || e == nil || e.shown == nil {
		return err
	}
	e.whole.Collections = slices.DeleteFunc(slices.Clone(e.whole.Collections), func(k string) bool { return k == key })
	if in {
		e.whole.Collections = append(e.whole.Collections, key)
	}
	return w.save(e)
}

// emptyCollections removes the collections that have been in the trash for too long.
func (s works) emptyCollections(now time.Time) error {
	old, err := s.collectionsOf(func(c *collection) bool { return !c.Trashed.IsZero() && now.Sub(c.Trashed) > trashAge })
	for key, c := range old {
		s.rows.put(collectionTable, key, nil)
		if value, err := s.rows.get(pathTable, c.Parent+"/"+c.Name); err != nil {
			return err
		} else if string(value) == key {
			s.rows.put(pathTable, c.Parent+"/"+c.Name, nil)
		}
	}
	return err
}
