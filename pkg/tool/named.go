package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// maxCandidates bounds the works of a library that are compared with a name.
const maxCandidates = 20

// holding is a work and the library that holds it.
type holding struct {
	lib    library.Info
	reader library.Reader
	item   *library.Item
	// asked is the key that was asked for: the work's own, or that of one of
	// its children.
	asked string
}

// lookup is the work that a name means, or why there is none: NotFound, Invalid if
// it means several, or the error of a library that might have it.
type lookup struct {
	holding
	err error
}

// find returns the work that a name means: see [call.resolve].
func (c *call) find(ctx context.Context, argument, name string) (holding, error) {
	found, err := c.resolve(ctx, argument, []string{name})
	if err != nil {
		return holding{}, err
	}
	if found[0].err != nil {
		return holding{}, found[0].err
	}
	c.touch(ctx, 1, func(int) library.ItemID { return found[0].item.ID })
	return found[0].holding, nil
}

// resolve returns the works of these names, in this order. A name is an item ID or
// the URI of an item's resource or its page, or the citation key (with or without "@"), DOI
// or URL of a work in the caller's libraries. A name of none of these forms is an
// error, and so is a library that can't be read by item ID.
func (c *call) resolve(ctx context.Context, argument string, names []string) ([]lookup, error) {
	libs, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]lookup, len(names))
	byID := map[library.ID][]int{} // positions in names
	var others []int
	for i, name := range names {
		id, err := parseItemID(argument, c.withoutPage(name))
		at := -1
		if err == nil {
			at = indexID(libs, id.Library)
		}
		switch {
		case at >= 0:
			out[i].lib, out[i].asked = libs[at], id.Key
			byID[libs[at].ID] = append(byID[libs[at].ID], i)
		case parseName(name).kind != "": // doi:10.1000/182 has the form of an item ID
			others = append(others, i)
		case err == nil:
			out[i].err = c.noLibrary()
		default:
			return nil, err
		}
	}
	for id, at := range byID {
		if err := c.readKeys(ctx, id, out, at); err != nil {
			return nil, err
		}
		c.progress.step(len(names), "read "+string(id))
	}
	each(len(others), func(i int) {
		n := &out[others[i]]
		n.holding, n.err = c.byName(ctx, argument, libs, parseName(names[others[i]]))
	})
	return out, ctx.Err()
}

// absent returns the names that mean no work, and a notice for each of which that is
// not because no library has it.
func (c *call) absent(ctx context.Context, names []string, found []lookup) (missing, notices []string) {
	for i, l := range found {
		if l.err == nil {
			continue
		}
		missing = append(missing, ours(names[i]))
		if library.CodeOf(l.err) != library.NotFound {
			notices = append(notices, fmt.Sprintf("%q: %s", ours(names[i]), c.tolerate(ctx, l.err)))
		}
	}
	return missing, notices
}

// readKeys reads the works of one library that have the keys asked for.
func (c *call) readKeys(ctx context.Context, id library.ID, out []lookup, at []int) error {
	for part := range slices.Chunk(at, library.MaxLimit) {
		keys := make([]string, len(part))
		for i, n := range part {
			keys[i] = out[n].asked
		}
		reader, found, err := c.itemsOf(ctx, id, keys)
		if err != nil {
			return err
		}
		for i, n := range part {
			out[n].reader, out[n].item, out[n].asked = reader, found[i].item, found[i].key
			if found[i].item == nil {
				out[n].err = library.Errorf(library.NotFound, "library %s has no item %s", id, keys[i]).
					WithHint("search for it; it may have been removed")
			}
		}
	}
	return nil
}

// workName is what names a work other than an item ID.
type workName struct {
	kind string        // "citation key", "DOI" and others; "" is no name
	key  string        // a citation key
	ids  []question.ID // or identifiers, one of which the work has
	text string        // what a library is searched for
}

