package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// use calls a tool of a server.
func use(t *testing.T, url, tool string, arguments map[string]any, answer any) {
	t.Helper()
	body, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/tools/"+tool, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", tool, res.StatusCode, err)
	}
}

// exported returns the pages of an export of the whole library.
func exported(t *testing.T, url, format string, limit int) (pages []string) {
	t.Helper()
	for cursor := ""; ; {
		var out struct {
			Text       string
			NextCursor string `json:"next_cursor"`
		}
		use(t, url, "export", map[string]any{"library": "local", "format": format, "limit": limit, "cursor": cursor}, &out)
		pages = append(pages, out.Text)
		if cursor = out.NextCursor; cursor == "" {
			return pages
		}
	}
}

// entryKeys returns the citation keys of an export, with those that repeat.
func entryKeys(format string, pages []string) []string {
	pattern := map[string]string{"bibtex": `(?m)^@\w+\{([^,]+),`, "biblatex": `(?m)^@\w+\{([^,]+),`, "ris": `(?m)^M2  - Citation Key: (\S+)`, "csljson": `(?m)^\{"(?:[^\n]*,"|)id":"([^"]+)"`}[format]
	var keys []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(strings.Join(pages, "\n"), -1) {
		keys = append(keys, m[1])
	}
	slices.Sort(keys)
	return keys
}

// year is a bibliography as its owner edits it.
type year struct {
	t       *testing.T
	file    string
	data    string
	url     string
	entries map[string]map[string]string // fields by citation key
	also    string                       // entries of its own form
}

func (y *year) save() {
	y.t.Helper()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(y.entries)) {
		fmt.Fprintf(&b, "@article{%s,\n", key)
		for _, name := range slices.Sorted(maps.Keys(y.entries[key])) {
			fmt.Fprintf(&b, "  %s = {%s},\n", name, y.entries[key][name])
		}
		b.WriteString("}\n\n")
	}
	if err := os.WriteFile(y.file, []byte(b.String()+y.also), 0o600); err != nil {
		y.t.Fatal(err)
	}
}

// imported saves and imports the bibliography, and checks that the library is what
// it says: the same keys in each format, and the same titles.
func (y *year) imported(does, want string) {
	y.t.Helper()
	y.save()
	r := importJSON(y.t, y.data, y.file).Library
	if got := fmt.Sprintf("%d added, %d updated, %d unchanged, %d removed", r.Added, r.Updated, r.Unchanged, r.Removed); got != want {
		y.t.Errorf("%s: %s, want %s", does, got, want)
	}
	keys := slices.Sorted(maps.Keys(y.entries))
	for _, format := range []string{"bibtex", "biblatex", "ris", "csljson"} {
		pages := exported(y.t, y.url, format, 7)
		if got := entryKeys(format, pages); !slices.Equal(got, keys) {
			y.t.Errorf("%s: %s has the keys %q, want %q", does, format, got, keys)
		}
		text := strings.Join(pages, "\n")
		for key, fields := range y.entries {
			if title := strings.NewReplacer("{", "", "}", "").Replace(fields["title"]); !strings.Contains(strings.NewReplacer("{", "", "}", "").Replace(text), title) {
				y.t.Errorf("%s: %s lacks the title of %s, %q", does, format, key, title)
			}
		}
	}
}

// items returns the item IDs of the works by citation key.
func (y *year) items() map[string]string {
	y.t.Helper()
	var out struct {
		Results []struct {
			ID  string
			Key string `json:"citation_key"`
		}
	}
	use(y.t, y.url, "search", map[string]any{"query": "", "limit": 100}, &out)
	ids := map[string]string{}
	for _, r := range out.Results {
		ids[r.Key] = r.ID
	}
	return ids
}

// TestYearOfABibTeXUser goes through what the owner of a bibliography does to it.
// At every step the library is what the file says.
func TestYearOfABibTeXUser(t *testing.T) {
	y := &year{t: t, file: filepath.Join(t.TempDir(), "refs.bib"), data: filepath.Join(t.TempDir(), "library"), entries: map[string]map[string]string{}}
	topics := strings.Fields("tides glaciers estuaries hedgerows lanterns harvests monsoons meteors orchards quarries sediments tundras vineyards wetlands zeniths archives bridges canals dunes embers")
	for i := range 40 {
		y.entries[fmt.Sprintf("author%02d", i)] = map[string]string{
			"author": fmt.Sprintf("Author%c, A.", 'A'+i%20), "title": fmt.Sprintf("On %s and %s", topics[i%20], topics[(i*7+3)%20]),
			"journal": "Journal of Fields", "year": fmt.Sprint(1980 + i), "keywords": "field, study", "doi": fmt.Sprintf("10.5555/field.%d", i),
		}
		if i%2 == 0 {
			delete(y.entries[fmt.Sprintf("author%02d", i)], "doi")
		}
	}
	if err := os.MkdirAll(y.data, 0o700); err != nil {
		t.Fatal(err)
	}
	y.save()
	importJSON(t, y.data, y.file)
	y.url, _ = start(t, "STACKROOM_DATA="+y.data, "RATE_LIMIT_MAX=0")
	y.imported("January: nothing new", "0 added, 0 updated, 40 unchanged, 0 removed")
	was := y.items()

	for i := range 20 {
		e := y.entries[fmt.Sprintf("author%02d", i)]
		switch i % 4 {
		case 0:
			e["title"] += ", a field study of " + topics[(i+5)%20]
		case 1:
			e["keywords"] = "field"
		case 2:
			e["year"], e["journal"], e["volume"] = "2026", "Proceedings of the Field", "12"
		case 3:
			e["title"], e["doi"] = "Wholly another title "+fmt.Sprint(i), "10.5555/published."+fmt.Sprint(i)
		}
	}
	y.imported("March: twenty edits", "0 added, 20 updated, 20 unchanged, 0 removed")

	for i := 20; i < 25; i++ {
		old := fmt.Sprintf("author%02d", i)
		y.entries["renamed"+fmt.Sprint(i)] = y.entries[old]
		delete(y.entries, old)
		was["renamed"+fmt.Sprint(i)] = was[old]
		delete(was, old)
	}
	y.entries["renamed20"]["title"] += " revisited"
	y.imported("May: five new keys", "0 added, 5 updated, 35 unchanged, 0 removed")
	if now := y.items(); !maps.Equal(was, now) {
		t.Errorf("works are other items after edits and new keys: %v, were %v", now, was)
	}
	var cited struct{ Missing []string }
	use(t, y.url, "cite", map[string]any{"ids": []string{"@author21", "@renamed21"}}, &cited)
	if len(cited.Missing) > 0 {
		t.Errorf("a manuscript can't cite %q", cited.Missing)
	}

	for i := 25; i < 30; i++ {
		delete(y.entries, fmt.Sprintf("author%02d", i))
	}
	y.imported("July: five entries go", "0 added, 0 updated, 35 unchanged, 5 removed")

	y.entries["author20"] = map[string]string{"author": "Newcomer, N.", "title": "Another work under a former key", "journal": "Notes", "year": "2026"}
	y.imported("September: a former key for a new work", "1 added, 1 updated, 34 unchanged, 0 removed")

	delete(y.entries, "author31") // it turned out to be the same work as author33
	y.entries["author33"]["note"] = "Also seen as a preprint"
	y.imported("November: two entries become one", "0 added, 1 updated, 34 unchanged, 1 removed")

	y.imported("December: nothing new", "0 added, 0 updated, 35 unchanged, 0 removed")
	if os.Getenv("STACKROOM_TEST_TEX") != "" {
		y.compile(strings.Join(exported(t, y.url, "bibtex", 7), "\n"))
	}
}

