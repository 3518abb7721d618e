package manuscript

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestWord_CarriesWhatMarkdownHas writes Markdown as a Word document and that as
// Markdown again.
func TestWord_CarriesWhatMarkdownHas(t *testing.T) {
	source := `---
title: 'On books'
subtitle: 'A study'
author:
  - 'Ada'
  - 'Ben'
date: '2026'
abstract: 'Short.'
---

# One {#one}

A *b* **c** ***d*** ~~e~~ x^2^ H~2~O [f]{.smallcaps} [g]{.underline} ` + "`h`" + ` and [i](https://example.org/a), [j](#one).\
New line & \<b\>.[^1]

## Two {#two}

- a
- b
  - c
  - d

    1. e
    2. f
- g

3. h
4. i

<!-- -->

5. k

> Quoted.
>
> Twice.

` + "```\ncode {x}\n  more\n```" + `

| a | b |
|---|:-:|
| c | d |

---

End.

[^1]: A note, *really*.
`
	docx, _ := cited(t, source, Markdown, DOCX, "apa")
	got, reports := cited(t, docx, DOCX, Markdown, "apa")
	if squeezed(got) != squeezed(source) {
		t.Errorf("got:\n%s\nwant:\n%s", got, source)
	}
	if len(reports) > 0 {
		t.Error(reports)
	}
}

