package shelf

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// keyring gives works their citation keys while rows are written: the work's own
// key, or one that is made once all works of the transaction have claimed theirs.
// A work's key changes only when its own key does, and a made key never does.
//
// keyTable holds every key that was ever given, in the form of [citekey.Fold],
// and the work that has it. A row stays when the work takes another key or is
// removed: a manuscript may cite it. Only a work whose own key it is takes such a
// key over.
type keyring struct {
	library library.ID
	rows    *rows
	// byAge lets the work that was added first have a key that several works of
	// the same transaction claim, so that it depends on no order of reading.
	byAge   bool
	fresh   map[string]bool // items whose key this transaction gave
	pending map[string]pendingKey
	given   map[string]string // keys that are not yet in the rows of their items, by item
	clashes []keyClash
	lost    []lostKey
}

// lostKey is a former citation key that another work has taken over.
type lostKey struct{ item, key string }

// pendingKey is a work that gets its key at the end of the transaction.
type pendingKey struct {
	key      string // of the item
	own      string // the item's own citation key, which another work had too, or ""
	former   string // its citation key before, or ""
	proposed string // what a made key begins with
	added    time.Time
}

// pendingOf returns the entry of a work without a citation key.
func pendingOf(it *library.Item, former string) pendingKey {
	p := pendingKey{key: it.ID.Key, own: citekey.Own(it), former: former, added: it.Added}
	if p.proposed = p.own; p.own == "" {
		p.proposed = citekey.Make(it)
	}
	return p
}

// keyClash is a work whose own key another work keeps.
type keyClash struct{ item, own, got, holder string }

func newKeyring(id library.ID, r *rows) *keyring {
	return &keyring{library: id, rows: r, fresh: map[string]bool{}, pending: map[string]pendingKey{}, given: map[string]string{}}
}

// claim sets the citation key of a work that is about to be written; old is the
// work before, or nil. A work that gets no key yet gets it from settle.
func (k *keyring) claim(old, it *library.Item) error {
	key, own := it.ID.Key, citekey.Own(it)
	it.CitationKey = ""
	delete(k.pending, key)
	if old != nil {
		it.CitationKey = old.CitationKey
	}
	if it.CitationKey != "" && (own == "" || own == it.CitationKey || own == citekey.Own(old)) {
		return nil
	}
	holder, err := k.holder(own, key)
	if err != nil {
		return err
	}
	if k.byAge && holder != nil && k.fresh[holder.ID.Key] && it.Added.Before(holder.Added) {
		k.dispossess(holder)
		holder = nil
	}
	if own != "" && holder == nil {
		it.CitationKey = own
		return k.give(key, own)
	}
	// Another work of this transaction may give the key up.
	k.pending[key] = pendingOf(it, it.CitationKey)
	it.CitationKey = ""
	return nil
}

// forget leaves a work out that is removed.
func (k *keyring) forget(item string) { delete(k.pending, item) }

// give makes a key that of a work.
func (k *keyring) give(item, citationKey string) error {
	folded := citekey.Fold(citationKey)
	before, err := k.rows.get(keyTable, folded)
	if err != nil {
		return err
	}
	if before != nil && string(before) != item {
		k.lost = append(k.lost, lostKey{string(before), citationKey})
	}
	k.rows.put(keyTable, folded, []byte(item))
	k.fresh[item] = true
	return nil
}

// dispossess takes its key from a work that got it in this transaction.
func (k *keyring) dispossess(it *library.Item) {
	without := *it
	without.CitationKey = ""
	k.rows.put(itemTable, it.ID.Key, encodeItem(&without))
	delete(k.fresh, it.ID.Key)
	k.pending[it.ID.Key] = pendingOf(it, "")
}

