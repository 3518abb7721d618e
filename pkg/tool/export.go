package tool

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// exportInput is the arguments of export.
type exportInput struct {
	filter
	IDs    []string
	Format string
	// Style and Locale are those of a bibliography, as in cite.
	Style, Locale string
	// Abstracts and Notes ask for parts that references don't need.
	Abstracts, Notes bool
	Limit            int
	Cursor           string
}

// exportOutput is the answer of export.
type exportOutput struct {
	Text    string   `json:"text" jsonschema:"a complete file: untrusted third-party text"`
	Missing []string `json:"missing,omitempty"`
	listed
}

func exportTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"export", "Export references",
		"Works as BibTeX, BibLaTeX, RIS, CSL-JSON or styled bibliography, by ids or filters. " +
			"Use it for references in a document. Not for reading: use fetch."},
		slices.Concat([]field[exportInput]{
			choice("format", "", func(in *exportInput) *string { return &in.Format },
				string(biblio.BibTeX), string(biblio.BibLaTeX), string(biblio.RIS), string(biblio.CSLJSON), formatBibliography),
			name("style", "as in cite", func(in *exportInput) *string { return &in.Style }),
			name("locale", "", func(in *exportInput) *string { return &in.Locale }),
			list("ids", "item IDs, DOIs, @keys; or filters:", library.MaxLimit, func(in *exportInput) *[]string { return &in.IDs }),
			text("query", "as in search", maxQueryChars, func(in *exportInput) *string { return &in.Query }),
		}, filterFields(false, func(in *exportInput) *filter { return &in.filter }), []field[exportInput]{
			boolean("abstracts", "", func(in *exportInput) *bool { return &in.Abstracts }),
			boolean("notes", "", func(in *exportInput) *bool { return &in.Notes }),
			limitField(50, library.MaxLimit, func(in *exportInput) *int { return &in.Limit }),
			cursorField(func(in *exportInput) *string { return &in.Cursor }),
		}), c.export)
}

// batch is the works of one page of an export and what its answer says of the
// first n of them.
type batch struct {
	items   []*library.Item
	missing []string
	listed  func(n int) listed
	// left says which parts of each work are left out.
	left []leftOut
}

// export writes works in a format. It needs the catalogue for its styles.
func (c *Catalog) export(ctx context.Context, k *call, in exportInput) (answer[exportOutput], error) {
	if in.Format == formatBibliography {
		return c.exportStyled(ctx, k, in)
	}
	if err := withoutStyle(in); err != nil {
		return answer[exportOutput]{}, err
	}
	return k.export(ctx, in)
}

// export writes works in a format of references.
func (c *call) export(ctx context.Context, in exportInput) (answer[exportOutput], error) {
	choose := c.exportByQuery
	if len(in.IDs) > 0 {
		choose = c.exportByID
	}
	b, err := choose(ctx, in)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	if b.items, b.left, err = trim(in, c.budget, b.items); err != nil {
		return answer[exportOutput]{}, err
	}
	var failed error
	out, err := fit(c.budget, len(b.items), func(n int) exportOutput {
		text, err := written(biblio.Format(in.Format), b.items[:n])
		if err != nil {
			failed = err
		}
		out := exportOutput{Text: text, Missing: b.missing, listed: b.listed(n)}
		out.noteLeftOut(b, n)
		out.noteKeys(b.items[:n])
		return out
	})
	if failed != nil {
		return answer[exportOutput]{}, failed
	}
	if library.CodeOf(err) == library.TooLarge {
		return passOver(c, in, b)
	}
	c.touch(ctx, out.kept, func(i int) library.ItemID { return b.items[i].ID })
	return out, err
}

// passOver answers for a first work whose entry alone is longer than an answer
// may be: without it, saying so, and with the cursor to what follows.
func passOver(c *call, in exportInput, b batch) (answer[exportOutput], error) {
	text, err := written(biblio.Format(in.Format), nil)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	out := exportOutput{Text: text, Missing: b.missing, listed: b.listed(1)}
	out.Returned, out.Truncated = 0, true
	out.note(fmt.Sprintf("the entry of %s is longer than an answer may be, even without notes and abstract, and is left out; fetch shows the work", b.items[0].ID))
	return fit(c.budget, 1, func(int) exportOutput { return out })
}

// written returns the works as a file of that format. What a reader can't see
// stays out of it; the markup that the format knows stays in.
func written(format biblio.Format, items []*library.Item) (string, error) {
	var b bytes.Buffer
	if err := biblio.Write(&b, format, items); err != nil {
		return "", err
	}
	return withoutLinks(plaintext.Clean(b.String())), nil
}

// exportByQuery takes the works that the filters choose, the last added first.
func (c *call) exportByQuery(ctx context.Context, in exportInput) (batch, error) {
	if in.filter.empty() {
		return batch{}, library.Errorf(library.Invalid, "nothing says which works to export").
			WithHint("give ids, or a query or filter; library alone exports all of it, page by page")
	}
	l, err := c.search(ctx, searchInput{filter: in.filter, Sort: string(library.SortAdded), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return batch{}, err
	}
	b := batch{items: make([]*library.Item, len(l.entries)), listed: func(n int) listed { return l.listed(c, n) }}
	for i, e := range l.entries {
		b.items[i] = e.value.Item
	}
	return b, nil
}

// exportByID takes the works of these names, in this order.
func (c *call) exportByID(ctx context.Context, in exportInput) (batch, error) {
	if !in.filter.empty() {
		return batch{}, library.Errorf(library.Invalid, "argument %q goes with no filter", "ids").WithHint("give ids alone, or filters alone")
	}
	from, err := c.offset(in.Cursor)
	if err != nil {
		return batch{}, err
	}
	from = min(from, len(in.IDs))
	asked := in.IDs[from:min(from+in.Limit, len(in.IDs))]
	found, err := c.resolve(ctx, "ids", asked)
	if err != nil {
		return batch{}, err
	}
	var b batch
	var notices []string
	b.missing, notices = c.absent(ctx, asked, found)
	var at []int // position in asked of each work
	for i, l := range found {
		if l.err == nil {
			b.items, at = append(b.items, l.item), append(at, i)
		}
	}
	if len(b.items) == 0 && len(asked) > 0 && len(asked) == len(in.IDs) {
		return batch{}, found[0].err
	}
	b.listed = func(n int) listed {
		done := len(asked)
		if n < len(at) {
			done = at[n]
		}
		out := c.listedFlat(from, done, len(asked), len(in.IDs))
		out.Returned = n
		out.Notices = append(out.Notices, notices...)
		return out
	}
	return b, nil
}
