package zotero_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// marked returns works of which every text has a mark.
func marked(mark string, n int) []librarytest.Work {
	works := librarytest.Many(n)
	for i := range works {
		works[i].Item.Fields["title"] += " of " + mark
		works[i].Item.Tags = []string{mark}
		works[i].Collections = [][]string{{mark}}
	}
	return works
}

// opener is what the tenancy test needs of a provider.
type opener interface {
	Libraries(ctx context.Context) ([]library.Info, error)
	Open(ctx context.Context, id library.ID) (library.Reader, error)
}

// tenancyFault makes thousands of interleaved calls by two keys, which share one
// group and have one each, and returns the first fault that it sees, or "".
func tenancyFault(t *testing.T, wrap func(*zotero.Members) opener, replicas zotero.Replicas) string {
	f := newFake(t)
	f.addLibrary("group", 1, marked("alpha", 30))
	f.addLibrary("group", 2, marked("beta", 30))
	f.addLibrary("group", 3, marked("shared", 30))
	f.grant("keyalpha", false, 1, 3)
	f.grant("keybeta", false, 2, 3)
	o := &openings{}
	if replicas == nil {
		replicas = o
	}
	m := wrap(zotero.NewMembers(newClient(t, f, zotero.Options{}), replicas, credentialOf))
	callers := []struct {
		key, theirs    string
		own, forbidden library.ID
	}{
		{"keyalpha", "beta", library.GroupID(1), library.GroupID(2)},
		{"keybeta", "alpha", library.GroupID(2), library.GroupID(1)},
	}
	var mu sync.Mutex
	fault := ""
	report := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if fault == "" {
			fault = fmt.Sprintf(format, args...)
		}
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		caller := callers[worker%len(callers)]
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			ctx := calling(t.Context(), caller.key)
			for range 200 {
				if _, err := m.Open(ctx, caller.forbidden); library.CodeOf(err) != library.NotFound {
					report("%s opens %s: %v", caller.key, caller.forbidden, err)
					return
				}
				id := []library.ID{caller.own, library.GroupID(3)}[random.IntN(2)]
				seen, err := lookAround(ctx, m, id, random)
				if err != nil {
					report("%s in %s: %v", caller.key, id, err)
					return
				}
				if strings.Contains(seen, caller.theirs) || strings.Contains(seen, string(caller.forbidden)) {
					report("%s sees %s", caller.key, seen)
					return
				}
			}
		})
	}
	wg.Wait()
	return fault
}

// lookAround makes one call of some kind and returns all that it shows.
func lookAround(ctx context.Context, m opener, id library.ID, random *rand.Rand) (string, error) {
	r, err := m.Open(ctx, id)
	if err != nil {
		return "", err
	}
	var seen any
	switch random.IntN(4) {
	case 0:
		seen, err = m.Libraries(ctx)
	case 1:
		seen, err = r.Collections(ctx)
	default:
		page, failed := r.Search(ctx, library.Query{Text: []string{"alpha", "beta", "shared", "study", ""}[random.IntN(5)], Limit: 100})
		for _, h := range page.Items {
			seen = fmt.Sprint(seen, h.Item.Title(), h.Item.Tags)
		}
		err = failed
	}
	return fmt.Sprintf("%+v", seen), err
}

func TestTenancy_TwoKeys(t *testing.T) {
	if fault := tenancyFault(t, func(m *zotero.Members) opener { return m }, nil); fault != "" {
		t.Error(fault)
	}
}

// TestTenancy_CatchesLeaks runs the same over providers that leak.
func TestTenancy_CatchesLeaks(t *testing.T) {
	plain := func(m *zotero.Members) opener { return m }
	for name, c := range map[string]struct {
		wrap     func(*zotero.Members) opener
		replicas zotero.Replicas
	}{
		"replicas that do not look at the library":   {plain, &oneForAll{}},
		"access that was checked with another's key": {func(m *zotero.Members) opener { return &mixed{Members: m} }, nil},
		"a list that was kept for another":           {func(m *zotero.Members) opener { return &keptList{Members: m} }, nil},
	} {
		if fault := tenancyFault(t, c.wrap, c.replicas); fault == "" {
			t.Errorf("%s: not seen", name)
		}
	}
}

// oneForAll opens the first library for every opening but that of the shared one.
type oneForAll struct {
	openings
	once  sync.Once
	first library.Reader
}

func (o *oneForAll) Open(opening replica.Opening) library.Reader {
	if opening.About.ID == library.GroupID(3) {
		return o.openings.Open(opening)
	}
	o.once.Do(func() { o.first = o.openings.Open(opening) })
	return o.first
}

// mixed opens libraries with the key of another caller now and then.
type mixed struct {
	*zotero.Members
	mu sync.Mutex
	n  int
}

func (m *mixed) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	m.mu.Lock()
	m.n++
	other := m.n%50 == 0
	m.mu.Unlock()
	if other {
		ctx = calling(ctx, map[any]string{"keyalpha": "keybeta", "keybeta": "keyalpha"}[ctx.Value(callerKey{})])
	}
	return m.Members.Open(ctx, id)
}

// keptList gives every caller the list of the first.
type keptList struct {
	*zotero.Members
	once sync.Once
	list []library.Info
	err  error
}

func (k *keptList) Libraries(ctx context.Context) ([]library.Info, error) {
	k.once.Do(func() { k.list, k.err = k.Members.Libraries(ctx) })
	return k.list, k.err
}
