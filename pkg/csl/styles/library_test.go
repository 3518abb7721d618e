package styles_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
)

// plainStyle is a style that prints a word before each title.
func plainStyle(title, id, word string) string {
	return `<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text"><info><title>` + title + `</title><id>` + id + `</id></info>` +
		`<citation><layout><text value="` + word + ` "/><text variable="title"/></layout></citation></style>`
}

func dependent(title, parent string) string {
	return `<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text"><info><title>` + title + `</title><id>http://example.org/styles/` + title + `</id><link href="` + parent + `" rel="independent-parent"/></info></style>`
}

// styleFolder makes a folder of files.
func styleFolder(t *testing.T, files map[string]string) styles.Source {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source, err := styles.Folder(folder)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// files is a fetcher over a map that records what it is asked for.
type files struct {
	mu    sync.Mutex
	data  map[string]string
	err   error
	asked []string
}

func (f *files) Fetch(_ context.Context, file string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, file)
	if f.err != nil {
		return nil, f.err
	}
	if text, ok := f.data[file]; ok {
		return []byte(text), nil
	}
	return nil, fmt.Errorf("%s: %w", file, styles.ErrNotFound)
}

func TestFind_BuiltInStyles(t *testing.T) {
	library := styles.New()
	for _, c := range []struct {
		wanted, name string
		near         bool
	}{
		{"apa", "apa", false},
		{"APA", "apa", false},
		{"stackroom:ieee", "ieee", false},
		{"http://www.zotero.org/styles/apa", "apa", false},
		{"https://www.zotero.org/styles/modern-language-association", "mla", false},
		{"American Medical Association", "ama", false},
		{"chicago", "chicago-author-date", false},
		{"chicago-notes-bibliography", "chicago-notes", false},
		{"IEEE", "ieee", false},
		{"Vancouver style", "vancouver", false},
		{"natur", "nature", true},
		{"harvrd", "harvard", true},
		{"computing machinery", "acm", true},
	} {
		found, err := library.Find(t.Context(), c.wanted)
		if err != nil || found.Name != c.name || found.Near != c.near {
			t.Errorf("%q finds %q, near: %t, error: %v; want %q, %t", c.wanted, found.Name, found.Near, err, c.name, c.near)
		}
	}
	for _, wanted := range []string{"", "no such style at all", "../../etc/passwd", "chicago style manual of something", "http://169.254.169.254/latest", strings.Repeat("a", 300)} {
		if found, err := library.Find(t.Context(), wanted); !errors.Is(err, styles.ErrNotFound) {
			t.Errorf("%q finds %q, error: %v", wanted, found.Name, err)
		}
	}
}

func TestFind_NamesWhatComesClose(t *testing.T) {
	library := styles.New(styleFolder(t, map[string]string{
		"journal-of-botany.csl": plainStyle("Journal of Botany", "a", "x"), "journal-of-zoology.csl": plainStyle("Journal of Zoology", "b", "x"),
	}))
	_, err := library.Find(t.Context(), "Journal of")
	if !errors.Is(err, styles.ErrNotFound) || !strings.Contains(err.Error(), "journal-of-botany") || !strings.Contains(err.Error(), "journal-of-zoology") {
		t.Errorf("the error is %v", err)
	}
}

