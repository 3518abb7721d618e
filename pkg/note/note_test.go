package note_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/note"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

func TestHTML(t *testing.T) {
	for _, c := range []struct{ name, markdown, want string }{
		{"paragraphs", "One *two* **three**\nfour\n\nfive", "<p>One <em>two</em> <strong>three</strong><br>\nfour</p>\n<p>five</p>"},
		{"headings", "# A\n\n###### F", "<h1>A</h1>\n<h6>F</h6>"},
		{"lists", "- a\n- b\n\n1. c", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol>\n<li>c</li>\n</ol>"},
		{"quotation", "> said", "<blockquote>\n<p>said</p>\n</blockquote>"},
		{"code", "`a<b`\n\n```go\nx < y\n```", "<p><code>a&lt;b</code></p>\n<pre>x &lt; y\n</pre>"},
		{"struck", "~~no~~", "<p><s>no</s></p>"},
		{"small tags", "H<sub>2</sub>O <u>x</u><sup>n</sup>", "<p>H<sub>2</sub>O <u>x</u><sup>n</sup></p>"},
		{"open tag", "a <u>b", "<p>a <u>b</u></p>"},
		{"rule", "a\n\n---\n\nb", "<p>a</p>\n<hr/>\n<p>b</p>"},
		{"links", "[a](https://example.org/?a=1&b=2) [m](mailto:a@example.org) [z](zotero://select/items/ABCD2345)",
			`<p><a href="https://example.org/?a=1&amp;b=2">a</a> <a href="mailto:a@example.org">m</a> <a href="zotero://select/items/ABCD2345">z</a></p>`},
		{"addresses", "<https://example.org> <a@example.org>", `<p><a href="https://example.org">https://example.org</a> <a href="mailto:a@example.org">a@example.org</a></p>`},
		{"unsafe links", "[a](javascript:alert(1)) [b](data:text/html,x) [c](/etc/passwd) <javascript:alert(1)>", "<p>a b c javascript:alert(1)</p>"},
		{"image", "![a chart](https://example.org/x.png)", "<p>a chart</p>"},
		{"script", "a <script>alert(1)</script>", "<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>"},
		{"block of HTML", "<div onclick=\"x()\">\nhi\n</div>", "<p>&lt;div onclick=&#34;x()&#34;&gt;<br>\nhi<br>\n&lt;/div&gt;</p>"},
		{"tag with attributes", `<u onclick="x()">a</u>`, "<p>&lt;u onclick=&#34;x()&#34;&gt;a</p>"},
		{"table", "|a|b|\n|:-|-:|\n|1|2|", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := note.HTML(c.markdown)
			if err != nil || got != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestHTML_RefusesLongNotes(t *testing.T) {
	const frame = len("<p></p>")
	if _, err := note.HTML(strings.Repeat("é", note.MaxHTML-frame)); err != nil {
		t.Errorf("a note of the most characters: %v", err)
	}
	for _, n := range []int{note.MaxHTML - frame + 1, 8 * note.MaxHTML} {
		if _, err := note.HTML(strings.Repeat("x", n)); err == nil || !strings.Contains(err.Error(), "250000 characters") {
			t.Errorf("%d characters: %v", n, err)
		}
	}
}

const zoteroNote = `<div data-citation-items="%5B%5D" data-schema-version="8"><h1>Reading</h1>` + "\n" +
	`<p>Intro <span class="citation" data-citation="%7B%22x%22%7D">(<span class="citation-item">A, 2008</span>)</span></p>` + "\n" +
	`<h2>Methods &amp; <em>data</em></h2><p>m</p><h3>Sample</h3><p>s<br>s2</p><img alt="" data-attachment-key="ABCD2345"><h2>Results</h2><p>r</p></div>`

func TestAppend(t *testing.T) {
	got, err := note.Append(zoteroNote, "<p>new</p>")
	if want := strings.TrimSuffix(zoteroNote, "</div>") + "<p>new</p></div>"; err != nil || got != want {
		t.Errorf("got %s", got)
	}
	for _, c := range [][2]string{
		{"", "<p>new</p>"}, {"<p>a</p>", "<p>a</p><p>new</p>"}, {"<div><p>a</p></div>", "<div><p>a</p></div><p>new</p>"},
		{`<div data-schema-version="8"><p>a</p>`, `<div data-schema-version="8"><p>a</p><p>new</p>`},
	} {
		if got, err := note.Append(c[0], "<p>new</p>"); err != nil || got != c[1] {
			t.Errorf("%q: %q, %v", c[0], got, err)
		}
	}
	most := strings.Repeat("é", note.MaxHTML)
	if _, err := note.Append(most[2:], "x"); err != nil {
		t.Errorf("a note of the most characters: %v", err)
	}
	if _, err := note.Append(most, "x"); library.CodeOf(err) != library.TooLarge {
		t.Errorf("a longer note: %v", err)
	}
	if _, err := note.ReplaceSection("<h1>A</h1>", "a", most); library.CodeOf(err) != library.TooLarge {
		t.Errorf("a longer section: %v", err)
	}
}

func TestReplaceSection(t *testing.T) {
	for _, c := range []struct{ name, heading, replacement, old, new string }{
		{"middle, with what is below it", "methods &  Data", "<p>x</p>",
			`<p>m</p><h3>Sample</h3><p>s<br>s2</p><img alt="" data-attachment-key="ABCD2345">`, "<p>x</p>"},
		{"deeper, up to a higher one", "Sample", "<p>x</p>", `<p>s<br>s2</p><img alt="" data-attachment-key="ABCD2345">`, "<p>x</p>"},
		{"last, up to the wrapper's end", "Results", "<p>x</p>", "<p>r</p>", "<p>x</p>"},
		{"with a heading of its own", "Results", "<h2>Findings</h2>", "<h2>Results</h2><p>r</p>", "<h2>Findings</h2>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := note.ReplaceSection(zoteroNote, c.heading, c.replacement)
			if want := strings.Replace(zoteroNote, c.old, c.new, 1); err != nil || got != want || got == zoteroNote {
				t.Errorf("%v\n got %s\nwant %s", err, got, want)
			}
		})
	}
}

func TestReplaceSection_LeavesQuotedHeadings(t *testing.T) {
	const html = "<h2>A</h2><blockquote><h1>quoted</h1></blockquote><p>a</p><h2>B</h2>"
	if got, err := note.ReplaceSection(html, "A", "<p>x</p>"); err != nil || got != "<h2>A</h2><p>x</p><h2>B</h2>" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := note.ReplaceSection(html, "quoted", "<p>x</p>"); err != nil || got != "<h2>A</h2><blockquote><h1>quoted</h1><p>x</p></blockquote><p>a</p><h2>B</h2>" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReplaceSection_RefusesUnclearHeadings(t *testing.T) {
	for _, c := range []struct{ html, heading, message string }{
		{zoteroNote, "Discussion", "no heading of this text; it has 4 headings"}, {zoteroNote, " ", "is empty"},
		{"<h1>A</h1><h2>a</h2>", "A", "several headings"}, {"<h1>A", "A", "no heading"},
	} {
		if got, err := note.ReplaceSection(c.html, c.heading, ""); library.CodeOf(err) != library.Invalid || got != "" || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q: %q, %v", c.heading, got, err)
		}
	}
}

// TestHTML_IsStable writes random notes: what is read of a note and written again
// is read as the same.
func TestHTML_IsStable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		md := document(r)
		first := roundTrip(t, md)
		if second := roundTrip(t, first); second != first {
			t.Fatalf("of %q:\n first %q\nsecond %q", md, first, second)
		}
		for word := range strings.FieldsSeq("alpha βeta 1843") {
			if strings.Count(md, word) != strings.Count(first, word) {
				t.Fatalf("%q of %q is not in %q", word, md, first)
			}
		}
	}
}

func roundTrip(t *testing.T, md string) string {
	t.Helper()
	html, err := note.HTML(md)
	if err != nil {
		t.Fatal(err)
	}
	return plaintext.FromHTML(html)
}

// document returns a random note of ordinary Markdown.
func document(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	words := func() string {
		var w []string
		for range 1 + r.IntN(4) {
			w = append(w, pick("alpha", "βeta", "1843", "*soft*", "**loud**", "`code`", "~~old~~", "a & b", "x < y", "<b>", "[a](https://example.org)", "snake_case", "50%"))
		}
		return strings.Join(w, " ")
	}
	var blocks []string
	for range 1 + r.IntN(5) {
		switch r.IntN(7) {
		case 0:
			blocks = append(blocks, pick("# ", "## ", "### ")+words())
		case 1:
			blocks = append(blocks, "- "+words()+"\n- "+words())
		case 2:
			blocks = append(blocks, "1. "+words()+"\n2. "+words())
		case 3:
			blocks = append(blocks, "> "+words())
		case 4:
			blocks = append(blocks, "```\n"+pick("if a < b {", "alpha  1843")+"\n```")
		case 5:
			blocks = append(blocks, "| a | b |\n|---|---|\n| "+words()+" | "+words()+" |")
		default:
			blocks = append(blocks, words()+pick("", "\n")+words())
		}
	}
	return strings.Join(blocks, "\n\n")
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{"# A\n\n- b\n", "<script>x</script>", "[a](javascript:x)", "a <u>b\n\n</div>c", "|a|\n|-|\n|<sub>|", "![x](y)<!-- z -->", zoteroNote} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, md string) {
		html, err := note.HTML(md)
		if err != nil {
			return
		}
		for _, bad := range []string{"<script", "<img", "<iframe", "<div", "<!--", `href="javascript`, " onclick="} {
			if strings.Contains(html, bad) {
				t.Errorf("%q in the HTML of %q: %q", bad, md, html)
			}
		}
		// The HTML is closed: what follows stays outside of it.
		if whole, err := note.Append(`<div data-schema-version="8">`+html+"</div>", "<p>end</p>"); err == nil && !strings.HasSuffix(whole, "<p>end</p></div>") {
			t.Errorf("appended to the HTML of %q: %q", md, whole)
		}
		plaintext.FromHTML(html)
	})
}

func FuzzReplaceSection(f *testing.F) {
	f.Add(zoteroNote, "Results")
	f.Add("<h1>a<h2>a</h1>", "a")
	f.Fuzz(func(t *testing.T, html, heading string) {
		got, err := note.ReplaceSection(html, heading, "\x00new\x00")
		if err != nil {
			return
		}
		before, after, ok := strings.Cut(got, "\x00new\x00")
		if !ok || !strings.HasPrefix(html, before) || !strings.HasSuffix(html, after) {
			t.Errorf("%q, %q: %q", html, heading, got)
		}
	})
}
