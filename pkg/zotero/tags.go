package zotero

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Tags implements [library.Reader]. In a library that is read whole, and in a
// collection, the counts are of works; else they are Zotero's own, which count
// notes and attachments too, and the notice says so.
func (r *Reader) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	none := library.Page[library.Tag]{}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := library.ValidatePage(q.Offset, q.Limit); err != nil {
		return none, err
	}
	within, err := r.subtree(ctx, q.Collection)
	if err != nil {
		return none, err
	}
	v, err := r.whole(ctx)
	if err != nil {
		return none, err
	}
	var counts map[string]int
	notice := ""
	switch {
	case v.snapshot != nil:
		counts = tagCounts(v.works, newFilters(library.Query{}, within))
	case within != nil:
		c, err := r.narrow(ctx, library.Query{}, within)
		if err != nil {
			return none, err
		}
		counts, notice = tagCounts(c.works, newFilters(library.Query{}, within)), c.notice
	default:
		if counts, notice, err = r.allTags(ctx, q.Prefix); err != nil {
			return none, err
		}
	}
	tags := sortedTags(counts, q.Prefix)
	return library.Page[library.Tag]{Items: cut(tags, q.Offset, q.Limit), Total: len(tags), Version: v.head.version, Notice: notices(v.head.notice, v.notice, notice)}, nil
}

func tagCounts(works []*work, f filters) map[string]int {
	counts := map[string]int{}
	for _, w := range works {
		if !f.pass(w.item) {
			continue
		}
		for i, tag := range w.item.Tags {
			if !slices.Contains(w.item.Tags[:i], tag) {
				counts[tag]++
			}
		}
	}
	return counts
}

// allTags walks the server's own list of tags, up to the scan limit.
func (r *Reader) allTags(ctx context.Context, prefix string) (counts map[string]int, notice string, err error) {
	// The server knows no order by frequency that is stable between pages.
	first, err := r.client.Tags(ctx, r.scope, Parameters{Search: prefix, Sort: "title"})
	if err != nil {
		return nil, "", err
	}
	counts = map[string]int{}
	notice = "the counts are of items of every kind, notes and attachments included"
	seen := 0
	for tag, err := range All(ctx, first) {
		if err != nil {
			return nil, "", err
		}
		if seen++; seen > r.client.o.ScanLimit {
			return counts, notices(notice, fmt.Sprintf("only the first %d of %d tags were looked at; ask for a prefix to see others", r.client.o.ScanLimit, first.Total)), nil
		}
		counts[tag.Tag] += tag.Items // set by hand, and automatic
	}
	return counts, notice, nil
}

// sortedTags returns the tags that begin with a prefix, most used first.
func sortedTags(counts map[string]int, prefix string) []library.Tag {
	prefix = fold(prefix)
	tags := make([]library.Tag, 0, len(counts))
	for name, items := range counts {
		if strings.HasPrefix(fold(name), prefix) {
			tags = append(tags, library.Tag{Name: name, Items: items})
		}
	}
	slices.SortFunc(tags, func(a, b library.Tag) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), strings.Compare(a.Name, b.Name))
	})
	return tags
}
