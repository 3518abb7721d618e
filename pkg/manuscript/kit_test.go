package manuscript

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
)

const testWorks = `[
{"id":"doe99","type":"book","title":"First book","author":[{"family":"Doe","given":"Jane"}],"issued":{"date-parts":[[1999]]},"publisher":"Press","publisher-place":"Oslo"},
{"id":"smith04","type":"article-journal","title":"An article","container-title":"Journal","volume":"3","page":"1-9","author":[{"family":"Smith","given":"Ann"},{"family":"Roe","given":"Bob"}],"issued":{"date-parts":[[2004]]}},
{"id":"lee10","type":"webpage","title":"A page","author":[{"literal":"Lee Ltd"}],"issued":{"date-parts":[[2010]]},"URL":"https://example.org/a_b?c=1&d=2"},
{"id":"anon","type":"book","title":"No author","issued":{"date-parts":[[1850]]}}]`

func works(t testing.TB) map[string]csl.Item {
	t.Helper()
	items, err := csl.ParseItems([]byte(testWorks))
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]csl.Item{}
	for _, it := range items {
		byKey[it.ID] = it
	}
	return byKey
}

// options returns the options of a style and a locale.
func options(t testing.TB, style, locale string) Options {
	t.Helper()
	available := styles.New()
	found, err := available.Find(t.Context(), style)
	if err != nil {
		t.Fatal(err)
	}
	p, err := csl.NewProcessor(found.Style, available, csl.Options{Locale: locale, ForceLocale: locale != ""})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Style: found.Style, Processor: p, Works: works(t)}
}

func read(t testing.TB, source string, from Format) *Manuscript {
	t.Helper()
	m, err := Read([]byte(source), from)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

// testdata opens files of the folder "testdata".
func testdata(name string) (io.ReadCloser, error) {
	if !filepath.IsLocal(name) {
		return nil, errors.New("it lies outside")
	}
	return os.Open(filepath.Join("testdata", name))
}

// cited reads a manuscript, cites it and writes it.
func cited(t testing.TB, source string, from, to Format, style string) (string, []string) {
	t.Helper()
	c := read(t, source, from).Cite(options(t, style, ""))
	var b bytes.Buffer
	if err := c.Write(&b, to, testdata); err != nil {
		t.Fatal(err)
	}
	return b.String(), c.NotCarried()
}

// body returns what stands before the bibliography of a page of HTML, without
// the line ends.
func body(t testing.TB, page string) string {
	t.Helper()
	_, page, ok := strings.Cut(page, "<body>")
	if !ok {
		t.Fatal("no body")
	}
	page, _, _ = strings.Cut(page, `<h1 id="references">`)
	return strings.ReplaceAll(strings.TrimSuffix(page, "</body>\n</html>\n"), "\n", "")
}

// parts returns the parts of a Word document.
func parts(t testing.TB, docx string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := all[f.Name]; ok {
			t.Errorf("the part %s stands there twice", f.Name)
		}
		all[f.Name] = string(data)
	}
	return all
}
