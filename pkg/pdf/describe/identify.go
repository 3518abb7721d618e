package describe

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// doi returns the DOI of a file: that of its metadata, else the one that its first
// page gives as its own, else "". Works that the page cites have DOIs too.
func (s *source) doi(f front) string {
	for _, property := range []string{"prism:doi", "crossmark:DOI", "pdfx:doi", "pdfx:WPS-ARTICLEDOI", "dc:identifier", "prism:url"} {
		for _, value := range s.meta[property] {
			if doi := library.ParseDOI(value); doi != "" {
				return doi
			}
		}
	}
	for _, about := range []string{s.meta.first("dc:description"), s.doc.Info["Subject"]} { // "Journal, 12 (2010) 7-9. doi:10.…"
		if all := dois(about); len(all) == 1 {
			return all[0]
		}
	}
	var own []string
	for i, l := range f.lines {
		if isReferences(l.text) {
			break
		}
		for _, doi := range dois(l.text) {
			if isOwn(f.lines, i, doi) && !slices.Contains(own, doi) {
				own = append(own, doi)
			}
		}
	}
	if len(own) == 1 {
		return own[0]
	}
	return ""
}

// dois returns the DOIs in a text.
func dois(text string) []string {
	ids, _ := reference.Identifiers(text)
	var all []string
	for _, id := range ids {
		if doi := library.ParseDOI(id.Value); id.Kind == reference.DOI && doi != "" {
			all = append(all, doi)
		}
	}
	return all
}

// isReferences reports whether a line is the heading of a list of references.
func isReferences(s string) bool {
	switch strings.Trim(plaintext.Fold(s), " 0123456789") {
	case "references", "bibliography", "literature cited", "works cited", "literatur", "bibliographie", "notes and references", "references and notes":
		return true
	}
	return false
}

// Of a line that gives the DOI of the work itself.
const (
	besideOwn  = 8 // words at most beside the DOI: the journal, the year, the licence
	proseOwn   = 3 // of these at most that are written small
	afterLabel = 4 // lines at most after "Cite this article as"
)

var (
	numbered  = regexp.MustCompile(`^\s*(?:\[\d+\]|\(\d+\)|\d+[.)]\s|\d+\s+[A-Z][a-z]+,)`)
	labelForm = regexp.MustCompile(`(?i)\b(?:cite this|citation:|how to cite|to cite this|please cite|cite as)`)
	doiLabel  = regexp.MustCompile(`(?i)https?://(?:dx\.)?doi\.org/|\bdoi\b:?`)
)

// isOwn reports whether line i gives a DOI as that of the work itself: it stands
// (almost) alone, as in a running head, or in the citation of the work.
func isOwn(lines []line, i int, doi string) bool {
	for j := max(0, i-afterLabel); j <= i; j++ {
		if labelForm.MatchString(lines[j].text) {
			return true
		}
	}
	text := lines[i].text
	at := strings.Index(strings.ToLower(text), doi)
	if numbered.MatchString(text) || at < 0 {
		return false
	}
	before := doiLabel.ReplaceAllString(text[:at], " ")
	beside := strings.Fields(before + " " + text[at+len(doi):])
	prose := 0
	for _, w := range beside {
		if r := []rune(w)[0]; unicode.IsLower(r) {
			prose++
		}
	}
	return len(beside) <= besideOwn && prose <= proseOwn && !isCited(before) && !leadsToOther.MatchString(before) && (i == 0 || !isCited(lines[i-1].text))
}

// leadsToOther is what stands before the DOI of another work.
var leadsToOther = regexp.MustCompile(`(?i)(?:\(|\b(?:see|in|by|from|cf\.?|correct(?:s|ion to)|erratum to|comment on|reply to))\s*$`)

// citedForm is what a citation of another work has: a year in brackets, or a name
// with initials.
var citedForm = regexp.MustCompile(`\(\d{4}[a-z]?\)\.|[A-Z][a-z]+, [A-Z]\.|^\s*\[\d+\]`)

// isCited reports whether a text looks like a part of the citation of another work.
func isCited(text string) bool { return citedForm.MatchString(text) }

var (
	// stampForm is the stamp of arXiv on the first page of its files.
	stampForm = regexp.MustCompile(`(?i)\barXiv:\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\s*\[[a-z-]+(?:\.[A-Za-z-]+)?\]`)
	// arXivFile is the name of a file of arXiv.
	arXivFile = regexp.MustCompile(`^(\d{4}\.\d{4,5})(?:v\d+)?\.(?i:pdf)$`)
)

// arXiv returns the arXiv identifier of a file: that of its metadata, of arXiv's
// stamp on its first page or of its name, else "".
func (s *source) arXiv(f front) string {
	it := &library.Item{Fields: map[string]string{"DOI": s.doi(f)}}
	if id := it.ArXiv(); id != "" {
		return id
	}
	for _, value := range append(slices.Clone(s.meta["dc:identifier"]), s.meta["prism:url"]...) {
		if id := (&library.Item{Fields: map[string]string{"url": value}}).ArXiv(); id != "" {
			return id
		}
	}
	for _, l := range f.lines {
		if m := stampForm.FindStringSubmatch(l.text); m != nil {
			return strings.ToLower(m[1])
		}
	}
	if m := arXivFile.FindStringSubmatch(s.name); m != nil {
		return m[1]
	}
	return ""
}
