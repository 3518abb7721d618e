package csl_test

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// The bar for the standard test suite, of 845 cases of which 43 have CITATIONS.
const (
	suiteBar          = 800
	suiteCitationsBar = 38
)

// fixtures is the folder with the standard test suite, styles and locales.
func fixtures(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("STACKROOM_CSL_FIXTURES")
	if folder == "" {
		t.Skip("STACKROOM_CSL_FIXTURES is not set: the CSL test suite, styles and locales are not at hand")
	}
	return folder
}

// localeFolder reads locale files from a folder.
type localeFolder struct {
	path  string
	cache map[string]*csl.Locale
}

func (f *localeFolder) Locale(code string) (*csl.Locale, bool) {
	if l, ok := f.cache[code]; ok {
		return l, l != nil
	}
	file, err := os.Open(filepath.Join(f.path, "locales-"+code+".xml"))
	if err != nil {
		f.cache[code] = nil
		return nil, false
	}
	defer file.Close()
	l, err := csl.ParseLocale(file)
	if err != nil {
		panic(err)
	}
	f.cache[code] = l
	return l, true
}

type suiteCase map[string]string

var section = regexp.MustCompile(`(?s)>>=+ ([A-Z-]+) =+>>\n(.*?)\n?<<=+ [A-Z-]+ =+<<`)

func readSuiteCase(t testing.TB, path string) suiteCase {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := suiteCase{}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	for _, m := range section.FindAllStringSubmatch(text, -1) {
		c[m[1]] = m[2]
	}
	return c
}

type suiteCite struct {
	ID             any    `json:"id"`
	Locator        any    `json:"locator"`
	Label          string `json:"label"`
	Prefix         string `json:"prefix"`
	Suffix         string `json:"suffix"`
	SuppressAuthor any    `json:"suppress-author"`
	AuthorOnly     any    `json:"author-only"`
	Position       int    `json:"position"`
	NearNote       bool   `json:"near-note"`
	FirstNote      any    `json:"first-reference-note-number"`
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func truthy(v any) bool { return v != nil && v != false && v != 0.0 && v != "" }

func (c *suiteCite) cite() csl.Cite {
	note := 0
	fmt.Sscan(text(c.FirstNote), &note)
	return csl.Cite{
		Position: csl.Position(c.Position), NearNote: c.NearNote, FirstNote: note,
		ID: text(c.ID), Locator: text(c.Locator), Label: c.Label, Prefix: c.Prefix, Suffix: c.Suffix,
		SuppressAuthor: truthy(c.SuppressAuthor), AuthorOnly: truthy(c.AuthorOnly),
	}
}

// run renders a case the way the suite's manual describes.
func (c suiteCase) run(locales csl.LocaleSource) (got string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			if os.Getenv("CSL_PANIC") != "" {
				panic(p)
			}
		}
	}()
	style, err := csl.ParseStyle(strings.NewReader(c["CSL"]))
	if err != nil {
		return "", err
	}
	items, err := csl.ParseItems([]byte(c["INPUT"]))
	if err != nil {
		return "", err
	}
	p, err := csl.NewProcessor(style, locales, csl.Options{})
	if err != nil {
		return "", err
	}
	mode := strings.TrimSpace(c["MODE"])
	if c["CITATIONS"] != "" {
		return c.runCitations(p, items, mode)
	}
	if mode == "bibliography" {
		return p.Bibliography(items).HTML(), nil
	}
	clusters := [][]suiteCite{nil}
	if raw := c["CITATION-ITEMS"]; raw != "" {
		if err := json.Unmarshal([]byte(raw), &clusters); err != nil {
			return "", err
		}
	} else {
		for i := range items {
			clusters[0] = append(clusters[0], suiteCite{ID: items[i].ID})
		}
	}
	var lines []string
	for _, cites := range clusters {
		var cluster csl.Cluster
		for i := range cites {
			cluster.Cites = append(cluster.Cites, cites[i].cite())
		}
		lines = append(lines, p.Cite(cluster, items).HTML())
	}
	return strings.Join(lines, "\n"), nil
}

// citationCall is one call that a word processor makes as a text grows: the
// citation, and those before and after it with their notes.
type citationCall struct {
	id      string
	cluster csl.Cluster
	before  [][2]any
	after   [][2]any
}

