package manuscript

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// sampleWorks returns the works of the sample library by their citation keys.
func sampleWorks(t testing.TB) map[string]csl.Item {
	t.Helper()
	works, err := sample.Works()
	if err != nil {
		t.Fatal(err)
	}
	items := make([]*library.Item, len(works))
	for i := range works {
		items[i] = &works[i].Item
	}
	var b bytes.Buffer
	if err := biblio.Write(&b, biblio.CSLJSON, items); err != nil {
		t.Fatal(err)
	}
	parsed, err := csl.ParseItems(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]csl.Item{}
	for i, it := range parsed {
		byKey[items[i].Field("citationKey")] = it
	}
	return byKey
}

// TestSampleManuscript writes a manuscript with forty citations of the sample
// library in three styles and in every format.
func TestSampleManuscript(t *testing.T) {
	source, err := os.ReadFile("testdata/machines.md")
	if err != nil {
		t.Fatal(err)
	}
	for style, want := range map[string][]string{
		"apa":           {"Turing (1950, p. 450) calls this", "(see De Mol, 2018, sec. 1; also Cook, 1971)", "Diffie and Hellman (1976)", "Watson & Crick, 1953)"},
		"ieee":          {"Turing [2, p. 450] calls this", "[39]"},
		"chicago-notes": {"See Liesbeth De Mol", "Knuth, The Art of Computer Programming, Volume 1"},
	} {
		m, err := Read(source, Markdown)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Citations) < 40 || len(m.Keys()) < 39 {
			t.Errorf("%d citations of %d works", len(m.Citations), len(m.Keys()))
		}
		o := options(t, style, "")
		o.Works = sampleWorks(t)
		c := m.Cite(o)
		if c.Entries() != len(m.Keys()) {
			t.Errorf("%s: %d entries of %d works", style, c.Entries(), len(m.Keys()))
		}
		for _, format := range []Format{Markdown, LaTeX, HTML, DOCX} {
			var b bytes.Buffer
			if err := c.Write(&b, format, testdata); err != nil {
				t.Fatal(err)
			}
			checkSample(t, style, format, b.String(), want)
		}
		if reports := c.NotCarried(); !slices.Equal(reports, []string{"mathematics in HTML: formulas stand in TeX's notation, which a script such as MathJax sets", "mathematics: formulas are written as text, in TeX's notation"}) {
			t.Errorf("%s: %q", style, reports)
		}
	}
}

// checkSample checks that what was written has no key and no unknown work, and
// that a Word document is whole and has the texts.
func checkSample(t *testing.T, style string, format Format, out string, want []string) {
	t.Helper()
	if format != DOCX {
		_, body, _ := strings.Cut(out, "Introduction")
		for _, key := range []string{"@turing1950computing", "[@demol", "?**", "?</strong>", "CSL STYLE ERROR"} {
			if strings.Contains(body, key) {
				t.Errorf("%s, %s: %s is in the text", style, format, key)
			}
		}
		return
	}
	checkWord(t, out)
	all := parts(t, out)
	text := strings.Join(append(texts(t, all["word/document.xml"]), texts(t, all["word/footnotes.xml"])...), "\n")
	for _, s := range want {
		if !strings.Contains(text, s) {
			t.Errorf("%s: no %q in %s", style, s, text)
		}
	}
}

// BenchmarkCite measures a manuscript from its source to a Word document.
func BenchmarkCite(b *testing.B) {
	source, err := os.ReadFile("testdata/machines.md")
	if err != nil {
		b.Fatal(err)
	}
	o := options(b, "apa", "")
	o.Works = sampleWorks(b)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		m, err := Read(source, Markdown)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Cite(o).Write(&bytes.Buffer{}, DOCX, testdata); err != nil {
			b.Fatal(err)
		}
	}
}
