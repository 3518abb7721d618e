package styles_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
)

// The shares of entries that must equal the official style's: over articles,
// books, chapters, conference papers, theses, reports and web pages, and over
// all types.
const (
	commonBar = 0.98
	allBar    = 0.90
)

// officialNames are the official styles that the built-in ones are compared with.
var officialNames = map[string]string{
	"apa": "apa", "mla": "modern-language-association", "chicago-author-date": "chicago-author-date",
	"chicago-notes": "chicago-notes-bibliography", "harvard": "harvard-cite-them-right", "ieee": "ieee",
	"vancouver": "nlm-citation-sequence", "nature": "nature", "acm": "association-for-computing-machinery",
	"ama": "american-medical-association",
}

var commonTypes = []string{
	"article", "article-journal", "article-magazine", "article-newspaper", "book", "chapter", "paper-conference",
	"thesis", "report", "webpage",
}

// TestOfficial compares the built-in styles with the official ones over the works
// in the file that STACKROOM_CSL_WORKS names. CSL_STYLE limits it to one style,
// and CSL_TYPE prints how the entries of one type differ.
func TestOfficial(t *testing.T) {
	file, folder := os.Getenv("STACKROOM_CSL_WORKS"), os.Getenv("STACKROOM_CSL_FIXTURES")
	if file == "" || folder == "" {
		t.Skip("STACKROOM_CSL_WORKS or STACKROOM_CSL_FIXTURES is not set: real works and official styles are not at hand")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	items, err := csl.ParseItems(data)
	if err != nil {
		t.Fatal(err)
	}
	byType := map[string][]csl.Item{}
	for _, it := range items {
		byType[it.Type] = append(byType[it.Type], it)
	}
	for _, name := range sortedKeys(officialNames) {
		if only := os.Getenv("CSL_STYLE"); only == "" || only == name {
			t.Run(name, func(t *testing.T) { compareOfficial(t, name, folder, byType) })
		}
	}
}

func compareOfficial(t *testing.T, name, folder string, byType map[string][]csl.Item) {
	official, err := styles.Folder(filepath.Join(folder, "styles"))
	if err != nil {
		t.Fatal(err)
	}
	locales, err := styles.Folder(filepath.Join(folder, "locales"))
	if err != nil {
		t.Fatal(err)
	}
	theirs := processor(t, styles.New(official, locales), officialNames[name])
	ours := processor(t, styles.New(), name)
	var common, all, commonEqual, equal int
	for _, kind := range sortedKeys(byType) {
		n := compareType(t, ours, theirs, kind, byType[kind])
		all += len(byType[kind])
		equal += n
		if slices.Contains(commonTypes, kind) {
			common += len(byType[kind])
			commonEqual += n
		}
	}
	t.Logf("of the common types %d of %d are equal, of all %d of %d", commonEqual, common, equal, all)
	if float64(commonEqual) < commonBar*float64(common) || float64(equal) < allBar*float64(all) {
		t.Errorf("%.1f %% of the common types are equal, %.1f %% of all", 100*float64(commonEqual)/float64(common), 100*float64(equal)/float64(all))
	}
}

func compareType(t *testing.T, ours, theirs *csl.Processor, kind string, items []csl.Item) int {
	want := map[string]string{}
	for _, e := range theirs.Bibliography(items).Entries {
		want[e.ID] = e.Text.HTML()
	}
	got := map[string]string{}
	for _, e := range ours.Bibliography(items).Entries {
		got[e.ID] = e.Text.HTML()
	}
	equal, shown := 0, 0
	for i := range items {
		id := items[i].ID
		if got[id] == want[id] {
			equal++
			continue
		}
		if os.Getenv("CSL_TYPE") == kind && shown < 25 {
			shown++
			t.Log(id + " " + difference(got[id], want[id]))
		}
	}
	if os.Getenv("CSL_STYLE") != "" && equal < len(items) {
		t.Logf("%-24s %4d of %4d", kind, equal, len(items))
	}
	return equal
}

// difference shows where two texts differ.
func difference(got, want string) string {
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	start := max(0, n-60)
	cut := func(s string) string {
		s = strings.ReplaceAll(s[min(start, len(s)):], "\n", " ")
		return s[:min(len(s), 260)]
	}
	return fmt.Sprintf("\n   got …%s\n  want …%s", cut(got), cut(want))
}

func processor(t *testing.T, library *styles.Library, name string) *csl.Processor {
	t.Helper()
	found, err := library.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := csl.NewProcessor(found.Style, library, csl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
