// Package biblio reads and writes bibliography files, to and from
// [library.Item]. What it reads and writes is one table of formats; see
// [Formats] and [Readable].
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

// The formats that are read and written. BibTeX and BibLaTeX are read alike;
// they are written apart.
const (
	BibTeX   Format = "bibtex"
	BibLaTeX Format = "biblatex"
	RIS      Format = "ris"
	CSLJSON  Format = "csljson"
)

// The formats that are only read.
const (
	PubMed       Format = "pubmed"       // PubMed's and ERIC's tagged format, .nbib
	PubMedXML    Format = "pubmedxml"    // PubMed's XML
	EndNoteXML   Format = "endnotexml"   // EndNote's XML
	Refer        Format = "refer"        // refer and BibIX, EndNote's .enw
	WebOfScience Format = "webofscience" // Web of Science's tagged format, .ciw
	RefWorks     Format = "refworks"     // RefWorks' tagged format
	MODS         Format = "mods"         // the Library of Congress's XML
	ZoteroRDF    Format = "zoterordf"
	ZoteroCSV    Format = "zoterocsv" // CSV as Zotero writes it
	DataCite     Format = "datacite"  // JSON of DataCite's API
	OpenAlex     Format = "openalex"  // JSON of OpenAlex's API
	Archive      Format = "zip"       // a zipped export: bibliographies with their files
)
