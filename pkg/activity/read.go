package activity

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The most objects that are read for one answer: of a member's day, and of the day of
// all members.
const (
	maxMemberObjects = 3_000
	maxDayObjects    = 30_000
)

// Day is what one principal did on a day.
type Day struct {
	Entries []Entry // the latest first
	More    int     // calls that were counted and not recorded
	Unread  int     // objects that can't be read
	Partial bool    // there are more objects than are read
}

// Day returns what a principal did on the day of a time, in UTC. The error has the
// code Unavailable.
func (l *Log) Day(ctx context.Context, principal string, at time.Time) (*Day, error) {
	d := &Day{}
	prefix := folderOf(at) + digest(principal) + "-"
	part, err := l.each(ctx, at, principal, prefix, maxMemberObjects, func(g *record) {
		if g.Principal != principal {
			return // an object that was renamed
		}
		d.Entries = append(d.Entries, g.Entries...)
		d.More += g.More
	})
	if err != nil {
		return nil, err
	}
	d.Unread, d.Partial = part.unread, part.partial
	slices.SortStableFunc(d.Entries, func(a, b Entry) int { return b.At.Compare(a.At) })
	return d, nil
}

// part says how much of a day was read.
type part struct {
	unread  int
	partial bool
}

// each calls do with every record of a day whose name begins with a prefix, one at a
// time: those in memory and those in the store, each once.
func (l *Log) each(ctx context.Context, at time.Time, principal, prefix string, most int, do func(*record)) (p part, err error) {
	held := l.held(dayOf(at), principal)
	known := map[string]bool{}
	for i := range held {
		known[held[i].name] = true
		do(&held[i])
	}
	names, partial, err := l.names(ctx, prefix, most)
	if err != nil {
		return p, unavailable(err)
	}
	p.partial = partial
	names = slices.DeleteFunc(names, func(name string) bool { return known[name] })
	var mu sync.Mutex
	var fault error
	inParallel(len(names), func(i int) {
		if ctx.Err() != nil {
			return
		}
		g := &record{}
		err := l.read(ctx, names[i], g)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			do(g)
		case library.CodeOf(err) == library.NotFound: // expired meanwhile
		case library.CodeOf(err) == library.Invalid:
			p.unread++
		default:
			fault = err
		}
	})
	if fault == nil {
		fault = ctx.Err()
	}
	if fault != nil {
		return p, unavailable(fault)
	}
	return p, nil
}

// names lists the names that begin with a prefix: the last so many.
func (l *Log) names(ctx context.Context, prefix string, most int) (all []string, partial bool, err error) {
	for page := ""; ; {
		names, next, err := l.options.Store.List(ctx, prefix, page)
		if err != nil {
			return nil, false, err
		}
		all = append(all, names...)
		if len(all) > most {
			all, partial = slices.Delete(all, 0, len(all)-most), true
		}
		if next == "" {
			return all, partial, nil
		}
		page = next
	}
}

// read reads an object. The error has the code NotFound, Invalid if the object was
// damaged or sealed under another key, or is one of the store's.
func (l *Log) read(ctx context.Context, name string, v any) error {
	raw, err := l.options.Store.Get(ctx, name)
	if err != nil {
		return err
	}
	if l.options.Sealer != nil {
		if raw, err = l.options.Sealer.Open(raw, []byte(name)); err != nil {
			return library.Errorf(library.Invalid, "an object of the activity can't be opened").WithCause(err)
		}
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return library.Errorf(library.Invalid, "an object of the activity is damaged").WithCause(err)
	}
	return nil
}

func unavailable(cause error) error {
	return library.Errorf(library.Unavailable, "the activity can't be read now").
		WithHint("try again in a minute").WithRetryAfter(time.Minute).WithCause(cause)
}

// OK reports whether the call succeeded.
func (e *Entry) OK() bool { return e.Code == "" }

// Library returns the IDs of the libraries, for people.
func (e *Entry) Library() string { return strings.Join(e.Libraries, ", ") }
