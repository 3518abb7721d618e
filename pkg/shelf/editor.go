package shelf

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// hanging returns the rows that an item stands in beside its own.
func hanging(it *library.Item) []row {
	if it == nil {
		return nil
	}
	var all []row
	add := func(t table, key string, value []byte) { all = append(all, row{key: string(t) + key, value: value}) }
	here := []byte{}
	for _, tag := range it.AllTags() {
		add(tagTable, tag+"\x00"+it.ID.Key, here)
	}
	for _, k := range it.Collections {
		add(memberTable, k+"\x00"+it.ID.Key, here)
	}
	for _, k := range childKeys(it) {
		add(childTable, k, []byte(it.ID.Key))
	}
	return all
}

// writeItem writes the rows of an item, which was old before, and takes away
// those that it no longer stands in. Either may be nil: there was none, or it
// is removed. A removal's version is that of the library.
func writeItem(r *rows, old, it *library.Item, c change, removed int64) error {
	var encoded []byte
	if it != nil {
		encoded = encodeItem(it)
	}
	return writeEncoded(r, old, it, encoded, c, removed)
}

// writeEncoded is [writeItem] for an item that is encoded already.
func writeEncoded(r *rows, old, it *library.Item, encoded []byte, c change, removed int64) error {
	was, is := hanging(old), hanging(it)
	stays := map[string]bool{}
	for _, x := range is {
		stays[x.key] = true
	}
	had := map[string]bool{}
	for _, x := range was {
		had[x.key] = true
		if stays[x.key] {
			continue
		}
		if moved, err := movedOn(r, x); err != nil {
			return err
		} else if !moved {
			r.set(row{key: x.key})
		}
	}
	for _, x := range is {
		if !had[x.key] {
			r.set(x)
		}
	}
	if old != nil {
		r.put(changeTable, changeKey(old.Version, old.ID.Key), nil)
		for i := range old.Attachments {
			k := old.Attachments[i].Key
			if stays[string(childTable)+k] {
				continue
			}
			if elsewhere, err := isUsed(r, k); err != nil {
				return err
			} else if !elsewhere { // below another work, or in the trash
				r.put(textTable, k, nil)
			}
		}
	}
	if it == nil {
		r.put(itemTable, old.ID.Key, nil)
		r.put(removalTable, old.ID.Key, versionBytes(removed))
		r.put(changeTable, changeKey(removed, old.ID.Key), c.encode())
		return nil
	}
	r.put(itemTable, it.ID.Key, encoded)
	r.put(changeTable, changeKey(it.Version, it.ID.Key), c.encode())
	if old != nil {
		return nil
	}
	// What was removed before may have come back.
	version, err := r.get(removalTable, it.ID.Key)
	if err != nil || version == nil {
		return err
	}
	r.put(removalTable, it.ID.Key, nil)
	if before := string(version) + it.ID.Key; before != changeKey(it.Version, it.ID.Key) {
		r.put(changeTable, before, nil)
	}
	return nil
}

// movedOn reports whether a row is that of a child which was put below another
// work, before it was taken from the one that had it.
func movedOn(r *rows, x row) (bool, error) {
	key, ok := strings.CutPrefix(x.key, string(childTable))
	if !ok {
		return false, nil
	}
	parent, err := r.get(childTable, key)
	return parent != nil && !bytes.Equal(parent, x.value), err
}

// editor changes a library's rows for [Tx] and [Rebuilding].
type editor struct {
	library library.ID
	rows    *rows
	meta    meta
	next    int64 // the version of what the caller gives no version
	used    bool  // something has that version
	now     time.Time
	keys    *keyring
}

func newEditor(id library.ID, r *rows, m meta) editor {
	e := editor{library: id, rows: r, meta: m, next: m.Version + 1, now: time.Now().UTC(), keys: newKeyring(id, r)}
	e.keys.byAge = true
	return e
}

// check fails once the transaction has ended.
func (e *editor) check() error {
	if e.rows == nil {
		return library.Errorf(library.Invalid, "the transaction has ended")
	}
	return nil
}

