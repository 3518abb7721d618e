// Package bibtex reads and writes BibTeX and BibLaTeX.
//
// Reading goes through four stages, each in its own files: the scanner cuts a
// stream into blocks and finds back to the next entry after a broken one
// (scan.go); the parser takes a block's fields apart (parse.go, macro.go);
// entries inherit from one another (inherit.go, groups.go); and each becomes
// an item as Zotero's own importer would make it (item.go and what it calls).
//
// The sources are the BibTeX manual (btxdoc), the BibLaTeX manual with biber,
// and the files that Zotero, Better BibTeX, JabRef, Mendeley and BibDesk
// write.
package bibtex
