package zotero_test

import (
	"net/http"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func credential(key string) upstream.Credential {
	return upstream.NewCredential("zotero:test", http.Header{"Zotero-Api-Key": {key}})
}

func newClient(t *testing.T, f *fakeZotero, o zotero.Options) *zotero.Client {
	t.Helper()
	o.Local = f.local
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Fresh: f.fresh})
	if err != nil {
		t.Fatal(err)
	}
	c := zotero.NewClient(up, o)
	t.Cleanup(c.Close)
	return c
}

func openAccount(t *testing.T, f *fakeZotero, key string, o zotero.Options) *zotero.Account {
	t.Helper()
	a, err := newClient(t, f, o).Account(t.Context(), credential(key))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func openLibrary(t *testing.T, a *zotero.Account, id library.ID) library.Reader {
	t.Helper()
	r, err := a.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReaderKeepsTheContract runs over a personal library, a group's, and the
// desktop app's.
func TestReaderKeepsTheContract(t *testing.T) {
	t.Run("user", func(t *testing.T) {
		librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
			f := newFake(t)
			f.addLibrary("user", f.user, works)
			f.grant("good", true)
			return openLibrary(t, openAccount(t, f, "good", zotero.Options{}), library.UserID(f.user))
		}, librarytest.OwnSearch)
	})
	t.Run("group", func(t *testing.T) {
		librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
			f := newFake(t)
			f.addLibrary("group", 4711, works)
			f.grant("good", true, 4711)
			return openLibrary(t, openAccount(t, f, "good", zotero.Options{}), library.GroupID(4711))
		}, librarytest.OwnSearch)
	})
	// Above the limit up to which a filter looks at a library that isn't read.
	t.Run("large", func(t *testing.T) {
		librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
			f := newFake(t)
			f.addLibrary("user", f.user, works)
			f.grant("good", true)
			return openLibrary(t, openAccount(t, f, "good", zotero.Options{ScanLimit: 5}), library.UserID(f.user))
		}, librarytest.OwnSearch)
	})
	t.Run("local", func(t *testing.T) {
		librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
			f := newFake(t)
			f.local = true
			f.addLibrary("user", 0, works)
			a := openAccount(t, f, "", zotero.Options{})
			return openLibrary(t, a, library.UserID(a.Key().UserID))
		}, librarytest.OwnSearch)
	})
}
