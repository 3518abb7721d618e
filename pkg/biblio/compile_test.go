package biblio_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// texPrograms skips a test unless STACKROOM_TEST_TEX is set and the programs
// are installed.
func texPrograms(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv("STACKROOM_TEST_TEX") == "" {
		t.Skip("STACKROOM_TEST_TEX is not set: exports are not compiled")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v", err)
		}
	}
}

// exportSources returns the works of every bibliography among the fixtures,
// and Zotero's own items, by name.
func exportSources(t *testing.T) map[string][]*library.Item {
	t.Helper()
	folder := fixtures(t)
	sources := map[string][]*library.Item{"zotero items": zoteroItems(t, folder), "symbols": symbolItems()}
	files, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		switch filepath.Ext(file) {
		case ".bib", ".biblatex", ".ris", ".nbib":
		default:
			continue
		}
		data := readFile(t, file)
		format, ok := biblio.Detect(file, data)
		if !ok {
			continue
		}
		doc, err := biblio.Read(t.Context(), bytes.NewReader(data), file, format)
		if err != nil {
			t.Fatal(err)
		}
		var items []*library.Item
		for i := range doc.Entries {
			items = append(items, &doc.Entries[i].Item)
		}
		sources[filepath.Base(file)] = items
	}
	return sources
}

// zoteroItems returns the items of Zotero's translators' tests.
func zoteroItems(t *testing.T, folder string) []*library.Item {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(readFile(t, folder, "translators-testcases", "items.jsonl")))
	lines.Buffer(nil, 16<<20)
	var items []*library.Item
	for lines.Scan() {
		var row struct{ Item map[string]any }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		item := &library.Item{Fields: map[string]string{}}
		for name, value := range row.Item {
			if s, ok := value.(string); ok {
				item.Fields[name] = s
			}
		}
		item.Type = item.Fields["itemType"]
		delete(item.Fields, "itemType")
		creators, _ := row.Item["creators"].([]any)
		for _, c := range creators {
			m, _ := c.(map[string]any)
			text := func(name string) string { s, _ := m[name].(string); return s }
			if text("firstName") == "" {
				item.Creators = append(item.Creators, library.Creator{Role: text("creatorType"), Name: text("lastName") + text("name")})
			} else {
				item.Creators = append(item.Creators, library.Creator{Role: text("creatorType"), Given: text("firstName"), Family: text("lastName")})
			}
		}
		items = append(items, item)
	}
	return items
}

// symbolItems returns works whose titles and names have every character of the
// blocks that bibliographies use, with and without accents, and every hostile
// sign.
func symbolItems() []*library.Item {
	var items []*library.Item
	add := func(title, family string) {
		items = append(items, &library.Item{Type: "article", ParsedDate: "2001", Fields: map[string]string{"title": title, "publicationTitle": title, "note": title},
			Creators: []library.Creator{{Role: "author", Family: family, Given: family}, {Role: "editor", Name: title}}})
		items[len(items)-1].Type = "journalArticle"
	}
	for _, block := range [][2]rune{{0xa0, 0x24f}, {0x250, 0x2af}, {0x370, 0x3ff}, {0x400, 0x4ff}, {0x1e00, 0x1fff}, {0x2000, 0x22ff}, {0x2300, 0x27ff}, {0x2900, 0x2aff}, {0x3040, 0x30ff}, {0x4e00, 0x4e80}, {0xac00, 0xac40}, {0x5d0, 0x5ea}, {0x620, 0x64a}, {0x1d400, 0x1d4ff}, {0x1f600, 0x1f640}} {
		for r := block[0]; r <= block[1]; r += 8 {
			var b strings.Builder
			for i := range rune(8) {
				b.WriteRune(r + i)
			}
			add("A "+b.String()+" B", b.String())
		}
	}
	for letter := 'A'; letter <= 'z'; letter++ {
		for _, mark := range "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0326\u0327\u0328\u0331\u0302\u0301" {
			if letter <= 'Z' || letter >= 'a' {
				add(string([]rune{letter, mark, '\u0301'}), string([]rune{letter, mark}))
			}
		}
	}
	for _, s := range []string{`a & b % c $ d # e _ f { g } h ~ i ^ j \ k < l > m "`, "<i>a <b>b</i> <sub>2</sub> <span class=\"nocase\">pH</span>", "--- '' `` !` ?`", "a\n\nb", "and", "x, y, z, w"} {
		add(s, s)
	}
	return items
}

