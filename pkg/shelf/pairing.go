package shelf

import (
	"cmp"
	"errors"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/duplicate"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// An entry of a known source that no work of the library is recognised by may be a
// work that was edited in the source. It waits until the source is read; the works
// that the source then no longer seems to have are the ones that it can be.

// waitingWork is such an entry.
type waitingWork struct {
	work     Work
	prepared *prepared
	ids      []identity
	is       string // key of the work that it is; "" if it is a new one
}

const (
	// maxWaitingBytes bounds the entries that wait.
	maxWaitingBytes = 16 << 20
	// maxUnseen and maxPairs bound the works that are compared by title with the
	// entries that wait: works, and pairs of both.
	maxUnseen = 2_000
	maxPairs  = 1_000_000
	// titlesAlike is how similar two titles must be for an entry to be an edited
	// work.
	titlesAlike = 0.7
)

// wait lets an entry wait if it may be an edited work. It reports whether it does.
func (c *catalogue) wait(w Work, p *prepared, ids []identity) (bool, error) {
	r := c.source
	if r.before.Works == 0 {
		return false, nil
	}
	r.waiting = append(r.waiting, waitingWork{work: w, prepared: p, ids: ids})
	r.bytes += itemBytes(p.item)
	for _, pages := range p.texts {
		r.bytes += textBytes(pages)
	}
	if r.bytes > maxWaitingBytes {
		return true, c.pair(false)
	}
	return true, nil
}

// pair finds out which works the waiting entries are and takes them in. At the end
// of the source titles are compared too.
func (c *catalogue) pair(ended bool) error {
	r := c.source
	waiting := r.waiting
	r.waiting, r.bytes = nil, 0
	if len(waiting) == 0 {
		return nil
	}
	taken := map[string]bool{}
	pairs, err := c.pairsByKey(waiting)
	if err != nil {
		return err
	}
	assign(waiting, pairs, taken)
	if ended {
		if pairs, err = c.pairsByTitle(waiting, taken); err != nil {
			return err
		}
		assign(waiting, pairs, taken)
	}
	for _, w := range waiting {
		if err := errors.Join(c.takeWaiting(w), c.written()); err != nil {
			return err
		}
	}
	return nil
}

// takeWaiting takes an entry in that has waited.
func (c *catalogue) takeWaiting(w waitingWork) error {
	if w.is != "" {
		old, err := c.item(w.is)
		if err != nil {
			return err
		}
		return c.update(w.work, w.prepared, w.ids, old, bySource)
	}
	old, by, err := c.recognise(w.prepared.item, w.ids) // an entry before it may be the same work
	if err != nil {
		return err
	}
	if old != nil {
		return c.update(w.work, w.prepared, w.ids, old, by)
	}
	return c.add(w.work, w.prepared, w.ids)
}

// pairing says how well a waiting entry goes with a work.
type pairing struct {
	waiting int // its position
	key     string
	score   float64
}

// assign gives entries the works that go best with them, each once.
func assign(waiting []waitingWork, pairs []pairing, taken map[string]bool) {
	slices.SortStableFunc(pairs, func(a, b pairing) int { return cmp.Compare(b.score, a.score) })
	for _, p := range pairs {
		if waiting[p.waiting].is == "" && !taken[p.key] {
			waiting[p.waiting].is, taken[p.key] = p.key, true
		}
	}
}

// pairsByKey pairs entries with the works that have their citation key in the
// source, and that the source has not told of yet.
func (c *catalogue) pairsByKey(waiting []waitingWork) ([]pairing, error) {
	var pairs []pairing
	for i, w := range waiting {
		own := citationKey(w.prepared.item)
		if own == "" {
			continue
		}
		row, err := c.rows.get(identityTable, identity{byKey, own}.row())
		if err != nil {
			return nil, err
		}
		for key := range keysIn(row) {
			said, err := c.saidBefore(key)
			if err != nil {
				return nil, err
			}
			if said != nil && citationKey(said) == own {
				pairs = append(pairs, pairing{i, key, similarity(foldedTitle(said), foldedTitle(w.prepared.item))})
			}
		}
	}
	return pairs, nil
}

// saidBefore returns what the present source said of a work in an earlier import,
// or nil if it did not or if this import has told of the work already.
func (c *catalogue) saidBefore(key string) (*library.Item, error) {
	if c.seen[key].by(c.source.Number) {
		return nil, nil
	}
	all, err := c.holdings(key)
	if err != nil {
		return nil, err
	}
	if i := holdingOf(all, c.source.Number); i >= 0 {
		return all[i].Item.Item, nil
	}
	return nil, nil
}

// pairsByTitle pairs entries with works of which the source no longer tells, by
// title and first creator: their citation key was changed too.
func (c *catalogue) pairsByTitle(waiting []waitingWork, taken map[string]bool) ([]pairing, error) {
	unseen, err := c.unseen(c.source)
	if err != nil || len(unseen) > maxUnseen || len(unseen)*len(waiting) > maxPairs {
		return nil, err
	}
	var pairs []pairing
	for _, key := range unseen {
		if taken[key] {
			continue
		}
		it, err := c.item(key)
		if err != nil {
			return nil, err
		}
		for i, w := range waiting {
			if w.is != "" || it == nil {
				continue
			}
			if score := edited(it, w.prepared.item); score >= titlesAlike {
				pairs = append(pairs, pairing{i, key, score})
			}
		}
	}
	return pairs, nil
}

// edited returns how well a work goes with an entry that may be an edited form of
// it, from 0 to 1.
func edited(it, entry *library.Item) float64 {
	if ofOneFile(it, entry) {
		return 1
	}
	a, b := foldedTitle(it), foldedTitle(entry)
	if a == "" || b == "" || duplicate.About(a) != duplicate.About(b) || duplicate.Numbers(a) != duplicate.Numbers(b) ||
		differ(it, entry, doi) || differ(it, entry, firstCreator) {
		return 0
	}
	return similarity(a, b)
}

// ofOneFile reports whether two unconfirmed works were made of one file: what it says
// of itself has changed.
func ofOneFile(a, b *library.Item) bool {
	if !a.IsUnconfirmed() || !b.IsUnconfirmed() || len(a.Attachments) == 0 || len(b.Attachments) == 0 {
		return false
	}
	x, y := &a.Attachments[0], &b.Attachments[0]
	return x.Filename != "" && x.Filename == y.Filename && x.Title == y.Title
}

func foldedTitle(it *library.Item) string { return plaintext.Fold(it.Title()) }
