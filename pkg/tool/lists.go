package tool

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// librariesInput is the arguments of list_libraries.
type librariesInput struct {
	Limit  int
	Cursor string
}

// librariesOutput is the answer of list_libraries.
type librariesOutput struct {
	Libraries []libraryLine `json:"libraries" jsonschema:"id, name (untrusted third-party text), kind, items, version, may_write, notice"`
	listed
}

type libraryLine struct {
	ID       library.ID `json:"id"`
	Name     string     `json:"name"`
	Kind     string     `json:"kind"`
	Items    *int       `json:"items,omitempty"`
	Version  int64      `json:"version"`
	MayWrite bool       `json:"may_write"`
	Notice   string     `json:"notice,omitempty"`
}

func listLibrariesTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"list_libraries", "List libraries",
		"The caller's libraries with ID, size and version. " +
			"Use it when a library's name is unclear. Not needed before search, which takes all."},
		[]field[librariesInput]{
			limitField(50, library.MaxLimit, func(in *librariesInput) *int { return &in.Limit }),
			cursorField(func(in *librariesInput) *string { return &in.Cursor }),
		}, listLibraries)
}

func listLibraries(ctx context.Context, c *call, in librariesInput) (answer[librariesOutput], error) {
	all, err := c.list(ctx)
	if err != nil {
		return answer[librariesOutput]{}, err
	}
	from, err := c.offset(in.Cursor)
	if err != nil {
		return answer[librariesOutput]{}, err
	}
	from = min(from, len(all))
	asked := min(in.Limit, len(all)-from)
	return fit(c.budget, asked, func(n int) librariesOutput {
		t := &tidy{}
		out := librariesOutput{Libraries: make([]libraryLine, n), listed: c.listedFlat(from, n, asked, len(all))}
		for i, lib := range all[from : from+n] {
			out.Libraries[i] = t.libraryLine(lib, c.writes)
		}
		out.note(c.incomplete())
		out.note(t.notice())
		return out
	})
}

// libraryLine describes a library. Where no tool writes, it may not be written.
func (t *tidy) libraryLine(lib library.Info, writes bool) libraryLine {
	line := libraryLine{
		ID: lib.ID, Name: t.line(lib.Name, maxName), Kind: string(lib.ID.Kind()),
		Version: lib.Version, MayWrite: lib.MayWrite && writes, Notice: ours(lib.Notice),
	}
	if lib.Items >= 0 {
		line.Items = &lib.Items
	}
	return line
}

// offset reads the cursor of a list that is no library's own.
func (c *call) offset(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	marks, err := decodeCursor(cursor, c.digest())
	if err != nil {
		return 0, err
	}
	if len(marks) != 1 || len(marks[0].numbers) != 1 || marks[0].numbers[0] > maxOffset {
		return 0, damaged()
	}
	return int(marks[0].numbers[0]), nil
}

// listedFlat describes an answer with n entries of such a list, of which asked
// were wanted.
func (c *call) listedFlat(from, n, asked, total int) listed {
	out := listed{Total: total, Returned: n, Truncated: n < asked, Notices: c.standing.all()}
	if from+n < total {
		out.NextCursor = encodeCursor(c.digest(), []mark{{numbers: []int64{int64(from + n)}}})
	}
	if out.Truncated {
		out.note("not all of the entries asked for did fit; next_cursor goes on with them")
	}
	return out
}

// collectionsInput is the arguments of list_collections.
type collectionsInput struct {
	Library string
	Limit   int
	Cursor  string
}

// collectionsOutput is the answer of list_collections.
type collectionsOutput struct {
	Collections []collectionLine `json:"collections" jsonschema:"key, path (untrusted third-party text), items, library"`
	listed
}

type collectionLine struct {
	Key     string     `json:"key"`
	Path    string     `json:"path"`
	Items   int        `json:"items"`
	Library library.ID `json:"library"`
}

// maxCollections is the most collections that one answer lists: a library
// gives its tree whole, so MaxLimit doesn't bind.
const maxCollections = 500

func listCollectionsTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"list_collections", "List collections",
		"The collections with counts. Use it to learn a collection's key or path. " +
			"Not for the works in one: use search with it and an empty query."},
		[]field[collectionsInput]{
			name(libraryName, "", func(in *collectionsInput) *string { return &in.Library }),
			limitField(100, maxCollections, func(in *collectionsInput) *int { return &in.Limit }),
			cursorField(func(in *collectionsInput) *string { return &in.Cursor }),
		}, listCollections)
}

