package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// sampleCited returns the works of the sample library that a manuscript cites, with
// their citation keys in "citationKey".
func sampleCited(t *testing.T, manuscript string) []*library.Item {
	t.Helper()
	works, err := sample.Works()
	if err != nil {
		t.Fatal(err)
	}
	var cited []*library.Item
	for i := range works {
		w := &works[i]
		if key := biblio.CitationKey(&w.Item); regexp.MustCompile(`@` + key + `\b`).MatchString(manuscript) {
			cited = append(cited, &w.Item)
		}
	}
	return cited
}

// registered returns works as registries have them; one is retracted.
func registered(works []*library.Item, retracted string) []resolvetest.Work {
	var all []resolvetest.Work
	for _, it := range works {
		year, _ := it.Year()
		w := resolvetest.Work{DOI: it.DOI(), Title: it.Title(), Year: year, Retracted: biblio.CitationKey(it) == retracted}
		for _, c := range it.Creators {
			if c.Role == "author" {
				w.Authors = append(w.Authors, strings.TrimSuffix(c.Family+", "+c.Given, ", ")+c.Name)
			}
		}
		if w.DOI != "" {
			all = append(all, w)
		}
	}
	return all
}

// damages change a bibliography, by the citation key of the entry.
func damages() map[string][2]string {
	return map[string][2]string{
		"turing1950computing":     {"year = {1950}", "year = {1952}"},
		"shannon1948mathematical": {"{Mathematical} {Theory} of {Communication}", "Statistical Account of Radio Waves"},
		"turing1937computable":    {"Turing", "Curing"},
	}
}

// TestCheck_FindsTheDamageOfFortyCitations checks the manuscript of forty citations
// with the bibliography of what it cites, and with a damaged copy of that.
func TestCheck_FindsTheDamageOfFortyCitations(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "pkg", "manuscript", "testdata", "machines.md"))
	if err != nil {
		t.Fatal(err)
	}
	works := sampleCited(t, string(text))
	if len(works) < 25 {
		t.Fatalf("the manuscript cites %d works", len(works))
	}
	const retracted = "watson1953molecular"
	var refs strings.Builder
	if err := biblio.Write(&refs, biblio.BibTeX, works); err != nil {
		t.Fatal(err)
	}
	damaged := damagedEntries(t, refs.String())
	damaged += "@article{invented2019, author={Nemo, Ann}, title={An invented result about machines}, journal={Journal of Nothing}, year={2019}, doi={10.5555/invented}}\n"
	dir := inFolder(t, map[string]string{
		"machines.md": string(text), "right.bib": refs.String(), "damaged.bib": damaged,
	})
	check := func(bibliography, retracted string) map[string]string {
		registry := resolvetest.New(t, registered(works, retracted)...)
		status, out, stderr := run(t, []string{"STACKROOM_DATA=" + t.TempDir(), "STACKROOM_RESOLVER_URL=" + registry.URL, "STACKROOM_CONTACT=ada@example.org"},
			"check", filepath.Join(dir, "machines.md"), "--json", "--bibliography", filepath.Join(dir, bibliography))
		if status != 0 {
			t.Fatal(stderr)
		}
		return verdictsOf(t, out)
	}
	right, found := check("right.bib", ""), check("damaged.bib", retracted)
	accused := []string{"invented2019", retracted}
	for key := range damages() {
		accused = append(accused, key)
	}
	registered := 0
	for _, it := range works {
		key := biblio.CitationKey(it)
		if right[key] == "" || strings.Contains(right[key], "uncited") {
			t.Errorf("%s is cited and %q", key, right[key])
		}
		if it.DOI() != "" {
			if registered++; right[key] != "found" {
				t.Errorf("%s is right, and %s", key, right[key])
			}
		}
	}
	for key, verdict := range found {
		if (verdict != right[key]) != slices.Contains(accused, key) {
			t.Errorf("%s: %s, and %s where it is right", key, verdict, right[key])
		}
	}
	if found["invented2019"] != "not_found, uncited" {
		t.Errorf("an invented work: %s", found["invented2019"])
	}
	t.Logf("%d works cited, %d of them registered; damaged: %v", len(works), registered, accused)
}

// damagedEntries returns a bibliography with its damages.
func damagedEntries(t *testing.T, refs string) string {
	t.Helper()
	for key, change := range damages() {
		from := strings.Index(refs, "{"+key+",")
		if from < 0 {
			t.Fatalf("no entry %s", key)
		}
		to := from + strings.Index(refs[from:], "\n}")
		entry := strings.Replace(refs[from:to], change[0], change[1], 1)
		if entry == refs[from:to] {
			t.Fatalf("the entry %s has no %q: %s", key, change[0], entry)
		}
		refs = refs[:from] + entry + refs[to:]
	}
	return refs
}

// verdictsOf returns the verdicts of references by citation key: with updates, those.
func verdictsOf(t *testing.T, out string) map[string]string {
	t.Helper()
	verdicts := map[string]string{}
	for line := range strings.Lines(out) {
		var page struct {
			References []struct {
				Label, Verdict string
				Updates        []struct{ Kind string }
				Differences    []struct{ Field string }
			}
			Citations struct{ Uncited []string }
		}
		if err := json.Unmarshal([]byte(line), &page); err != nil {
			t.Fatal(err)
		}
		for _, r := range page.References {
			verdicts[r.Label] = r.Verdict
			for _, u := range r.Updates {
				verdicts[r.Label] = u.Kind
			}
		}
		for _, key := range page.Citations.Uncited {
			verdicts[key] += ", uncited"
		}
	}
	return verdicts
}