// compile sets the joined pages of an export.
func (y *year) compile(bib string) {
	y.t.Helper()
	dir := y.t.TempDir()
	write(y.t, dir, map[string]string{"export.bib": bib, "a.tex": `\documentclass{article}\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}
\begin{document}\nocite{*}\bibliographystyle{plain}\bibliography{export}\end{document}
`})
	var all strings.Builder
	for _, line := range [][]string{{"pdflatex", "-interaction=nonstopmode", "-draftmode", "a"}, {"bibtex", "a"}, {"pdflatex", "-interaction=nonstopmode", "-draftmode", "a"}} {
		cmd := exec.CommandContext(y.t.Context(), line[0], line[1:]...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // what it says tells
		all.Write(out)
	}
	said := all.String()
	if bad := regexp.MustCompile(`(?m)^(?:!.*|.*---line \d+ of file.*|Repeated entry.*|Warning--.*)$`).FindAllString(said, -1); len(bad) > 0 || !strings.Contains(said, "Output written") && !strings.Contains(said, "draftmode") {
		y.t.Errorf("TeX says %q", bad)
	}
}

// TestExport_RepeatsNoKey exports a library of 5,000 works, many of which share
// authors, years and words or citation keys, page by page and one by one.
func TestExport_RepeatsNoKey(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	const works = 5000
	var b strings.Builder
	for i := range works {
		switch {
		case i%5 == 0: // RIS without keys
			fmt.Fprintf(&b, "TY  - JOUR\nTI  - Tides of the %dth sea\nAU  - Doyle, A.\nPY  - 2011\nER  - \n\n", i)
		default:
			fmt.Fprintf(&b, "TY  - JOUR\nTI  - On harbour %d\nAU  - Doyle, A.\nPY  - 2011\nM2  - Citation Key: Doyle%d\nER  - \n\n", i, i%900)
		}
	}
	write(t, dir, map[string]string{"refs.ris": b.String()})
	if s := importJSON(t, data, dir); s.Library.Items != works || s.Library.KeyClashCount != works*4/5-900*4/5 || len(s.Library.KeyClashes) != 1000 {
		t.Fatalf("%d works, %d clashes", s.Library.Items, s.Library.KeyClashCount)
	}
	url, _ := start(t, "STACKROOM_DATA="+data, "RATE_LIMIT_MAX=0")
	keys := entryKeys("bibtex", exported(t, url, "bibtex", 100))
	folded := map[string]bool{}
	for _, key := range keys {
		folded[strings.ToLower(key)] = true
	}
	if len(keys) != works || len(folded) != works {
		t.Fatalf("%d keys, %d different ones", len(keys), len(folded))
	}
	if other := entryKeys("csljson", exported(t, url, "csljson", 100)); !slices.Equal(keys, other) {
		t.Error("CSL-JSON has other keys")
	}
	var cited struct{ Missing, Notices []string }
	use(t, url, "cite", map[string]any{"ids": []string{"@Doyle1", "@Doyle1a", "@doyle2011tides"}}, &cited)
	if len(cited.Missing)+len(cited.Notices) > 0 {
		t.Errorf("cited by key: %+v", cited)
	}
	var found struct {
		Results []struct {
			ID  string
			Key string `json:"citation_key"`
		}
	}
	use(t, url, "search", map[string]any{"query": "harbour", "limit": 20}, &found)
	for _, r := range found.Results {
		for _, format := range []string{"bibtex", "biblatex", "ris", "csljson"} {
			var out struct{ Text string }
			use(t, url, "export", map[string]any{"ids": []string{r.ID}, "format": format}, &out)
			if got := entryKeys(format, []string{out.Text}); !slices.Equal(got, []string{r.Key}) {
				t.Errorf("%s alone as %s has the keys %q, want %s", r.ID, format, got, r.Key)
			}
		}
	}
}
