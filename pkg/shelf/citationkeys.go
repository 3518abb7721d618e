package shelf

import (
	"cmp"
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
	clashes []keyClash
	lost    []lostKey
}

// lostKey is a former citation key that another work has taken over.
type lostKey struct{ item, key string }

// pendingKey is a work that gets its key at the end of the transaction.
type pendingKey struct {
	key    string // of the item
	own    bool   // it has a key of its own, which another work had too
	former string // its citation key before, or ""
	added  time.Time
}

// keyClash is a work whose own key another work keeps.
type keyClash struct{ item, own, got, holder string }

func newKeyring(id library.ID, r *rows) *keyring {
	return &keyring{library: id, rows: r, fresh: map[string]bool{}, pending: map[string]pendingKey{}}
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
		return k.give(it, own)
	}
	// Another work of this transaction may give the key up.
	k.pending[key] = pendingKey{key: key, own: own != "", former: it.CitationKey, added: it.Added}
	it.CitationKey = ""
	return nil
}

// give makes a key that of a work.
func (k *keyring) give(it *library.Item, citationKey string) error {
	folded := citekey.Fold(citationKey)
	before, err := k.rows.get(keyTable, folded)
	if err != nil {
		return err
	}
	if before != nil && string(before) != it.ID.Key {
		k.lost = append(k.lost, lostKey{string(before), citationKey})
	}
	it.CitationKey = citationKey
	k.rows.put(keyTable, folded, []byte(it.ID.Key))
	k.fresh[it.ID.Key] = true
	return nil
}

// dispossess takes its key from a work that got it in this transaction.
func (k *keyring) dispossess(it *library.Item) {
	without := *it
	without.CitationKey = ""
	k.rows.put(itemTable, it.ID.Key, encodeItem(&without))
	delete(k.fresh, it.ID.Key)
	k.pending[it.ID.Key] = pendingKey{key: it.ID.Key, own: true, added: it.Added}
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
	return decodeItem(library.ItemID{Library: k.library, Key: key}, value)
}

// settle gives keys to the works that have none yet: those with a key of their
// own first, then in the order in which they were added. written is called after
// each work that was written again.
func (k *keyring) settle(written func() error) error {
	order := make([]pendingKey, 0, len(k.pending))
	for _, p := range k.pending {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b pendingKey) int {
		return cmp.Or(-cmp.Compare(boolRank(a.own), boolRank(b.own)), a.added.Compare(b.added), cmp.Compare(a.key, b.key))
	})
	var item string // that a key is made for
	unique := citekey.NewUnique(func(folded string) (bool, error) {
		value, err := k.rows.get(keyTable, folded)
		return value != nil && string(value) != item, err
	})
	for _, p := range order {
		item = p.key
		it, err := k.item(p.key)
		if err != nil {
			return err
		}
		if it == nil || it.CitationKey != "" {
			continue // it was removed
		}
		if err := k.settleOne(it, p, unique); err != nil {
			return err
		}
		k.rows.put(itemTable, p.key, encodeItem(it))
		if err := written(); err != nil {
			return err
		}
	}
	clear(k.pending)
	return nil
}

// settleOne gives a work its own key if no other work has it, or else the one it
// had before, or else a new one.
func (k *keyring) settleOne(it *library.Item, p pendingKey, unique *citekey.Unique) error {
	own := citekey.Own(it)
	holder, err := k.holder(own, p.key)
	if err != nil {
		return err
	}
	if own != "" && holder == nil {
		return k.give(it, own)
	}
	key := p.former
	if taken, err := k.holder(key, p.key); err != nil {
		return err
	} else if key == "" || taken != nil {
		if key, err = unique.Key(citekey.Proposed(it)); err != nil {
			return err
		}
	}
	if err := k.give(it, key); err != nil {
		return err
	}
	if holder != nil {
		k.clashes = append(k.clashes, keyClash{item: p.key, own: own, got: key, holder: holder.ID.Key})
	}
	return nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keyAll gives a key to every work that has none, for a base that was written by
// a version of Stackroom that gave none.
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
	return k.settle(written)
}
