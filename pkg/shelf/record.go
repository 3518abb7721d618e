package shelf

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// record is what a library keeps of a work beside its item once a caller has changed
// the work or an object below it.
type record struct {
	// Since is the version of the objects that have no later one in Objects.
	Since   int64                  `json:"since"`
	Objects map[string]objectState `json:"objects,omitempty"` // by key
	// Whole is the work with what is in the trash. It is nil if nothing is: then the
	// item is whole.
	Whole *itemRow `json:"whole,omitempty"`
	// Made says that a caller made the work: it stays when no source has it.
	Made bool `json:"made,omitempty"`
	// Base is the work as its sources told it in the last import, and Told as they tell
	// it in the one that runs. Its children have the keys of those of the work.
	Base *itemRow `json:"base,omitempty"`
	Told *itemRow `json:"told,omitempty"`
}

// objectState is what is known of an object beside the item.
type objectState struct {
	Version int64 `json:"version,omitempty"`
	// Extra are the fields for which [library.Item] has no place.
	Extra   library.Data `json:"extra,omitempty"`
	Trashed time.Time    `json:"trashed,omitzero"` // when it went to the trash
}

// isTrashed reports whether an object itself is in the trash.
func (r *record) isTrashed(key string) bool { return !r.Objects[key].Trashed.IsZero() }

// set changes the state of an object.
func (r *record) set(key string, change func(*objectState)) {
	if r.Objects == nil {
		r.Objects = map[string]objectState{}
	}
	s := r.Objects[key]
	change(&s)
	r.Objects[key] = s
}

// entry is a work with its record.
type entry struct {
	rec   *record
	shown *library.Item // as readers see the work; nil if it is new or in the trash
	whole *library.Item // with what is in the trash; the caller may change it
}

func (e *entry) key() string { return e.whole.ID.Key }

// version returns the version of the work as an object, or of an object below it.
func (e *entry) version(key string) int64 { return max(e.rec.Since, e.rec.Objects[key].Version) }

// visible returns the work without what is in the trash, or nil.
func (e *entry) visible() *library.Item {
	if e.rec.isTrashed(e.key()) {
		return nil
	}
	it := copyOf(e.whole)
	it.Notes = slices.DeleteFunc(it.Notes, func(n library.Note) bool { return e.rec.isTrashed(n.Key) })
	it.Attachments = slices.DeleteFunc(it.Attachments, func(a library.Attachment) bool { return e.rec.isTrashed(a.Key) })
	for i := range it.Attachments {
		a := &it.Attachments[i]
		a.Annotations = slices.DeleteFunc(a.Annotations, func(x library.Annotation) bool { return e.rec.isTrashed(x.Key) })
	}
	return it
}

// copyOf returns a copy of a work whose fields and lists of children can be changed.
func copyOf(it *library.Item) *library.Item {
	c := *it
	if c.Fields = maps.Clone(it.Fields); c.Fields == nil {
		c.Fields = map[string]string{}
	}
	c.Notes = slices.Clone(it.Notes)
	c.Attachments = slices.Clone(it.Attachments)
	for i := range c.Attachments {
		c.Attachments[i].Annotations = slices.Clone(c.Attachments[i].Annotations)
	}
	return &c
}

// objectKeys returns the keys of a work and of all below it.
func objectKeys(it *library.Item) []string { return append(childKeys(it), it.ID.Key) }

// works reads and writes works with their records.
type works struct {
	library library.ID
	rows    *rows
}

// item returns the item of a key, or nil if readers see none.
func (s works) item(key string) (*library.Item, error) {
	value, err := s.rows.get(itemTable, key)
	if err != nil || value == nil {
		return nil, err
	}
	return decodeItem(library.ItemID{Library: s.library, Key: key}, value)
}

// record returns the record of a work, or nil.
func (s works) record(key string) (*record, error) {
	value, err := s.rows.get(recordTable, key)
	if err != nil || value == nil {
		return nil, err
	}
	r := &record{}
	if err := json.Unmarshal(value, r); err != nil {
		return nil, damaged(fmt.Errorf("record of item %s: %w", key, err))
	}
	return r, nil
}