func listCollections(ctx context.Context, c *call, in collectionsInput) (answer[collectionsOutput], error) {
	all, _, notices, err := c.portions(ctx, in.Library, "", in.Cursor)
	if err != nil {
		return answer[collectionsOutput]{}, err
	}
	l, err := gather(ctx, c, all, in.Limit, func(ctx context.Context, r library.Reader, p portion, limit int) (library.Page[node], error) {
		page, err := r.Collections(ctx)
		if err != nil {
			return library.Page[node]{}, err
		}
		nodes := tree(page.Items)
		from := min(p.taken, len(nodes))
		return byOffset(library.Page[node]{
			Items: nodes[from:min(from+limit, len(nodes))], Total: len(nodes), Version: page.Version, Notice: page.Notice,
		}, p.taken), nil
	}, func(a, b entry[node]) int { return a.branch - b.branch }) // one tree after the other
	if err != nil {
		return answer[collectionsOutput]{}, err
	}
	l.notices = append(notices, l.notices...)
	return fit(c.budget, len(l.entries), func(n int) collectionsOutput {
		t := &tidy{}
		out := collectionsOutput{Collections: make([]collectionLine, n), listed: l.listed(c, n)}
		for i, e := range l.entries[:n] {
			out.Collections[i] = collectionLine{e.value.Key, t.line(e.value.path, maxTitle), e.value.Items, e.lib.ID}
		}
		out.note(t.notice())
		return out
	})
}

// tagsInput is the arguments of list_tags.
type tagsInput struct {
	Prefix     string
	Library    string
	Collection string
	Limit      int
	Cursor     string
}

// tagsOutput is the answer of list_tags.
type tagsOutput struct {
	Tags []tagLine `json:"tags" jsonschema:"tag (untrusted third-party text), items, library"`
	listed
}

type tagLine struct {
	Tag     string     `json:"tag"`
	Items   int        `json:"items"`
	Library library.ID `json:"library"`
}

func listTagsTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"list_tags", "List tags",
		"Tags with counts, most used first. Use it to learn how a tag is spelled. " +
			"Not for finding works: use search."},
		[]field[tagsInput]{
			name("prefix", "", func(in *tagsInput) *string { return &in.Prefix }),
			name(libraryName, "", func(in *tagsInput) *string { return &in.Library }),
			name(collectionName, "", func(in *tagsInput) *string { return &in.Collection }),
			limitField(50, library.MaxLimit, func(in *tagsInput) *int { return &in.Limit }),
			cursorField(func(in *tagsInput) *string { return &in.Cursor }),
		}, listTags)
}

func listTags(ctx context.Context, c *call, in tagsInput) (answer[tagsOutput], error) {
	all, _, notices, err := c.portions(ctx, in.Library, in.Collection, in.Cursor)
	if err != nil {
		return answer[tagsOutput]{}, err
	}
	all, key, err := c.narrow(ctx, all, in.Collection)
	if err != nil {
		return answer[tagsOutput]{}, err
	}
	l, err := gather(ctx, c, all, in.Limit, func(ctx context.Context, r library.Reader, p portion, limit int) (library.Page[library.Tag], error) {
		page, err := r.Tags(ctx, library.TagQuery{Prefix: in.Prefix, Collection: key, Offset: p.taken, Limit: limit})
		return byOffset(page, p.taken), err
	}, func(a, b entry[library.Tag]) int {
		return cmp.Or(b.value.Items-a.value.Items, strings.Compare(a.value.Name, b.value.Name))
	})
	if err != nil {
		return answer[tagsOutput]{}, err
	}
	l.notices = append(slices.Clip(notices), l.notices...)
	return fit(c.budget, len(l.entries), func(n int) tagsOutput {
		t := &tidy{}
		out := tagsOutput{Tags: make([]tagLine, n), listed: l.listed(c, n)}
		for i, e := range l.entries[:n] {
			out.Tags[i] = tagLine{t.line(e.value.Name, maxEntryChars), e.value.Items, e.lib.ID}
		}
		out.note(t.notice())
		return out
	})
}