// squeezed returns a text without empty lines.
func squeezed(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// wordRun is a paragraph of one run with properties.
func wordRun(properties, text string) string {
	return "<w:p><w:r><w:rPr>" + properties + `</w:rPr><w:t xml:space="preserve">` + text + "</w:t></w:r></w:p>"
}

func TestWord_CitesInOtherFormats(t *testing.T) {
	source := wordBody("A [see |!@do|e99, p. |3; @lee|10] &  b.", "@smith04| say", `c\@d.org`, "{#refs}", "After") + wordRun("<w:i/>", "In italics [@doe99] too.")
	got, reports := cited(t, word(t, source, nil), DOCX, HTML, "apa")
	if len(reports) > 0 {
		t.Error(reports)
	}
	for _, want := range []string{"<p>A (see Doe, 1999, p. 3; Lee Ltd, 2010) &amp;  b.</p>", "<p>Smith and Roe (2004) say</p>", "<p>c@d.org</p>", "</div><p>After</p><p><em>In italics </em>(Doe, 1999)<em> too.</em></p>"} {
		if !strings.Contains(strings.ReplaceAll(got, "\n", ""), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	got, _ = cited(t, word(t, wordBody("A [@doe99]."), nil), DOCX, LaTeX, "chicago-notes")
	if !strings.Contains(got, "A.\\footnote{Jane Doe, \\emph{First Book} (Press, 1999).}") || !strings.Contains(got, `\section{References}`) {
		t.Error(got)
	}
}

func TestWord_CarriesNotes(t *testing.T) {
	for kind, end := range map[string]bool{"footnotes": false, "endnotes": true} {
		single := strings.TrimSuffix(kind, "s")
		body := `<w:p><w:r><w:t>A</w:t></w:r><w:r><w:` + single + `Reference w:id="4"/></w:r><w:r><w:t> b.</w:t></w:r></w:p>`
		notes := `<w:` + single + ` w:id="3"><w:p><w:r><w:t>Other</w:t></w:r></w:p></w:` + single + `><w:` + single + ` w:id="4"><w:p><w:r><w:` + single + `Ref/></w:r><w:r><w:t xml:space="preserve"> Note [@doe99].</w:t></w:r></w:p></w:` + single + `>`
		got, reports := cited(t, word(t, body, withNotes(kind, notes)), DOCX, Markdown, "apa")
		if !strings.HasPrefix(got, "A[^1] b.\n\n") || !strings.HasSuffix(got, "[^1]: Note (Doe, 1999).\n") {
			t.Error(got)
		}
		if slices.Contains(reports, "endnotes: they are footnotes") != end {
			t.Errorf("%s: %q", kind, reports)
		}
	}
}

func TestWord_ReportsWhatIsNotCarried(t *testing.T) {
	run := func(inner string) string { return "<w:p><w:r><w:t>a</w:t>" + inner + "</w:r></w:p>" }
	for source, want := range map[string][2]string{
		run(`<w:drawing><wp:inline><wp:docPr id="1" descr="A cat"/></wp:inline></w:drawing>`):                  {"<p>a<em>[A cat]</em></p>", "pictures, charts and other objects in the document: their descriptions stay, in brackets; save the pictures as files beside the text"},
		run(`<w:drawing><w:txbxContent><w:p><w:r><w:t>[@doe99]</w:t></w:r></w:p></w:txbxContent></w:drawing>`): {"<p>a</p><p>(Doe, 1999)</p>", "text boxes: their text follows the paragraph on which they hang"},
		run(`<w:commentReference w:id="1"/>`):                     {"<p>a</p>", "comments: they are left out"},
		run(`<w:instrText>PAGEREF x</w:instrText>`):               {"<p>a</p>", "fields, such as references to pages: their text stays"},
		run(`<w:sym w:char="F0"/>`):                               {"<p>a</p>", "characters of symbol fonts: they are left out"},
		run(`<w:footnoteReference w:id="9"/>`):                    {"<p>a</p>", "notes that the document does not have"},
		`<w:p><m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath></w:p>`: {"<p>x+1</p>", "formulas of Word: they are written as text, without fractions and raised letters"},
		`<w:p><w:ins><w:r><w:t>a</w:t></w:r></w:ins><w:del><w:r><w:delText>b</w:delText></w:r></w:del></w:p>`:         {"<p>a</p>", "tracked changes: the text is as if all were accepted"},
		`<w:p><w:ruby><w:r><w:t>a</w:t></w:r></w:ruby></w:p>`:                                                         {"<p>a</p>", "the element w:ruby of Word: its text stays"},
		wordRun("<w:vanish/>", "b [@doe99]") + wordBody("a"):                                                          {"<p>a</p>", "hidden text: it is left out"},
		wordRun(`<w:highlight w:val="red"/>`, "a"):                                                                    {"<p>a</p>", "highlights: the text stays"},
		`<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>` + wordBody("a", "b") + `</w:tc></w:tr></w:tbl>`: {"<table><tr><td>a<br>b</td><td></td></tr></table>", "cells over several columns: they stand in the first"},
		`<w:altChunk/>` + wordBody("a"):                                                                               {"<p>a</p>", "documents within the document: they are left out"},
		`<w:foo>` + wordBody("a") + `</w:foo>`:                                                                        {"<p>a</p>", "the element w:foo of Word: its text stays"},
	} {
		page, reports := cited(t, word(t, source, nil), DOCX, HTML, "apa")
		got := body(t, page)
		got, _, _ = strings.Cut(got, `<h1 id="references">`)
		if got != want[0] || !slices.Contains(reports, want[1]) {
			t.Errorf("%s:\n got %s\nwant %s; %q", source, got, want[0], reports)
		}
	}
}

func TestWord_ReportsCitationsInHiddenText(t *testing.T) {
	_, reports := cited(t, word(t, wordRun("<w:vanish/>", "b [@doe99]"), nil), DOCX, HTML, "apa")
	if !slices.Contains(reports, "the citation in paragraph 1, which stands outside the text or in what is not carried over") {
		t.Errorf("%q", reports)
	}
}

func FuzzWordBody(f *testing.F) {
	for _, s := range []string{wordBody("A [@doe99|, p. 3] b"), `<w:tbl><w:tr><w:tc/></w:tr></w:tbl>`, wordRun("<w:b/>", "a"), `<w:p><w:pPr><w:pStyle w:val="Kop1"/><w:numPr><w:ilvl w:val="3"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>a</w:t><w:br/></w:r></w:p>`,
		`<w:p><w:hyperlink w:anchor="a"><w:r><w:t>b</w:t></w:r></w:hyperlink></w:p>`, `<w:p><w:r><w:t><![CDATA[@doe99]]></w:t><w:t>a<!-- b -->c</w:t></w:r></w:p>`} {
		f.Add(s)
	}
	o := options(f, "chicago-notes", "")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Read([]byte(word(t, s, nil)), DOCX)
		if err != nil {
			return
		}
		c := m.Cite(o)
		for _, format := range []Format{Markdown, LaTeX, HTML} {
			if err := c.Write(&bytes.Buffer{}, format, testdata); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}