// holder returns the work, other than item, that has a key at present, or nil.
func (k *keyring) holder(citationKey, item string) (*library.Item, error) {
	if citationKey == "" {
		return nil, nil
	}
	value, err := k.rows.get(keyTable, citekey.Fold(citationKey))
	if err != nil || value == nil || string(value) == item {
		return nil, err
	}
	it, err := k.item(string(value))
	if err != nil || it == nil || citekey.Fold(it.CitationKey) != citekey.Fold(citationKey) {
		return nil, err
	}
	return it, nil
}

// item returns the item of a key, or nil.
func (k *keyring) item(key string) (*library.Item, error) {
	value, err := k.rows.get(itemTable, key)
	if err != nil || value == nil {
		return nil, err
	}
	it, err := decodeItem(library.ItemID{Library: k.library, Key: key}, value)
	if err == nil {
		it.CitationKey = cmp.Or(k.given[key], it.CitationKey)
	}
	return it, err
}

// settle gives keys to the works that have none yet, and writes them into the rows of
// the items. written is called after each row.
func (k *keyring) settle(written func() error) error {
	if err := k.decide(written); err != nil {
		return err
	}
	return k.writeGiven(written)
}

// decide gives keys to the works that have none yet: those with a key of their own
// first, then in the order in which they were added. It leaves the keys in given.
// written is called after each row.
func (k *keyring) decide(written func() error) error {
	order := slices.SortedFunc(maps.Values(k.pending), func(a, b pendingKey) int {
		return cmp.Or(-cmp.Compare(boolRank(a.own != ""), boolRank(b.own != "")), a.added.Compare(b.added), cmp.Compare(a.key, b.key))
	})
	var item string // that a key is made for
	unique := citekey.NewUnique(func(folded string) (bool, error) {
		value, err := k.rows.get(keyTable, folded)
		return value != nil && string(value) != item, err
	})
	for _, p := range order {
		item = p.key
		citationKey, err := k.settleOne(p, unique)
		if err == nil {
			err = k.give(p.key, citationKey)
		}
		if err == nil {
			err = written()
		}
		if err != nil {
			return err
		}
		k.given[p.key] = citationKey
	}
	clear(k.pending)
	return nil
}

// writeGiven writes citation keys into the rows of items. They go in the order of
// the rows: of those in a file, one block has many.
func (k *keyring) writeGiven(written func() error) error {
	for _, key := range slices.Sorted(maps.Keys(k.given)) {
		value, err := k.rows.get(itemTable, key)
		if err == nil && value == nil {
			err = damaged(errors.New("a work that was written is not there"))
		}
		if err != nil {
			return err
		}
		k.rows.put(itemTable, key, withCitationKey(value, k.given[key]))
		if err := written(); err != nil {
			return err
		}
	}
	clear(k.given)
	return nil
}

// settleOne returns the citation key of a work: its own if no other work has it, or
// else the one it had before, or else a new one.
func (k *keyring) settleOne(p pendingKey, unique *citekey.Unique) (string, error) {
	holder, err := k.holder(p.own, p.key)
	if err != nil {
		return "", err
	}
	if p.own != "" && holder == nil {
		return p.own, nil
	}
	key := p.former
	if taken, err := k.holder(key, p.key); err != nil {
		return "", err
	} else if key == "" || taken != nil {
		if key, err = unique.Key(p.proposed); err != nil {
			return "", err
		}
	}
	if holder != nil {
		k.clashes = append(k.clashes, keyClash{item: p.key, own: p.own, got: key, holder: holder.ID.Key})
	}
	return key, nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keyAll gives a key to every work that has none, for a base that was written by
// a version of Stackroom that gave none. It leaves the keys in given.
func (k *keyring) keyAll(written func() error) error {
	var keys []string
	err := k.rows.scan(itemTable, "", func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return err
	}
	k.byAge = true
	for _, key := range keys {
		it, err := k.item(key)
		if err == nil && it.CitationKey == "" {
			if err = k.claim(nil, it); err == nil {
				k.rows.put(itemTable, key, encodeItem(it))
				err = written()
			}
		}
		if err != nil {
			return err
		}
	}
	return k.decide(written)
}
