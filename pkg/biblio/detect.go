package biblio

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// DetectLength is how many bytes of a file [Detect] looks at; give it that
// many if there are.
const DetectLength = 64 << 10

// Detect finds the format of a file by its first bytes or, where those can't
// tell, by its name's extension. BibTeX and BibLaTeX are one: BibTeX, unless
// the extension says BibLaTeX. It is false for a file that is no bibliography
// in a format that [Read] reads; [Refusal] then says what it is.
func Detect(name string, head []byte) (Format, bool) {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return Archive, holdsBibliography(head)
	}
	text, isText := headText(head)
	if !isText {
		return "", false
	}
	text = strings.TrimSpace(text)
	byName := byExtension(name)
	for _, row := range formats() {
		if row.detect(text, byName) {
			return row.name, true
		}
	}
	if text != "" && strings.ContainsAny(text[:1], "<{[") {
		return "", false // XML, HTML or JSON, under any name
	}
	switch byName {
	case BibTeX, BibLaTeX, RIS, PubMed, WebOfScience, RefWorks, Refer:
		return byName, true
	}
	return "", false
}

// byExtension returns the format that an extension tells, "" for one that
// several formats share or none has.
func byExtension(name string) Format {
	var found []Format
	for _, row := range formats() {
		if slices.Contains(row.endings, ending(name)) {
			found = append(found, row.name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0]
	case slices.Contains(found, BibTeX):
		return BibTeX
	}
	return ""
}

func isArchive(string, Format) bool { return false } // by its bytes: see Detect

func isJSON(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

func isXML(text string) bool { return strings.HasPrefix(text, "<") }

var (
	openAlexPattern = regexp.MustCompile(`"(?:id|openalex)"\s*:\s*"https?://openalex\.org/W\d`)
	dataCitePattern = regexp.MustCompile(`"schemaVersion"\s*:\s*"https?://datacite\.org/schema|"agency"\s*:\s*"[Dd]ata[Cc]ite"|"resourceTypeGeneral"\s*:`)
	cslPattern      = regexp.MustCompile(`"type"\s*:\s*"(?:article|bill|book|broadcast|chapter|classic|collection|dataset|document|entry|event|figure|graphic|hearing|interview|legal_case|legislation|manuscript|map|motion_picture|musical_score|pamphlet|paper-conference|patent|performance|periodical|personal_communication|post|regulation|report|review|software|song|speech|standard|thesis|treaty|webpage)(?:-[a-z]+)?"|"type"\s*:\s*"(?:journal-article|proceedings-article|posted-content|monograph|edited-book|reference-book|reference-entry|book-(?:chapter|section|part))"`)
	// notCSLPattern is what other services' JSON has beside types.
	notCSLPattern  = regexp.MustCompile(`"(?:message-type|paperId|profile_id|itemType)"\s*:`)
	cslListPattern = regexp.MustCompile(`^(?:\[\s*[{\]]|\{\s*"items"\s*:\s*\[)`)
)

func isOpenAlex(text string, _ Format) bool {
	return isJSON(text) && openAlexPattern.MatchString(text)
}

func isDataCite(text string, _ Format) bool {
	return isJSON(text) && dataCitePattern.MatchString(text)
}

// isCSL reports whether JSON is CSL-JSON: an item has a type of CSL's. (Other
// programs' JSON has types too, and Crossref has some of its own.) Where the
// first item is so long that its type isn't in the text, a name that says JSON
// and an array decide.
func isCSL(text string, byName Format) bool {
	return isJSON(text) && !notCSLPattern.MatchString(text) && (cslPattern.MatchString(text) || byName == CSLJSON && cslListPattern.MatchString(text) && !strings.Contains(text, `"type"`))
}

var (
	pubMedXMLPattern = regexp.MustCompile(`<(?:PubmedArticleSet|PubmedArticle|PubmedBookArticle)[\s>]`)
	modsPattern      = regexp.MustCompile(`<(?:\w+:)?(?:mods|modsCollection)[\s>]`)
	endNotePattern   = regexp.MustCompile(`<xml>\s*<records[\s>]|<records[\s>][\s\S]*?<record[\s>][\s\S]*?<ref-type[\s>]`)
	rdfPattern       = regexp.MustCompile(`<(?:\w+:)?RDF[\s>]`)
)

func isPubMedXML(text string, _ Format) bool {
	return isXML(text) && pubMedXMLPattern.MatchString(text)
}

func isMODS(text string, _ Format) bool {
	return isXML(text) && modsPattern.MatchString(text) && !rdfPattern.MatchString(text)
}

func isEndNoteXML(text string, _ Format) bool { return isXML(text) && endNotePattern.MatchString(text) }

// isZoteroRDF reports whether XML is RDF in the vocabularies of Zotero.
func isZoteroRDF(text string, _ Format) bool {
	return isXML(text) && rdfPattern.MatchString(text) &&
		(strings.Contains(text, "http://www.zotero.org/namespaces/export#") || strings.Contains(text, "http://purl.org/net/biblio#"))
}

var (
	risPattern      = regexp.MustCompile(`(?m)(?:^|\r)[Tt][Yy] {1,2}-(?: |\r|$)`)
	pubMedPattern   = regexp.MustCompile(`^(?:PMID- \d|OWN - [A-Z]|STAT- )`)
	wosPattern      = regexp.MustCompile(`^(?:FN [^\r\n]*[\r\n]+(?:VR [^\r\n]*[\r\n]+)?)?PT [JBSPC]\s*[\r\n]`)
	refWorksPattern = regexp.MustCompile(`(?m)^RT [A-Z][A-Za-z, /-]*\r?$[\r\n]+(?:[A-Z][A-Z0-9] |$)`)
	referPattern    = regexp.MustCompile(`^%[0-9A-Z@*+!?>&$~] [^\r\n]*(?:[\r\n]+[^%\s][^\r\n]*)*(?:[\r\n]+%[0-9A-Z@*+!?>&$~] |[\r\n]*$)`)
	csvPattern      = regexp.MustCompile(`^"?Key"?,"?Item Type"?,`)
	bibMetaPattern  = regexp.MustCompile(`(?i)(?:^|[\r\n}])\s*@\s*(?:comment|string|preamble)\s*[{(]`)
	bibTeXPattern   = regexp.MustCompile(`(?i)(?:^|[\r\n}])\s*@\s*[a-z_][\w-]*\s*[{(]\s*[^\s,={}()"]*\s*(?:,|=|\}|$)`)
)

func isPubMed(text string, _ Format) bool { return pubMedPattern.MatchString(text) }
func isRIS(text string, _ Format) bool {
	return !isJSON(text) && !isXML(text) && risPattern.MatchString(text)
}
func isWebOfScience(text string, _ Format) bool { return wosPattern.MatchString(text) }
func isRefWorks(text string, _ Format) bool {
	return !isJSON(text) && !isXML(text) && refWorksPattern.MatchString(text)
}
func isZoteroCSV(text string, _ Format) bool { return csvPattern.MatchString(text) }

// isRefer reports whether a text begins with two tags of refer. BibTeX may
// begin with comments that look like one.
func isRefer(text string, byName Format) bool {
	return referPattern.MatchString(text) && (byName == Refer || !bibTeXPattern.MatchString(text))
}

func isBibTeX(text string, _ Format) bool {
	return !isJSON(text) && !isXML(text) && (bibMetaPattern.MatchString(text) || bibTeXPattern.MatchString(text))
}

func isBibLaTeX(text string, byName Format) bool { return byName == BibLaTeX && isBibTeX(text, byName) }

// headText returns the beginning of a file as UTF-8 without its byte-order
// mark; false if it is no text.
func headText(head []byte) (string, bool) {
	head = head[:min(len(head), DetectLength)]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		head = head[3:]
	case len(head) >= 4 && (head[0] == 0xff && head[1] == 0xfe || head[1] == 0 && head[0] != 0):
		return fromUTF16(head, 0), true
	case len(head) >= 4 && (head[0] == 0xfe && head[1] == 0xff || head[0] == 0 && head[1] != 0):
		return fromUTF16(head, 1), true
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "", false
	}
	if !utf8.Valid(head) {
		return strings.ToValidUTF8(string(head), "\uFFFD"), true
	}
	return string(head), true
}

// fromUTF16 decodes b, whose units have their low byte at the given place.
func fromUTF16(b []byte, low int) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+low])|uint16(b[i+1-low])<<8)
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF")
}
