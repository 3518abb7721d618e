package replicatest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// direct is a [Source] as a [replica.Direct].
type direct struct{ *Source }

var _ replica.Direct = direct{}

func (direct) Direct() {}

// All implements [replica.Source]. Changes meanwhile are in none of its pages.
func (d direct) All(ctx context.Context, yield func(replica.Batch) error) (replica.Head, error) {
	if err := d.begin(ctx, "All"); err != nil {
		return replica.Head{}, err
	}
	head, total, pages := d.head(), 0, [][]replica.Object{nil}
	for _, key := range slices.Sorted(maps.Keys(d.Library.objects)) {
		if d.Library.objects[key].Parent != "" {
			continue
		}
		if len(pages[len(pages)-1]) >= cmp.Or(d.PageSize, 100) {
			pages = append(pages, nil)
		}
		family := d.family(key)
		pages[len(pages)-1] = append(pages[len(pages)-1], family...)
		total += len(family)
	}
	d.Library.mu.Unlock()
	for i, objects := range pages {
		if i > 0 {
			if err := d.begin(ctx, "All"); err != nil {
				return head, err
			}
			d.Library.mu.Unlock()
		}
		if err := yield(replica.Batch{Objects: objects, Total: d.total(total)}); err != nil {
			return head, err
		}
	}
	return head, nil
}

// family returns an object and then all below it, the deepest first, without the trash
// and what is below that.
func (d direct) family(key string) []replica.Object {
	o := d.Library.objects[key]
	if o.Trashed {
		return nil
	}
	all := []replica.Object{d.told(o)}
	for _, child := range d.Library.below(key) {
		all = append(all, d.family(child.Key)...)
	}
	if o.Parent == "" {
		slices.Reverse(all[1:])
	}
	return all
}
