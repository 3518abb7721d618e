package change_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestStores(t *testing.T) {
	now := time.Now()
	for name, s := range map[string]change.Store{
		"memory": changetest.NewStore(),
		"folder": change.NewFolder(t.TempDir(), func() time.Time { return now }),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			for _, object := range []string{"a/2", "a/1", "b/1", "a/3", "a/4"} {
				if err := s.Create(ctx, object, []byte(object), now.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Create(ctx, "a/1", []byte("other"), now.Add(time.Hour)); library.CodeOf(err) != library.Conflict {
				t.Errorf("a second time: %v", err)
			}
			if got, err := s.Get(ctx, "a/1"); err != nil || string(got) != "a/1" {
				t.Errorf("%q, %v", got, err)
			}
			if _, err := s.Get(ctx, "a/9"); library.CodeOf(err) != library.NotFound {
				t.Errorf("%v", err)
			}
			var names []string
			for page := ""; ; {
				part, next, err := s.List(ctx, "a/", page)
				if err != nil {
					t.Fatal(err)
				}
				if names = append(names, part...); next == "" {
					break
				}
				page = next
			}
			if !cmp.Equal(names, []string{"a/1", "a/2", "a/3", "a/4"}) {
				t.Errorf("%q", names)
			}
			if names, _, err := s.List(ctx, "a/3", ""); err != nil || !cmp.Equal(names, []string{"a/3"}) {
				t.Errorf("a part of a name: %q, %v", names, err)
			}
			if names, _, err := s.List(ctx, "none/", ""); err != nil || len(names) > 0 {
				t.Errorf("%q, %v", names, err)
			}
		})
	}
}

func TestFolder_ForgetsWhatExpired(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := change.NewFolder(dir, func() time.Time { return now })
	for i, object := range []string{"j/short", "j/long"} {
		if err := s.Create(t.Context(), object, []byte("x"), now.Add(time.Duration(i+1)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(90 * time.Minute)
	if _, err := s.Get(t.Context(), "j/short"); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
	if names, _, err := s.List(t.Context(), "j/", ""); err != nil || !cmp.Equal(names, []string{"j/long"}) {
		t.Errorf("%q, %v", names, err)
	}
	if err := s.Create(t.Context(), "j/short", []byte("y"), now.Add(time.Hour)); err != nil {
		t.Errorf("the sweep left the file: %v", err)
	}
}

func TestFolder_RemovesEmptyFolders(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	s := change.NewFolder(dir, func() time.Time { return now })
	create := func(name string) {
		t.Helper()
		if err := s.Create(t.Context(), name, []byte("x"), now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	create("days/1/a")
	for range 2 { // the first removes the file, the second the folder
		now = now.Add(2 * time.Hour)
		create("days/2/" + now.Format("1504"))
	}
	list, err := os.ReadDir(filepath.Join(dir, "days"))
	if err != nil || len(list) != 1 || list[0].Name() != "2" {
		t.Errorf("%v, %v", list, err)
	}
}
