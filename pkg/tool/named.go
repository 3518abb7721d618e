package tool

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxCandidates bounds the works of a library that are compared with a name.
const maxCandidates = 20

// naming is the works that names mean: nil where a name means none, or more
// than one, which a notice says.
type naming struct {
	items   []*library.Item
	notices []string
}

// named returns the works of these names: item IDs, or DOIs, citation keys
// (with or without "@") and URLs of works in the caller's libraries.
func (c *call) named(ctx context.Context, names []string) (*naming, error) {
	out := &naming{items: make([]*library.Item, len(names))}
	libs, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	at := map[library.ID][]int{} // positions in names
	keys := make([]string, len(names))
	var others []int
	for i, name := range names {
		id, err := parseItemID("ids", name)
		// A name such as doi:10.1000/182 has the form of an item ID.
		lib := indexID(libs, id.Library)
		if err != nil || lib < 0 {
			others = append(others, i)
			continue
		}
		keys[i] = id.Key
		at[libs[lib].ID] = append(at[libs[lib].ID], i)
	}
	for lib, at := range at {
		if err := c.byKey(ctx, lib, at, keys, out); err != nil {
			return nil, err
		}
	}
	return out, c.byName(ctx, libs, names, others, out)
}

// byKey reads the works of one library.
func (c *call) byKey(ctx context.Context, lib library.ID, at []int, keys []string, out *naming) error {
	reader, err := c.reader(ctx, lib)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(at, library.MaxLimit) {
		asked := make([]string, len(part))
		for i, n := range part {
			asked[i] = keys[n]
		}
		found, err := itemsOf(ctx, reader, asked)
		if err != nil {
			return err
		}
		for i, n := range part {
			out.items[n] = found[i].item
		}
	}
	return nil
}

// byName finds works by what else names them, in all libraries.
func (c *call) byName(ctx context.Context, libs []library.Info, names []string, at []int, out *naming) error {
	found := make([][]*library.Item, len(at))
	notices := make([]string, len(at))
	each(len(at), func(i int) {
		for _, lib := range libs {
			works, err := c.candidates(ctx, lib.ID, names[at[i]])
			if err != nil {
				notices[i] = fmt.Sprintf("library %s could not be searched for %q: %s", lib.ID, ours(names[at[i]]), c.tolerate(ctx, err))
				continue
			}
			found[i] = append(found[i], works...)
		}
	})
	for i, works := range found {
		if notices[i] != "" {
			out.notices = append(out.notices, notices[i])
		}
		switch len(works) {
		case 0:
		case 1:
			out.items[at[i]] = works[0]
		default:
			ids := make([]string, len(works))
			for j, it := range works {
				ids[j] = it.ID.String()
			}
			out.notices = append(out.notices, fmt.Sprintf("%q names %d works: %s; give the item ID of one", ours(names[at[i]]), len(works), enumerate(ids)))
		}
	}
	return ctx.Err()
}

// candidates returns the works of a library that have a name.
func (c *call) candidates(ctx context.Context, lib library.ID, name string) ([]*library.Item, error) {
	reader, err := c.reader(ctx, lib)
	if err != nil {
		return nil, err
	}
	page, err := reader.Search(ctx, library.Query{Text: name, Limit: maxCandidates})
	if err != nil {
		return nil, err
	}
	var works, former []*library.Item
	for _, h := range page.Items {
		switch key := strings.TrimPrefix(plaintext.Line(name), "@"); {
		case key != "" && strings.EqualFold(citekey.Of(h.Item), key):
			return []*library.Item{h.Item}, nil
		case hasName(h.Item, name):
			works = append(works, h.Item)
		case hasHadKey(h.Item, key):
			former = append(former, h.Item)
		}
	}
	if len(works) == 0 {
		return former, nil
	}
	return works, nil
}

// hasName reports whether a DOI or a URL is the work's own.
func hasName(it *library.Item, name string) bool {
	name = plaintext.Line(name)
	if d := doiOf(strings.TrimPrefix(name, "@")); d != "" {
		return strings.EqualFold(doiOf(plaintext.Line(it.Field("DOI"))), d)
	}
	u := bareURL(name)
	return u != "" && u == bareURL(plaintext.Line(it.Field("url")))
}

// hasHadKey reports whether a citation key stands in the work beside the one that
// it is exported under: as a former one, or as its own that another work has.
func hasHadKey(it *library.Item, key string) bool {
	same := func(k string) bool { return strings.EqualFold(k, key) }
	return key != "" && (same(it.Field("citationKey")) || slices.ContainsFunc(citekey.Former(it), same))
}

// doiOf returns the DOI that s is, or "".
func doiOf(s string) string {
	if m := doi.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// bareURL returns a web address without its scheme, "www." and a slash at its
// end, or "".
func bareURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	bare := strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		bare += "?" + u.RawQuery
	}
	return bare
}
