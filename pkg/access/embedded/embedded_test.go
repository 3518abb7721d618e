package embedded_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/access/embedded"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

var _ access.Provider = (*embedded.Provider)(nil)

// newProvider returns a provider that is closed when the test ends.
func newProvider(t *testing.T, o embedded.Options) *embedded.Provider {
	t.Helper()
	p := embedded.New(o)
	t.Cleanup(p.Close)
	return p
}

// imported puts one work into the library in dir.
func imported(t *testing.T, dir string) {
	t.Helper()
	work := shelf.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": "On shelves"}}}
	source := &shelf.Input{ID: "refs.bib", Tell: func(take func(shelf.Work) error) (bool, error) { return true, take(work) }}
	if _, err := shelf.Import(t.Context(), dir, []*shelf.Input{source}, shelf.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
}

// listed returns the only library that the provider lists.
func listed(t *testing.T, p *embedded.Provider) library.Info {
	t.Helper()
	infos, err := p.Libraries(t.Context())
	if err != nil || len(infos) != 1 || infos[0].ID != library.Local {
		t.Fatalf("%+v, %v", infos, err)
	}
	return infos[0]
}

func TestProvider_ServesTheSampleUntilAnImport(t *testing.T) {
	dir := t.TempDir()
	p := newProvider(t, embedded.Options{Dir: dir, Sample: true})
	if info := listed(t, p); info.Notice != embedded.SampleNotice || info.Items < 10 || info.MayWrite || p.Imported() {
		t.Errorf("before an import: %+v", info)
	}
	sample, err := p.Open(t.Context(), library.Local)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := sample.(interface{ Notice() string }); !ok || n.Notice() != embedded.SampleNotice {
		t.Error("the sample library has no notice for every answer")
	}
	imported(t, dir)
	if info := listed(t, p); info.Notice != "" || info.Items != 1 || !p.Imported() {
		t.Errorf("after an import: %+v", info)
	}
	own, err := p.Open(t.Context(), library.Local)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := own.(interface{ Notice() string }); ok {
		t.Error("the imported library has a notice in every answer")
	}
	if info, err := sample.Info(t.Context()); err != nil || info.Items < 10 {
		t.Errorf("the sample library of a call in flight: %+v, %v", info, err)
	}
}

func TestProvider_WithoutTheSample(t *testing.T) {
	dir := t.TempDir()
	p := newProvider(t, embedded.Options{Dir: dir, Notice: "everyone may read it"})
	if infos, err := p.Libraries(t.Context()); err != nil || len(infos) != 0 {
		t.Errorf("%+v, %v", infos, err)
	}
	if _, err := p.Open(t.Context(), library.Local); library.CodeOf(err) != library.NotFound {
		t.Errorf("opened, %v", err)
	}
	if err := p.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	imported(t, dir)
	if info := listed(t, p); info.Notice != "everyone may read it" || info.Items != 1 {
		t.Errorf("%+v", info)
	}
	if _, err := p.Open(t.Context(), library.Local); err != nil {
		t.Error(err)
	}
	if _, err := p.Open(t.Context(), "local:x"); library.CodeOf(err) != library.NotFound {
		t.Errorf("another ID: %v", err)
	}
}

func TestProvider_WithoutAFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	imported(t, ".")
	p := newProvider(t, embedded.Options{Sample: true})
	if info := listed(t, p); info.Notice != embedded.SampleNotice || p.Imported() || p.Dir() != "" {
		t.Errorf("%+v", info)
	}
}

// TestProvider_NoSampleInPlaceOfADamagedLibrary damages the file that names the
// library's current base.
func TestProvider_NoSampleInPlaceOfADamagedLibrary(t *testing.T) {
	dir := t.TempDir()
	imported(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			if err := os.WriteFile(filepath.Join(dir, e.Name()), []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := newProvider(t, embedded.Options{Dir: dir, Sample: true})
	if infos, err := p.Libraries(t.Context()); err == nil || len(infos) != 0 {
		t.Errorf("listed %+v", infos)
	}
	if r, err := p.Open(t.Context(), library.Local); err == nil || r != nil {
		t.Errorf("opened %v", r)
	}
	if err := p.Ready(t.Context()); err == nil {
		t.Error("ready")
	}
}

func TestProvider_KindsAndLinks(t *testing.T) {
	p := newProvider(t, embedded.Options{})
	if got := p.Kinds(); !slices.Equal(got, []library.Kind{library.KindLocal}) {
		t.Errorf("kinds %q", got)
	}
	if got := p.Link(library.ItemID{Library: library.Local, Key: "ABCD2345"}); got != "" {
		t.Errorf("link %q", got)
	}
}

// TestProvider_ChangesOnlyWhatMayBeChanged opens the sample library and an imported one,
// writable and not.
func TestProvider_ChangesOnlyWhatMayBeChanged(t *testing.T) {
	dir := t.TempDir()
	imported(t, dir)
	for name, c := range map[string]struct {
		o    embedded.Options
		want bool
	}{
		"imported, writable": {embedded.Options{Dir: dir, Writable: true}, true},
		"imported":           {embedded.Options{Dir: dir}, false},
		"sample, writable":   {embedded.Options{Dir: t.TempDir(), Sample: true, Writable: true}, false},
	} {
		p := newProvider(t, c.o)
		r, err := p.Open(t.Context(), library.Local)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.(library.Writer); ok != c.want || listed(t, p).MayWrite != c.want || p.Writes() != c.o.Writable {
			t.Errorf("%s: Writer %v, %+v, Writes %v", name, ok, listed(t, p), p.Writes())
		}
	}
}
