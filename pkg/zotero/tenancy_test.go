package zotero_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// marked returns works whose every text says whose they are.
func marked(whose string, n int) []librarytest.Work {
	works := librarytest.Many(n)
	for i := range works {
		works[i].Item.Fields["title"] += " of " + whose
		works[i].Item.Tags = []string{whose}
		works[i].Collections = [][]string{{whose}}
	}
	return works
}

// TestTwoKeysNeverSeeEachOthersLibraries: thousands of interleaved calls by two
// keys over one client, which share one group and have one each.
func TestTwoKeysNeverSeeEachOthersLibraries(t *testing.T) {
	f := newFake(t)
	f.addLibrary("group", 1, marked("alpha", 30))
	f.addLibrary("group", 2, marked("beta", 30))
	f.addLibrary("group", 3, marked("shared", 30))
	f.grant("keyalpha", false, 1, 3)
	f.grant("keybeta", false, 2, 3)
	client := newClient(t, f, zotero.Options{})
	callers := []struct {
		key, theirs    string
		own, forbidden library.ID
	}{
		{"keyalpha", "beta", library.GroupID(1), library.GroupID(2)},
		{"keybeta", "alpha", library.GroupID(2), library.GroupID(1)},
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		caller := callers[worker%len(callers)]
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 400 {
				a, err := client.Account(t.Context(), credential(caller.key))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := a.Open(t.Context(), caller.forbidden); library.CodeOf(err) != library.NotFound {
					t.Errorf("%s opens %s: %v", caller.key, caller.forbidden, err)
				}
				id := []library.ID{caller.own, library.GroupID(3)}[random.IntN(2)]
				seen, err := lookAround(t, a, id, random)
				if err != nil {
					t.Errorf("%s in %s: %v", caller.key, id, err)
				}
				if strings.Contains(seen, caller.theirs) {
					t.Errorf("%s sees %s", caller.key, seen)
					return
				}
			}
		})
	}
	wg.Wait()
}

// lookAround makes one call of some kind and returns all that it shows.
func lookAround(t *testing.T, a *zotero.Account, id library.ID, random *rand.Rand) (string, error) {
	r, err := a.Open(t.Context(), id)
	if err != nil {
		return "", err
	}
	var seen any
	switch random.IntN(6) {
	case 0:
		seen, err = a.Libraries(t.Context())
	case 1:
		seen, err = r.Collections(t.Context())
	case 2:
		seen, err = r.Tags(t.Context(), library.TagQuery{Limit: 100})
	case 3:
		page, failed := r.Changes(t.Context(), library.ChangeQuery{Limit: 100})
		for _, c := range page.Items {
			seen = fmt.Sprint(seen, c.Item.Title())
		}
		err = failed
	default:
		page, failed := r.Search(t.Context(), library.Query{Text: []string{"alpha", "beta", "shared", "study", ""}[random.IntN(5)], Limit: 100})
		for _, h := range page.Items {
			seen = fmt.Sprint(seen, h.Item.Title(), h.Item.Tags)
		}
		err = failed
	}
	return fmt.Sprintf("%+v", seen), err
}
