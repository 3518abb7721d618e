package manuscript

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestMarkdown_CitesInEveryForm(t *testing.T) {
	for source, want := range map[string]string{
		"A [@doe99].": "<p>A (Doe, 1999).</p>",
		"A [see @doe99, p. 3; also @smith04, chap. 2].":   "<p>A (see Doe, 1999, p. 3; also Smith &amp; Roe, 2004, Chapter 2).</p>",
		"A [@smith04; @doe99].":                           "<p>A (Doe, 1999; Smith &amp; Roe, 2004).</p>",
		"A [see *also* @doe99].":                          "<p>A (see <em>also</em> Doe, 1999).</p>",
		"A [@doe99, 3--5].":                               "<p>A (Doe, 1999, pp. 3–5).</p>",
		"Doe says [-@doe99].":                             "<p>Doe says (1999).</p>",
		"Doe, -@doe99, says.":                             "<p>Doe, (1999), says.</p>",
		"@smith04 say [@lee10].":                          "<p>Smith and Roe (2004) say (Lee Ltd, 2010).</p>",
		"@doe99 [p. 3; see @smith04] says.":               "<p>Doe (1999, p. 3; see Smith &amp; Roe, 2004) says.</p>",
		"@{doe99} says, @anon too.":                       "<p>Doe (1999) says, <em>No Author</em> (1850) too.</p>",
		"A [@doe99,\np. 3] and\n[@lee10].":                "<p>A (Doe, 1999, p. 3) and(Lee Ltd, 2010).</p>",
		"> A [@doe99; see\n> @lee10] and @smith04\n> [4]": "<blockquote><p>A (Doe, 1999; see Lee Ltd, 2010) and Smith and Roe (2004, p. 4)</p></blockquote>",
		"*A [@doe99]*":                                    "<p><em>A (Doe, 1999)</em></p>",
		"# A @doe99":                                      `<h1 id="a-doe99">A Doe (1999)</h1>`,
		"- A [@doe99]\n- B":                               "<ul><li>A (Doe, 1999)</li><li>B</li></ul>",
		"A^[Note [@doe99].] b":                            `<p>A<sup><a id="fnref1" href="#fn1">1</a></sup> b</p>`,
		"A [@doe99 and @smith04]":                         "<p>A [Doe (1999) and Smith and Roe (2004)]</p>",
	} {
		page, _ := cited(t, source, Markdown, HTML, "apa")
		if got := body(t, page); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestMarkdown_LeavesWhatIsNoCitation(t *testing.T) {
	for _, source := range []string{
		"`[@doe99]`", "``` \n[@doe99]\n```", "    [@doe99]", `\@doe99`, `\[\@doe99\]`, "jane@doe99.org", "<jane@doe99.org>",
		"$[@doe99]$", "$$\n[@doe99]\n$$", "<!-- [@doe99] -->", "[link](https://example.org/@doe99)", "@", "[@]", "a@doe99",
	} {
		if m := read(t, source, Markdown); len(m.Citations) > 0 {
			t.Errorf("%q: %+v", source, m.Citations)
		}
	}
}

func TestMarkdown_SaysWhereKeysStand(t *testing.T) {
	m := read(t, "---\ntitle: A\nnocite: '@lee10'\n---\n\nA [@doe99].\n\n- B [@x; @doe99]\n\nC[^n] @x\n\n[^n]: D @y\n", Markdown)
	if keys := m.Keys(); !slices.Equal(keys, []string{"doe99", "x", "y", "lee10"}) {
		t.Errorf("%v", keys)
	}
	for key, want := range map[string][]string{"doe99": {"line 6", "line 8"}, "x": {"line 8", "line 10"}, "y": {"line 12"}, "lee10": {"nocite"}, "z": nil} {
		if got := m.Where(key); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

func TestMarkdown_MakesNotes(t *testing.T) {
	source := "A [@doe99, 3], b [@doe99, 4]. @smith04 say[^n] c [see @lee10].\n\n[^n]: In [@doe99, 5].\n"
	page, _ := cited(t, source, Markdown, HTML, "chicago-notes")
	mark := func(n int) string { return fmt.Sprintf(`<sup><a id="fnref%d" href="#fn%d">%d</a></sup>`, n, n, n) }
	if want := "<p>A," + mark(1) + " b." + mark(2) + " Smith and Roe" + mark(3) + " say" + mark(4) + " c." + mark(5) + "</p>"; !strings.HasPrefix(body(t, page), want) {
		t.Errorf("got %s\nwant %s", body(t, page), want)
	}
	for n, want := range []string{
		"Jane Doe, <em>First book</em> (Press, 1999), 3.", "Doe, <em>First book</em>, 4.", "“An article,” <em>Journal</em> 3 (2004): 1–9.",
		"In Doe, <em>First book</em>, 5.", "See Lee Ltd, “A Page,”",
	} {
		at := strings.Index(page, fmt.Sprintf(`<li id="fn%d">`, n+1))
		if note, _, _ := strings.Cut(page[at:], "</li>"); !strings.Contains(strings.ToLower(note), strings.ToLower(want)) {
			t.Errorf("note %d: %s, want %s", n+1, note, want)
		}
	}
}

func TestMarkdown_RaisesNumbersBehindPunctuation(t *testing.T) {
	for source, want := range map[string]string{
		"A [@doe99], b": "<p>A,<sup>1</sup> b</p>",
		"A [@doe99]. B": "<p>A.<sup>1</sup> B</p>",
		"A [@doe99]: b": "<p>A<sup>1</sup>: b</p>",
		"@doe99 says":   "<p>Doe<sup>1</sup> says</p>",
	} {
		page, _ := cited(t, source, Markdown, HTML, "nature")
		if got := body(t, page); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestMarkdown_NamesAuthorsOfNumberedWorks(t *testing.T) {
	page, _ := cited(t, "@doe99, @smith04, @lee10, @anon", Markdown, HTML, "ieee")
	if want := "<p>Doe [1], Smith and Roe [2], Lee Ltd [3], No author [4]</p>"; !strings.HasPrefix(body(t, page), want) {
		t.Errorf("%s", body(t, page))
	}
}

func TestMarkdown_MarksMissingKeys(t *testing.T) {
	page, _ := cited(t, "A [@x], [@doe99; @y; @z], @w.", Markdown, HTML, "apa")
	want := "<p>A <strong>x?</strong>, (Doe, 1999) <strong>y?</strong> <strong>z?</strong>, <strong>w?</strong>.</p>"
	if !strings.HasPrefix(body(t, page), want) {
		t.Errorf("%s", body(t, page))
	}
}

const everything = `---
title: "T *i*"
subtitle: S
author: [A, {name: B}]
date: 2026-01-02
abstract: The abstract.
lang: en-GB
---

# H1 {#own}

###### H6

A *b* **c** ~~d~~ ` + "`e`" + ` H~2~O x^2^ "f" -- g... [h]{.smallcaps} [i]{.underline} &amp; \* [j](#own) <https://k.example>[^l]\
new $m_1$.

[^l]: Note one.

    Note two.

> quote

1. one
   - deep
2. two

   more

7) seven

- [x] done
- [ ] open

| L | C | R |
|:--|:-:|--:|
| 1 | 2 | 3 |

term
: definition

![Cap *t*](curve.png){width=50%}

` + "```go\nfunc <x>() {}\n```" + `

---

$$
n = 1
$$

[@doe99]
`

func TestWrite_CarriesEverything(t *testing.T) {
	html, reports := cited(t, everything, Markdown, HTML, "apa")
	if len(reports) != 1 || !strings.HasPrefix(reports[0], "mathematics in HTML: ") {
		t.Errorf("%q", reports)
	}
	for _, want := range []string{
		`<html lang="en-GB">`, "<title>T i</title>", `<h1 class="title">T <em>i</em></h1>`, `<p class="subtitle">S</p>`, `<p class="author">A</p>`, `<p class="author">B</p>`, `<p class="date">2026-01-02</p>`, `<div class="abstract">The abstract.</div>`,
		`<h1 id="own">H1</h1>`, `<h6 id="h6">H6</h6>`, "<em>b</em> <strong>c</strong> <del>d</del> <code>e</code> H<sub>2</sub>O x<sup>2</sup> “f” – g… ",
		`<span style="font-variant: small-caps">h</span> <u>i</u> &amp; * <a href="#own">j</a> <a href="https://k.example">https://k.example</a><sup>`, "<br>\nnew <span class=\"math inline\">\\(m_1\\)</span>.",
		"<li id=\"fn1\">Note one.<p>Note two.</p>", "<blockquote><p>quote</p>\n</blockquote>", "<ol>\n<li>one<ul>\n<li>deep</li>\n</ul>\n</li>\n<li>two<p>more</p>\n</li>\n</ol>", `<ol start="7">`, "<li>☒ done</li>", "<li>☐ open</li>",
		`<tr><th style="text-align: left">L</th><th style="text-align: center">C</th><th style="text-align: right">R</th></tr>`, `<td style="text-align: right">3</td>`,
		"<dl>\n<dt>term</dt>\n<dd>definition</dd>\n</dl>", `<figure><img src="curve.png" alt="Cap t" style="width: 50%"/><figcaption>Cap <em>t</em></figcaption></figure>`, "<pre><code>func &lt;x&gt;() {}\n</code></pre>", "<hr>",
		`<span class="math display">\[n = 1\]</span>`, `<h1 id="references">References</h1>`,
		`<div class="csl-entry"><div class="csl-right-inline">Doe, J. (1999). <em>First book</em>. Press.</div></div>`, ".csl-entry { padding-left: 2em; text-indent: -2em; }",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
	latex, reports := cited(t, everything, Markdown, LaTeX, "apa")
	if len(reports) > 0 {
		t.Errorf("%q", reports)
	}
	for _, want := range []string{
		`\title{T \emph{i}\\ \large S}`, `\author{A \and B}`, `\date{2026-01-02}`, "\\begin{abstract}\nThe abstract.\n\\end{abstract}", `\section{H1}\label{own}`, `\subparagraph{H6}\label{h6}`,
		`\emph{b} \textbf{c} \sout{d} \texttt{e} H\textsubscript{2}O x\textsuperscript{2} “f” – g… \textsc{h} \underline{i} \& * \hyperref[own]{j} \url{https://k.example}\footnote{Note one.`, "\\\\\nnew $m_1$.",
		`\usepackage[normalem]{ulem}`, "\\begin{quote}\nquote\n\\end{quote}", "\\item {}one\n\n\\begin{itemize}\n\\item {}deep", `\item[7.] {}seven`, `$\boxtimes$ done`, `$\square$ open`,
		"\\begin{tabular}{lcr}\n\\hline\nL & C & R \\\\\n\\hline\n1 & 2 & 3 \\\\\n\\hline", `\textbf{term}`, `\includegraphics[width=0.5\linewidth,`, `\caption{Cap \emph{t}}`, "\\begin{verbatim}\nfunc <x>() {}\n\\end{verbatim}", `\rule{`, `\[n = 1\]`,
		`\section{References}`, `\setlength{\leftmargin}{2em}\setlength{\itemindent}{-2em}`, `\item {}Doe, J. (1999). \emph{First book}. Press.`, `\end{document}`,
	} {
		if !strings.Contains(latex, want) {
			t.Errorf("no %s in\n%s", want, latex)
		}
	}
}

func TestMarkdown_InItsOwnFormatKeepsTheSource(t *testing.T) {
	want := strings.Replace(everything, "[@doe99]\n", "(Doe, 1999)\n\n# References\n\nDoe, J. (1999). *First book*. Press.\n", 1)
	if got, _ := cited(t, everything, Markdown, Markdown, "apa"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestMarkdown_InItsOwnFormat(t *testing.T) {
	for _, c := range []struct{ style, source, want string }{
		{"apa", "@doe99 [p. 3] and [@lee10].\n", "Doe (1999, p. 3) and (Lee Ltd, 2010).\n"},
		{"chicago-notes", "A\n[@doe99]. B [^cite-9]\n\n[^cite-9]: x [@doe99; @lee10] y.\n", "A.[^cite-x1] B [^cite-9]\n\n[^cite-9]: x Doe, *First Book*; Lee Ltd, “A Page,” 2010, https://example.org/a\\_b?c=1&d=2 y.\n"},
		{"chicago-notes", "- [@doe99]\n- @doe99.\n", "- [^cite-1]\n- Doe.[^cite-2]\n"},
		{"nature", "A\n[@doe99].\n\n[@doe99]: x\n", "A.^1^\n"},
		{"ieee", "A [@doe99; @smith04].\n", "A \\[1\\], \\[2\\].\n"},
	} {
		got, _ := cited(t, c.source, Markdown, Markdown, c.style)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, %q:\n got %q\nwant %q", c.style, c.source, got, c.want)
		}
	}
	got, _ := cited(t, "A [@doe99].", Markdown, Markdown, "chicago-notes")
	if !strings.Contains(got, "\n\n[^cite-1]: Jane Doe, *First Book* (Press, 1999).\n") {
		t.Errorf("no definition of the note in %q", got)
	}
}

func TestBibliography_StandsInItsPlace(t *testing.T) {
	entry := "Doe, J. (1999). *First book*. Press."
	for source, want := range map[string]string{
		"[@doe99]\n":                                             "(Doe, 1999)\n\n# References\n\n" + entry + "\n",
		"[@doe99]\n\n# Works\n":                                  "(Doe, 1999)\n\n# Works\n\n" + entry + "\n",
		"# T\n\n## A\n\n[@doe99]\n":                              "# T\n\n## A\n\n(Doe, 1999)\n\n## References\n\n" + entry + "\n",
		"## A\n\n## B\n\n[@doe99]\n":                             "## A\n\n## B\n\n(Doe, 1999)\n\n## References\n\n" + entry + "\n",
		"[@doe99]\n\n::: {#refs}\n:::\n\n# Last\n":               "(Doe, 1999)\n\n::: {#refs}\n\n\n" + entry + "\n\n:::\n\n# Last\n",
		"[@doe99]\n\n<div id=\"refs\"></div>\n\nLast\n":          "(Doe, 1999)\n\n<div id=\"refs\">\n\n" + entry + "\n\n</div>\n\nLast\n",
		"---\nreference-section-title: Works\n---\n\n[@doe99]\n": "---\nreference-section-title: Works\n---\n\n(Doe, 1999)\n\n# Works\n\n" + entry + "\n",
		"---\nnocite: |\n  @doe99\n---\n\nA\n":                   "---\nnocite: |\n  @doe99\n---\n\nA\n\n# References\n\n" + entry + "\n",
		"Nothing is cited.\n":                                    "Nothing is cited.\n",
	} {
		if got, _ := cited(t, source, Markdown, Markdown, "apa"); got != want {
			t.Errorf("%q:\n got %q\nwant %q", source, got, want)
		}
		page, _ := cited(t, source, Markdown, HTML, "apa")
		_, page, _ = strings.Cut(page, "<body>")
		if before, _, found := strings.Cut(page, `<div id="refs"`); found != strings.Contains(want, entry) ||
			found && strings.Contains(want, "Last") && strings.Contains(before, "Last") {
			t.Errorf("%q: the bibliography of the page is out of place: %s", source, page)
		}
	}
}

func TestBibliography_HasATitleInTheLanguage(t *testing.T) {
	for locale, want := range map[string]string{"de-DE": "Literatur", "fr-FR": "Références", "es-ES": "Referencias", "zh-CN": "参考文献", "en-GB": "References"} {
		var b bytes.Buffer
		if err := read(t, "[@doe99]", Markdown).Cite(options(t, "apa", locale)).Write(&b, HTML, testdata); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `<h1 id="references">`+want+"</h1>") || !strings.Contains(b.String(), `<html lang="`+locale+`">`) {
			t.Errorf("%s: %s", locale, b.String())
		}
	}
	o := options(t, "apa", "de-DE")
	var b bytes.Buffer
	if err := read(t, "@smith04", Markdown).Cite(o).Write(&b, HTML, testdata); err != nil || !strings.Contains(b.String(), "Smith und Roe (2004)") {
		t.Errorf("%v, %s", err, b.String())
	}
}

func TestBibliography_AddsFurtherWorks(t *testing.T) {
	o := options(t, "apa", "")
	o.Further = append(o.Further, o.Works["anon"], o.Works["doe99"])
	if c := read(t, "[@doe99]", Markdown).Cite(o); c.Entries() != 2 {
		t.Errorf("%d entries", c.Entries())
	}
}

func TestMetadata(t *testing.T) {
	m := read(t, "---\ntitle: 'A: b'\nauthor:\n  - C\n  - name: D\n  - E: {affiliation: F}\ndate: 2026-11-28\nlang: de-DE\ncsl: ieee.csl\nbibliography: [a.bib, b.json]\nnocite: '@x, [@y; @*]'\n...\nText\n", Markdown).Metadata
	if m.Title != "A: b" || !slices.Equal(m.Authors, []string{"C", "D", "E"}) || m.Date != "2026-11-28" || m.Language != "de-DE" || m.Style != "ieee.csl" ||
		!slices.Equal(m.Bibliographies, []string{"a.bib", "b.json"}) || !slices.Equal(m.NoCite, []string{"x", "y"}) || !m.NoCiteAll {
		t.Errorf("%+v", m)
	}
	for _, source := range []string{"---\n\ntitle: A\n---\n", "text\n---\ntitle: A\n---\n", "---\ntitle: A\n", "----\ntitle: A\n---\n"} {
		if m := read(t, source, Markdown); m.Metadata.Title != "" {
			t.Errorf("%q: %+v", source, m.Metadata)
		}
	}
	if _, err := Read([]byte("---\ntitle: [\n---\n"), Markdown); library.CodeOf(err) != library.Invalid {
		t.Errorf("%v", err)
	}
}

func TestNotCarried(t *testing.T) {
	for source, want := range map[string]string{
		"<b>x</b> [@doe99]":               "HTML in the text",
		"<div>\nx\n</div>\n":              "HTML in the text",
		"+---+\n| a |\n+---+\n":           "grid tables",
		"![a](b.png){.c}":                 "attributes",
		"[a](javascript:b)":               "links that a browser would run",
		"![a](file:///etc/passwd)":        "images whose address",
		"a[^b]\n\n[^b]: c^[d]\n":          "footnotes in footnotes",
		"a[^b]\n\n[^b]: c[^b] [@doe99].":  "footnotes in footnotes",
		"a[^b]\n\n[^b]: c[^d]\n\n[^d]: e": "footnotes in footnotes",
	} {
		page, reports := cited(t, source, Markdown, HTML, "apa")
		if len(reports) != 1 || !strings.Contains(strings.Join(reports, ","), want) {
			t.Errorf("%q: %q", source, reports)
		}
		if strings.Contains(page, "javascript:") || strings.Contains(page, "passwd") || strings.Contains(page, "<b>") {
			t.Errorf("%q: %s", source, page)
		}
	}
}

func TestRead_RefusesBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		format Format
		want   library.Code
	}{
		"too large":          {strings.Repeat("a", MaxBytes+1), Markdown, library.TooLarge},
		"no UTF-8":           {"a\xff", Markdown, library.Invalid},
		"binary":             {"a\x00", LaTeX, library.Invalid},
		"deep quotes":        {strings.Repeat(">", maxDepth+1) + " a", Markdown, library.TooLarge},
		"deep emphasis":      {strings.Repeat("*a ", 2*maxDepth) + strings.Repeat("a*", 2*maxDepth), Markdown, library.TooLarge},
		"too many citations": {strings.Repeat("@a ", MaxCitations+1), Markdown, library.TooLarge},
		"too many in LaTeX":  {strings.Repeat(`\cite{a}`, MaxCitations+1), LaTeX, library.TooLarge},
		"HTML":               {"<p>", HTML, library.Invalid},
	} {
		if _, err := Read([]byte(c.source), c.format); library.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, source := range map[string]string{"a BOM": "\ufeff---\ntitle: A\n---\n", "quotes": strings.Repeat(">", maxDepth-10) + " a", "many citations": strings.Repeat("@a ", MaxCitations)} {
		if _, err := Read([]byte(source), Markdown); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrite_RefusesFormats(t *testing.T) {
	for _, from := range []Format{Markdown, LaTeX} {
		c := read(t, "a", from).Cite(options(t, "apa", ""))
		f := Format("odt")
		if err := c.Write(&bytes.Buffer{}, f, testdata); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestRead_TakesTimeInProportion(t *testing.T) {
	for _, unit := range []string{"[", "[@", "[@a; ", "^[", "$", "$a ", "~", "^a", "![", "@a [", "[x]{", "<!-- ", ":::\n", "$$\n", "- "} {
		source := strings.Repeat(unit, 5_000/len(unit))
		measure := func(s string) time.Duration {
			began := time.Now()
			_, _ = Read([]byte(s), Markdown)
			return time.Since(began)
		}
		once := measure(source)
		four := measure(strings.Repeat(source, 4))
		if four > 40*once+time.Second {
			t.Errorf("%q: %v, and four times as much %v", unit, once, four)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{everything, "A [@doe99,\n> p. 3] ^[x @a] [y]{.ul} $a$", "---\na: b\n---\n@a[", "![a](b){c}", "[^1]: @a\n\n[^1]"} {
		f.Add(s)
	}
	o := options(f, "chicago-notes", "")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Read([]byte(s), Markdown)
		if err != nil {
			return
		}
		c := m.Cite(o)
		for _, format := range []Format{Markdown, LaTeX, HTML, DOCX} {
			if err := c.Write(&bytes.Buffer{}, format, testdata); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}