// item returns the item of a key, or nil.
func (e *editor) item(key string) (*library.Item, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	value, err := e.rows.get(itemTable, key)
	if value == nil || err != nil {
		return nil, err
	}
	return decodeItem(library.ItemID{Library: e.library, Key: key}, value)
}

// Put puts a work into the library in place of the one of the same key. The
// keys of the work and its children are the caller's, its citation key is the
// shelf's; collections are given by key. A work without a version gets the one after the library's. The text
// status of an attachment counts only while the library holds no text of it:
// [Tx.PutText] sets it. A work that is too large is [library.TooLarge] and
// leaves the others as they are.
func (e *editor) Put(it *library.Item) error { return e.put(it, e.heldText) }

// put is like Put. held returns the status of an attachment's text, if the work
// keeps it.
func (e *editor) put(it *library.Item, held func(old *library.Item, attachment string) (library.TextStatus, bool, error)) error {
	if it.ID.Key == "" {
		return library.Errorf(library.Invalid, "a work needs a key")
	}
	old, err := e.item(it.ID.Key)
	if err != nil {
		return err
	}
	fresh := *it
	fresh.ID.Library = e.library
	fresh.Attachments = slices.Clone(it.Attachments)
	for i := range fresh.Attachments {
		a := &fresh.Attachments[i]
		status, kept, err := held(old, a.Key)
		if err != nil {
			return err
		}
		if kept {
			a.Text = status
		} else {
			a.Text = library.TextStatus{Pages: a.Text.Pages, Reason: first(a.Text.Reason, noText)}
		}
	}
	fresh.CitationKey = "" // claim says which one it has
	fresh.Version = cmp.Or(fresh.Version, e.next)
	encoded := encodeItem(&fresh)
	if n := len(encoded); n > maxItemBytes {
		return library.Errorf(library.TooLarge, "the work has %d bytes, the most is %d", n, maxItemBytes)
	}
	if err := e.keys.claim(old, &fresh); err != nil {
		return err
	}
	if fresh.CitationKey != "" {
		encoded = encodeItem(&fresh)
	}
	return e.write(old, &fresh, encoded)
}

// heldText returns the status of an attachment's text, if there is one: below
// the work as it was, or below the one that the attachment is moved from.
func (e *editor) heldText(old *library.Item, attachment string) (library.TextStatus, bool, error) {
	parent, err := e.rows.get(childTable, attachment)
	if err != nil || parent == nil {
		return library.TextStatus{}, false, err
	}
	if old == nil || old.ID.Key != string(parent) {
		if old, err = e.item(string(parent)); err != nil || old == nil {
			return library.TextStatus{}, false, err
		}
	}
	i := slices.IndexFunc(old.Attachments, func(a library.Attachment) bool { return a.Key == attachment })
	if i < 0 || !old.Attachments[i].Text.Available {
		return library.TextStatus{}, false, nil
	}
	return old.Attachments[i].Text, true, nil
}

// dropText removes the text of an attachment, if there is one.
func (e *editor) dropText(_ *library.Item, attachment string) (none library.TextStatus, kept bool, err error) {
	value, err := e.rows.get(textTable, attachment)
	if value != nil {
		e.rows.put(textTable, attachment, nil)
	}
	return none, false, err
}

// write writes a work that is not as it was. It has a version.
func (e *editor) write(old, it *library.Item, encoded []byte) error {
	c := change{kind: library.Changed, at: it.Modified}
	if old != nil && bytes.Equal(encodeItem(old), encoded) {
		return nil
	}
	e.used = e.used || it.Version == e.next
	if old == nil {
		c.kind = library.Added
		e.meta.Items++
	}
	if c.at.IsZero() {
		c.at = e.now
	}
	if old != nil && old.Version == it.Version {
		// Only its text differs: its last change stays the one that it was.
		if was, err := e.rows.get(changeTable, changeKey(old.Version, old.ID.Key)); err != nil {
			return err
		} else if was != nil {
			if c, err = decodeChange(was); err != nil {
				return err
			}
		}
	}
	return writeEncoded(e.rows, old, it, encoded, c, 0)
}

