package reference

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Kind is a kind of identifier.
type Kind string

// The kinds, those first that name a work best.
const (
	DOI   Kind = "doi"
	PMID  Kind = "pmid"
	ArXiv Kind = "arxiv"
	ISBN  Kind = "isbn"
)

// Identifier names a work. Value is in one form for equal identifiers: a DOI in
// lower case, an arXiv identifier in lower case without its version and its subject
// class, an ISBN as 13 digits.
type Identifier struct {
	Kind  Kind
	Value string
}

// String returns the identifier as "doi:10.1000/182".
func (id Identifier) String() string { return string(id.Kind) + ":" + id.Value }

var (
	doiPattern     = regexp.MustCompile(`(?i)\b10\.\d{4,9}/(?:[^\s"<>{}|\\^` + "`" + `“”]|<\d+:[^\s<>]+>)+`)
	arXivPattern   = regexp.MustCompile(`(?i)\barxiv(?:\.org/(?:abs|pdf|html)/|[:.\s]\s*)((?:\d{4}\.\d{4,5})|(?:[a-z][a-z-]+(?:\.[a-z]{2})?/\d{7}))(?:v\d+)?`)
	pmidPattern    = regexp.MustCompile(`(?i)(?:\bPMID\s*:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{1,8})\b`)
	isbnPattern    = regexp.MustCompile(`(?i)\bISBN(?:-1[03])?(?:\s*\([a-z]+\))?\s*:?\s*(97[89][- ]?(?:\d[- ]?){9}\d|(?:\d[- ]?){9}[\dX])`)
	addressPattern = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"{}|\\^` + "`" + `]+`)
	barePattern    = regexp.MustCompile(`(?i)\bhttps?://\S+|\b(?:doi|PMID|PMCID|arXiv)\s*:?\s*$`)
)

// trimDOI removes what belongs to the sentence around a DOI, and the marks of
// Markdown.
func trimDOI(doi string) string {
	for {
		trimmed := library.TrimDOI(strings.TrimRight(doi, "*_"))
		if trimmed == doi {
			return doi
		}
		doi = trimmed
	}
}

// Identifiers returns the valid identifiers in a text, each once, and the ISBNs
// whose check digit is wrong.
func Identifiers(text string) (ids []Identifier, invalid []string) {
	text = strings.NewReplacer(`\_`, "_", `\&`, "&", `\%`, "%", "%2F", "/", "%2f", "/").Replace(text)
	add := func(kind Kind, value string) {
		id := Identifier{kind, value}
		if value != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	rest := doiPattern.ReplaceAllStringFunc(text, func(doi string) string {
		add(DOI, trimDOI(doi))
		return " "
	})
	for _, m := range arXivPattern.FindAllStringSubmatch(rest, -1) {
		add(ArXiv, library.ParseArXiv(m[1]))
	}
	for _, m := range pmidPattern.FindAllStringSubmatch(rest, -1) {
		add(PMID, strings.TrimLeft(m[1], "0"))
	}
	for _, m := range isbnPattern.FindAllStringSubmatch(rest, -1) {
		if isbn := library.ParseISBN(m[1]); isbn != "" {
			add(ISBN, isbn)
		} else {
			invalid = append(invalid, strings.TrimSpace(m[1]))
		}
	}
	order := []Kind{DOI, PMID, ArXiv, ISBN}
	slices.SortStableFunc(ids, func(a, b Identifier) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return ids, invalid
}

// itemIdentifiers returns the identifiers of a work's fields.
func itemIdentifiers(it *library.Item) (ids []Identifier, invalid []string) {
	var b strings.Builder
	for _, name := range []string{"DOI", "url", "archiveID", "extra", "number"} {
		b.WriteString(it.Field(name) + "\n")
	}
	if s := it.Field("PMID"); s != "" {
		b.WriteString("PMID: " + s + "\n")
	}
	for isbn := range strings.FieldsFuncSeq(it.Field("ISBN"), func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
		b.WriteString("ISBN " + isbn + "\n")
	}
	return Identifiers(b.String())
}

// bare returns a text without identifiers and addresses.
func bare(text string) string {
	text = doiPattern.ReplaceAllString(text, " ")
	text = arXivPattern.ReplaceAllString(text, " ")
	text = pmidPattern.ReplaceAllString(text, " ")
	text = isbnPattern.ReplaceAllString(text, " ")
	return strings.TrimSpace(barePattern.ReplaceAllString(text, " "))
}