func TestFind_FolderComesFirst(t *testing.T) {
	library := styles.New(styleFolder(t, map[string]string{
		"apa.csl":                plainStyle("Our APA", "http://example.org/our-apa", "ours"),
		"hidden/secret.csl":      plainStyle("Secret", "secret", "hidden"),
		"dependent/energy.csl":   dependent("Energy", "http://elsewhere.example.com/styles/apa"),
		"dependent/lonely.csl":   dependent("Lonely", "http://elsewhere.example.com/styles/nowhere"),
		"dependent/circle.csl":   dependent("Circle", "circle"),
		"broken.csl":             "<style",
		"locales/locales-xx.xml": `<locale xml:lang="xx"><terms><term name="and">ix</term></terms></locale>`,
	}))
	for wanted, word := range map[string]string{"apa": "ours T", "Our APA": "ours T", "http://example.org/our-apa": "ours T", "secret": "hidden T", "energy": "ours T", "Energy": "ours T"} {
		found, err := library.Find(t.Context(), wanted)
		if err != nil {
			t.Errorf("%q: %v", wanted, err)
			continue
		}
		p, err := csl.NewProcessor(found.Style, library, csl.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Cite(csl.Cluster{Cites: []csl.Cite{{ID: "1"}}}, []csl.Item{item(t, `{"id":"1","title":"T"}`)}).Plain(); !strings.EqualFold(got, word) {
			t.Errorf("%q renders %q, want %q", wanted, got, word)
		}
	}
	for _, wanted := range []string{"lonely", "circle", "broken"} {
		if found, err := library.Find(t.Context(), wanted); err == nil {
			t.Errorf("%q finds %q", wanted, found.Name)
		}
	}
	if locale, ok := library.Locale("xx"); !ok || locale.Code() != "xx" {
		t.Error("the locale of the folder is missing")
	}
}

func TestFolder_KeepsToItself(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.csl")
	if err := os.WriteFile(outside, []byte(plainStyle("Outside", "outside", "x")), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(folder, "outside.csl")); err != nil {
		t.Skip("links can't be made here")
	}
	source, err := styles.Folder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := styles.New(source).Find(t.Context(), "outside"); err == nil {
		t.Errorf("a link leads out of the folder, to %q", found.Style.Title())
	}
	if _, err := styles.Folder(filepath.Join(folder, "missing")); err == nil {
		t.Error("a folder that is not there is taken")
	}
}

func TestRepository_ResolvesDependentStylesByName(t *testing.T) {
	remote := &files{data: map[string]string{
		"dependent/energy.csl": dependent("Energy", "http://evil.example.com/styles/elsevier"),
		"elsevier.csl":         plainStyle("Elsevier", "e", "elsevier"),
	}}
	locales := &files{data: map[string]string{"locales-yy.xml": `<locale xml:lang="yy"><terms/></locale>`}}
	library := styles.New(styles.Repository(remote, locales))
	for range 2 {
		found, err := library.Find(t.Context(), "energy")
		if err != nil || found.Style.Title() != "Elsevier" {
			t.Fatalf("energy finds %+v, error: %v", found, err)
		}
	}
	if got, want := strings.Join(remote.asked, " "), "energy.csl dependent/energy.csl elsevier.csl"; got != want {
		t.Errorf("the repository is asked for %q, want %q", got, want)
	}
	if _, ok := library.Locale("yy"); !ok {
		t.Error("the locale of the repository is missing")
	}
}

func TestRepository_FailureHidesNothing(t *testing.T) {
	remote := &files{err: errors.New("the network is down")}
	library := styles.New(styles.Repository(remote, remote))
	if found, err := library.Find(t.Context(), "nature"); err != nil || found.Name != "nature" {
		t.Errorf("nature finds %q, error: %v", found.Name, err)
	}
	if _, err := library.Find(t.Context(), "energy"); err == nil || errors.Is(err, styles.ErrNotFound) {
		t.Errorf("a failed repository gives %v", err)
	}
	if _, ok := library.Locale("zz"); ok {
		t.Error("there is a locale zz")
	}
	remote.err = nil
	remote.data = map[string]string{"locales-zz.xml": `<locale xml:lang="zz"><terms/></locale>`}
	if _, ok := library.Locale("zz"); !ok {
		t.Error("the locale stays missing after the repository is back")
	}
}

func TestNames_ListsBuiltInStyles(t *testing.T) {
	names, err := styles.New().Names(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(names, " "), "acm ama apa chicago-author-date chicago-notes harvard ieee mla nature vancouver"; got != want {
		t.Errorf("the names are %q, want %q", got, want)
	}
}