// parseName reads a citation key, or an identifier or URL in any spelling. Each may
// have an "@" before it, as in a citation.
func parseName(s string) workName {
	s, marked := strings.CutPrefix(plaintext.Line(s), "@")
	n, ok := question.Named(s)
	switch {
	case ok && len(n.IDs) > 0 && n.IDs[0].Kind != question.Key:
		return workName{kind: n.Kind(), ids: n.IDs, text: s}
	case s == "" || strings.ContainsAny(s, " <>\"") || !marked && strings.Contains(s, "/"):
		return workName{}
	}
	return workName{kind: "citation key", key: s, text: "@" + s}
}

// of reports whether a work has the name, and whether that is its name before all
// others: the citation key under which it is exported, which another work may state
// too.
func (n workName) of(it *library.Item) (has, before bool) {
	if n.key != "" {
		same := func(key string) bool { return strings.EqualFold(key, n.key) }
		before = same(citekey.Of(it))
		return before || same(it.Field("citationKey")) || slices.ContainsFunc(citekey.Former(it), same), before
	}
	return slices.ContainsFunc(n.ids, func(id question.ID) bool {
		switch id.Kind {
		case question.DOI:
			return it.DOI() == id.Value
		case question.ISBN:
			return slices.Contains(it.ISBNs(), id.Value)
		case question.ArXiv:
			return it.ArXiv() == id.Value
		case question.PubMed:
			return it.PMID() == id.Value
		case question.URL:
			own, ok := question.NormalURL(it.Field("url"))
			return ok && own == id
		}
		return strings.EqualFold(it.ID.Key, id.Value)
	}), false
}

// byName finds the one work that has a name in the libraries.
func (c *call) byName(ctx context.Context, argument string, libs []library.Info, n workName) (holding, error) {
	parts := make([]candidates, len(libs))
	each(len(libs), func(i int) { parts[i] = c.candidates(ctx, libs[i].ID, n) })
	var found, lacks []string
	var failed error
	out := []lookup{{}}
	for i, p := range parts {
		if p.lacks != "" {
			lacks = append(lacks, p.lacks)
		}
		if p.err != nil {
			failed = p.err
		}
		for _, it := range p.works {
			found = append(found, it.ID.String())
			out[0].lib, out[0].asked = libs[i], it.ID.Key
		}
	}
	if gap := c.incomplete(); gap != "" {
		lacks = append(lacks, gap)
	}
	for _, notice := range lacks {
		c.standing.add(notice)
	}
	switch {
	case len(found) == 0 && failed != nil:
		return holding{}, failed
	case len(found) == 0:
		return holding{}, library.Errorf(library.NotFound, "no work has the %s in argument %q; looked in %s", n.kind, argument, ids(libs)).
			WithHint("%s", strings.Join(append(lacks, "search by title or creator, and give the id of a result; a key alone names nothing: put the library before it, as in local/ABCD2345"), "; "))
	case len(found) > 1:
		return holding{}, library.Errorf(library.Invalid, "the %s in argument %q names %d works: %s", n.kind, argument, len(found), enumerate(found)).
			WithHint("give the item ID of one")
	}
	if err := c.readKeys(ctx, out[0].lib.ID, out, []int{0}); err != nil {
		return holding{}, err
	}
	return out[0].holding, out[0].err
}

// candidates are the works of a library that have a name.
type candidates struct {
	works []*library.Item
	lacks string // what the answer lacks, and why
	err   error
}

// candidates searches a library for a name.
func (c *call) candidates(ctx context.Context, lib library.ID, n workName) candidates {
	reader, err := c.reader(ctx, lib)
	var page library.Page[library.Hit]
	if err == nil {
		page, err = reader.Search(ctx, library.Query{Text: n.text, Limit: maxCandidates})
	}
	if err != nil {
		return candidates{err: err, lacks: "library " + string(lib) + " could not be searched: " + c.tolerate(ctx, err)}
	}
	out := candidates{}
	if page.Notice != "" {
		out.lacks = "library " + string(lib) + ": " + ours(page.Notice)
	}
	for _, h := range page.Items {
		switch has, before := n.of(h.Item); {
		case before:
			out.works = []*library.Item{h.Item}
			return out
		case has:
			out.works = append(out.works, h.Item)
		}
	}
	return out
}
