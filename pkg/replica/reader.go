package replica

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// reader is a library as one caller reads it.
type reader struct {
	replicas *Replicas
	opening  Opening
}

var (
	_ library.Ranked = (*reader)(nil)
	_ library.Nearer = (*reader)(nil)
)

// call is one call of a reader.
type call struct {
	*replica
	source  Source
	shelf   *shelf.Shelf // nil while the replica is not complete
	notice  string
	release func()
}

// begin opens the replica and brings it up to date. The caller releases the call.
func (d *reader) begin(ctx context.Context) (*call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, release, err := d.replicas.acquire(d.opening)
	if err != nil {
		return nil, err
	}
	c := &call{replica: r, source: d.opening.Source, release: release}
	c.settle(ctx)
	return c, nil
}

// beginRead is like begin, but waits a while for a replica that is not complete.
func (d *reader) beginRead(ctx context.Context) (*call, error) {
	c, err := d.begin(ctx)
	if err != nil || c.shelf != nil {
		return c, err
	}
	if !c.awaited(ctx) {
		c.release()
		return nil, cmp.Or(ctx.Err(), error(c.unreadError()))
	}
	c.settle(ctx)
	if c.shelf == nil { // it was given up in the meantime
		c.release()
		return nil, c.unreadError()
	}
	return c, nil
}

// settle decides which way the call is answered.
func (c *call) settle(ctx context.Context) {
	c.shelf = c.replica.current()
	if c.shelf != nil && markOf(ctx, c.shelf) == lostMark {
		c.lose(c.shelf)
		c.shelf = nil
	}
	if c.shelf == nil {
		c.notice = c.unreadNotice()
		return
	}
	c.freshen(ctx, c.shelf)
	c.notice = c.staleNotice(time.Now())
}

// awaited waits until the replica is complete, for a while.
func (c *call) awaited(ctx context.Context) bool {
	c.mu.Lock()
	complete := c.complete
	tooLarge := !c.tooLarge.IsZero()
	c.mu.Unlock()
	if tooLarge {
		return false
	}
	timer := time.NewTimer(c.replicas.opts.Patience)
	defer timer.Stop()
	select {
	case <-complete:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// Info implements [library.Reader].
func (d *reader) Info(ctx context.Context) (library.Info, error) {
	c, err := d.begin(ctx)
	if err != nil {
		return library.Info{}, err
	}
	defer c.release()
	info := d.opening.About
	info.Notice = joined(d.opening.Notice, c.notice)
	if c.shelf == nil {
		head, err := c.quick.head(ctx, c.source)
		info.Items, info.Version = head.Items, head.Version
		info.Notice = joined(info.Notice, head.Notice)
		return info, err
	}
	held, err := c.shelf.Info(ctx)
	info.Items, info.Version = held.Items, held.Version
	info.Notice = joined(info.Notice, held.Notice)
	return info, err
}

// Search implements [library.Reader].
func (d *reader) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	var none library.Page[library.Hit]
	if err := q.Validate(); err != nil {
		return none, err
	}
	c, err := d.beginSearch(ctx, q)
	if err != nil {
		return none, err
	}
	defer c.release()
	if c.shelf == nil {
		if q.After != nil {
			return none, c.unreadError()
		}
		page, err := c.quick.search(ctx, c.source, d.opening.About.ID, q)
		page.Notice = joined(c.notice, page.Notice)
		return page, err
	}
	page, err := c.shelf.Search(ctx, q)
	page.Notice = joined(c.notice, c.textsNotice(q), page.Notice)
	return page, err
}

// beginSearch is like begin, but like beginRead for a query that the upstream's own
// search would answer wrongly: it does not know which works have text.
func (d *reader) beginSearch(ctx context.Context, q library.Query) (*call, error) {
	if !q.HasText {
		return d.begin(ctx)
	}
	c, err := d.beginRead(ctx)
	if e := (*library.Error)(nil); errors.As(err, &e) && e.Code == library.Unavailable {
		err = e.WithHint("which works have text is not known before; the first page of a search without has:text can be had now")
	}
	return c, err
}

var _ library.Counted = (*reader)(nil)

// Counts implements [library.Counted].
func (d *reader) Counts(ctx context.Context, q library.Query) (library.Counts, error) {
	c, err := d.beginRead(ctx)
	if err != nil {
		return library.Counts{}, err
	}
	defer c.release()
	counts, err := c.shelf.Counts(ctx, q)
	counts.Notice = joined(c.notice, c.textsNotice(q), counts.Notice)
	return counts, err
}

// Statistics implements [library.Ranked]; nil until the replica is complete.
func (d *reader) Statistics(ctx context.Context, q library.Query) (*library.Statistics, error) {
	c, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.release()
	if c.shelf == nil {
		return nil, nil
	}
	return c.shelf.Statistics(ctx, q)
}

// Feedback implements [library.Ranked]; none until the replica is complete.
func (d *reader) Feedback(ctx context.Context, q library.Query) ([]library.Feedback, error) {
	c, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.release()
	if c.shelf == nil {
		return nil, nil
	}
	return c.shelf.Feedback(ctx, q)
}

// Nearest implements [library.Nearer]; none until the replica is complete.
func (d *reader) Nearest(ctx context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	c, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.release()
	if c.shelf == nil {
		return nil, nil
	}
	return c.shelf.Nearest(ctx, kind, name)
}

// Items implements [library.Reader].
func (d *reader) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	var none library.Page[*library.Item]
	if len(keys) > library.MaxLimit {
		return none, library.Errorf(library.Invalid, "at most %d keys at a time, not %d", library.MaxLimit, len(keys))
	}
	c, err := d.begin(ctx)
	if err != nil {
		return none, err
	}
	defer c.release()
	s, err := c.with(ctx, keys)
	if err != nil {
		return none, err
	}
	page, err := s.Items(ctx, keys)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}

