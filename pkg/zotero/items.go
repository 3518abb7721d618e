package zotero

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxMeasured is of how many works a call looks up how long their texts are:
// that costs a call for each attachment.
const maxMeasured = 2

// maxMeasuredTexts is of how many attachments of a work.
const maxMeasuredTexts = 4

// Items implements [library.Reader]. What is in the trash is left out. Of one
// or two works it also tells how long their texts are.
func (r *Reader) Items(ctx context.Context, keys []string) ([]*library.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(keys) > library.MaxLimit {
		return nil, library.Errorf(library.Invalid, "at most %d keys at a time", library.MaxLimit)
	}
	if len(keys) == 0 {
		return []*library.Item{}, nil
	}
	byKey, err := r.lookup(ctx, keys)
	if err != nil {
		return nil, err
	}
	items := make([]*library.Item, 0, len(keys))
	for _, key := range keys {
		if it := byKey[key]; it != nil {
			items = append(items, it)
		}
	}
	if len(items) > maxMeasured {
		return items, nil
	}
	for i := range items {
		if items[i], err = r.measured(ctx, items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// item returns one work, of its own key or a child's, without the lengths of
// its texts.
func (r *Reader) item(ctx context.Context, key string) (*library.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	byKey, err := r.lookup(ctx, []string{key})
	if err != nil {
		return nil, err
	}
	if it := byKey[key]; it != nil {
		return it, nil
	}
	return nil, noItem()
}

// lookup returns the works of these keys by key, from the library read whole
// if it was, otherwise one by one.
func (r *Reader) lookup(ctx context.Context, keys []string) (map[string]*library.Item, error) {
	v, err := r.known(ctx)
	if err != nil {
		return nil, err
	}
	if v.snapshot != nil {
		byKey := make(map[string]*library.Item, len(keys))
		for _, key := range keys {
			if w := v.byKey[key]; w != nil {
				byKey[key] = w.item
			}
		}
		return byKey, nil
	}
	parents, objects, err := r.climb(ctx, keys)
	if err != nil {
		return nil, err
	}
	works := map[string]*Object{}
	for _, top := range parents {
		works[top] = objects[top]
	}
	whole, err := r.withChildren(ctx, works)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]*library.Item, len(keys))
	for key, top := range parents {
		byKey[key] = whole[top]
	}
	return byKey, nil
}

// climb fetches the items of these keys and those above them. parents says for
// each key that leads to a work in the library which one.
func (r *Reader) climb(ctx context.Context, keys []string) (parents map[string]string, objects map[string]*Object, err error) {
	objects = map[string]*Object{}
	wanted := validKeys(keys)
	for range 3 { // an annotation is two below its work
		if err := r.fetchInto(ctx, objects, wanted); err != nil {
			return nil, nil, err
		}
		wanted = nil
		for _, o := range objects {
			if p := o.Data.Parent; p != "" && objects[p] == nil && !slices.Contains(wanted, p) {
				wanted = append(wanted, p)
			}
		}
	}
	parents = map[string]string{}
	for _, key := range keys {
		top := key
		for o := objects[top]; o != nil && o.Data.Parent != "" && len(objects) > 0; o = objects[top] {
			if top = o.Data.Parent; top == key {
				break // a circle, which only a broken server makes
			}
		}
		if o := objects[top]; o != nil && o.Data.Parent == "" {
			parents[key] = top
		}
	}
	return parents, objects, nil
}

// fetchInto fetches the items of these keys, together.
func (r *Reader) fetchInto(ctx context.Context, objects map[string]*Object, keys []string) error {
	found := make([]*Object, len(keys))
	g, inner := errgroup.WithContext(ctx)
	for i, key := range keys {
		g.Go(func() error {
			var err error
			found[i], err = r.client.GatheredItem(inner, r.scope, key)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, o := range found {
		if o != nil && !o.Data.Deleted {
			objects[o.Key] = o
		}
	}
	return nil
}

// withChildren fetches what hangs below these works.
func (r *Reader) withChildren(ctx context.Context, works map[string]*Object) (map[string]*library.Item, error) {
	readable, err := r.readable(ctx)
	if err != nil {
		return nil, err
	}
	trees := make([]map[string]*Object, 0, len(works))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.client.o.Parallel)
	for _, o := range works {
		tree := map[string]*Object{o.Key: o}
		trees = append(trees, tree)
		g.Go(func() error { return r.descend(inner, o, tree) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	items := make(map[string]*library.Item, len(works))
	for _, tree := range trees {
		found, _ := worksOf(r.about.ID, tree, readable)
		for _, w := range found {
			items[w.item.ID.Key] = w.item
		}
	}
	return items, nil
}

// descend fetches what hangs below o, of works and of their attachments.
func (r *Reader) descend(ctx context.Context, o *Object, tree map[string]*Object) error {
	if !mayHaveChildren(o) {
		return nil
	}
	first, err := r.client.Children(ctx, r.scope, o.Key, Parameters{})
	if isMissing(err) {
		return nil // gone meanwhile
	}
	if err != nil {
		return err
	}
	for child, err := range All(ctx, first) {
		if err != nil {
			return err
		}
		if tree[child.Key] != nil {
			continue
		}
		tree[child.Key] = &child
		if child.Data.Type == "attachment" {
			if err := r.descend(ctx, &child, tree); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayHaveChildren reports whether asking for children is worth a call: of a
// note they are images, and of most attachments the server refuses it.
func mayHaveChildren(o *Object) bool {
	if o.Meta.Children == 0 || o.Data.Type == "note" || o.Data.Type == "annotation" {
		return false
	}
	if o.Data.Type != "attachment" {
		return true
	}
	switch o.Data.Fields["contentType"] {
	case "application/pdf", "application/epub+zip", "text/html":
		return o.Data.Fields["linkMode"] != "linked_url"
	}
	return false
}

// measured returns the work with the lengths of its texts.
func (r *Reader) measured(ctx context.Context, it *library.Item) (*library.Item, error) {
	measured := *it
	measured.Attachments = slices.Clone(it.Attachments)
	left := maxMeasuredTexts
	for i := range measured.Attachments {
		a := &measured.Attachments[i]
		if !a.Text.Available || left == 0 {
			continue
		}
		left--
		t, err := r.readText(ctx, a.Key)
		if err != nil {
			return nil, err
		}
		a.Text = t.status
	}
	return &measured, nil
}
