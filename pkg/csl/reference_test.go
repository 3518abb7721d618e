package csl_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// The shares that must equal what citeproc-js makes.
const (
	entriesBar   = 0.99
	citationsBar = 0.98
)

type expectedInput struct {
	Seed     int             `json:"seed"`
	Works    json.RawMessage `json:"works"`
	Clusters []struct {
		Note  int         `json:"note"`
		Cites []suiteCite `json:"cites"`
	} `json:"clusters"`
}

type expectedStyle struct {
	Style     string   `json:"style"`
	Note      bool     `json:"note"`
	Citations []string `json:"citations"`
	Single    []string `json:"single"`
	IDs       []string `json:"ids"`
	Entries   []string `json:"entries"`
	Error     string   `json:"error"`
}

// tally counts what is equal.
type tally struct{ equal, all int }

func (n *tally) add(equal bool) {
	n.all++
	if equal {
		n.equal++
	}
}

func (n *tally) share() float64 {
	if n.all == 0 {
		return 1
	}
	return float64(n.equal) / float64(n.all)
}

// TestReference compares with what citeproc-js made of real works, from the file
// that STACKROOM_CSL_EXPECTED names and .ci/csl/expected.mjs writes.
func TestReference(t *testing.T) {
	file := os.Getenv("STACKROOM_CSL_EXPECTED")
	if file == "" {
		t.Skip("STACKROOM_CSL_EXPECTED is not set: what citeproc-js makes is not at hand")
	}
	folder := fixtures(t)
	stylesFolder := os.Getenv("STACKROOM_CSL_STYLES")
	if stylesFolder == "" {
		stylesFolder = filepath.Join(folder, "styles")
	}
	data, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	lines := bufio.NewScanner(data)
	lines.Buffer(nil, 64<<20)
	lines.Scan()
	var input expectedInput
	if err := json.Unmarshal(lines.Bytes(), &input); err != nil {
		t.Fatal(err)
	}
	items, err := csl.ParseItems(input.Works)
	if err != nil {
		t.Fatal(err)
	}
	locales := &localeFolder{filepath.Join(folder, "locales"), map[string]*csl.Locale{}}
	var entries, citations, singles tally
	types := map[string]*tally{}
	only := os.Getenv("CSL_STYLE")
	for lines.Scan() {
		var want expectedStyle
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		if only != "" && !strings.Contains(want.Style, only) {
			continue
		}
		if want.Error != "" {
			t.Logf("%s: citeproc-js fails: %s", want.Style, want.Error)
			continue
		}
		r := reference{t: t, items: items, input: &input, want: &want, types: types, verbose: only != ""}
		r.compare(parseStyleFile(t, filepath.Join(stylesFolder, want.Style)), locales)
		t.Logf("%-60s entries %3d/%3d  citations %3d/%3d  single %3d/%3d", want.Style,
			r.entries.equal, r.entries.all, r.citations.equal, r.citations.all, r.singles.equal, r.singles.all)
		entries.merge(r.entries)
		citations.merge(r.citations)
		singles.merge(r.singles)
	}
	for _, name := range sortedKeys(types) {
		if n := types[name]; n.equal < n.all {
			t.Logf("%-30s entries %d of %d are equal", name, n.equal, n.all)
		}
	}
	t.Logf("seed %d: entries %.2f %% of %d, citations %.2f %% of %d, citations on their own %.2f %% of %d", input.Seed,
		100*entries.share(), entries.all, 100*citations.share(), citations.all, 100*singles.share(), singles.all)
	if only == "" && (entries.share() < entriesBar || citations.share() < citationsBar || singles.share() < citationsBar) {
		t.Errorf("less than %.0f %% of entries or %.0f %% of citations are equal", 100*entriesBar, 100*citationsBar)
	}
}

func (n *tally) merge(other tally) {
	n.equal += other.equal
	n.all += other.all
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func parseStyleFile(t testing.TB, path string) *csl.Style {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	style, err := csl.ParseStyle(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return style
}

// reference compares one style.
type reference struct {
	t       *testing.T
	items   []csl.Item
	input   *expectedInput
	want    *expectedStyle
	types   map[string]*tally
	verbose bool

	entries, citations, singles tally
}

func (r *reference) compare(style *csl.Style, locales csl.LocaleSource) {
	p, err := csl.NewProcessor(style, locales, csl.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	clusters := make([]csl.Cluster, len(r.input.Clusters))
	for i, c := range r.input.Clusters {
		if r.want.Note {
			clusters[i].Note = c.Note
		}
		for k := range c.Cites {
			clusters[i].Cites = append(clusters[i].Cites, c.Cites[k].cite())
		}
	}
	doc := p.Citations(clusters, r.items)
	for i, want := range r.want.Citations {
		r.check(&r.citations, "citation", doc.Citations[i].HTML(), want)
	}
	r.compareEntries(doc.Bibliography)
	session := p.Session(r.items)
	for i, want := range r.want.Single {
		clusters[i].Note = 0
		r.check(&r.singles, "single", session.Cite(clusters[i]).HTML(), want)
	}
}

func (r *reference) compareEntries(b *csl.Bibliography) {
	got := map[string]string{}
	for i := range b.Entries {
		got[b.Entries[i].ID] = "<div class=\"csl-entry\">" + b.Entries[i].Text.HTML() + "</div>"
	}
	kinds := map[string]string{}
	for i := range r.items {
		kinds[r.items[i].ID] = r.items[i].Type
	}
	for i, id := range r.want.IDs {
		if i >= len(r.want.Entries) {
			break
		}
		equal := r.check(&r.entries, "entry "+id, got[id], r.want.Entries[i])
		kind := kinds[id]
		if r.types[kind] == nil {
			r.types[kind] = &tally{}
		}
		r.types[kind].add(equal)
	}
	if r.verbose {
		for i := range min(len(b.Entries), len(r.want.IDs)) {
			if b.Entries[i].ID != r.want.IDs[i] {
				r.t.Logf("the order differs from entry %d on: %s, want %s", i, b.Entries[i].ID, r.want.IDs[i])
				break
			}
		}
	}
}

func (r *reference) check(n *tally, what, got, want string) bool {
	equal := normal(got) == normal(want)
	n.add(equal)
	if !equal && r.verbose {
		r.t.Logf("%s\n got: %s\nwant: %s", what, normal(got), normal(want))
	}
	return equal
}
