package tool

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Works are the works that names mean, as citation styles see them.
type Works struct {
	// ByName has the works under the names that were asked for. A name that
	// means no work, or more than one, is not in it.
	ByName map[string]csl.Item
	// Notices say why works may be missing.
	Notices []string
}

// Works returns the works that names mean in the libraries of the caller: item
// IDs, DOIs, citation keys and URLs, as the tool cite takes them.
func (c *Catalog) Works(ctx context.Context, names []string) (*Works, error) {
	k := c.newCall(nil)
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !isName(name) })
	found, err := k.resolve(ctx, "ids", names)
	if err != nil {
		return nil, err
	}
	if err := k.standing.rejected(); err != nil {
		return nil, err
	}
	works := &Works{ByName: map[string]csl.Item{}, Notices: k.standing.all()}
	_, notices := k.absent(ctx, names, found)
	works.Notices = append(works.Notices, notices...)
	if notice := k.incomplete(); notice != "" {
		works.Notices = append(works.Notices, notice)
	}
	for i, l := range found {
		if l.err != nil {
			continue
		}
		if works.ByName[names[i]], err = CSLItem(l.item); err != nil {
			return nil, err
		}
	}
	return works, nil
}

// isName reports whether a text has the form of a name that means a work.
func isName(s string) bool {
	if parseName(s).kind != "" {
		return true
	}
	_, err := parseItemID("ids", s)
	return err == nil
}

// CSLItem returns a work as citation styles see it, under its item ID.
func CSLItem(it *library.Item) (csl.Item, error) { return cslItem(it) }
