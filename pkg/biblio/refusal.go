package biblio

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// foreign is a kind of file that is not read, with the way out.
type foreign struct {
	what, hint string
	endings    string
	begins     string
	contains   *regexp.Regexp
}

// foreignFiles are the files that people give for a bibliography.
func foreignFiles() []foreign {
	const reference = "export from the program that wrote it as BibTeX or RIS"
	return []foreign{
		{"a PDF", "give it a name that ends in .pdf, or give it beside a bibliography that names it in its field \"file\"", " .pdf ", "%PDF-", nil},
		{"a Zotero database", "export the library from Zotero: File, Export Library, Zotero RDF or BibLaTeX", " .sqlite ", "SQLite format 3", nil},
		{"an EndNote library", "export from EndNote: File, Export, XML", " .enl .enlx .enlp ", "", nil},
		{"a Citavi project", "export from Citavi: File, Export, RIS or BibTeX", " .ctv6 .ctv5 .ctt ", "", nil},
		{"a Mendeley database", "export from Mendeley: File, Export, BibTeX", " .mdbx ", "", nil},
		{"a Papers library", "export from Papers: File, Export, BibTeX", " .papers .papersapp ", "", nil},
		{"a Bookends library", "export from Bookends as BibTeX or RIS", " .bdb ", "", nil},
		{"a reference list of Word", "in Word's Source Manager the list is Sources.xml; convert it with Zotero or JabRef", "", "", regexp.MustCompile(`<b:Sources`)},
		{"MARC", "import it into Zotero and export from there, or ask the catalogue for MODS, RIS or BibTeX", " .mrc .marc .mrk ", "", regexp.MustCompile(`^\d{5}[acdnp][a-z]|<(?:\w+:)?(?:collection|record)[^>]*MARC21|^=LDR`)},
		{"BibTeXML", reference, "", "", regexp.MustCompile(`<bibtex:`)},
		{"RDF of another vocabulary than Zotero's", "ask for BibTeX, RIS or MODS", " .rdf .ttl .nt ", "", rdfPattern},
		{"a CSL style", "it says how references look, and has none", " .csl ", "", regexp.MustCompile(`<style[^>]*purl\.org/net/xbiblio/csl`)},
		{"CITATION.cff", "convert it with cffconvert to BibTeX", " .cff ", "cff-version:", regexp.MustCompile(`(?m)^cff-version:`)},
		{"CSL-YAML or Hayagriva", "convert it with pandoc to CSL-JSON or BibTeX", " .yaml .yml ", "", nil},
		{"a web page", "give what its “cite” or “export” button downloads", " .html .htm .xhtml .mhtml ", "", regexp.MustCompile(`(?i)^<!doctype html|<html[\s>]`)},
		{"XML that is no bibliography of EndNote, PubMed, MODS or Zotero", reference, " .xml ", "<", nil},
		{"a Word document", "export the references from the program that made them", " .docx .doc .odt .rtf ", `{\rtf`, nil},
		{"a spreadsheet", "export from the reference manager as BibTeX or RIS; of CSV only Zotero's is read", " .xlsx .xls .ods ", "", nil},
		{"a table that Zotero did not write", "export as BibTeX or RIS; of CSV only Zotero's is read", " .csv .tsv ", "", nil},
		{"an e-book", "give it beside a bibliography that names it in its field \"file\"", " .epub .mobi .djvu ", "", nil},
		{"a zip archive without a bibliography", "zip the folder that Zotero exports, with the .rdf or .bib file in it", " .zip ", "PK\x03\x04", nil},
		{"an answer of Crossref's API", "ask doi.org for the work with the header Accept: application/vnd.citationstyles.csl+json", "", "", regexp.MustCompile(`"message-type"\s*:`)},
		{"an answer of Mendeley's API", "export from Mendeley: File, Export, BibTeX", "", "", regexp.MustCompile(`"profile_id"\s*:`)},
		{"an answer of Semantic Scholar's API", "ask for its field citationStyles, which is BibTeX", "", "", regexp.MustCompile(`"paperId"\s*:`)},
		{"an answer of Zotero's API", "ask with format=bibtex or format=csljson, or export from Zotero", "", "", regexp.MustCompile(`"itemType"\s*:`)},
		{"JSON that is neither CSL-JSON nor of OpenAlex or DataCite", "ask for BibTeX, RIS or CSL-JSON", " .json ", "{", nil},
	}
}

// Refusal returns the error for a file that [Detect] doesn't recognise, by its
// name and first bytes: what it is, as far as that can be told, and the way
// out. Its code is Invalid.
func Refusal(name string, head []byte) error {
	text, _ := headText(head)
	text = strings.TrimSpace(text)
	for _, f := range foreignFiles() {
		byContent := f.begins != "" && (bytes.HasPrefix(head, []byte(f.begins)) || strings.HasPrefix(text, f.begins)) || f.contains != nil && f.contains.MatchString(text)
		if byContent || ending(name) != "" && strings.Contains(f.endings, " "+ending(name)+" ") {
			return library.Errorf(library.Invalid, "the file is %s, which is not read", f.what).WithHint("%s", f.hint)
		}
	}
	return library.Errorf(library.Invalid, "the file is not a bibliography in a format that is read").
		WithHint("the formats are BibTeX, BibLaTeX, RIS, CSL-JSON, PubMed (nbib, XML), EndNote (XML, .enw), Web of Science, RefWorks, MODS, Zotero RDF and CSV, DataCite and OpenAlex JSON")
}
