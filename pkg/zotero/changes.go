package zotero

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// maxChanges is how many changed objects are held at a time. If there are more,
// reading the library whole needs less memory.
const maxChanges = 2000

// markOf returns the mark of a library's state: its version, and how many
// collections it has, or 0 if that is not known.
func markOf(version int64, collections int) string {
	mark := strconv.FormatInt(version, 10)
	if collections > 0 {
		mark += "+" + strconv.Itoa(collections)
	}
	return mark
}

// parseMark reads what markOf returned.
func parseMark(mark string) (version int64, collections int, ok bool) {
	first, second, counted := strings.Cut(mark, "+")
	version, err := strconv.ParseInt(first, 10, 64)
	if err != nil || version < 0 {
		return 0, 0, false
	}
	if counted {
		if collections, err = strconv.Atoi(second); err != nil || collections < 0 {
			return 0, 0, false
		}
	}
	return version, collections, true
}

// Since implements [replica.Source]. A library in which nothing changed costs
// one request, one with a small change three: objects, removals, collections.
func (s *source) Since(ctx context.Context, mark string) (*replica.Changes, error) {
	since, collections, ok := parseMark(mark)
	if !ok {
		return &replica.Changes{Whole: true}, nil
	}
	items, head, err := s.changed(ctx, since)
	switch {
	case err != nil:
		return nil, err
	case head.Version < since || head.Objects > maxChanges:
		return &replica.Changes{Whole: true}, nil
	case head.Version == since && len(items) == 0:
		head.Mark, head.Objects = mark, -1
		return &replica.Changes{Head: head}, nil
	}
	gone, _, err := getOne[deletions](ctx, s.ask, s.path+"/deleted", sinceVersion(since), direct)
	if err != nil {
		return nil, lost(err)
	}
	tree, count, err := s.collectionsSince(ctx, since, collections, len(gone.collections) > 0)
	if err != nil {
		return nil, err
	}
	head.Mark, head.Objects = markOf(head.Version, count), -1
	// An object can be removed after the first request.
	removed := make(map[string]bool, len(gone.items))
	for _, key := range gone.items {
		removed[key] = true
	}
	items = slices.DeleteFunc(items, func(it item) bool { return removed[it.key] })
	return &replica.Changes{Head: head, Objects: objectsOf(s.id, items), Removed: gone.items, Collections: tree}, nil
}

// changed returns the items that changed after a version, trash included. The
// head is that of the first page, with the number of changed items. The list
// ends early if there are too many.
func (s *source) changed(ctx context.Context, since int64) ([]item, replica.Head, error) {
	query := sinceVersion(since)
	query.Set("includeTrashed", "1")
	query.Set("sort", "dateAdded")
	query.Set("direction", "asc")
	var items []item
	var head replica.Head
	moved := false
	err := eachPage(ctx, s.ask, s.path+"/items", query, direct, func(p *page[item]) bool {
		if p.start == 0 {
			head = headOf(p)
		}
		moved = moved || p.version != head.Version
		items = append(items, p.items...)
		return head.Version >= since && p.known() <= maxChanges
	})
	if err == nil && moved {
		items, err = s.complete(ctx, since, items)
	}
	return items, head, lost(err)
}

// complete adds to a list of changed items those that moved to an earlier page
// while it was read, because an item before them was removed: a list of keys and
// versions has no pages.
func (s *source) complete(ctx context.Context, since int64, items []item) ([]item, error) {
	query := sinceVersion(since)
	query.Set("includeTrashed", "1")
	query.Set("format", "versions")
	missing, _, err := versions(ctx, s.ask, s.path+"/items", query)
	if err != nil {
		return nil, err
	}
	for i := range items {
		if missing[items[i].key] <= items[i].version {
			delete(missing, items[i].key)
		}
	}
	more, err := s.getItems(ctx, keysOf(missing))
	return append(items, more...), err
}

func keysOf(m map[string]int64) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func sinceVersion(version int64) url.Values {
	return url.Values{"since": {strconv.FormatInt(version, 10)}}
}

// getItems requests items by their keys, in any number, trash included.
func (s *source) getItems(ctx context.Context, keys []string) ([]item, error) {
	var all []item
	for some := range slices.Chunk(keys, maxKeys) {
		query := url.Values{"itemKey": {strings.Join(some, ",")}, "includeTrashed": {"1"}}
		p, err := getPage[item](ctx, s.ask, s.path+"/items", paged(query, 0, maxPage), direct)
		if err != nil {
			return nil, lost(err)
		}
		all = append(all, p.items...)
	}
	return all, nil
}

// onlyValid returns the keys that have the form of one. Without any of them in a
// filter, Zotero answers with the first items of the library.
func onlyValid(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !validKey(key) })
}
