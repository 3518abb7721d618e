package manuscript

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestLaTeX_CitesWithEveryCommand(t *testing.T) {
	for source, want := range map[string]string{
		`a \cite{doe99}.`:                                    `a (Doe, 1999).`,
		`a \cite[3]{doe99}.`:                                 `a (Doe, 1999, p. 3).`,
		`a \cite[see][chap.~3]{doe99}.`:                      `a (see Doe, 1999, Chapter 3).`,
		`a \cite[see][]{doe99}.`:                             `a (see Doe, 1999).`,
		`a \cite[\emph{passim}]{doe99}.`:                     `a (Doe, 1999, \emph{passim}).`,
		`a \cite[3--5]{doe99}.`:                              `a (Doe, 1999, pp. 3–5).`,
		"a \\cite\n [3] {doe99,\n smith04}.":                 `a (Doe, 1999; Smith \& Roe, 2004, p. 3).`,
		`a~\citep{smith04}.`:                                 `a~(Smith \& Roe, 2004).`,
		`\Citep{smith04} \citep*{smith04}`:                   `(Smith \& Roe, 2004) (Smith \& Roe, 2004)`,
		`\citet{smith04} \Citet*{smith04} \textcite{lee10}.`: `Smith and Roe (2004) Smith and Roe (2004) Lee Ltd (2010).`,
		`\citet{doe99,smith04}.`:                             `Doe (1999); Smith and Roe (2004).`,
		`\citet[p.~3]{doe99}.`:                               `Doe (1999, p. 3).`,
		`\parencite{doe99} \autocite{doe99} \smartcite{doe99} \supercite{doe99} \citealp{doe99}`: `(Doe, 1999) (Doe, 1999) (Doe, 1999) (Doe, 1999) (Doe, 1999)`,
		`Doe \parencite*{doe99}, \cite*{doe99}, \citeyear{doe99}, \citeyearpar{doe99}.`:          `Doe (1999), (1999), (1999), (1999).`,
		`\citeauthor{smith04} \citealt{doe99}`:                                                   `Smith and Roe Doe (1999)`,
		`\parencites[see][3]{doe99}[][4]{lee10}.`:                                                `(see Doe, 1999, p. 3; Lee Ltd, 2010, p. 4).`,
		`\textcites{doe99}{lee10}`:                                                               `Doe (1999); Lee Ltd (2010)`,
		`a\footcite[3]{doe99}.`:                                                                  `a.\footnote{(Doe, 1999, p. 3)}`,
		`\verb|\cite{doe99}| \verb*+\cite{x}+`:                                                   `\verb|\cite{doe99}| \verb*+\cite{x}+`,
		"% \\cite{doe99}\n50\\% \\cite{doe99}":                                                   "% \\cite{doe99}\n50\\% (Doe, 1999)",
		"\\begin{verbatim}\n\\cite{doe99}\n\\end{verbatim}\na":                                   "\\begin{verbatim}\n\\cite{doe99}\n\\end{verbatim}\na",
		`\cite{} \cite \cite[a] \citep`:                                                          `\cite{} \cite \cite[a] \citep`,
		"\\cite\n\n{doe99}":                                                                      "\\cite\n\n{doe99}",
		`\cite{x}`:                                                                               `\textbf{x?}`,
		`\emph{\cite{doe99}} \\\cite{doe99}`:                                                     `\emph{(Doe, 1999)} \\(Doe, 1999)`,
	} {
		got, reports := cited(t, source, LaTeX, LaTeX, "apa")
		got, _, _ = strings.Cut(got, `\section*{References}`)
		if got != want || len(reports) > 0 {
			t.Errorf("%q:\n got %q\nwant %q; %q", source, got, want, reports)
		}
	}
}

func TestLaTeX_LeavesOtherCommands(t *testing.T) {
	source := `\citetitle{doe99} \fullcite[3]{doe99} \excited \newcommand{\cited}{x}`
	got, reports := cited(t, source, LaTeX, LaTeX, "apa")
	if got != source || !slices.Equal(reports, []string{`the command \citetitle: it is left as it is`, `the command \fullcite: it is left as it is`}) {
		t.Errorf("%s, %q", got, reports)
	}
}

