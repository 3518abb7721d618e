package shelf

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// After any edits of its sources a library says what one says that is imported from
// them for the first time, with the keys that its works had.
func TestImport_AfterAnyEdits(t *testing.T) {
	for seed := range seeds(4) {
		random := rand.New(rand.NewPCG(seed, 7))
		dir, sources := t.TempDir(), [2]map[int]Work{{}, {}}
		keys := map[string]string{} // item keys by DOI
		for step := range 12 {
			for range 1 + random.IntN(6) {
				edit(random, sources[random.IntN(2)], step)
			}
			var inputs []*Input
			for i := range sources {
				inputs = append(inputs, input(fmt.Sprintf("%d.bib", i), valuesInOrder(sources[i])...))
			}
			r := synced(t, dir, inputs...)
			fresh := t.TempDir()
			synced(t, fresh, inputs...)
			now := whole(t, mustOpen(t, dir))
			if diff := cmp.Diff(said(whole(t, mustOpen(t, fresh))), said(now)); diff != "" {
				t.Fatalf("seed %d, step %d (-fresh +synchronised):\n%s", seed, step, diff)
			}
			if again := synced(t, dir, inputs...); again.Version != r.Version || again.Added+again.Updated+again.Removed > 0 {
				t.Fatalf("seed %d, step %d: again %s", seed, step, counts(again))
			}
			had := keys
			keys = map[string]string{}
			for _, it := range now {
				keys[it.Field("DOI")] = it.ID.Key
				if k, ok := had[it.Field("DOI")]; ok && k != it.ID.Key {
					t.Fatalf("seed %d, step %d: %s was item %s and is %s", seed, step, it.Field("DOI"), k, it.ID.Key)
				}
			}
		}
	}
}

// edit changes a source of works that are known by their numbers.
func edit(r *rand.Rand, source map[int]Work, step int) {
	n := r.IntN(12)
	w, has := source[n]
	if has && r.IntN(4) == 0 {
		delete(source, n)
		return
	}
	if !has {
		w = paper(fmt.Sprintf("key%d", n), fmt.Sprintf("Matter %c of the realm", 'a'+n), "DOI", fmt.Sprintf("10.5555/%d", n))
	}
	w.Item.Tags, w.Item.Notes, w.Collections = nil, nil, nil
	for range r.IntN(4) {
		w.Item.Tags = append(w.Item.Tags, string(rune('a'+r.IntN(6))))
		w.Item.Notes = append(w.Item.Notes, library.Note{Text: fmt.Sprintf("Note %d", r.IntN(9))})
		w.Collections = append(w.Collections, []string{"Top", string(rune('A' + r.IntN(3)))})
	}
	w.Item.Attachments = []library.Attachment{{Filename: fmt.Sprintf("%d.txt", r.IntN(2))}}
	w.Texts = [][]library.TextPage{{{Number: 1, Text: fmt.Sprintf("Text %d", step)}}}
	source[n] = w
}

func valuesInOrder(m map[int]Work) []Work {
	var all []Work
	for n := range 12 {
		if w, ok := m[n]; ok {
			all = append(all, w)
		}
	}
	return all
}

// said returns what items say, without what depends on the order of imports.
func said(items []*library.Item) []string {
	var all []string
	for _, it := range items {
		var notes, files []string
		for _, n := range it.Notes {
			notes = append(notes, n.Text)
		}
		for _, a := range it.Attachments {
			files = append(files, fmt.Sprint(a.Filename, a.Text.Available))
		}
		parts := [][]string{slices.Clone(it.Tags), notes, files, slices.Clone(it.Collections)}
		for _, p := range parts {
			slices.Sort(p)
		}
		all = append(all, fmt.Sprint(it.Title(), it.CitationKey, strings.TrimSpace(it.Field("extra")), parts))
	}
	slices.Sort(all)
	return all
}