// load returns a work, also one in the trash, or nil. One without a record gets one
// that no row has yet.
func (s works) load(key string) (*entry, error) {
	it, err := s.item(key)
	if err != nil {
		return nil, err
	}
	rec, err := s.record(key)
	if err != nil || it == nil && (rec == nil || rec.Whole == nil) {
		return nil, err
	}
	if rec == nil {
		return s.first(it)
	}
	e := &entry{rec: rec, shown: it}
	if rec.Whole == nil {
		e.whole = copyOf(it)
		return e, nil
	}
	e.whole = copyOf(rec.Whole.Item)
	e.whole.ID = library.ItemID{Library: s.library, Key: key}
	if it != nil {
		e.whole.CitationKey = it.CitationKey // the keyring changes the item alone
		for _, a := range it.Attachments {   // and so does PutText
			if i := attachmentIn(e.whole, a.Key); i >= 0 {
				e.whole.Attachments[i].Text = a.Text
			}
		}
	}
	return e, nil
}

// first returns a work that no caller has changed yet.
func (s works) first(it *library.Item) (*entry, error) {
	e := &entry{rec: &record{Since: max(it.Version, 1)}, shown: it, whole: copyOf(it)}
	held, err := s.rows.get(holdingTable, it.ID.Key)
	if held != nil {
		e.rec.Base = &itemRow{Item: it}
	} else {
		e.rec.Made = true
	}
	return e, err
}

// loadOf returns the work that an object is or is below, or nil.
func (s works) loadOf(key string) (*entry, error) {
	if e, err := s.load(key); e != nil || err != nil {
		return e, err
	}
	for _, t := range []table{childTable, trashTable} {
		work, err := s.rows.get(t, key)
		if err != nil {
			return nil, err
		}
		if work == nil {
			continue
		}
		e, err := s.load(string(work))
		if err != nil || e != nil && slices.Contains(childKeys(e.whole), key) {
			return e, err
		}
	}
	return nil, nil
}

// keep writes the record of a work, and the rows by which what is in the trash is
// found. It returns the work as readers are to see it, or nil. The row of the item is
// the caller's.
func (s works) keep(e *entry) (*library.Item, error) {
	it := e.visible()
	seen := map[string]bool{}
	if it != nil {
		for _, key := range objectKeys(it) {
			seen[key] = true
		}
	}
	e.rec.Whole = nil
	all := objectKeys(e.whole)
	for _, key := range all {
		if !seen[key] {
			e.rec.Whole = &itemRow{Item: e.whole}
			s.rows.put(trashTable, key, []byte(e.key()))
		} else if err := s.clear(trashTable, key); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(e.rec.Objects, func(key string, _ objectState) bool { return !slices.Contains(all, key) })
	s.rows.put(recordTable, e.key(), encode(e.rec))
	return it, nil
}

// clear takes a row away if it is there.
func (s works) clear(t table, key string) error {
	value, err := s.rows.get(t, key)
	if err == nil && value != nil {
		s.rows.put(t, key, nil)
	}
	return err
}

// erase removes objects that are in the trash for good.
func (s works) erase(keys ...string) error {
	for _, key := range keys {
		for _, t := range []table{trashTable, textTable, recordTable} {
			if err := s.clear(t, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// trashAge is how long what is in the trash is kept.
const trashAge = 90 * 24 * time.Hour

// emptyTrash removes for good what has been in the trash for longer than trashAge. A
// work that a source has stays: an import would add it again.
func (s works) emptyTrash(now time.Time) error {
	works := map[string]bool{}
	err := s.rows.scan(trashTable, "", func(_ string, work []byte) error {
		works[string(work)] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(works)) {
		if err := s.emptyWork(key, now); err != nil {
			return err
		}
	}
	return s.emptyCollections(now)
}

// emptyWork removes what is old in the trash of a work.
func (s works) emptyWork(key string, now time.Time) error {
	e, err := s.load(key)
	if err != nil || e == nil {
		return err
	}
	old := func(key string) bool { return e.rec.isTrashed(key) && now.Sub(e.rec.Objects[key].Trashed) > trashAge }
	if old(key) {
		if held, err := s.rows.get(holdingTable, key); err != nil || held != nil {
			return err
		}
		return s.erase(objectKeys(e.whole)...)
	}
	before := childKeys(e.whole)
	for _, key := range before {
		if old(key) {
			takeChild(e.whole, key)
		}
	}
	left := childKeys(e.whole)
	gone := slices.DeleteFunc(before, func(key string) bool { return slices.Contains(left, key) })
	if len(gone) == 0 {
		return nil
	}
	if err := s.erase(gone...); err != nil {
		return err
	}
	_, err = s.keep(e)
	return err
}