// run runs a program in a folder and returns what it prints.
func run(t *testing.T, folder, program string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if len(out) == 0 && err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}

// TestExportsCompile_BibTeX sets every work with pdflatex and bibtex in three
// styles: one that cuts names to labels, and one that abbreviates them, find
// what plain doesn't.
func TestExportsCompile_BibTeX(t *testing.T) {
	texPrograms(t, "pdflatex", "bibtex")
	texError := regexp.MustCompile(`(?m)^(?:!.*|.*---line \d+ of file.*|Repeated entry.*)$`)
	for name, items := range exportSources(t) {
		for _, style := range []string{"plain", "alpha", "abbrv"} {
			t.Run(name+" "+style, func(t *testing.T) {
				size := len(items)
				if style == "alpha" {
					size = 200 // after 26 equal labels it has no letter left
				}
				for part := range slices.Chunk(items, size) {
					said := compile(t, part, style)
					if alphaLimit.MatchString(said) {
						t.Log("more works have one label than alpha.bst has letters for")
						continue
					}
					report(t, texError, said)
				}
			})
		}
	}
}

// alphaLimit is what BibTeX says where a style makes a letter after "z".
var alphaLimit = regexp.MustCompile(`\d+ isn't valid ASCII for entry `)

// compile exports works, sets them in a style, and returns what bibtex and
// pdflatex say.
func compile(t *testing.T, items []*library.Item, style string) string {
	t.Helper()
	folder := t.TempDir()
	var bib bytes.Buffer
	if err := biblio.Write(&bib, biblio.BibTeX, items); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "export.bib"), bib.String())
	// What a first run of pdflatex writes for bibtex, which reads one command a line.
	write(t, filepath.Join(folder, "a.aux"), "\\relax\n\\citation{*}\n\\bibstyle{"+style+"}\n\\bibdata{export}\n")
	write(t, filepath.Join(folder, "a.tex"), `\documentclass{article}\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}
\begin{document}\nocite{*}\bibliographystyle{`+style+`}\bibliography{export}\end{document}
`)
	said := run(t, folder, "bibtex", "-min-crossrefs=1000", "a")
	if set, err := os.ReadFile(filepath.Join(folder, "a.bbl")); err != nil || bytes.Count(set, []byte(`\bibitem`)) != len(items) {
		t.Errorf("bibtex set %d of %d works: %v", bytes.Count(set, []byte(`\bibitem`)), len(items), err)
	}
	return said + run(t, folder, "pdflatex", "-interaction=nonstopmode", "-draftmode", "a")
}

// TestExportsCompile_Biber has biber read every work.
func TestExportsCompile_Biber(t *testing.T) {
	texPrograms(t, "pdflatex", "biber")
	biberError := regexp.MustCompile(`(?m)^(?:ERROR .*|WARN .*(?:Invalid format|Duplicate|Repeated|BibTeX subsystem).*)$`)
	// pdflatex asks biber for the same of each bibliography.
	first := t.TempDir()
	write(t, filepath.Join(first, "a.tex"), `\documentclass{article}\usepackage[backend=biber]{biblatex}\addbibresource{export.bib}
\begin{document}\nocite{*}\printbibliography\end{document}
`)
	run(t, first, "pdflatex", "-interaction=nonstopmode", "-draftmode", "a")
	asked := string(readFile(t, first, "a.bcf"))
	for name, items := range exportSources(t) {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			var bib bytes.Buffer
			if err := biblio.Write(&bib, biblio.BibLaTeX, items); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, "export.bib"), bib.String())
			write(t, filepath.Join(folder, "a.bcf"), asked)
			report(t, biberError, run(t, folder, "biber", "a"))
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// report fails for the lines of a program's output that match.
func report(t *testing.T, pattern *regexp.Regexp, said string) {
	t.Helper()
	lines := strings.Split(said, "\n")
	shown := 0
	for i, line := range lines {
		if pattern.MatchString(line) {
			if shown++; shown <= 5 {
				t.Error(strings.Join(lines[i:min(len(lines), i+4)], "\n"))
			}
		}
	}
	if shown > 5 {
		t.Errorf("and %d more", shown-5)
	}
}
