package extract

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// allocated returns how many bytes f allocates in all, which bounds what it
// holds at any time.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestEPUB_IsBoundedByWhatItUnpacksTo reads small books that unpack to very
// much, each in another place.
func TestEPUB_IsBoundedByWhatItUnpacksTo(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	paragraphs := strings.Repeat("<p>aaaa aaaa aaaa aaaa</p>\n", 8<<20/27)
	words := strings.Repeat("a ", 4<<20)
	spaces := strings.Repeat(" ", 8<<20)
	items := strings.Repeat(`<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>`, 40_000)
	refs := strings.Repeat(`<itemref idref="a"/>`, 80_000)
	many := []string{"META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First."}
	for i := range 25_000 {
		many = append(many, "OPS/"+strconv.Itoa(i), "")
	}
	unpacks := "unpacks to more than"
	for _, c := range []struct {
		promise string
		content string
		reason  string
		starts  string
	}{
		{"text in paragraphs", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", paragraphs, "OPS/two b.xhtml", "<p>Second."), unpacks, "aaaa aaaa"},
		{"text in one piece", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.", "OPS/two b.xhtml", words), unpacks, "First."},
		{"one tag", epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First.", "OPS/two b.xhtml", "<p "+spaces+">"), unpacks, "First."},
		{"the package document", epub(t, "META-INF/container.xml", container, "OPS/book.opf", "<package><manifest>"+items+"</manifest></package>", "OPS/one.xhtml", "<p>First."), "damaged", ""},
		{"the container", epub(t, "META-INF/container.xml", spaces+container, "OPS/book.opf", opf, "OPS/one.xhtml", "<p>First."), "damaged", ""},
		{"the spine", epub(t, "META-INF/container.xml", container, "OPS/book.opf", strings.Replace(opf, "</spine>", refs+"</spine>", 1), "OPS/one.xhtml", strings.Repeat("<p>First.", 20_000), "OPS/two b.xhtml", "<p>Second."), "", "First.\n\nFirst."},
		{"the list of files", epub(t, many...), "damaged", ""},
	} {
		if len(c.content) > 8<<20 {
			t.Fatalf("%s: %d bytes are no small file", c.promise, len(c.content))
		}
		var r result
		n := allocated(func() { r = readEPUB(t.Context(), strings.NewReader(c.content), int64(len(c.content))) })
		pages, status := r.finish()
		if n > 48<<20 {
			t.Errorf("%s: a file of %d kB allocates %d MB", c.promise, len(c.content)>>10, n>>20)
		}
		if !strings.Contains(status.Reason, c.reason) || c.starts != "" && (len(pages) == 0 || !strings.HasPrefix(pages[0].Text, c.starts)) {
			t.Errorf("%s: %+v", c.promise, status)
		}
		if limit := 20*len(c.content) + 1<<20; status.Chars > limit {
			t.Errorf("%s: %d characters from %d bytes", c.promise, status.Chars, len(c.content))
		}
	}
}

// TestEPUB_RealBookIsReadWhole checks the bound against a book that deflates
// well: prose repeats itself a good deal less.
func TestEPUB_RealBookIsReadWhole(t *testing.T) {
	var chapter strings.Builder
	for i := range 60_000 {
		chapter.WriteString("<p class=\"indent\">It was the " + strconv.Itoa(i*7919) + "th of times.</p>\n")
	}
	content := epub(t, "META-INF/container.xml", container, "OPS/book.opf", opf, "OPS/one.xhtml", chapter.String(), "OPS/two b.xhtml", "<p>The end.")
	r := readEPUB(t.Context(), bytes.NewReader([]byte(content)), int64(len(content)))
	if pages, status := r.finish(); status.Reason != "" || !strings.HasSuffix(pages[0].Text, "The end.") {
		t.Errorf("%d bytes that unpack to %d: %+v", len(content), chapter.Len(), status)
	}
}

func TestEPUB_BoundIsExact(t *testing.T) {
	for size, want := range map[int64]error{4: errUnpacked, 5: nil, 6: nil} {
		left := size
		got, err := io.ReadAll(&unpacking{r: strings.NewReader("12345"), left: &left})
		if !errors.Is(err, want) || want == nil && string(got) != "12345" || int64(len(got)) > size {
			t.Errorf("a bound of %d: %q, %v", size, got, err)
		}
	}
}
