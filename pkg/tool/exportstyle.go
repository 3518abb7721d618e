package tool

import (
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// formatBibliography is the format of an export that a citation style writes.
const formatBibliography = "bibliography"

// maxStyled is the most works of a bibliography. A style sorts and numbers all of
// them for each page of the answer.
const maxStyled = 1_000

// exportStyled writes a bibliography in a citation style, in Markdown. It is sorted,
// numbered and disambiguated over all works that the arguments choose.
func (c *Catalog) exportStyled(ctx context.Context, k *call, in exportInput) (answer[exportOutput], error) {
	if in.Abstracts || in.Notes {
		return answer[exportOutput]{}, library.Errorf(library.Invalid, "a bibliography has no abstracts and no notes").
			WithHint("leave them out, or export another format")
	}
	from, err := k.offset(in.Cursor)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	processor, err := c.processor(ctx, in.Style, in.Locale)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	b, err := k.allWorks(ctx, in)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	entries, err := processor.entries(b.items)
	if err != nil {
		return answer[exportOutput]{}, err
	}
	from = min(from, len(entries))
	asked := min(in.Limit, len(entries)-from)
	out, err := fit(k.budget, asked, func(n int) exportOutput {
		out := exportOutput{Missing: b.missing, listed: k.listedFlat(from, n, asked, len(entries))}
		for _, notice := range slices.Concat(processor.notices, b.notices) {
			out.note(notice)
		}
		for _, e := range entries[from : from+n] {
			out.Text += e.Text + "\n\n"
		}
		out.Text = strings.TrimSuffix(out.Text, "\n")
		return out
	})
	k.touch(ctx, out.kept, func(i int) library.ItemID {
		id, _ := library.ParseItemID(entries[from+i].ID)
		return id
	})
	return out, err
}

// entries returns the bibliography of the works.
func (p *processor) entries(works []*library.Item) ([]citedEntry, error) {
	items := make([]csl.Item, len(works))
	for i, it := range works {
		var err error
		if items[i], err = cslItem(it); err != nil {
			return nil, err
		}
	}
	return bibliographyOf(p.Bibliography(items), writerOf("markdown")), nil
}

// chosen is the works that the arguments of an export choose.
type chosen struct {
	items            []*library.Item
	missing, notices []string
}

// allWorks returns all works that the arguments choose, at most maxStyled.
func (c *call) allWorks(ctx context.Context, in exportInput) (chosen, error) {
	in.Limit, in.Cursor = library.MaxLimit, ""
	if len(in.IDs) > 0 {
		b, err := c.exportByID(ctx, in)
		if err != nil {
			return chosen{}, err
		}
		return chosen{b.items, b.missing, b.listed(len(b.items)).Notices}, nil
	}
	var all chosen
	for {
		b, err := c.exportByQuery(ctx, in)
		if err != nil {
			return chosen{}, err
		}
		page := b.listed(len(b.items))
		if page.Total > maxStyled {
			return chosen{}, library.Errorf(library.TooLarge, "the filters choose %d works; a bibliography has at most %d", page.Total, maxStyled).
				WithHint("narrow the filters, or export another format")
		}
		all.items = append(all.items, b.items...)
		for _, notice := range page.Notices {
			if !slices.Contains(all.notices, notice) {
				all.notices = append(all.notices, notice)
			}
		}
		if in.Cursor = page.NextCursor; in.Cursor == "" || len(b.items) == 0 {
			return all, nil
		}
		if len(all.items) > maxStyled {
			return chosen{}, library.Errorf(library.TooLarge, "the filters choose more works than the %d of a bibliography", maxStyled)
		}
	}
}

// withoutStyle refuses the arguments of a bibliography in an export of another format.
func withoutStyle(in exportInput) error {
	if in.Style == "" && in.Locale == "" {
		return nil
	}
	return library.Errorf(library.Invalid, "arguments %q and %q go with format %s", "style", "locale", formatBibliography).
		WithHint("give format: %s, or leave them out", formatBibliography)
}
