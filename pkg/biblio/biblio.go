// Package biblio reads and writes bibliography files: BibTeX, BibLaTeX, RIS
// and CSL-JSON, to and from [library.Item].
//
// Reading never stops at a bad entry: it goes on at the next one and reports
// what was skipped or repaired. Nothing of an entry is lost: what has no field
// goes to "extra".
package biblio

import "github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"

// What reading a file gives.
type (
	Document = model.Document
	Entry    = model.Entry
	File     = model.File
	Problem  = model.Problem
	Severity = model.Severity
)

// The severities of a [Problem].
const (
	Skipped  = model.Skipped
	Repaired = model.Repaired
)

// Format is a bibliography format.
type Format string

// The formats. BibTeX and BibLaTeX are read alike; they are written apart.
const (
	BibTeX   Format = "bibtex"
	BibLaTeX Format = "biblatex"
	RIS      Format = "ris"
	CSLJSON  Format = "csljson"
)
