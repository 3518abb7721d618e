package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
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

// book returns an EPUB of these files, by name.
func book(t testing.TB, files ...string) string {
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
		{"no extension", "README", "Read me.", "0:Read me.", ""},
		{"another extension with text in it", "a.tex", `\section{A}`, `0:\section{A}`, ""},
		{"UTF-8 with a byte order mark", "a.txt", "\xef\xbb\xbfÜ", "0:Ü", ""},
		{"UTF-16 little endian", "a.txt", "\xff\xfe\xdc\x00n\x00", "0:Ün", ""},
		{"UTF-16 big endian", "a.txt", "\xfe\xff\x00\xdc\x00n", "0:Ün", ""},
		{"UTF-16 without a byte order mark", "a.txt", "T\x00h\x00e\x00 \x00e\x00n\x00d\x00", "0:The end", ""},
		{"Latin-1", "a.txt", "Stra\xdfe nach K\xf6ln", "0:Straße nach Köln", ""},
		{"Windows-1252", "a.txt", "\x93quoted\x94", "0:“quoted”", ""},
		{"UTF-8 with a damaged byte", "a.txt", strings.Repeat("Größe ", 20) + "\xff.", "0:" + strings.Repeat("Größe ", 20) + "\uFFFD.", ""},
		{"what a reader can't see is removed", "a.txt", "a\u202eb\x1b[31mc\u200b", "0:abc", ""},
		{"binary", "a.txt", "\x00\x01\x02\x03abc\x00", "", "not text"},
		{"binary without zero bytes", "a.dat", "\x01\x02\x03\x04\x05\x06abc", "", "not text"},
		{"empty", "a.txt", "", "", "empty"},
		{"only white space", "a.txt", " \n\n", "", "holds no text"},
		{"HTML", "a.html", "<title>T</title><h1>Head</h1>\n<p>One <b>two</b>,\n three&amp;four<br>five<script>if (a<b) alert('x')</script><style>p{}</style>", "0:Head\n\nOne two, three&four\nfive", ""},
		{"HTML lists and tables", "a.htm", "<ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "0:- one\n- two\n\na b\nc", ""},
		{"HTML that keeps its white space", "a.html", "<p>x<pre>a  b\n  c</pre>y", "0:x\n\na  b\n  c\n\ny", ""},
		{"HTML in another encoding", "a.html", "<meta charset=iso-8859-1><p>K\xf6ln", "0:Köln", ""},
		{"HTML in UTF-8 that does not say so", "a.html", "<p>Köln", "0:Köln", ""},
		{"HTML without an extension", "page", "\n<!DOCTYPE html><p>Text", "0:Text", ""},
		{"HTML comments and hidden parts", "a.html", "a<!-- hidden --><template>hidden</template><noscript>hidden</noscript>b", "0:ab", ""},
		{"HTML that never ends", "a.html", strings.Repeat("<div>", 100_000) + "deep", "0:deep", ""},
		{"EPUB", "a.epub", book(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.", "OPS/two b.xhtml", "<p>Second."), "0:First.\n\nSecond.", ""},
		{"EPUB that lacks a part", "a.epub", book(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First."), "0:First.", "a part of the book"},
		{"EPUB that is not one", "a.epub", book(t, "x", "y"), "", "damaged"},
		{"EPUB cut off", "a.epub", "PK\x03\x04abc", "", "damaged"},
		{"a zip", "a.zip", book(t, "x", "y"), "", "not read"},
		{"RTF", "a.rtf", `{\rtf1 text}`, "", "not read"},
		{"PostScript", "a.ps", "%!PS-Adobe", "", "not read"},
	} {
		pages, status, err := File(t.Context(), write(t, c.name, c.content))
		if err != nil {
			t.Errorf("%s: %v", c.promise, err)
			continue
		}
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

func TestWhatCannotBeReadHasAReason(t *testing.T) {
	folder := t.TempDir()
	big := filepath.Join(folder, "big.txt")
	f, err := os.Create(big)
	if err != nil || f.Truncate(MaxFileBytes+1) != nil || f.Close() != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		filepath.Join(folder, "missing.pdf"):    "missing",
		folder:                                  "not a file",
		os.DevNull:                              "not a file",
		big:                                     "more than 64 MiB",
		filepath.Join(folder, "nul\x00byte"):    "can't be opened",
		strings.Repeat("long", 5000):            "can't be opened",
		filepath.Join(folder, "missing\x1b[0m"): "missing",
	} {
		pages, status, err := File(t.Context(), path)
		if err != nil || len(pages) > 0 || status.Available || !strings.Contains(status.Reason, reason) {
			t.Errorf("%.40q: %+v, %v, want a reason with %q", path, status, err, reason)
		}
	}
}

func TestALongTextIsCutAndSaysSo(t *testing.T) {
	pages, status, err := File(t.Context(), write(t, "long.txt", strings.Repeat("ü", MaxTextBytes/2)+"end"))
	if err != nil || !status.Available || !strings.Contains(status.Reason, "longer than 32 MiB") || status.Complete() {
		t.Fatalf("status %+v, %v", status, err)
	}
	checkPlaces(t, pages, status)
	if strings.Contains(pages[0].Text, "end") {
		t.Error("the text was not cut")
	}
}

func TestAnEndedContextIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := File(ctx, write(t, "a.txt", "text")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
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
		pages, status, err := File(t.Context(), filepath.Join(fixtures, "attachment-files", name))
		if err != nil || status.Available != (want != "-") || !status.Available && status.Reason == "" {
			t.Errorf("%s: %+v, %v", name, status, err)
		}
		if status.Available && !strings.Contains(inOneLine(pages), want) {
			t.Errorf("%s: no %q in %.200q", name, want, inOneLine(pages))
		}
		checkPlaces(t, pages, status)
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
	f.Add([]byte(book(f, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.")))
	f.Add([]byte(book(f, "META-INF/container.xml", strings.ReplaceAll(container, "OPS/book", "../../etc/passwd"))))
	f.Fuzz(func(t *testing.T, content []byte) { checkResult(t, readEPUB(content)) })
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
