// Package manuscript cites works in manuscripts: it finds the citation keys in
// Markdown (https://pandoc.org/MANUAL.html#citation-syntax), LaTeX and Word
// documents, renders them in a citation style, and writes the manuscript with
// its citations and bibliography as Markdown, LaTeX, HTML or a Word document.
//
// [Read] reads a manuscript and [Manuscript.Keys] lists what it cites. The
// caller finds the works; [Manuscript.Cite] renders them, and [Cited.Write]
// writes the result. A manuscript that is written in its own format stays as it
// is except for its citations and its bibliography.
package manuscript
