package question

import (
	"regexp"
	"strings"
)

// Naming is what a text names as a whole.
type Naming struct {
	IDs      []ID // a work that has one of them is meant
	Citation *Citation
	// Sure says that the text can be nothing else: if no work has the identifier,
	// nothing is found. Otherwise the text is words then.
	Sure bool
}

// Kind returns what a work would have, as it is written in a notice.
func (n *Naming) Kind() string {
	if len(n.IDs) == 0 {
		return "volume and page"
	}
	return n.IDs[0].Kind.String()
}

// Citation is a place in a journal.
type Citation struct {
	Journal      string // as typed: in full, for short or by its initials
	Volume, Page string // as [VolumePage] writes them
}

// citationPattern is a journal, at times a year, a volume, at times an issue, and
// a page, at times the last page and a year.
var citationPattern = regexp.MustCompile(`^(.{2,100}?)[\s,.]+(?:\(?(?:1[5-9]|20)[0-9]{2}\)?[\s,;:]+)?(?:[Vv]ol(?:ume|\.)?\s*)?([0-9]{1,5})(?:\s*\([^()]{1,20}\))?\s*[\s,;:]\s*(?:[Pp]p?\.?\s*)?([A-Za-z]{0,2}[0-9]{1,7}[A-Za-z]?)(?:\s*[-–—]+\s*[A-Za-z]?[0-9]{1,7})?[\s,]*(?:\(?(?:1[5-9]|20)[0-9]{2}\)?)?\.?$`)

// Named returns what a text names as a whole: a DOI, ISBN, arXiv ID, PubMed ID,
// key or address in any spelling, or a journal with volume and page.
func Named(text string) (n Naming, ok bool) {
	text = strings.Trim(strings.TrimSpace(text), "<>.,;")
	if text == "" || len(text) > 16*maxIDBytes || strings.ContainsAny(text, "\"“”„\n") {
		return Naming{}, false
	}
	for _, read := range []func(string) (Naming, bool){namedDOI, namedISBN, namedArXiv, namedPubMed, namedURL, namedKey, namedPage} {
		if n, ok := read(text); ok {
			return n, true
		}
	}
	return Naming{}, false
}

// sure returns one identifier as what a text names.
func sure(id ID) (Naming, bool) { return Naming{IDs: []ID{id}, Sure: true}, true }

var doiPrefix = regexp.MustCompile(`(?i)^(?:(?:https?://)?(?:www\.|dx\.)*doi\.org/|(?:info:)?doi\s*[:/]?\s*)*`)

func namedDOI(text string) (Naming, bool) {
	prefix := doiPrefix.FindString(text)
	rest := strings.ReplaceAll(text[len(prefix):], "%2F", "/")
	if strings.Contains(prefix, ".org/") { // an address
		if end := strings.IndexAny(rest, "?#"); end >= 0 {
			rest = rest[:end]
		}
		rest = strings.TrimSuffix(rest, "/")
	}
	id, ok := DOIIn(rest)
	if !ok || !strings.HasPrefix(rest, "10.") || strings.ContainsAny(rest, " \t") {
		return Naming{}, false
	}
	n, _ := sure(id)
	if arxiv, ok := ArXivIn(id.Value); ok && strings.HasPrefix(id.Value, "10.48550/") {
		n.IDs = append(n.IDs, arxiv)
	}
	return n, true
}

func namedISBN(text string) (Naming, bool) {
	id, certain, ok := ISBNOf(text)
	return Naming{IDs: []ID{id}, Sure: certain}, ok
}

var arxivName = regexp.MustCompile(`(?i)^(?:(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|format)/|arxiv\s*:?\s*)?([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:\.pdf)?(?:\s*\[[a-z.-]+\])?/?(?:[?#]\S*)?$`)

func namedArXiv(text string) (Naming, bool) {
	m := arxivName.FindStringSubmatch(text)
	if m == nil {
		return Naming{}, false
	}
	id, ok := ArXivIn(m[1])
	if !ok {
		return Naming{}, false
	}
	return sure(id)
}

func namedPubMed(text string) (Naming, bool) {
	id, ok := PubMedIn(text)
	if !ok {
		return Naming{}, false
	}
	return sure(id)
}

// addressPattern is an address with a scheme, with "www.", or with a host and a
// path.
var addressPattern = regexp.MustCompile(`(?i)^(?:(?:https?|ftp)://|(www\.)|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/)\S+$`)

func namedURL(text string) (Naming, bool) {
	m := addressPattern.FindStringSubmatch(text)
	id, ok := NormalURL(text)
	if m == nil || !ok {
		return Naming{}, false
	}
	n := Naming{IDs: []ID{id}, Sure: m[1] != "" || strings.Contains(text, "://")}
	n.IDs = append(n.IDs, idsInAddress(id.Value)...)
	return n, true
}

var itemAddress = regexp.MustCompile(`^zotero\.org/.*/items/([A-Za-z0-9]{8})(?:/|$)`)

// idsInAddress returns the identifiers in an address without scheme: of
// a publisher's page the DOI, of a page of Zotero the item.
func idsInAddress(address string) []ID {
	var ids idList
	path, _, _ := strings.Cut(address, "?")
	if id, ok := DOIIn(path); ok {
		ids.add(id, true)
		for _, suffix := range []string{"/full", "/pdf", "/abstract", "/epdf", "/html", "/summary", "/meta", ".pdf", "/full/html"} {
			if short, ok := strings.CutSuffix(id.Value, suffix); ok {
				ids.add(ID{DOI, short}, true)
			}
		}
	}
	ids.add(PubMedIn(path))
	if strings.Contains(path, "arxiv.org/") {
		ids.add(ArXivIn(path))
	}
	if m := itemAddress.FindStringSubmatch(path); m != nil {
		ids.add(KeyOf(m[1]))
	}
	return ids
}

// idList collects identifiers.
type idList []ID

func (l *idList) add(id ID, ok bool) {
	if ok {
		*l = append(*l, id)
	}
}

// namedKey reads "@key", and one word, which may be a key.
func namedKey(text string) (Naming, bool) {
	id, ok := KeyOf(text)
	return Naming{IDs: []ID{id}, Sure: strings.HasPrefix(text, "@")}, ok
}

// maxCitationBytes bounds what is looked at as a citation.
const maxCitationBytes = 300

func namedPage(text string) (Naming, bool) {
	if len(text) > maxCitationBytes {
		return Naming{}, false
	}
	m := citationPattern.FindStringSubmatch(text)
	if m == nil || strings.IndexFunc(m[1], isLetter) < 0 {
		return Naming{}, false
	}
	volume, page := VolumePage(m[2], m[3])
	return Naming{Citation: &Citation{Journal: m[1], Volume: volume, Page: page}}, true
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80 }

// VolumePage returns a volume and the first of some pages in the form in which
// they are compared; an empty page is none.
func VolumePage(volume, pages string) (string, string) {
	first := strings.FieldsFunc(strings.ToLower(pages), func(r rune) bool { return strings.ContainsRune(" ,;-–—:\t", r) })
	if len(first) == 0 {
		return "", ""
	}
	page := strings.TrimPrefix(strings.TrimPrefix(first[0], "pp."), "p.")
	return strings.TrimLeft(strings.ToLower(strings.TrimSpace(volume)), "0"), strings.TrimLeft(page, "0")
}
