package manuscript

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLaTeX_CarriesItsMarkup reads what a manuscript in LaTeX consists of and
// writes it as HTML.
func TestLaTeX_CarriesItsMarkup(t *testing.T) {
	for source, want := range map[string]string{
		"A \\emph{b} \\textbf{c} {\\it d e} f.\n\nG~h.": "<p>A <em>b</em> <strong>c</strong> <em>d e</em> f.</p><p>G\u00a0h.</p>",
		"{\\bf a\n\nb} c": "<p><strong>a</strong></p><p><strong>b</strong></p><p>c</p>",
		"\\textsc{a} \\underline{b} x\\textsuperscript{2} \\sout{d}":                                `<p><span style="font-variant: small-caps">a</span> <u>b</u> x<sup>2</sup> <del>d</del></p>`,
		"``a'' `b' --- c--d \\ldots{} 5\\,\\% \\& \\$ \\_ \\{x\\}":                                  "<p>“a” ‘b’ — c–d … 5\u202f% &amp; $ _ {x}</p>",
		`G\"odel Erd\H{o}s \'{E}cole \c{c}a na\"{\i}ve \v s \ss{} \o re \L`:                         "<p>Gödel Erdős École ça naïve š ß øre Ł</p>",
		"a % comment\n  b\n% whole\nc":                                                              "<p>a bc</p>",
		"a\\\\b\\newline c\\\\[2pt]\n\nd":                                                           "<p>a<br>b<br>c</p><p>d</p>",
		`\texttt{a\_b} \verb|c{d| \url{http://e.org/f\%20g}`:                                        `<p><code>a_b</code> <code>c{d</code> <a href="http://e.org/f%20g">http://e.org/f%20g</a></p>`,
		`\href{http://a.org/b\#c}{d \emph{e}}`:                                                      `<p><a href="http://a.org/b#c">d <em>e</em></a></p>`,
		`$x^2$ \(y\) a \[z_1\] b $$w$$`:                                                             `<p><span class="math inline">\(x^2\)</span> <span class="math inline">\(y\)</span> a</p><p><span class="math display">\[z_1\]</span></p><p>b</p><p><span class="math display">\[w\]</span></p>`,
		"\\begin{equation}\\label{e}a=b\\end{equation}":                                             `<p><span class="math display">\[a=b\]</span></p>`,
		"\\begin{align*}a&=b\\\\c&=d\\end{align*}":                                                  `<p><span class="math display">\[\begin{align*}a&amp;=b\\c&amp;=d\end{align*}\]</span></p>`,
		"\\begin{verbatim}\n{\\x}\n\\end{verbatim}":                                                 "<pre><code>{\\x}</code></pre>",
		"\\begin{quote}a\n\nb\\end{quote}":                                                          "<blockquote><p>a</p><p>b</p></blockquote>",
		"\\begin{itemize}\\item a\\item b\n\nc\\end{itemize}":                                       "<ul><li>a</li><li>b<p>c</p></li></ul>",
		"\\begin{enumerate}\\item a \\begin{itemize}\\item b\\end{itemize}\\item c\\end{enumerate}": "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>",
		"\\begin{description}\\item[a \\emph{b}] c\\end{description}":                               "<dl><dt>a <em>b</em></dt><dd>c</dd></dl>",
		"\\section*{A}\\subsection[s]{B \\emph{c}}\\label{sec:b} d":                                 `<h1>A</h1><h2 id="sec:b">B <em>c</em></h2><p>d</p>`,
		"\\chapter{A}\\section{B}\\paragraph{C} d":                                                  `<h1>A</h1><h2>B</h2><h5>C</h5><p>d</p>`,
		"a\\footnote{b \\emph{c}} d":                                                                `<p>a<sup><a id="fnref1" href="#fn1">1</a></sup> d</p><section class="footnotes"><ol><li id="fn1">b <em>c</em> <a href="#fnref1">↩</a></li></ol></section>`,
		"\\begin{figure}[ht]\\centering\\includegraphics[width=.5\\textwidth]{curve.png}\\caption[x]{A \\emph{b}.}\\label{f}\\end{figure}":                            `<figure><img src="curve.png" alt="A b." style="width: 50%"/><figcaption>A <em>b</em>.</figcaption></figure>`,
		"\\begin{table}\\begin{tabular}{l|cr}\\toprule a & b & c\\\\ \\midrule d & e\\&f & {g & h}\\\\[2pt] i\\\\ \\bottomrule\\end{tabular}\\caption{T}\\end{table}": `<table><tr><th style="text-align: left">a</th><th style="text-align: center">b</th><th style="text-align: right">c</th></tr><tr><td style="text-align: left">d</td><td style="text-align: center">e&amp;f</td><td style="text-align: right">g &amp; h</td></tr><tr><td style="text-align: left">i</td></tr></table><p><em>T</em></p>`,
		"\\begin{tabular}{ll}a&b\\\\c&d\\end{tabular}":                                     `<table><tr><td style="text-align: left">a</td><td style="text-align: left">b</td></tr><tr><td style="text-align: left">c</td><td style="text-align: left">d</td></tr></table>`,
		"\\documentclass{article}\\usepackage{x}\n\\begin{document}\na\n\\end{document} b": "<p>a</p>",
		"\\begin{center}a\\end{center}\\begin{minipage}[t]{3cm}b\\end{minipage}":           "<p>a</p><p>b</p>",
		"\\vspace{1em}\\noindent a\\hfill b\\label{x}\\index{y}":                           "<p>a b</p>",
		"\\enquote{a \\enquote{b}}":                                                        "<p>“a “b””</p>",
	} {
		got, reports := cited(t, source, LaTeX, HTML, "apa")
		if got = body(t, got); got != want || len(reports) > 0 != strings.Contains(want, "math") {
			t.Errorf("%q:\n got %s\nwant %s; %q", source, got, want, reports)
		}
	}
}

