package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// minimalStyle is a style with a title.
func minimalStyle(title string) string {
	return `<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"><info><title>` + title +
		`</title><id>http://example.org/styles/own</id></info><citation><layout><text variable="title"/></layout></citation></style>`
}

func TestOpenStyles_PrefersTheFolderToTheRepository(t *testing.T) {
	var asked []string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if !strings.HasSuffix(r.URL.Path, "/styles/far.csl") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(minimalStyle("Far")))
	}))
	defer host.Close()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "own.csl"), []byte(minimalStyle("Own")), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := openStyles(&config.Config{Styles: folder, StyleRepository: host.URL + "/styles"}, upstream.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for name, title := range map[string]string{"own": "Own", "far": "Far", "apa": "American Psychological Association 7th edition"} {
		found, err := lib.Find(t.Context(), name)
		if err != nil || !strings.HasPrefix(found.Style.Title(), title[:3]) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if _, err := lib.Find(t.Context(), "xqzwvy"); !errors.Is(err, styles.ErrNotFound) {
		t.Errorf("an unknown style: %v", err)
	}
	if len(asked) == 0 {
		t.Error("the repository was not asked")
	}
}

func TestOpenStyles_RefusesAFolderThatIsNone(t *testing.T) {
	_, err := openStyles(&config.Config{Styles: filepath.Join(t.TempDir(), "none")}, upstream.Hooks{})
	if library.CodeOf(err) != library.Invalid || !strings.Contains(err.Error(), "STACKROOM_STYLES") {
		t.Errorf("%v", err)
	}
}
