package zotero

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// source reads one library. Everything but the upstream's own search and the
// size of the library is requested directly, since the replica decides how old
// an answer may be.
type source struct {
	ask      requester
	id       library.ID
	path     string // "/users/475425"
	files    bool   // the key may read files
	local    bool   // the library is the desktop app's
	parallel int    // requests at a time of one reading
}

var _ replica.Source = (*source)(nil)

// Head implements [replica.Source]. The response may be as old as the upstream's
// fresh time, and while Zotero is down older, which the notice says.
func (s *source) Head(ctx context.Context) (replica.Head, error) {
	p, err := s.top(ctx, cached)
	if err != nil {
		return replica.Head{}, err
	}
	h := headOf(p)
	h.Items, h.Objects, h.Notice = p.known(), -1, staleness(p)
	return h, nil
}

// top requests the first work of the library, with the number of works.
func (s *source) top(ctx context.Context, use caching) (*page[item], error) {
	p, err := getPage[item](ctx, s.ask, s.path+"/items/top", paged(nil, 0, 1), use)
	return p, lost(err)
}

// headOf returns the state that a page of objects shows.
func headOf(p *page[item]) replica.Head {
	return replica.Head{Mark: markOf(p.version, 0), Version: p.version, Items: -1, Objects: p.known()}
}

// staleness says how old a response is that could not be renewed, or "".
func staleness[T any](p *page[T]) string {
	if !p.res.Stale {
		return ""
	}
	return fmt.Sprintf("Zotero can't be reached; this is as of %s ago", p.res.Age.Round(time.Second))
}

// All implements [replica.Source]. The oldest objects come first, so that an
// addition moves no other object to another page.
func (s *source) All(ctx context.Context, yield func(replica.Batch) error) (replica.Head, error) {
	turns := newTurns(s.parallel)
	first, err := s.chunk(ctx, turns, 0, maxPage)
	if err != nil {
		return replica.Head{}, lost(err)
	}
	head := headOf(first)
	if err := yield(s.batch(first)); err != nil || first.last(maxPage) {
		return head, err
	}
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan *page[item])
	var failed error
	go func() {
		defer close(pages)
		failed = s.rest(ctx, turns, first, pages)
	}()
	for p := range pages {
		if err == nil {
			if err = yield(s.batch(p)); err != nil {
				cancel()
			}
		}
	}
	cancel()
	if err == nil {
		err = lost(failed)
	}
	return head, err
}

// rest reads the pages after the first, several at a time, in any order. What
// the server says of the number of objects is only a hint: an empty page ends
// the list.
func (s *source) rest(ctx context.Context, turns *turns, first *page[item], pages chan<- *page[item]) error {
	size := int64(first.count)
	var next, end atomic.Int64
	next.Store(size)
	end.Store(int64(first.total))
	if first.total < 0 {
		end.Store(1 << 62)
	}
	g, ctx := errgroup.WithContext(ctx)
	for range s.parallel {
		g.Go(func() error {
			for {
				start := next.Add(size) - size
				if start >= end.Load() {
					return nil
				}
				p, err := s.chunk(ctx, turns, int(start), int(size))
				if err != nil {
					return err
				}
				switch total := int64(p.total); {
				case p.count == 0:
					end.Store(start)
				case total > end.Load():
					end.Store(total) // something was added
				}
				select {
				case pages <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
	}
	return g.Wait()
}

// chunk reads a part of the library's objects. One that is larger than the
// upstream reads at once is divided.
func (s *source) chunk(ctx context.Context, turns *turns, start, limit int) (*page[item], error) {
	query := url.Values{"sort": {"dateAdded"}, "direction": {"asc"}}
	p, err := patient(ctx, func() (*page[item], error) {
		var p *page[item]
		err := turns.take(ctx, func() (err error) {
			p, err = getPage[item](ctx, s.ask, s.path+"/items", paged(query, start, limit), direct)
			return err
		})
		return p, err
	})
	if !isCode(err, library.TooLarge) || limit == 1 {
		return p, err
	}
	p, err = s.chunk(ctx, turns, start, limit/2)
	if err != nil || p.count < limit/2 {
		return p, err
	}
	second, err := s.chunk(ctx, turns, start+limit/2, limit-limit/2)
	if err != nil {
		return nil, err
	}
	p.items, p.count, p.total = append(p.items, second.items...), p.count+second.count, second.total
	return p, nil
}

// turns lets the requests of one reading run at the same time until one is not answered
// in time. From then on each runs alone: a small server that does one thing at a time
// answers none of several within the time of a request.
type turns struct {
	most   int64 // requests at a time
	places *semaphore.Weighted
	late   atomic.Bool // a request was not answered in time
}

func newTurns(most int) *turns {
	return &turns{most: int64(most), places: semaphore.NewWeighted(int64(most))}
}

// take makes a request when it is its turn.
func (t *turns) take(ctx context.Context, do func() error) error {
	places := int64(1)
	if t.late.Load() {
		places = t.most
	}
	if err := t.places.Acquire(ctx, places); err != nil {
		return err
	}
	defer t.places.Release(places)
	err := do()
	if errors.Is(err, upstream.ErrTimeout) {
		t.late.Store(true)
	}
	return err
}

// Bounds of the waits of a reading: how often a page is tried, and how long at
// most until the next time.
const (
	maxTries = 5
	maxPause = 5 * time.Minute
)

// patient makes a request of a long reading. If Zotero is down, or asks for a
// pause that is longer than a single request waits, it is made again later.
func patient[T any](ctx context.Context, do func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		v, err := do()
		if try == maxTries || !isCode(err, library.RateLimited, library.Unavailable) || ctx.Err() != nil {
			return v, err
		}
		pause := max(library.AsError(err).RetryAfter, time.Second<<try)
		timer := time.NewTimer(min(pause, maxPause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return v, err
		}
	}
}

func (s *source) batch(p *page[item]) replica.Batch {
	return replica.Batch{Objects: objectsOf(s.id, p.items), Total: p.known()}
}

// Keys implements [replica.Source].
func (s *source) Keys(ctx context.Context) (map[string]int64, replica.Head, error) {
	keys, version, err := versions(ctx, s.ask, s.path+"/items", url.Values{"format": {"versions"}})
	if err != nil {
		return nil, replica.Head{}, lost(err)
	}
	return keys, replica.Head{Mark: markOf(version, 0), Version: version, Items: -1, Objects: len(keys)}, nil
}

// Get implements [replica.Source].
func (s *source) Get(ctx context.Context, keys []string) ([]replica.Object, error) {
	keys = onlyValid(keys)
	if len(keys) > maxKeys {
		return nil, library.Errorf(library.Internal, "more than %d keys in one request", maxKeys)
	}
	items, err := s.getItems(ctx, keys)
	return objectsOf(s.id, items), err
}

// Below implements [replica.Source]. Of most attachments, and of annotations,
// Zotero refuses the question: nothing is below them.
func (s *source) Below(ctx context.Context, key string) ([]replica.Object, error) {
	if !validKey(key) {
		return nil, nil
	}
	items, _, _, err := getAll[item](ctx, s.ask, s.path+"/items/"+key+"/children", nil, direct)
	switch {
	case isCode(err, library.Invalid):
		return nil, nil
	case isCode(err, library.NotFound):
		return nil, s.verify(ctx)
	case err != nil:
		return nil, err
	}
	return objectsOf(s.id, items), nil
}

// verify returns an error if the library may no longer be read. Zotero answers
// "not found" for a single item in both cases.
func (s *source) verify(ctx context.Context) error {
	_, err := s.top(ctx, direct)
	return err
}
