package librarytest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Info implements [library.Reader].
func (m *Memory) Info(ctx context.Context) (library.Info, error) {
	return m.info, m.begin(ctx)
}

// Items implements [library.Reader].
func (m *Memory) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[*library.Item]{}, err
	}
	if len(keys) > library.MaxLimit {
		return library.Page[*library.Item]{}, library.Errorf(library.Invalid, "at most %d keys at a time", library.MaxLimit)
	}
	items := []*library.Item{}
	for _, key := range keys {
		if it := m.work(key); it != nil {
			items = append(items, it)
		}
	}
	return library.Page[*library.Item]{Items: items, Total: len(items), Version: m.info.Version}, nil
}

var _ library.Whole = (*Memory)(nil)

// Each implements [library.Whole].
func (m *Memory) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[*library.Item]{}, err
	}
	all := slices.SortedFunc(slices.Values(m.items), func(a, b *library.Item) int { return strings.Compare(a.ID.Key, b.ID.Key) })
	for _, it := range all {
		if err := cmp.Or(ctx.Err(), yield(it)); err != nil {
			return library.Page[*library.Item]{}, err
		}
	}
	return library.Page[*library.Item]{Total: len(all), Version: m.info.Version}, nil
}

// Collections implements [library.Reader].
func (m *Memory) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[library.Collection]{}, err
	}
	return library.Page[library.Collection]{Items: slices.Clone(m.collections), Total: len(m.collections), Version: m.info.Version}, nil
}

// Tags implements [library.Reader].
func (m *Memory) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[library.Tag]{}, err
	}
	within, err := m.subtree(q.Collection)
	if err != nil {
		return library.Page[library.Tag]{}, err
	}
	counts := map[string]int{}
	for _, it := range m.items {
		if !inCollections(it, within) {
			continue
		}
		for _, tag := range it.Tags {
			if strings.HasPrefix(fold(tag), fold(q.Prefix)) {
				counts[tag]++
			}
		}
	}
	tags := []library.Tag{}
	for name, n := range counts {
		tags = append(tags, library.Tag{Name: name, Items: n})
	}
	slices.SortFunc(tags, func(a, b library.Tag) int {
		if a.Items != b.Items {
			return b.Items - a.Items
		}
		return strings.Compare(a.Name, b.Name)
	})
	return page(tags, q.Offset, q.Limit, m.info.Version)
}

// Changes implements [library.Reader].
func (m *Memory) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[library.Change]{}, err
	}
	changes := []library.Change{}
	for _, it := range slices.Backward(m.items) {
		if it.Version <= q.SinceVersion || it.Modified.Before(q.Since) {
			continue
		}
		kind := library.Added
		if it.Modified.After(it.Added) {
			kind = library.Changed
		}
		changes = append(changes, library.Change{Kind: kind, Key: it.ID.Key, Item: it, Version: it.Version, At: it.Modified, By: it.ModifiedBy})
	}
	return page(changes, q.Offset, q.Limit, m.info.Version)
}

// Text implements [library.Reader].
func (m *Memory) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	if err := m.begin(ctx); err != nil {
		return library.Text{}, err
	}
	it := m.work(key)
	if it == nil {
		return library.Text{}, library.Errorf(library.NotFound, "no such item")
	}
	out := library.Text{Item: it.ID, Next: -1, Version: m.info.Version}
	at := it.BestText()
	if q.Attachment != "" {
		at = slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == q.Attachment })
	}
	if at < 0 {
		if q.Attachment != "" {
			return library.Text{}, library.Errorf(library.NotFound, "no such attachment")
		}
		out.Status.Reason = "the work has no attachment with text"
		return out, nil
	}
	out.Attachment, out.Status = it.Attachments[at].Key, it.Attachments[at].Text
	return out, cut(&out, m.texts[out.Attachment], q)
}

// cut puts the part of pages that q asks for into out.
func cut(out *library.Text, pages []library.TextPage, q library.TextQuery) error {
	from, to := q.Offset, out.Status.Chars
	switch {
	case q.FirstPage > 0:
		if q.FirstPage > len(pages) {
			return library.Errorf(library.Invalid, "the text has %d pages", len(pages))
		}
		from = pages[q.FirstPage-1].Offset
		if q.LastPage > 0 && q.LastPage < len(pages) {
			to = pages[q.LastPage].Offset
		}
	case q.Offset < 0 || q.Limit < 0 || q.Offset > out.Status.Chars:
		return library.Errorf(library.Invalid, "the text has %d characters", out.Status.Chars)
	case q.Limit > 0:
		to = min(to, q.Offset+q.Limit)
	}
	out.Offset = from
	if to < out.Status.Chars {
		out.Next = to
	}
	for _, p := range pages {
		text := []rune(p.Text)
		lo, hi := max(from-p.Offset, 0), min(to-p.Offset, len(text))
		if lo < hi {
			p.Offset += lo
			p.Text = string(text[lo:hi])
			out.Pages = append(out.Pages, p)
		}
	}
	return nil
}

// subtree returns the keys of a collection and of those below it; nil for "".
func (m *Memory) subtree(key string) (map[string]bool, error) {
	if key == "" {
		return nil, nil
	}
	if !slices.ContainsFunc(m.collections, func(c library.Collection) bool { return c.Key == key }) {
		return nil, library.Errorf(library.NotFound, "no such collection")
	}
	keys := map[string]bool{key: true}
	for grown := true; grown; {
		grown = false
		for _, c := range m.collections {
			if keys[c.Parent] && !keys[c.Key] {
				keys[c.Key], grown = true, true
			}
		}
	}
	return keys, nil
}

// inCollections reports whether the work is in one of the collections; nil is
// everywhere.
func inCollections(it *library.Item, keys map[string]bool) bool {
	return keys == nil || slices.ContainsFunc(it.Collections, func(k string) bool { return keys[k] })
}
