package shelf

import (
	"bytes"
	"iter"
	"slices"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// childKeys returns the keys of the item's notes, attachments and annotations.
func childKeys(it *library.Item) []string {
	var keys []string
	for _, n := range it.Notes {
		keys = append(keys, n.Key)
	}
	for _, a := range it.Attachments {
		keys = append(keys, a.Key)
		for _, x := range a.Annotations {
			keys = append(keys, x.Key)
		}
	}
	return keys
}

// nameChildren gives a key to each child that has none. The lists that it
// writes to belong to it alone: they are fresh copies.
func (c *catalogue) nameChildren(it *library.Item) error {
	given := map[string]bool{}
	for _, k := range childKeys(it) {
		given[k] = true
	}
	taken := c.has(itemTable, childTable, trashTable)
	name := func(key *string, parts ...string) (err error) {
		if *key == "" {
			*key, err = newKey(func(k string) (bool, error) {
				if given[k] {
					return true, nil
				}
				return taken(k)
			}, append([]string{it.ID.Key}, parts...)...)
			given[*key] = true
		}
		return err
	}
	it.Notes = slices.Clone(it.Notes)
	for i := range it.Notes {
		if err := name(&it.Notes[i].Key, "note", it.Notes[i].Text); err != nil {
			return err
		}
	}
	it.Attachments = slices.Clone(it.Attachments)
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if err := name(&a.Key, "attachment", a.Filename, a.URL, a.Title); err != nil {
			return err
		}
		a.Annotations = slices.Clone(a.Annotations)
		for n := range a.Annotations {
			x := &a.Annotations[n]
			if err := name(&x.Key, "annotation", a.Key, strconv.Itoa(n), x.Text, x.Comment); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachText calls fn with the key of every attachment of the item for which
// the work brings a text, and with the row of that text.
func eachText(it *library.Item, p *prepared) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i, pages := range p.texts {
			if pages == nil {
				continue
			}
			at := attachmentAt(it.Attachments, p.item.Attachments[i])
			if !yield(it.Attachments[at].Key, encodeText(pages)) {
				return
			}
		}
	}
}

// textsDiffer reports whether the work brings a text that the item lacks.
func (c *catalogue) textsDiffer(it *library.Item, p *prepared) (bool, error) {
	for key, row := range eachText(it, p) {
		old, err := c.rows.get(textTable, key)
		if err != nil {
			return false, err
		}
		if !bytes.Equal(old, row) {
			return true, nil
		}
	}
	return false, nil
}

func (c *catalogue) putTexts(it *library.Item, p *prepared) {
	for key, row := range eachText(it, p) {
		c.rows.put(textTable, key, row)
	}
}

// takeBack restores the rows of an item that, after all that an import told
// of it, says again what it said in base, and reports whether it did so.
func (c *catalogue) takeBack(key string, base *rows) (bool, error) {
	if e, err := c.entry(key); err != nil {
		return false, err
	} else if e != nil {
		return c.settleEntry(e, base)
	}
	value, err := base.get(itemTable, key)
	if err != nil {
		return false, err
	}
	was, err := decodeItem(localID(key), value)
	if err != nil {
		return false, err
	}
	is, err := c.item(key)
	if err != nil || is == nil {
		return false, err
	}
	wrote := is.Version
	is.Version = was.Version
	if is.Modified.Equal(c.now) {
		is.Modified = was.Modified
	}
	if !bytes.Equal(encodeItem(is), encodeItem(was)) {
		return false, nil
	}
	if same, err := c.sameTexts(was, base); err != nil || !same {
		return false, err
	}
	then, err := base.get(changeTable, changeKey(was.Version, key))
	if err != nil {
		return false, err
	}
	c.rows.put(itemTable, key, value)
	c.rows.put(changeTable, changeKey(wrote, key), nil)
	c.rows.put(changeTable, changeKey(was.Version, key), then)
	return true, nil
}

// keysIn yields the item keys in a row, a NUL between two.
func keysIn(value []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(value) > 0 {
			key, rest, _ := bytes.Cut(value, []byte{0})
			if !yield(string(key)) {
				return
			}
			value = rest
		}
	}
}
