// Package csl renders citations and bibliographies in the styles of the Citation
// Style Language (CSL) 1.0.2.
//
// A [Style] and the [Locale]s of its terms are parsed once. A [Processor] joins
// them for one language; it is immutable and safe for concurrent use. It renders
// the citations of a whole text with [Processor.Citations], a bibliography with
// [Processor.Bibliography], or a single citation with [Processor.Cite]. A
// rendered [Text] can be written as HTML, Markdown, plain text, or as runs for
// documents.
//
// The package follows the specification, and where that is silent the behaviour
// of the reference implementation citeproc-js.
package csl