// Remove removes a work with its children and texts. A key that the library
// does not have changes nothing.
func (e *editor) Remove(key string) error {
	old, err := e.item(key)
	if err != nil || old == nil {
		return err
	}
	e.meta.Items--
	e.used = true
	e.keys.forget(key)
	return writeItem(e.rows, old, nil, change{kind: library.Removed, at: e.now}, e.next)
}

// PutText sets the text of an attachment of a work, and says how many pages
// there are (status.Pages) and why some are missing (status.Reason). Without a
// page that has text, the library holds none from then on. A work or an
// attachment that the library does not have is [library.NotFound].
func (e *editor) PutText(key, attachment string, pages []library.TextPage, status library.TextStatus) error {
	old, err := e.item(key)
	if err != nil {
		return err
	}
	i := -1
	if old != nil {
		i = slices.IndexFunc(old.Attachments, func(a library.Attachment) bool { return a.Key == attachment })
	}
	if i < 0 {
		return library.Errorf(library.NotFound, "the library has no attachment of that key")
	}
	it := *old
	it.Attachments = slices.Clone(old.Attachments)
	text, problem := settledText(&status, pages)
	it.Attachments[i].Text = status
	if problem != "" {
		return library.Errorf(library.TooLarge, "%s", problem)
	}
	if text == nil {
		e.rows.put(textTable, attachment, nil)
	} else {
		e.rows.put(textTable, attachment, encodeText(text))
	}
	c := change{kind: library.Changed, at: e.now}
	if was, err := e.rows.get(changeTable, changeKey(old.Version, key)); err != nil {
		return err
	} else if was != nil {
		if c, err = decodeChange(was); err != nil {
			return err
		}
	}
	return writeItem(e.rows, old, &it, c, 0)
}

// PutCollection puts a collection into the library in place of the one of the
// same key. Its number of items is not stored.
func (e *editor) PutCollection(c library.Collection) error {
	if err := e.forgetPath(c.Key); err != nil {
		return err
	}
	e.rows.put(collectionTable, c.Key, encode(collection{Name: c.Name, Parent: c.Parent}))
	e.rows.put(pathTable, c.Parent+"/"+c.Name, []byte(c.Key))
	return nil
}

// RemoveCollection removes a collection, and the works from it.
func (e *editor) RemoveCollection(key string) error {
	if err := e.forgetPath(key); err != nil {
		return err
	}
	e.rows.put(collectionTable, key, nil)
	var members []string
	err := e.rows.scan(memberTable, key+"\x00", func(row string, _ []byte) error {
		members = append(members, row[len(key)+1:])
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range members {
		old, err := e.item(m)
		if err != nil {
			return err
		}
		if old == nil {
			continue
		}
		it := *old
		it.Collections = slices.DeleteFunc(slices.Clone(old.Collections), func(k string) bool { return k == key })
		if err := e.write(old, &it, encodeItem(&it)); err != nil {
			return err
		}
	}
	return nil
}

// forgetPath takes away the row by which an import finds a collection.
func (e *editor) forgetPath(key string) error {
	if err := e.check(); err != nil {
		return err
	}
	value, err := e.rows.get(collectionTable, key)
	if value == nil || err != nil {
		return err
	}
	c, err := decodeCollection(value)
	if err != nil {
		return err
	}
	e.rows.put(pathTable, c.Parent+"/"+c.Name, nil)
	return nil
}

// SetAttribute stores a text beside the library's version, under a name; ""
// removes it. [Shelf.Meta] returns what is stored.
func (e *editor) SetAttribute(name, value string) {
	attributes := maps.Clone(e.meta.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[name] = value
	if value == "" {
		delete(attributes, name)
	}
	e.meta.Attributes = attributes
}

// finish gives the last citation keys and writes the meta row for a version,
// which may not be below the library's, nor below that of what was changed.
func (e *editor) finish(version int64) error {
	if version < e.next-1 || e.used && version < e.next {
		return library.Errorf(library.Invalid, "version %d is before the library's, %d", version, e.next-1)
	}
	if err := e.keys.settle(func() error { return nil }); err != nil {
		return err
	}
	e.meta.Version = version
	e.rows.put(metaTable, metaRow, encode(e.meta))
	return nil
}
