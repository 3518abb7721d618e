package change

import (
	"context"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// MaxLatest bounds the receipts of a library that are looked at to find some of them.
const MaxLatest = 200

// Listed is a receipt, and whether a later one takes it back.
type Listed struct {
	*Receipt
	Undone bool
}

// names calls yield with the IDs of the receipts of a library, the latest first, until
// yield returns false.
func (j *Journal) names(ctx context.Context, lib library.ID, yield func(id string) bool) error {
	page := ""
	for {
		names, next, err := j.store.List(ctx, folderOf(lib), page)
		if err != nil {
			return err
		}
		for _, name := range names {
			name, ok := strings.CutSuffix(name, intentSuffix)
			name = strings.TrimPrefix(name, folderOf(lib))
			if ok && validID(name) && !yield(flipped(name)) {
				return nil
			}
		}
		if page = next; page == "" {
			return nil
		}
	}
}

// latest calls yield with the receipts of a library, the latest first, until yield
// returns false or [MaxLatest] were read. A change whose undo was taken back counts as
// not undone.
func (j *Journal) latest(ctx context.Context, lib library.ID, yield func(Listed) bool) error {
	undone := map[string]bool{}
	read := 0
	var failed error
	err := j.names(ctx, lib, func(id string) bool {
		if read++; read > MaxLatest {
			return false
		}
		r, err := j.Get(ctx, lib, id)
		if library.CodeOf(err) == library.NotFound { // expired meanwhile
			return true
		}
		if failed = err; err != nil {
			return false
		}
		if r.Undoes != "" && r.changed() && !undone[r.ID] {
			undone[r.Undoes] = true
		}
		return yield(Listed{r, undone[r.ID]})
	})
	if err == nil {
		err = failed
	}
	return err
}

// changed reports whether the library may hold something that the receipt's run wrote.
func (r *Receipt) changed() bool { return !r.Complete || r.Count(library.EditDone) > 0 }

// Page is a page of a library's receipts, the latest first.
type Page struct {
	Receipts []Listed
	Total    int       // on all pages
	More     bool      // there are further receipts, beyond [MaxLatest]
	Last     time.Time // when the latest receipt of the library was planned
}

// List returns limit receipts of a library from offset on, of those that were planned
// since a time.
func (j *Journal) List(ctx context.Context, lib library.ID, since time.Time, offset, limit int) (Page, error) {
	var p Page
	first := timeOf(since)
	err := j.names(ctx, lib, func(id string) bool {
		if p.Last.IsZero() {
			p.Last = plannedAt(id)
		}
		switch {
		case id[:timeChars] < first:
			return false
		case p.Total == MaxLatest:
			p.More = true
			return false
		}
		p.Total++
		return true
	})
	if err != nil || offset >= p.Total || limit <= 0 {
		return p, err
	}
	at := 0
	err = j.latest(ctx, lib, func(r Listed) bool {
		if at++; at > offset {
			p.Receipts = append(p.Receipts, r)
		}
		return at < min(offset+limit, p.Total)
	})
	return p, err
}

// Find returns a receipt. A receipt that is older than the latest [MaxLatest] of its
// library counts as not undone. Errors are those of [Journal.Get].
func (j *Journal) Find(ctx context.Context, lib library.ID, id string) (Listed, error) {
	r, err := j.Get(ctx, lib, id)
	if err != nil {
		return Listed{}, err
	}
	found := Listed{Receipt: r}
	err = j.latest(ctx, lib, func(l Listed) bool {
		if l.ID == id {
			found.Undone = l.Undone
		}
		return l.ID > id
	})
	return found, err
}

// LastOf returns the latest receipt of a subject in the libraries that changed
// something, takes nothing back and was not taken back. A change whose undo was taken
// back counts again. The error has the code NotFound if there is none among the latest
// [MaxLatest] receipts of each library.
func (j *Journal) LastOf(ctx context.Context, libs []library.ID, subject string) (*Receipt, error) {
	var last *Receipt
	for _, lib := range libs {
		err := j.latest(ctx, lib, func(r Listed) bool {
			if last != nil && r.ID < last.ID {
				return false
			}
			if r.changed() && !r.Undone && r.Undoes == "" && r.By.Subject == subject {
				last = r.Receipt
				return false
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	if last == nil {
		return nil, library.Errorf(library.NotFound, "there is no change of yours to take back among the last %d of each library", MaxLatest).
			WithHint("give the receipt of the change")
	}
	return last, nil
}
