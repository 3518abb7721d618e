package question

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// IDKind is a kind of identifier.
type IDKind uint8

// The kinds.
const (
	Key    IDKind = iota // an item key or a citation key
	DOI                  // in lower case: DOIs are compared without case (DOI Handbook 2.4)
	ISBN                 // 13 digits, with the check digit that belongs to the others
	ArXiv                // without its version and subject class
	PubMed               // digits
	URL                  // see [NormalURL]
)

// String returns the kind as it is written in a notice.
func (k IDKind) String() string {
	return [...]string{"citation key or item key", "DOI", "ISBN", "arXiv ID", "PubMed ID", "URL"}[k]
}

// ID is an identifier of a work. Equal identifiers have equal values, however
// they were written.
type ID struct {
	Kind  IDKind
	Value string
}

// String returns the identifier as an index stores it.
func (id ID) String() string {
	return [...]string{"key:", "doi:", "isbn:", "arxiv:", "pmid:", "url:"}[id.Kind] + id.Value
}

// Patterns of identifiers within other text. Those of arXiv are the new ones
// and the old ones with an archive (https://info.arxiv.org/help/arxiv_identifier.html).
var (
	doiPattern    = regexp.MustCompile(`10\.[0-9]{4,9}/(?:[^\s"<>]|<[0-9]+:[^\s<>]+>)+`)
	arxivPattern  = regexp.MustCompile(`(?:^|[^0-9./])([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:$|[^0-9])`)
	pubmedPattern = regexp.MustCompile(`^(?:pmid|pubmed)(?: id)?:? *([0-9]{1,9})$|(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed|europepmc\.org/article/med)/([0-9]{1,9})(?:$|[^0-9])`)
)

// maxIDBytes bounds what is looked at as an identifier.
const maxIDBytes = 512

// DOIIn returns the first DOI in s.
func DOIIn(s string) (ID, bool) {
	if len(s) > maxIDBytes || !strings.Contains(s, "10.") {
		return ID{}, false
	}
	doi := doiPattern.FindString(s)
	if doi == "" {
		return ID{}, false
	}
	return ID{DOI, library.TrimDOI(doi)}, true
}

// ArXivIn returns the first arXiv identifier in s, one within a DOI too.
func ArXivIn(s string) (ID, bool) {
	if len(s) > maxIDBytes {
		return ID{}, false
	}
	s = strings.ToLower(s)
	s = strings.Replace(s, "10.48550/arxiv.", "arxiv:", 1)
	m := arxivPattern.FindStringSubmatch(strings.TrimSuffix(s, ".pdf"))
	if m == nil {
		return ID{}, false
	}
	id := library.ParseArXiv(m[1])
	return ID{ArXiv, id}, id != ""
}

// PubMedIn returns the PubMed identifier that s is, as "PMID: 123" or as an
// address.
func PubMedIn(s string) (ID, bool) {
	if len(s) > maxIDBytes {
		return ID{}, false
	}
	m := pubmedPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return ID{}, false
	}
	return pubMed(m[1] + m[2])
}

// pubMed returns the PubMed identifier of digits.
func pubMed(digits string) (ID, bool) {
	digits = strings.TrimLeft(digits, "0")
	return ID{PubMed, digits}, digits != "" && len(digits) <= 9 && allDigits(digits)
}

// ISBNOf returns the ISBN that s is, whether or not it has hyphens, spaces or
// the word before it. The check digit need not be right, which sure says.
func ISBNOf(s string) (id ID, sure, ok bool) {
	if len(s) > 40 {
		return ID{}, false, false
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	named := strings.Contains(s, "ISBN")
	for _, prefix := range []string{"URN:", "ISBN", "-13", "-10", ":"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, prefix))
	}
	digits := strings.NewReplacer("-", "", " ", "", "\u2010", "", "\u2011", "", "\u2013", "").Replace(s)
	switch {
	case len(digits) == 10 && allDigits(digits[:9]) && (digits[9] == 'X' || allDigits(digits[9:])):
		return ID{ISBN, library.CompleteISBN(digits[:9])}, named || library.ParseISBN(digits) != "", true
	case len(digits) == 13 && allDigits(digits):
		id := ID{ISBN, library.CompleteISBN(digits[:12])}
		return id, named || id.Value == digits && (strings.HasPrefix(digits, "978") || strings.HasPrefix(digits, "979")), true
	}
	return ID{}, false, false
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// KeyOf returns an item key or citation key. Keys are compared without case.
func KeyOf(s string) (ID, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "@")
	return ID{Key, strings.ToLower(s)}, s != "" && len(s) <= maxIDBytes/2 && !strings.ContainsAny(s, " \t\r\n\"")
}

// idOf reads the value of a field.
func idOf(kind IDKind, s string) (id ID, ok bool) {
	s = strings.TrimSpace(s)
	switch kind {
	case DOI:
		return DOIIn(s)
	case ISBN:
		id, _, ok = ISBNOf(s)
		return id, ok
	case ArXiv:
		return ArXivIn(s)
	case PubMed:
		return pubMed(s)
	case URL:
		return NormalURL(s)
	}
	return KeyOf(s)
}
