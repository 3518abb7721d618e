package zotero

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxRepeats is how often a list is read again whose library changed between
// its pages.
const maxRepeats = 3

// Collections implements [replica.Source]. Collections in the trash, and those
// below them, are left out.
func (s *source) Collections(ctx context.Context) ([]library.Collection, error) {
	tree, _, err := s.collections(ctx)
	return tree, err
}

// collections returns the tree, and how many collections the library has with
// those in the trash. If the library changes between the pages each time, the
// tree has what any of the readings has.
func (s *source) collections(ctx context.Context) ([]library.Collection, int, error) {
	byKey := map[string]collection{}
	for range maxRepeats {
		all, _, moved, err := getAll[collection](ctx, s.ask, s.path+"/collections", nil, direct)
		if err != nil {
			return nil, 0, lost(err)
		}
		if !moved {
			clear(byKey)
		}
		for _, c := range all {
			if validKey(c.key) {
				byKey[c.key] = c
			}
		}
		if !moved {
			break
		}
	}
	return treeOf(byKey), len(byKey), nil
}

// collectionsSince returns the tree if it changed after a version, else nil, and
// how many collections the library has. Known is how many it had, or 0: a tree
// of one page is read whether it changed or not, which costs the same.
func (s *source) collectionsSince(ctx context.Context, since int64, known int, removed bool) ([]library.Collection, int, error) {
	if known > maxPage && !removed {
		query := url.Values{"since": {strconv.FormatInt(since, 10)}}
		p, err := getPage[json.RawMessage](ctx, s.ask, s.path+"/collections", paged(query, 0, 1), direct)
		if err != nil {
			return nil, 0, lost(err)
		}
		if p.known() == 0 {
			return nil, known, nil
		}
	}
	return s.collections(ctx)
}

// treeOf returns the collections that are not in the trash, nor below one that
// is, sorted by name.
func treeOf(byKey map[string]collection) []library.Collection {
	tree := []library.Collection{}
	for _, c := range byKey {
		if alive(byKey, c) {
			tree = append(tree, library.Collection{Key: c.key, Name: c.name, Parent: c.parent, Items: c.items})
		}
	}
	slices.SortFunc(tree, func(a, b library.Collection) int {
		return cmp.Or(strings.Compare(plaintext.Fold(a.Name), plaintext.Fold(b.Name)), strings.Compare(a.Key, b.Key))
	})
	return tree
}

// alive reports whether a collection and all above it are outside the trash.
func alive(byKey map[string]collection, c collection) bool {
	for range len(byKey) {
		if c.deleted {
			return false
		}
		if c.parent == "" {
			return true
		}
		above, ok := byKey[c.parent]
		if !ok {
			return false
		}
		c = above
	}
	return false // a circle, which only a broken server makes
}
