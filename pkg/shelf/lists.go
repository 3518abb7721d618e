package shelf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// The lists of a library are made from its rows when they are first asked
// for, and kept as long as the state that they show.

// tree is the collections of a library.
type tree struct {
	sorted []library.Collection
	below  map[string][]string // keys of the collections directly in one
}

// readTree reads the collection tree and counts the works in each.
func readTree(r *rows) (*tree, error) {
	counts := map[string]int{}
	err := r.scan(memberTable, "", func(key string, _ []byte) error {
		name, _, _ := strings.Cut(key, "\x00")
		counts[name]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := &tree{sorted: []library.Collection{}, below: map[string][]string{}}
	err = r.scan(collectionTable, "", func(key string, value []byte) error {
		c, err := decodeCollection(value)
		if err != nil || !c.Trashed.IsZero() {
			return err
		}
		t.sorted = append(t.sorted, library.Collection{Key: key, Name: c.Name, Parent: c.Parent, Items: counts[key]})
		t.below[c.Parent] = append(t.below[c.Parent], key)
		return nil
	})
	slices.SortFunc(t.sorted, func(a, b library.Collection) int {
		return cmp.Or(strings.Compare(plaintext.Fold(a.Name), plaintext.Fold(b.Name)), strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
	})
	return t, err
}

// subtree returns the keys of a collection and of all below it.
func (t *tree) subtree(key string) ([]string, error) {
	if !slices.ContainsFunc(t.sorted, func(c library.Collection) bool { return c.Key == key }) {
		return nil, library.Errorf(library.NotFound, "no collection has that key").WithHint("the list of collections has the keys")
	}
	seen := map[string]bool{key: true}
	keys := []string{key}
	for i := 0; i < len(keys); i++ {
		for _, k := range t.below[keys[i]] {
			if !seen[k] { // a damaged tree could have a circle
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return keys, nil
}

// foldedTag is a tag with its name folded.
type foldedTag struct {
	library.Tag
	folded string
}

// readTags counts the works of each tag, those of their children among them,
// most used first. Names that look the same (see [plaintext.Name]) are one tag,
// counted once for a work that has both. within says which works count; nil is
// all.
func readTags(r *rows, within func(item string) bool) ([]foldedTag, error) {
	var tags []foldedTag
	places := map[string]int{}
	counted := map[string]bool{} // rows of names that are shown as another one, by that name
	err := r.scan(tagTable, "", func(key string, _ []byte) error {
		end := strings.LastIndexByte(key, 0)
		if end < 0 || within != nil && !within(key[end+1:]) {
			return nil
		}
		name := plaintext.Name(key[:end])
		if row := name + key[end:]; row != key {
			same, err := r.get(tagTable, row)
			if err != nil || same != nil || counted[row] {
				return err
			}
			counted[row] = true
		}
		at, ok := places[name]
		if !ok {
			at = len(tags)
			places[name] = at
			tags = append(tags, foldedTag{Tag: library.Tag{Name: name}, folded: plaintext.Fold(name)})
		}
		tags[at].Items++
		return nil
	})
	slices.SortStableFunc(tags, func(a, b foldedTag) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), strings.Compare(a.Name, b.Name))
	})
	return tags, err
}

// hasPrefix reports whether the tag begins with prefix, folded is that
// prefix's folded form. A prefix of signs alone, which folding would empty, is
// taken as it is.
func (t foldedTag) hasPrefix(prefix, folded string) bool {
	if folded == "" {
		return strings.HasPrefix(t.Name, prefix)
	}
	return strings.HasPrefix(t.folded, folded)
}

// event is one work's last change.
type event struct {
	key     string
	version int64
	kind    library.ChangeKind
	at      time.Time
}

// readEvents reads every work's last change, last first.
func readEvents(r *rows) ([]event, error) {
	var events []event
	err := r.scan(changeTable, "", func(key string, value []byte) error {
		e := event{}
		var ok bool
		if e.version, e.key, ok = parseChangeKey(key); !ok {
			return damaged(fmt.Errorf("a change's key has %d bytes", len(key)))
		}
		c, err := decodeChange(value)
		if err != nil {
			return err
		}
		e.kind, e.at = c.kind, c.at
		events = append(events, e)
		return nil
	})
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.version, a.version), strings.Compare(a.key, b.key))
	})
	return events, err
}