var _ library.Whole = (*reader)(nil)

// Each implements [library.Whole].
func (d *reader) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	c, err := d.beginRead(ctx)
	if err != nil {
		return library.Page[*library.Item]{}, err
	}
	defer c.release()
	page, err := c.shelf.Each(ctx, yield)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}

// with returns a shelf that has the works of these keys: the replica's or, until
// that is complete, one of what was asked for.
func (c *call) with(ctx context.Context, keys []string) (*shelf.Shelf, error) {
	if c.shelf != nil {
		return c.shelf, nil
	}
	return c.asked(ctx, keys)
}

// asked returns the partial shelf, with the works of these keys.
func (c *call) asked(ctx context.Context, keys []string) (*shelf.Shelf, error) {
	p, err := c.partialShelf(ctx)
	if err != nil {
		return nil, err
	}
	return p.shelf, p.need(ctx, c.source, keys)
}

// withTexts returns a shelf that has a work and what read puts into it. The replica's
// takes nothing while its library is read again: then it is the partial shelf.
func (c *call) withTexts(ctx context.Context, key string, read func(*shelf.Shelf) error) (*shelf.Shelf, error) {
	s, err := c.with(ctx, []string{key})
	if err != nil {
		return nil, err
	}
	if err := read(s); library.CodeOf(err) != library.Conflict {
		return s, err
	}
	if s, err = c.asked(ctx, []string{key}); err != nil {
		return nil, err
	}
	return s, read(s)
}

// Text implements [library.Reader].
func (d *reader) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	c, err := d.begin(ctx)
	if err != nil {
		return library.Text{}, err
	}
	defer c.release()
	s, err := c.withTexts(ctx, key, func(s *shelf.Shelf) error { return c.readBest(ctx, s, key, q.Attachment) })
	if err != nil {
		return library.Text{}, err
	}
	text, err := s.Text(ctx, key, q)
	text.Notice = joined(c.notice, text.Notice)
	return text, err
}

// Passages implements [library.Reader].
func (d *reader) Passages(ctx context.Context, key string, q library.PassageQuery) (library.Page[library.Passage], error) {
	var none library.Page[library.Passage]
	c, err := d.begin(ctx)
	if err != nil {
		return none, err
	}
	defer c.release()
	s, err := c.withTexts(ctx, key, func(s *shelf.Shelf) error { return c.readEvery(ctx, s, key) })
	if err != nil {
		return none, err
	}
	page, err := s.Passages(ctx, key, q)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}

// Collections implements [library.Reader].
func (d *reader) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	c, err := d.begin(ctx)
	if err != nil {
		return library.Page[library.Collection]{}, err
	}
	defer c.release()
	if c.shelf == nil {
		all, err := c.quick.collections(ctx, c.source)
		if err != nil {
			return library.Page[library.Collection]{}, err
		}
		return library.Page[library.Collection]{Items: all, Total: len(all), Notice: c.notice}, nil
	}
	page, err := c.shelf.Collections(ctx)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}

// Tags implements [library.Reader].
func (d *reader) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	c, err := d.beginRead(ctx)
	if err != nil {
		return library.Page[library.Tag]{}, err
	}
	defer c.release()
	page, err := c.shelf.Tags(ctx, q)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}

// Changes implements [library.Reader].
func (d *reader) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	c, err := d.beginRead(ctx)
	if err != nil {
		return library.Page[library.Change]{}, err
	}
	defer c.release()
	page, err := c.shelf.Changes(ctx, q)
	page.Notice = joined(c.notice, page.Notice)
	return page, err
}