func TestLaTeX_ReportsWhatIsNotCarried(t *testing.T) {
	for source, want := range map[string][2]string{
		`a \unknown{b} c`:                 {"<p>a b c</p>", `the command \unknown: the text of its arguments stays`},
		`a \begin{theorem}b\end{theorem}`: {"<p>a</p><p>b</p>", "the environment theorem: its content stays"},
		`Figure~\ref{f}`:                  {"<p>Figure\u00a0f</p>", "references to numbers of sections, figures and formulas: the labels stand"},
		`a\input{b} c`:                    {"<p>a c</p>", `files that the manuscript includes with \input: they are left out`},
		`\newcommand{\x}[1]{y #1}a`:       {"<p>a</p>", "commands that the manuscript defines: the text of their arguments stays"},
		`\newcommand{\x}{\cite{doe99}}a`:  {"<p>a</p>", "the citation in line 1, which stands outside the text or in what is not carried over"},
		`\begin{thebibliography}{9}\bibitem{a} b\end{thebibliography}a`: {"<p>a</p>", "a bibliography that the manuscript has itself (thebibliography): it is left out"},
		`\begin{itemize}\item[x] a\end{itemize}`:                        {"<ul><li>x<p>a</p></li></ul>", "labels of their own of list items: they stand in the text"},
		`\begin{tabular}{ll}\multicolumn{2}{c}{a}\\b&c\end{tabular}`:    {`<table><tr><td style="text-align: left">a</td><td style="text-align: left"></td></tr><tr><td style="text-align: left">b</td><td style="text-align: left">c</td></tr></table>`, "cells over several columns: they stand in the first"},
		`\emph{a \begin{itemize}\item b\end{itemize}}`:                  {"<p><em>a b</em></p>", "lists, tables and pictures inside a line: their text stays"},
		`\includegraphics{curve}`:                                       {`<p><img src="curve" alt=""/></p>`, "pictures whose name has no ending, such as curve: add the ending"},
	} {
		got, reports := cited(t, source, LaTeX, HTML, "apa")
		if got = body(t, got); got != want[0] || !slices.Contains(reports, want[1]) {
			t.Errorf("%q:\n got %s\nwant %s; %q", source, got, want[0], reports)
		}
	}
}

