package shelf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// holding is what a source says of a work. A work is what its holdings say
// together; see derive.
type holding struct {
	Source int `json:"source"` // its number
	// Version is that of the library when what the source says last changed.
	Version int64 `json:"version"`
	// Entries are the rows of the identities of the source's entries.
	Entries []string `json:"entries"`
	Item    itemRow  `json:"item"` // without keys
}

// storedHolding is a holding as a row holds it: JSON has no strings of any bytes.
type storedHolding struct {
	holding
	Entries [][]byte `json:"entries"`
}

// holdings returns what each source says of a work.
func (c *catalogue) holdings(key string) ([]holding, error) {
	value, err := c.rows.get(holdingTable, key)
	if err != nil || value == nil {
		return nil, err
	}
	return decodeHoldings(key, value)
}

func decodeHoldings(key string, value []byte) ([]holding, error) {
	var stored []storedHolding
	if err := json.Unmarshal(value, &stored); err != nil {
		return nil, damaged(fmt.Errorf("sources of item %s: %w", key, err))
	}
	all := make([]holding, len(stored))
	for i, s := range stored {
		all[i] = s.holding
		for _, e := range s.Entries {
			all[i].Entries = append(all[i].Entries, string(e))
		}
		if all[i].Item.Item == nil {
			all[i].Item.Item = &library.Item{}
		}
	}
	return all, nil
}

func encodeHoldings(all []holding) []byte {
	stored := make([]storedHolding, len(all))
	for i, h := range all {
		stored[i] = storedHolding{holding: h}
		for _, e := range h.Entries {
			stored[i].Entries = append(stored[i].Entries, []byte(e))
		}
	}
	return encode(stored)
}

func (c *catalogue) putHoldings(key string, all []holding) {
	c.rows.put(holdingTable, key, encodeHoldings(all))
}

// holdingOf returns the position of a source's holding, or -1.
func holdingOf(all []holding, source int) int {
	return slices.IndexFunc(all, func(h holding) bool { return h.Source == source })
}

// same reports whether two holdings say the same.
func (h *holding) same(other *holding) bool {
	return slices.Equal(h.Entries, other.Entries) && bytes.Equal(encode(h.Item), encode(other.Item))
}

// hold notes what the present source says of a work, after one more of its
// entries: the first one in this import takes the place of what it said before. It
// reports whether that is something new.
func (c *catalogue) hold(key string, p *prepared) (all []holding, changed bool, err error) {
	if all, err = c.holdings(key); err != nil {
		return nil, false, err
	}
	number := c.source.Number
	fresh := holding{Source: number, Version: c.before + 1, Entries: []string{p.entry.row()}, Item: itemRow{Item: p.item}}
	i := holdingOf(all, number)
	if i < 0 {
		c.source.Works++
		c.rows.put(heldTable, heldKey(number, key), []byte{})
		all = append(all, fresh)
		c.putHoldings(key, all)
		return all, true, nil
	}
	was := all[i]
	if c.seen[key].by(number) {
		fresh.Entries = union(was.Entries, fresh.Entries)
		fresh.Item.Item, _ = merge(was.Item.Item, p.item)
	}
	if was.same(&fresh) {
		return all, false, nil
	}
	for _, entry := range was.Entries {
		if !slices.Contains(fresh.Entries, entry) {
			if err := c.unidentify(entry, key); err != nil {
				return nil, false, err
			}
		}
	}
	all[i] = fresh
	c.putHoldings(key, all)
	return all, true, nil
}

// derive returns a work as its sources say it is; old is the work before, which
// gives the keys. Of two values of a field the one of the source that changed last
// counts.
func (c *catalogue) derive(old *library.Item, all []holding) (*library.Item, error) {
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b holding) int { return int(a.Version - b.Version) })
	it := &library.Item{}
	for _, h := range ordered {
		it, _ = merge(it, h.Item.Item)
	}
	it.Collections = c.filed(it.Collections)
	it.ID, it.Version, it.CitationKey, it.Added = old.ID, old.Version, old.CitationKey, old.Added
	if it.Modified.IsZero() {
		it.Modified = old.Modified
	}
	keepKeys(it, old, it)
	if err := c.giveUpKeys(it); err != nil {
		return nil, err
	}
	adoptNotes(it, old)
	adoptAttachments(it, old)
	return it, nil
}

// giveUpKeys takes from a work the former citation keys that are now another
// work's.
func (c *catalogue) giveUpKeys(it *library.Item) error {
	for _, key := range former(it) {
		holder, err := c.keys.holder(key, it.ID.Key)
		if err != nil {
			return err
		}
		if holder != nil {
			dropFormer(it, key)
		}
	}
	return nil
}

// notesAlike is how similar two notes must be for the later one to be taken
// for a new wording of the other.
const notesAlike = 0.8

// maxComparisons bounds how many pairs of notes are looked at for that.
const maxComparisons = 10_000

// adoptNotes gives the notes of a work the keys of those that it had before: of
// the same text, or of an earlier wording.
func adoptNotes(it, old *library.Item) {
	it.Notes = slices.Clone(it.Notes)
	free := make([]bool, len(old.Notes))
	for j := range free {
		free[j] = true
	}
	take := func(i, j int) {
		n := &it.Notes[i]
		n.Key, free[j] = old.Notes[j].Key, false
		if n.Modified.IsZero() {
			n.Modified = old.Notes[j].Modified
		}
	}
	for i := range it.Notes {
		for j := range old.Notes {
			if free[j] && old.Notes[j].Text == it.Notes[i].Text {
				take(i, j)
				break
			}
		}
	}
	if len(it.Notes)*len(old.Notes) > maxComparisons {
		return
	}
	for i, n := range it.Notes {
		if n.Key == "" {
			if j := rewordedNote(old.Notes, free, n); j >= 0 {
				take(i, j)
			}
		}
	}
}

// rewordedNote returns the position of the first free note that n rewords, or
// -1.
func rewordedNote(old []library.Note, free []bool, n library.Note) int {
	folded := plaintext.Fold(n.Text)
	for i, o := range old {
		if free[i] && similarity(plaintext.Fold(o.Text), folded) >= notesAlike {
			return i
		}
	}
	return -1
}

// adoptAttachments gives the attachments and annotations of a work the keys of
// those that it had before. A text that can no longer be read, because its file is
// gone, stays.
func adoptAttachments(it, old *library.Item) {
	it.Attachments = slices.Clone(it.Attachments)
	for i := range it.Attachments {
		a := &it.Attachments[i]
		j := attachmentAt(old.Attachments, *a)
		if j < 0 {
			continue
		}
		was := &old.Attachments[j]
		a.Key = was.Key
		if !a.Text.Available && was.Text.Available {
			a.Text = was.Text
		}
		a.Annotations = slices.Clone(a.Annotations)
		for n := range a.Annotations {
			x := &a.Annotations[n]
			if k := annotationAt(was.Annotations, x); k >= 0 {
				x.Key = was.Annotations[k].Key
				if x.Modified.IsZero() {
					x.Modified = was.Annotations[k].Modified
				}
			}
		}
	}
}
