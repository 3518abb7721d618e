package extract

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// write puts content into a file of that name.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAt reads the file at a path, as one beside a bibliography.
func readAt(t testing.TB, path string) Text {
	t.Helper()
	return readIn(t, filepath.Dir(path), filepath.Base(path))
}

// readIn reads the file that a bibliography in a folder names so.
func readIn(t testing.TB, dir, name string) Text {
	t.Helper()
	text, err := openFolder(t, dir).Read(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// openFolder opens a folder until the end of the test.
func openFolder(t testing.TB, dir string) *Folder {
	t.Helper()
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// epub returns an EPUB of these files, by name.
func epub(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = f.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	container = `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>`
	opf       = `<package xmlns="http://www.idpf.org/2007/opf"><manifest>
		<item id="b" href="two%20b.xhtml" media-type="application/xhtml+xml"/><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
		<item id="i" href="i.png" media-type="image/png"/><item id="x" href="gone.xhtml" media-type="application/xhtml+xml"/></manifest>
		<spine><itemref idref="a"/><itemref idref="i"/><itemref idref="b"/></spine></package>`
)

func TestFilesBecomeText(t *testing.T) {
	for _, c := range []struct {
		promise, name, content string
		want                   string // the pages, each as "number:text", "|" between them
		reason                 string // what the status's reason contains; "" if it has none
	}{
		{"plain text has no pages", "a.txt", "One.\r\nTwo.", "0:One.\nTwo.", ""},
		{"form feeds end pages", "a.txt", "One.\fTwo.\fThree.\f\n", "1:One.|2:Two.|3:Three.", ""},
		{"a blank page is missed", "a.txt", "One.\f \fThree.", "1:One.|3:Three.", "one page holds no text"},
		{"Markdown stays as it is", "a.md", "# Title\n\n*Text* <b>", "0:# Title\n\n*Text* <b>", ""},
		{"a document's other ending", "a.tex", `\section{A}`, `0:\section{A}`, ""},
		{"an ending in capitals", "A.TXT", "One.", "0:One.", ""},
		{"UTF-8 with a byte order mark", "a.txt", "\xef\xbb\xbfÜ", "0:Ü", ""},
		{"UTF-16 little endian", "a.txt", "\xff\xfe\xdc\x00n\x00", "0:Ün", ""},
		{"UTF-16 big endian", "a.txt", "\xfe\xff\x00\xdc\x00n", "0:Ün", ""},
		{"UTF-16 without a byte order mark", "a.txt", "T\x00h\x00e\x00 \x00e\x00n\x00d\x00", "0:The end", ""},
		{"Latin-1", "a.txt", "Stra\xdfe nach K\xf6ln", "0:Straße nach Köln", ""},
		{"Windows-1252", "a.txt", "\x93quoted\x94", "0:“quoted”", ""},
		{"UTF-8 with a damaged byte", "a.txt", strings.Repeat("Größe ", 20) + "\xff.", "0:" + strings.Repeat("Größe ", 20) + "\uFFFD.", ""},
		{"what a reader can't see is removed", "a.txt", "a\u202eb\x1b[31mc\u200b", "0:abc", ""},
		{"binary", "a.txt", "\x00\x01\x02\x03abc\x00", "", "not text"},
		{"binary without zero bytes", "a.txt", "\x01\x02\x03\x04\x05\x06abc", "", "not text"},
		{"empty", "a.txt", "", "", "empty"},
		{"only white space", "a.txt", " \n\n", "", "holds no text"},
		{"HTML", "a.html", "<title>T</title><h1>Head</h1>\n<p>One <b>two</b>,\n three&amp;four<br>five<script>if (a<b) alert('x')</script><style>p{}</style>", "0:Head\n\nOne two, three&four\nfive", ""},
		{"HTML lists and tables", "a.htm", "<ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "0:- one\n- two\n\na b\nc", ""},
		{"HTML that keeps its white space", "a.html", "<p>x<pre>a  b\n  c</pre>y", "0:x\n\na  b\n  c\n\ny", ""},
		{"HTML in another encoding", "a.html", "<meta charset=iso-8859-1><p>K\xf6ln", "0:Köln", ""},
		{"HTML in UTF-8 that does not say so", "a.html", "<p>Köln", "0:Köln", ""},
		{"HTML comments and hidden parts", "a.html", "a<!-- hidden --><template>hidden</template><noscript>hidden</noscript>b", "0:ab", ""},
		{"HTML that never ends", "a.html", strings.Repeat("<div>", 100_000) + "deep", "0:deep", ""},
		{"EPUB", "a.epub", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.", "OPS/two b.xhtml", "<p>Second."), "0:First.\n\nSecond.", ""},
		{"EPUB that lacks a part", "a.epub", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First."), "0:First.", "a part of the book"},
		{"EPUB that is not one", "a.epub", epub(t, "x", "y"), "", "damaged"},
		{"EPUB cut off", "a.epub", "PK\x03\x04abc", "", "damaged"},
		{"EPUB that names a part twice", "a.epub", epub(t, "META-INF/container.xml", container, "OPS/book.opf", strings.Replace(opf, "</spine>", `<itemref idref="a"/></spine>`, 1), "OPS/one.xhtml", "<p>First.", "OPS/two b.xhtml", "<p>Second."), "0:First.\n\nSecond.", ""},
		{"EPUB whose part is open at its end", "a.epub", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.<script>", "OPS/two b.xhtml", "Second."), "0:First.\n\nSecond.", ""},
		{"text in a PDF's name", "a.pdf", "One.", "", "not what its name says"},
		{"text in an EPUB's name", "a.epub", "One.", "", "not what its name says"},
		{"a PDF in a text's name", "a.txt", "%PDF-1.4", "", "not what its name says"},
		{"an archive in a page's name", "a.html", epub(t, "x", "y"), "", "not what its name says"},
		{"RTF in a text's name", "a.txt", `{\rtf1 text}`, "", "not what its name says"},
		{"PostScript in a text's name", "a.txt", "%!PS-Adobe", "", "not what its name says"},
	} {
		text := readAt(t, write(t, c.name, c.content))
		pages, status := text.Pages, text.Status
		if got := inOneLine(pages); got != c.want {
			t.Errorf("%s: %q, want %q", c.promise, got, c.want)
		}
		if status.Available != (c.want != "") || c.reason == "" && status.Reason != "" || !strings.Contains(status.Reason, c.reason) {
			t.Errorf("%s: status %+v", c.promise, status)
		}
		checkPlaces(t, pages, status)
	}
}

func inOneLine(pages []library.TextPage) string {
	var all []string
	for _, p := range pages {
		all = append(all, string(rune('0'+p.Number))+":"+p.Text)
	}
	return strings.Join(all, "|")
}

// checkPlaces checks that offsets and counts are those of the pages.
func checkPlaces(t *testing.T, pages []library.TextPage, status library.TextStatus) {
	t.Helper()
	n := 0
	for _, p := range pages {
		if p.Offset != n {
			t.Errorf("page %d begins at %d, says %d", p.Number, n, p.Offset)
		}
		n += len([]rune(p.Text))
	}
	if status.Chars != n || status.PagesRead > status.Pages || status.PagesRead > len(pages) {
		t.Errorf("status %+v of %d characters on %d pages", status, n, len(pages))
	}
}

func TestLongTextIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	text := readAt(t, write(t, "long.txt", strings.Repeat("ü", MaxTextBytes/2)+"end"))
	if s := text.Status; !s.Available || !strings.Contains(s.Reason, "longer than 32 MiB") || s.Complete() {
		t.Fatalf("status %+v", s)
	}
	checkPlaces(t, text.Pages, text.Status)
	if strings.Contains(text.Pages[0].Text, "end") {
		t.Error("the text was not cut")
	}
}

func TestRealFiles(t *testing.T) {
	fixtures := os.Getenv("STACKROOM_FIXTURES")
	if fixtures == "" {
		t.Skip("STACKROOM_FIXTURES does not name the folder of real files")
	}
	_, noPDF := exec.LookPath("pdftotext")
	for name, want := range map[string]string{
		"test.txt": "Zotero", "test.html": "test", "wonderland_short.pdf": "Alice", "recognizePDF_test_DOI.pdf": "", "test.png": "-", "stub.epub": "-",
	} {
		if noPDF != nil && strings.HasSuffix(name, ".pdf") {
			want = "-"
		}
		text := readIn(t, filepath.Join(fixtures, "attachment-files"), name)
		status := text.Status
		if status.Available != (want != "-") || !status.Available && status.Reason == "" {
			t.Errorf("%s: %+v", name, status)
		}
		if status.Available && !strings.Contains(inOneLine(text.Pages), want) {
			t.Errorf("%s: no %q in %.200q", name, want, inOneLine(text.Pages))
		}
		checkPlaces(t, text.Pages, status)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte("<p>One<ul><li>two</ul><pre> a\n</pre><script>x</script><svg><title>y"))
	f.Add([]byte("<meta charset=utf-16><p>\x00\xff&#0;&#x110000;</p></p></pre>"))
	f.Fuzz(func(t *testing.T, content []byte) { checkResult(t, readHTML(content)) })
}

func FuzzText(f *testing.F) {
	f.Add([]byte("One\fTwo\f"))
	f.Add([]byte("\xff\xfe\x00\xd8a\x00"))
	f.Add([]byte("Stra\xdfe"))
	f.Fuzz(func(t *testing.T, content []byte) { checkResult(t, readText(content)) })
}

func FuzzEPUB(f *testing.F) {
	f.Add([]byte(epub(f, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.")))
	f.Add([]byte(epub(f, "META-INF/container.xml", strings.ReplaceAll(container, "OPS/book", "../../etc/passwd"))))
	f.Fuzz(func(t *testing.T, content []byte) {
		checkResult(t, readEPUB(t.Context(), bytes.NewReader(content), int64(len(content))))
	})
}

func checkResult(t *testing.T, r result) {
	t.Helper()
	pages, status := r.finish()
	if !status.Available && status.Reason == "" {
		t.Error("no text and no reason")
	}
	if status.Available != (len(pages) > 0) {
		t.Errorf("status %+v with %d pages", status, len(pages))
	}
	checkPlaces(t, pages, status)
}
