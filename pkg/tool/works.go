package tool

import (
	"context"

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
	found, err := k.named(ctx, names)
	if err != nil {
		return nil, err
	}
	if err := k.standing.rejected(); err != nil {
		return nil, err
	}
	works := &Works{ByName: map[string]csl.Item{}, Notices: append(found.notices, k.standing.all()...)}
	if notice := k.incomplete(); notice != "" {
		works.Notices = append(works.Notices, notice)
	}
	for i, it := range found.items {
		if it == nil {
			continue
		}
		if works.ByName[names[i]], err = CSLItem(it); err != nil {
			return nil, err
		}
	}
	return works, nil
}

// CSLItem returns a work as citation styles see it, under its item ID.
func CSLItem(it *library.Item) (csl.Item, error) { return cslItem(it) }
