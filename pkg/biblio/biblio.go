// Package biblio reads and writes bibliography files: BibTeX, BibLaTeX, RIS
// and CSL-JSON, to and from [library.Item].
//
// Reading never stops at a bad entry: it goes on at the next one and reports
// what was skipped or repaired. Nothing of an entry is lost: what has no field
// goes to "extra".
package biblio

import "github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"

type (
	// Document is what one bibliography file holds.
	Document = model.Document
	// Entry is one work as a bibliography file tells it.
	Entry = model.Entry
	// File is an attachment that an entry names.
	File = model.File
	// Problem reports an entry that was skipped or repaired.
	Problem = model.Problem
	// Severity says what became of an entry with a problem.
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
