package zotero

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Collections implements [library.Reader]. Collections in the trash, and those
// below them, are left out. The counts are Zotero's own.
func (r *Reader) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	if err := ctx.Err(); err != nil {
		return library.Page[library.Collection]{}, err
	}
	first, err := r.client.Collections(ctx, r.scope, Parameters{})
	if err != nil {
		return library.Page[library.Collection]{}, err
	}
	byKey := map[string]Collection{}
	for c, err := range All(ctx, first) {
		if err != nil {
			return library.Page[library.Collection]{}, err
		}
		if validKey(c.Key) {
			byKey[c.Key] = c
		}
	}
	tree := []library.Collection{}
	for _, c := range byKey {
		if alive(byKey, c) {
			tree = append(tree, library.Collection{Key: c.Key, Name: c.Name, Parent: c.Parent, Items: c.Items})
		}
	}
	slices.SortFunc(tree, func(a, b library.Collection) int {
		return cmp.Or(strings.Compare(fold(a.Name), fold(b.Name)), strings.Compare(a.Key, b.Key))
	})
	return library.Page[library.Collection]{Items: tree, Total: len(tree), Version: first.Version, Notice: staleness(first)}, nil
}

// alive reports whether a collection and all above it are there.
func alive(byKey map[string]Collection, c Collection) bool {
	for range len(byKey) {
		if c.Deleted {
			return false
		}
		if c.Parent == "" {
			return true
		}
		above, ok := byKey[c.Parent]
		if !ok {
			return false
		}
		c = above
	}
	return false // a circle, which only a broken server makes
}

// subtree returns the keys of a collection and of those below it; nil for "".
func (r *Reader) subtree(ctx context.Context, key string) (map[string]bool, error) {
	if key == "" {
		return nil, nil
	}
	all, err := r.Collections(ctx)
	if err != nil {
		return nil, err
	}
	below := map[string][]string{}
	known := false
	for _, c := range all.Items {
		below[c.Parent] = append(below[c.Parent], c.Key)
		known = known || c.Key == key
	}
	if !known {
		return nil, library.Errorf(library.NotFound, "no such collection").WithHint("list_collections names those that there are")
	}
	within := map[string]bool{}
	for next := []string{key}; len(next) > 0; next = next[1:] {
		within[next[0]] = true
		next = append(next, below[next[0]]...)
	}
	return within, nil
}