func (c *citationCall) UnmarshalJSON(data []byte) error {
	var parts [3]json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	var citation struct {
		ID         string      `json:"citationID"`
		Items      []suiteCite `json:"citationItems"`
		Properties struct {
			Note     any  `json:"noteIndex"`
			Unsorted bool `json:"unsorted"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(parts[0], &citation); err != nil {
		return err
	}
	c.id = citation.ID
	c.cluster.Unsorted = citation.Properties.Unsorted
	fmt.Sscan(text(citation.Properties.Note), &c.cluster.Note)
	for i := range citation.Items {
		c.cluster.Cites = append(c.cluster.Cites, citation.Items[i].cite())
	}
	if err := json.Unmarshal(parts[1], &c.before); err != nil {
		return err
	}
	return json.Unmarshal(parts[2], &c.after)
}

// runCitations renders the text after each call. Marked are the citations that
// the last call changed.
func (c suiteCase) runCitations(p *csl.Processor, items []csl.Item, mode string) (string, error) {
	var calls []citationCall
	if err := json.Unmarshal([]byte(c["CITATIONS"]), &calls); err != nil {
		return "", err
	}
	known := map[string]csl.Cluster{}
	shown := map[string]string{}
	var lines []string
	var cited []csl.Item
	for i := range calls {
		call := &calls[i]
		known[call.id] = call.cluster
		var order []string
		for _, ref := range slices.Concat(call.before, [][2]any{{call.id, float64(call.cluster.Note)}}, call.after) {
			id := text(ref[0])
			cluster := known[id]
			fmt.Sscan(text(ref[1]), &cluster.Note)
			known[id] = cluster
			order = append(order, id)
		}
		var clusters []csl.Cluster
		uses := map[string]bool{}
		for _, id := range order {
			clusters = append(clusters, known[id])
			for _, cite := range known[id].Cites {
				uses[cite.ID] = true
			}
		}
		cited = nil
		for _, it := range items {
			if uses[it.ID] {
				cited = append(cited, it)
			}
		}
		doc := p.Citations(clusters, cited)
		lines = nil
		for k, id := range order {
			html := doc.Citations[k].HTML()
			mark := ".."
			if id == call.id || shown[id] != html {
				mark = ">>"
			}
			shown[id] = html
			lines = append(lines, fmt.Sprintf("%s[%d] %s", mark, k, html))
		}
		if mode == "bibliography" {
			lines = []string{doc.Bibliography.HTML()}
		}
	}
	return strings.Join(lines, "\n"), nil
}

func normal(s string) string { return strings.TrimSpace(html.UnescapeString(s)) }

// TestSuite runs the standard test suite and holds the bar. CSL_CASE limits it to
// the cases whose names contain a text and prints what differs.
func TestSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	folder := fixtures(t)
	locales := &localeFolder{filepath.Join(folder, "locales"), map[string]*csl.Locale{}}
	paths, err := filepath.Glob(filepath.Join(folder, "test-suite", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s", folder)
	}
	only := os.Getenv("CSL_CASE")
	passed, citations, all := 0, 0, 0
	failed := map[string]int{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		if only != "" && !strings.Contains(name, only) {
			continue
		}
		all++
		c := readSuiteCase(t, path)
		got, err := c.run(locales)
		if err == nil && normal(got) == normal(c["RESULT"]) {
			passed++
			if c["CITATIONS"] != "" {
				citations++
			}
			continue
		}
		kind, _, _ := strings.Cut(name, "_")
		failed[kind]++
		if os.Getenv("CSL_LIST") != "" || only != "" {
			t.Logf("%s differs (%v)\n got: %s\nwant: %s", name, err, normal(got), normal(c["RESULT"]))
		}
	}
	t.Logf("%d of %d cases are equal, %d of those with CITATIONS", passed, all, citations)
	kinds := make([]string, 0, len(failed))
	for kind := range failed {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		t.Logf("%4d differ in %s", failed[kind], kind)
	}
	if only == "" && (passed < suiteBar || citations < suiteCitationsBar) {
		t.Errorf("%d cases are equal, at least %d are wanted; of those with CITATIONS %d, at least %d",
			passed, suiteBar, citations, suiteCitationsBar)
	}
}
