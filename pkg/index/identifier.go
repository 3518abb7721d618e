package index

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

var (
	doiPattern   = regexp.MustCompile(`10\.[0-9]{4,9}/[^\s"<>]+`)
	arxivPattern = regexp.MustCompile(`(?:^|[^0-9./])([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:$|[^0-9])`)
)

// maxIdentifierBytes bounds what is looked at as an identifier.
const maxIdentifierBytes = 256

// identifiersOf returns everything by which exactly this work is known, each
// in the one form in which queries are compared with it.
func identifiersOf(it *library.Item) []string {
	ids := []string{strings.ToLower(it.ID.Key)}
	for _, key := range []string{it.CitationKey, it.Field("citationKey")} {
		if key != "" && len(key) <= maxIdentifierBytes {
			ids = append(ids, strings.ToLower(key))
		}
	}
	for _, isbn := range strings.FieldsFunc(it.Field("ISBN"), func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		if id, ok := isbnOf(isbn); ok {
			ids = append(ids, id)
		}
	}
	for _, name := range []string{"DOI", "url", "archiveID", "archiveLocation", "number"} {
		ids = appendDOI(ids, it.Field(name))
	}
	for _, name := range []string{"archiveID", "archiveLocation", "number", "url", "DOI"} {
		if s := it.Field(name); strings.Contains(strings.ToLower(s), "arxiv") {
			ids = appendArXiv(ids, s)
		}
	}
	return appendExtra(ids, it.Field("extra"))
}

// appendExtra adds the identifiers in Zotero's "extra" field, a line "name:
// value" each.
func appendExtra(ids []string, extra string) []string {
	for line := range strings.Lines(extra) {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || value == "" || len(value) > maxIdentifierBytes {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "citation key":
			ids = append(ids, strings.ToLower(value))
		case "ids": // former citation keys
			for _, key := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
				ids = append(ids, strings.ToLower(key))
			}
		case "doi":
			ids = appendDOI(ids, value)
		case "isbn":
			if id, ok := isbnOf(value); ok {
				ids = append(ids, id)
			}
		case "arxiv", "eprint":
			ids = appendArXiv(ids, value)
		}
	}
	return ids
}

// identifiersIn returns the identifiers that a query may mean. One that is a
// single word can be any identifier; among other words only those are taken
// that look like nothing else.
func identifiersIn(text string) []string {
	text = strings.TrimSpace(text)
	var ids []string
	if len(text) <= maxIdentifierBytes {
		if id, ok := isbnOf(text); ok {
			ids = append(ids, id)
		}
		if key := strings.TrimPrefix(text, "@"); key != "" && !strings.ContainsAny(text, " \t\n\"") {
			ids = append(ids, strings.ToLower(key))
		}
	}
	const most = 16
	words := strings.FieldsSeq(text)
	n := 0
	for w := range words {
		if n++; n > most {
			break
		}
		if len(w) < 9 || len(w) > maxIdentifierBytes || !strings.ContainsAny(w, "0123456789") {
			continue
		}
		ids = appendArXiv(appendDOI(ids, w), w)
		if id, ok := isbnOf(w); ok && w != text {
			ids = append(ids, id)
		}
	}
	return ids
}

// appendDOI adds the DOI in s, if there is one, in lower case: DOIs are
// compared without case (DOI Handbook 2.4).
func appendDOI(ids []string, s string) []string {
	if len(s) > 2*maxIdentifierBytes || !strings.Contains(s, "10.") {
		return ids
	}
	doi := doiPattern.FindString(s)
	if doi == "" {
		return ids
	}
	doi = strings.TrimRight(strings.ToLower(doi), `.,;:!?'`)
	if strings.Count(doi, "(") < strings.Count(doi, ")") {
		doi = strings.TrimSuffix(doi, ")")
	}
	ids = append(ids, doi)
	if id, ok := strings.CutPrefix(doi, "10.48550/arxiv."); ok {
		ids = append(ids, "arxiv:"+id)
	}
	return ids
}

// appendArXiv adds the arXiv identifier in s, if there is one, without its
// version.
func appendArXiv(ids []string, s string) []string {
	if len(s) > 2*maxIdentifierBytes {
		return ids
	}
	if m := arxivPattern.FindStringSubmatch(strings.ToLower(s)); m != nil {
		ids = append(ids, "arxiv:"+m[1])
	}
	return ids
}

// isbnOf returns the ISBN in s as its 13 digits, whether or not it is written
// with hyphens, spaces or the word before it.
func isbnOf(s string) (string, bool) {
	if len(s) > 40 {
		return "", false
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	for _, prefix := range []string{"URN:", "ISBN", "-13", "-10", ":"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, prefix))
	}
	digits := strings.NewReplacer("-", "", " ", "", "\u2010", "", "\u2011", "", "\u2013", "").Replace(s)
	switch len(digits) {
	case 10:
		if !allDigits(digits[:9]) || digits[9] != 'X' && !allDigits(digits[9:]) {
			return "", false
		}
		digits = "978" + digits[:9]
	case 13:
		if !allDigits(digits) {
			return "", false
		}
		digits = digits[:12]
	default:
		return "", false
	}
	sum := 0
	for i := range 12 {
		sum += int(digits[i]-'0') * (1 + 2*(i%2))
	}
	return "isbn:" + digits + string(rune('0'+(10-sum%10)%10)), true
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