// TestLaTeX_CitesInOtherFormats writes citations, title and bibliography of a
// manuscript in LaTeX in the other formats.
func TestLaTeX_CitesInOtherFormats(t *testing.T) {
	source := `\documentclass{article}
\title{On \emph{books}\\ \large Of many} \author{Ada \and Ben \"O} \date{May}
\begin{document}\maketitle
\begin{abstract}Short.\end{abstract}
\section{One}\label{one}
See \citet[p.~3]{doe99,smith04} and~\cite{doe99}\footnote{Also \citep[see][4]{lee10}.}.
Back to \hyperref[one]{one}.
{\small\bibliography{x}}
\end{document}`
	page, reports := cited(t, source, LaTeX, HTML, "apa")
	if len(reports) > 0 {
		t.Error(reports)
	}
	for _, want := range []string{
		`<title>On books</title>`, `<h1 class="title">On <em>books</em></h1>`, `<p class="author">Ben Ö</p>`, `<div class="abstract">Short.</div>`, `<h1 id="one">One</h1>`,
		"Doe (1999); Smith and Roe (2004, p. 3) and\u00a0(Doe, 1999)", "Also (see Lee Ltd, 2010, p. 4).", `<h1 id="references">References</h1>`, `<div class="csl-right-inline">Doe, J. (1999).`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Count(page, "Short.") != 1 || strings.Count(page, `id="refs"`) != 1 {
		t.Error(page)
	}
	text, _ := cited(t, source, LaTeX, Markdown, "chicago-notes")
	want := "---\ntitle: 'On *books*'\nsubtitle: 'Of many'\nauthor:\n  - 'Ada'\n  - 'Ben Ö'\ndate: 'May'\nabstract: 'Short.'\n---\n\n# One {#one}\n\nSee Doe[^1]; Smith and Roe[^2] and[^3][^4].\nBack to [one](#one).\n\n# References {#references}\n\nDoe, Jane."
	if !strings.HasPrefix(text, want) || !strings.Contains(text, "[^4]: Also see Lee Ltd, “A Page,” 2010") {
		t.Error(text)
	}
	docx, _ := cited(t, source, LaTeX, DOCX, "ieee")
	checkWord(t, docx)
	all := parts(t, docx)
	if got := strings.Join(texts(t, all["word/document.xml"]), "\n"); !strings.Contains(got, "Doe [1]; Smith and Roe [2, p. 3] and\u00a0[1]") {
		t.Error(got)
	}
	if !strings.Contains(all["docProps/core.xml"], "<dc:creator>Ada; Ben Ö</dc:creator>") {
		t.Error(all["docProps/core.xml"])
	}
}

func TestLaTeX_KeepsAnAbstractThatCites(t *testing.T) {
	page, _ := cited(t, "\\begin{abstract}A \\cite{doe99}.\\end{abstract}\\section{B}", LaTeX, HTML, "apa")
	if got := body(t, page); !strings.HasPrefix(got, "<h1>Abstract</h1><p>A (Doe, 1999).</p><h1>B</h1>") {
		t.Error(got)
	}
}

// TestLaTeX_ReadsHostileSourcesInLinearTime reads sources that a parser could
// read in quadratic time.
func TestLaTeX_ReadsHostileSourcesInLinearTime(t *testing.T) {
	for _, part := range []string{"{", "[", `\[`, `\x[`, `{\[}`, `\begin{a}`, `{\begin{a}}`, `\begin{itemize}\item `, `\verb|`, "$$ $", `\emph{`, `\title`, `\item`, `\'`, "%"} {
		source := strings.Repeat(part, 200_000/len(part))
		begin := time.Now()
		if _, reports := cited(t, source, LaTeX, HTML, "apa"); len(reports) > 100 {
			t.Errorf("%q: %d reports", part, len(reports))
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%q: %v", part, took)
		}
	}
}
