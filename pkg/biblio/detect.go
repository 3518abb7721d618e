package biblio

import (
	"bytes"
	"path"
	"regexp"
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
// in a format that [Read] reads.
func Detect(name string, head []byte) (Format, bool) {
	text, isText := headText(head)
	if !isText {
		return "", false
	}
	text = strings.TrimSpace(text)
	byName, named := byExtension(name)
	switch {
	case strings.HasPrefix(text, "<"):
		return "", false // XML and HTML, whatever the file is called
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return CSLJSON, isCSL(text, byName)
	case matches(`(?m)(?:^|\r)[Tt][Yy] {1,2}-(?: |\r|$)`, text), matches(`^(?:PMID- \d|OWN - [A-Z])`, text):
		return RIS, true
	case matches(`(?i)(?:^|[\r\n}])\s*@\s*(?:comment|string|preamble)\s*[{(]`, text),
		matches(`(?i)(?:^|[\r\n}])\s*@\s*[a-z_][\w-]*\s*[{(]\s*[^\s,={}()"]*\s*(?:,|=|\}|$)`, text):
		if byName == BibLaTeX {
			return BibLaTeX, true
		}
		return BibTeX, true
	}
	return byName, named && byName != CSLJSON
}

// isCSL reports whether JSON is CSL-JSON: an item has a type of CSL's. (Other
// programs' JSON has types too.) Where the first item is so long that its
// type isn't in the text, a name that says JSON and an array decide.
func isCSL(text string, byName Format) bool {
	if matches(`"type"\s*:\s*"(?:article|bill|book|broadcast|chapter|classic|collection|dataset|document|entry|event|figure|graphic|hearing|interview|legal_case|legislation|manuscript|map|motion_picture|musical_score|pamphlet|paper-conference|patent|performance|periodical|personal_communication|post|regulation|report|review|software|song|speech|standard|thesis|treaty|webpage)(?:-[a-z]+)?"`, text) {
		return true
	}
	return byName == CSLJSON && matches(`^(?:\[\s*[{\]]|\{\s*"items"\s*:\s*\[)`, text)
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

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

func byExtension(name string) (Format, bool) {
	switch strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/"))) {
	case ".bib", ".bibtex":
		return BibTeX, true
	case ".biblatex":
		return BibLaTeX, true
	case ".ris", ".nbib":
		return RIS, true
	case ".csljson", ".json":
		return CSLJSON, true
	}
	return "", false
}