func TestLaTeX_MakesNotes(t *testing.T) {
	source := "A~\\cite[3]{doe99}, b \\citet{smith04} say\\footnote[2]{In {\\em x} \\cite{doe99}; and \\cite{doe99}.} \\autocite{doe99}. C\n\\cite{lee10}.\n% D\n\\cite{lee10}"
	got, _ := cited(t, source, LaTeX, LaTeX, "chicago-notes")
	want := "A,\\footnote{Jane Doe, \\emph{First Book} (Press, 1999), 3.} b Smith and Roe\\footnote{“An Article,” \\emph{Journal} 3 (2004): 1–9.} say\\footnote[2]{In {\\em x} Doe, \\emph{First Book}; and Doe, \\emph{First Book}.}.\\footnote{Doe, \\emph{First Book}.} C.\\footnote{Lee Ltd, “A Page,” 2010, https://example.org/a\\_b?c=1\\&d=2.}\n% D\n\\footnote{Lee Ltd, “A Page.”}"
	if got, _, _ := strings.Cut(got, `\section*`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, _ := cited(t, "A.\n\n\\cite{lee10} b", LaTeX, LaTeX, "chicago-notes"); !strings.HasPrefix(got, "A.\n\n\\footnote{Lee") {
		t.Errorf("a note at the beginning of a paragraph: %q", got)
	}
	got, _ = cited(t, `\citet{doe99,smith04}.`, LaTeX, LaTeX, "nature")
	if want := `Doe\textsuperscript{1}; Smith and Roe.\textsuperscript{2}`; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLaTeX_PutsTheBibliographyInItsPlace(t *testing.T) {
	list := "\\section*{References}\n\\begin{list}{}{\\setlength{\\leftmargin}{2em}\\setlength{\\itemindent}{-2em}}\n\\item {}Doe, J. (1999). \\emph{First book}. Press.\n\\end{list}\n"
	for source, want := range map[string]string{
		"\\cite{doe99}\n\\bibliographystyle{plain}\n\\bibliography{refs, more.bib}\n\\end{document}\n":                  "(Doe, 1999)\n\n" + list + "\n\\end{document}\n",
		"\\addbibresource[a=b]{refs.bib}\\addbibresource{more}\\cite{doe99}\\printbibliography[title=X]\\end{document}": "\\addbibresource[a=b]{refs.bib}\\addbibresource{more}(Doe, 1999)" + list + "\\end{document}",
		"\\cite{doe99}\n\\end{document}\nafter":         "(Doe, 1999)\n" + list + "\\end{document}\nafter",
		"\\cite{doe99}\n":                               "(Doe, 1999)\n" + list,
		"\\nocite{doe99}\\bibliography{refs,more}":      list,
		"\\nocite{*}None.\\bibliography{refs, more}":    "None.",
		"\\chapter{A}\\cite{doe99}\\printbibliography ": "\\chapter{A}(Doe, 1999)" + strings.Replace(list, `\section*`, `\chapter*`, 1) + " ",
	} {
		m := read(t, source, LaTeX)
		var b bytes.Buffer
		if err := m.Cite(options(t, "apa", "")).Write(&b, LaTeX, testdata); err != nil || b.String() != want {
			t.Errorf("%q:\n got %q\nwant %q; %v", source, b.String(), want, err)
		}
		if strings.Contains(source, "more") && !slices.Equal(m.Metadata.Bibliographies, []string{"refs.bib", "more.bib"}) {
			t.Errorf("%q: the files %q", source, m.Metadata.Bibliographies)
		}
		if m.Metadata.NoCiteAll != strings.Contains(source, "*") {
			t.Errorf("%q: every work is %v", source, m.Metadata.NoCiteAll)
		}
	}
}

func TestLaTeX_NumbersEntries(t *testing.T) {
	got, _ := cited(t, `\usepackage{hyperref}\cite{lee10}`, LaTeX, LaTeX, "ieee")
	if !strings.Contains(got, `\setlength{\labelwidth}{2.5em}`) || !strings.Contains(got, `\item[{[1]}] {}Lee Ltd`) || !strings.Contains(got, `\url{https://example.org/a_b?c=1&d=2}`) {
		t.Error(got)
	}
}

func TestLaTeX_SaysWhereKeysStand(t *testing.T) {
	m := read(t, "a\n\\cite{x}\n\n\\cite{y,x} \\nocite{z}", LaTeX)
	if x, y, z := m.Where("x"), m.Where("y"), m.Where("z"); !slices.Equal(x, []string{"line 2", "line 4"}) || !slices.Equal(y, []string{"line 4"}) || !slices.Equal(z, []string{"nocite"}) {
		t.Errorf("%v, %v, %v", x, y, z)
	}
}

func FuzzLaTeX(f *testing.F) {
	for _, s := range []string{`\cite[see][3]{a,b}`, `\footnote{\citet{doe99,x}. }`, "\\begin{verbatim}\n\\cite{", `\verb|`, `\parencites()()[`, "%\n\\printbibliography}", `\footnote[{}]{}}`,
		"\\title{a}\\begin{abstract}\\cite{x}\\end{abstract}\\begin{itemize}\\item[a] b\\end{itemize}", `\begin{tabular}{l}\multicolumn{2}{c}{a}&\'e\\[2pt]\end{tabular}`, "{\\it \\[a\\] $b$ \\verb|c|}", "\\begin{figure}\\caption{\\href{a}{b}}\\includegraphics{c.png}"} {
		f.Add(s)
	}
	o := options(f, "chicago-notes", "")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Read([]byte(s), LaTeX)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := m.Cite(o).Write(&b, LaTeX, testdata); err != nil {
			t.Error(err)
		}
		if len(m.Keys()) == 0 && len(m.removed) == 0 && m.place.start == m.place.end && b.String() != strings.TrimPrefix(s, "\ufeff") {
			t.Errorf("%q changed to %q", s, b.String())
		}
		c := m.Cite(o)
		for _, format := range []Format{Markdown, HTML, DOCX} {
			if err := c.Write(&bytes.Buffer{}, format, testdata); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}
