package shelf

import (
	"context"
	"fmt"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Info implements [library.Reader].
func (s *Shelf) Info(ctx context.Context) (library.Info, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Info{}, err
	}
	defer st.release()
	info := library.Info{
		ID: st.library, Name: s.opts.name, Kind: st.library.Kind(),
		Items: st.meta.Items, Version: st.meta.Version, Notice: s.opts.notice,
	}
	if n := st.notice(); n != "" {
		info.Notice = n
	}
	return info, nil
}

// Items implements [library.Reader].
func (s *Shelf) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	var none library.Page[*library.Item]
	st, err := s.begin(ctx)
	if err != nil {
		return none, err
	}
	defer st.release()
	if len(keys) > library.MaxLimit {
		return none, library.Errorf(library.Invalid, "at most %d keys at a time, not %d", library.MaxLimit, len(keys))
	}
	items := make([]*library.Item, 0, len(keys))
	for _, key := range keys {
		it, err := st.work(key)
		if err != nil {
			return none, err
		}
		if it != nil {
			items = append(items, it)
		}
	}
	return wholePage(st, items), nil
}

var _ library.Whole = (*Shelf)(nil)

// Each implements [library.Whole].
func (s *Shelf) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Page[*library.Item]{}, err
	}
	defer st.release()
	err = st.eachItem(func(it *library.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(it)
	})
	return library.Page[*library.Item]{Total: st.meta.Items, Version: st.meta.Version, Notice: st.notice()}, err
}

// Passages implements [library.Reader].
func (s *Shelf) Passages(ctx context.Context, key string, q library.PassageQuery) (library.Page[library.Passage], error) {
	var none library.Page[library.Passage]
	st, err := s.begin(ctx)
	if err != nil {
		return none, err
	}
	defer st.release()
	const most = 20
	if q.Limit < 1 || q.Limit > most {
		return none, library.Errorf(library.Invalid, "limit must be 1 to %d, not %d", most, q.Limit)
	}
	it, err := st.mustWork(key)
	if err != nil {
		return none, err
	}
	found, err := st.index.Passages(ctx, it.ID.Key, q)
	if err != nil {
		return none, err
	}
	return wholePage(st, found), nil
}

// Collections implements [library.Reader].
func (s *Shelf) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Page[library.Collection]{}, err
	}
	defer st.release()
	t, err := st.tree()
	if err != nil {
		return library.Page[library.Collection]{}, err
	}
	return pageOf(st, t.sorted, 0, len(t.sorted)), nil
}

// Tags implements [library.Reader]. The tags of a collection are those of the
// works in it and below it.
func (s *Shelf) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Page[library.Tag]{}, err
	}
	defer st.release()
	if err := library.ValidatePage(q.Offset, q.Limit); err != nil {
		return library.Page[library.Tag]{}, err
	}
	tags, err := st.tagsIn(q.Collection)
	if err != nil {
		return library.Page[library.Tag]{}, err
	}
	found := make([]library.Tag, 0, len(tags))
	folded := plaintext.Fold(q.Prefix)
	for _, t := range tags {
		if t.hasPrefix(q.Prefix, folded) {
			found = append(found, t.Tag)
		}
	}
	return pageOf(st, found, q.Offset, q.Limit), nil
}

// tagsIn returns the tags of the works in a collection and below it, or of the
// whole library for "".
func (s *state) tagsIn(collection string) ([]foldedTag, error) {
	if collection == "" {
		return s.tags()
	}
	t, err := s.tree()
	if err != nil {
		return nil, err
	}
	keys, err := t.subtree(collection)
	if err != nil {
		return nil, err
	}
	members := map[string]bool{}
	for _, key := range keys {
		err := s.rows.scan(memberTable, key+"\x00", func(row string, _ []byte) error {
			members[row[len(key)+1:]] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return readTags(s.rows, func(item string) bool { return members[item] })
}

// Changes implements [library.Reader]. It knows each work's last change, and the
// last 10,000 removals. A change's time is that of the import that made it or,
// where a transaction made it or the library is in memory, when the work says
// that it was modified.
func (s *Shelf) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	var none library.Page[library.Change]
	st, err := s.begin(ctx)
	if err != nil {
		return none, err
	}
	defer st.release()
	if err := library.ValidatePage(q.Offset, q.Limit); err != nil {
		return none, err
	}
	events, err := st.events()
	if err != nil {
		return none, err
	}
	var found []event
	for _, e := range events {
		if e.version > q.SinceVersion && !e.at.Before(q.Since) {
			found = append(found, e)
		}
	}
	part := pageOf(st, found, q.Offset, q.Limit)
	out := library.Page[library.Change]{Items: []library.Change{}, Total: part.Total, Version: part.Version, Notice: part.Notice}
	if q.SinceVersion < st.meta.Forgotten && out.Notice == "" {
		out.Notice = fmt.Sprintf("removals up to version %d are no longer known", st.meta.Forgotten)
	}
	for _, e := range part.Items {
		it, err := st.item(e.key)
		if err != nil {
			return none, err
		}
		if e.kind == library.Removed {
			it = nil
		}
		c := library.Change{Kind: e.kind, Key: e.key, Item: it, Version: e.version, At: e.at}
		if it != nil {
			c.By = first(it.ModifiedBy, it.AddedBy)
		}
		out.Items = append(out.Items, c)
	}
	return out, nil
}

// wholePage returns all as one page.
func wholePage[T any](st *state, all []T) library.Page[T] {
	return library.Page[T]{Items: all, Total: len(all), Version: st.meta.Version, Notice: st.notice()}
}

// pageOf returns the part of all that begins at offset, as the caller's own.
func pageOf[T any](st *state, all []T, offset, limit int) library.Page[T] {
	from := min(offset, len(all))
	part := all[from:min(from+limit, len(all))]
	return library.Page[T]{
		Items: append(make([]T, 0, len(part)), part...), Total: len(all), Version: st.meta.Version, Notice: st.notice(),
	}
}
