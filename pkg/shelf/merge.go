package shelf

import (
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// merge returns what two entries say of one work together. What fresh says wins;
// what it does not say stays. Tags, collections, notes, attachments and the lines
// of "extra" come together. The second result names the fields whose value in old
// is gone. An unconfirmed entry is taken as the old one of the two, and the work is
// confirmed if one of them is.
//
// Taking the same entries in the same order once more leads to the same work:
// that is what makes an import idempotent.
func merge(old, fresh *library.Item) (*library.Item, []string) {
	old, fresh = guessFirst(old, fresh)
	m := *old
	var replaced []string
	m.Type = mergeType(old.Type, fresh.Type)
	m.Fields = maps.Clone(old.Fields)
	if m.Fields == nil {
		m.Fields = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(fresh.Fields)) {
		value := fresh.Fields[name]
		if name == "extra" {
			value = mergeExtra(m.Fields["extra"], value)
		} else if was := m.Fields[name]; was != "" && was != value {
			replaced = append(replaced, name)
		}
		m.Fields[name] = value
	}
	keepKeys(&m, old, fresh)
	if len(fresh.Creators) > 0 {
		if len(old.Creators) > 0 && !slices.Equal(old.Creators, fresh.Creators) {
			replaced = append(replaced, "creators")
		}
		m.Creators = fresh.Creators
	}
	if fresh.ParsedDate != "" {
		m.ParsedDate = fresh.ParsedDate
	}
	m.Tags = union(old.Tags, fresh.Tags)
	m.Collections = union(old.Collections, fresh.Collections)
	m.Notes = mergeNotes(old.Notes, fresh.Notes)
	m.Attachments = mergeAttachments(old.Attachments, fresh.Attachments)
	m.AddedBy = first(fresh.AddedBy, old.AddedBy)
	m.ModifiedBy = first(fresh.ModifiedBy, old.ModifiedBy)
	if !fresh.Modified.IsZero() {
		m.Modified = fresh.Modified
	}
	return &m, replaced
}

// guessFirst returns two entries in the order in which they are merged: an
// unconfirmed one, without its tag, before one that is not.
func guessFirst(old, fresh *library.Item) (first, second *library.Item) {
	if old.Type == "" || old.IsUnconfirmed() == fresh.IsUnconfirmed() {
		return old, fresh
	}
	if fresh.IsUnconfirmed() {
		old, fresh = fresh, old
	}
	guess := *old
	guess.Tags = slices.DeleteFunc(slices.Clone(old.Tags), func(tag string) bool { return tag == library.Unconfirmed })
	return &guess, fresh
}

// mergeType lets an entry that says little ("document", the type of what has
// no better one, or a preprint of a published work) not undo one that says
// more.
func mergeType(old, fresh string) string {
	rank := func(t string) int { // how much the type says
		switch t {
		case "":
			return 0
		case "document":
			return 1
		case "preprint":
			return 2
		}
		return 3
	}
	if rank(fresh) < rank(old) {
		return old
	}
	return fresh
}

// maxExtraPairs bounds the work of merging two fields "extra"; a longer one
// takes the place of the other whole.
const maxExtraPairs = 1 << 20

// mergeExtra puts the lines of fresh into old: a line that is there already
// stays, a named one takes the place of the line of that name, any other one
// is added.
func mergeExtra(old, fresh string) string {
	if old == "" || old == fresh {
		return fresh
	}
	lines, add := extraLines(old), extraLines(fresh)
	if len(lines)*len(add) > maxExtraPairs {
		return fresh
	}
	taken := make([]bool, len(lines))
	place := func(l extraLine, fits func(o extraLine) bool) bool {
		for i := range taken {
			if !taken[i] && fits(lines[i]) {
				taken[i], lines[i] = true, l
				return true
			}
		}
		return false
	}
	var left []extraLine
	for _, l := range add {
		if !place(l, func(o extraLine) bool { return o == l }) {
			left = append(left, l)
		}
	}
	for _, l := range left {
		if l.name == "" || !place(l, func(o extraLine) bool { return strings.EqualFold(o.name, l.name) }) {
			lines = append(lines, l)
		}
	}
	return joinExtra(lines)
}

// idsLine is the name of the extra line that holds further citation keys of a
// work; see [citekey.Former].
const idsLine = "ids"

// keepKeys keeps in extra every citation key by which the work has been known
// and that is not its present one, so that a manuscript that cites it still
// finds it.
func keepKeys(m, old, fresh *library.Item) {
	keys := union(former(old), former(fresh))
	for _, it := range []*library.Item{old, fresh} {
		if k := it.Field("citationKey"); k != "" && !strings.ContainsAny(k, ", \n") {
			keys = union(keys, []string{k})
		}
	}
	present := m.Fields["citationKey"]
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == present })
	slices.Sort(keys)
	setFormer(m, slices.Compact(keys))
}

// former returns the citation keys by which a work was known before.
func former(it *library.Item) []string { return citekey.Former(it) }

// dropFormer takes a former citation key from a work, whose fields are the
// caller's own, and reports whether it had it.
func dropFormer(it *library.Item, key string) bool {
	keys := former(it)
	left := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return citekey.Fold(k) == citekey.Fold(key) })
	if len(left) == len(keys) {
		return false
	}
	setFormer(it, left)
	return true
}

// setFormer sets the former citation keys of a work.
func setFormer(it *library.Item, keys []string) {
	lines := slices.DeleteFunc(extraLines(it.Fields["extra"]), func(l extraLine) bool { return strings.EqualFold(l.name, idsLine) })
	if len(keys) > 0 {
		lines = append(lines, extraLine{text: idsLine + ": " + strings.Join(keys, ", ")})
	}
	if extra := joinExtra(lines); extra != "" {
		it.Fields["extra"] = extra
	} else {
		delete(it.Fields, "extra")
	}
}

// union returns the strings of a, then those of b that a lacks.
func union(a, b []string) []string {
	all := slices.Clip(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
