package zotero_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// latency is how far away a server is that a [faraway] leads to.
const latency = 50 * time.Millisecond

// openings keeps what was opened, and answers searches with the source's own.
type openings struct {
	mu  sync.Mutex
	all []replica.Opening
}

func (o *openings) Open(opening replica.Opening) library.Reader {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, opening)
	return passing{source: opening.Source}
}

// last returns the last opening.
func (o *openings) last() replica.Opening {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all[len(o.all)-1]
}

// passing is a reader that passes searches to its source, and reads nothing else.
type passing struct {
	library.Reader
	source replica.Source
}

func (p passing) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	found, err := p.source.Search(ctx, q)
	page := library.Page[library.Hit]{Total: found.Total, Version: found.Head.Version, Notice: found.Notice}
	for _, o := range found.Works {
		page.Items = append(page.Items, library.Hit{Item: o.Work})
	}
	return page, err
}

func (p passing) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	all, err := p.source.Collections(ctx)
	return library.Page[library.Collection]{Items: all, Total: len(all)}, err
}

func credential(key string) upstream.Credential {
	return upstream.NewCredential("zotero:test", http.Header{"Zotero-Api-Key": {key}})
}

func newClient(t testing.TB, f *fakeZotero, o zotero.Options) *zotero.Client {
	t.Helper()
	o.Local = f.local
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Fresh: f.fresh, RetryBase: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return zotero.NewClient(up, o)
}

// newFaraway returns a client of a server that is latency away, in a test's own
// time.
func newFaraway(t testing.TB, f *fakeZotero, o zotero.Options) *zotero.Client {
	t.Helper()
	o.Local = f.local
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}})
	if err != nil {
		t.Fatal(err)
	}
	return zotero.NewClient(up, o)
}

// callerKey is the key of a context's value in tests.
type callerKey struct{}

// calling returns a context of the caller with a key.
func calling(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, callerKey{}, key)
}

// credentialOf returns the credential of a context's caller.
func credentialOf(ctx context.Context) (upstream.Credential, error) {
	key, _ := ctx.Value(callerKey{}).(string)
	if key == "" {
		return upstream.Credential{}, nil
	}
	return credential(key), nil
}

// newMembers returns the provider of callers whose key is in the context.
func newMembers(c *zotero.Client, o *openings) *zotero.Members { return newMembersOver(c, o) }

func newMembersOver(c *zotero.Client, r zotero.Replicas) *zotero.Members {
	return zotero.NewMembers(c, r, credentialOf)
}

// opened returns the source of a library, as a member with a key opens it.
func opened(t testing.TB, c *zotero.Client, key string, id library.ID) replica.Opening {
	t.Helper()
	o := &openings{}
	if _, err := newMembers(c, o).Open(calling(t.Context(), key), id); err != nil {
		t.Fatal(err)
	}
	return o.last()
}

// group returns a server with one group library, and its source.
func group(t testing.TB, f *fakeZotero, fill func(l *fakeLibrary)) (*fakeLibrary, replica.Source) {
	t.Helper()
	l := f.addLibrary("group", 4711, nil)
	fill(l)
	f.grant("good", false, 4711)
	s := opened(t, newClient(t, f, zotero.Options{}), "good", "group:4711").Source
	f.change(func() {})
	return l, s
}

// all reads a library whole and returns its objects by key.
func all(t testing.TB, s replica.Source) (map[string]replica.Object, replica.Head) {
	t.Helper()
	objects := map[string]replica.Object{}
	head, err := s.All(t.Context(), func(b replica.Batch) error {
		for _, o := range b.Objects {
			objects[o.Key] = o
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects, head
}

func since(t testing.TB, s replica.Source, mark string) *replica.Changes {
	t.Helper()
	ch, err := s.Since(t.Context(), mark)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// keys returns the keys of objects, sorted.
func keys(objects []replica.Object) []string {
	all := []string{}
	for _, o := range objects {
		all = append(all, o.Key)
	}
	slices.Sort(all)
	return all
}
