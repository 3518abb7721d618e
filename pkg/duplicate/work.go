package duplicate

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// work is what works are compared by.
type work struct {
	id     library.ItemID
	kind   string // item type
	title  title
	people []person
	year   int
	dated  bool

	doi, arXiv, pmid string
	isbns            []string // of a work that an ISBN names itself

	volume, issue, number, edition, page, container string
}

// person is a creator: the folded family name, or the name of an institution, and the
// first letter of the given name, 0 if it is not known.
type person struct {
	family  string
	initial rune
}

func workOf(it *library.Item) *work {
	w := &work{
		id: it.ID, kind: it.Type, title: titleOf(it.Title()), people: peopleOf(it.Creators),
		doi: it.DOI(), arXiv: it.ArXiv(), pmid: it.PMID(),
		volume: plaintext.Fold(it.Field("volume")), issue: plaintext.Fold(it.Field("issue")), number: plaintext.Fold(it.Field("number")),
		edition: editionOf(it.Field("edition")), container: plaintext.Fold(it.Container()),
	}
	w.year, w.dated = it.Year()
	w.page, _, _ = strings.Cut(plaintext.Fold(it.Field("pages")), " ")
	if NamedByISBN(it.Type) {
		w.isbns = it.ISBNs()
	}
	return w
}

// NamedByISBN reports whether an ISBN names works of that item type themselves, not
// the book that they are in.
func NamedByISBN(itemType string) bool {
	switch itemType {
	case "book", "audioRecording", "computerProgram", "map", "report", "standard", "thesis", "videoRecording", "manuscript", "document":
		return true
	}
	return false
}

// editionOf returns the number of an edition if it has one, else its folded name: "2nd
// ed." is "2".
func editionOf(s string) string {
	folded := plaintext.Fold(s)
	if digits := strings.TrimLeft(folded, "0123456789"); len(digits) < len(folded) {
		return folded[:len(folded)-len(digits)]
	}
	return folded
}

// peopleOf returns the authors or, if there are none, all creators.
func peopleOf(creators []library.Creator) []person {
	var authors, all []person
	for _, c := range creators {
		p := person{family: plaintext.Fold(c.Family)}
		if p.family == "" {
			p.family = plaintext.Fold(c.Name)
		}
		if given := plaintext.Fold(c.Given); given != "" {
			p.initial, _ = utf8.DecodeRuneInString(given)
		}
		if p.family == "" {
			continue
		}
		all = append(all, p)
		if c.Role == "author" || c.Role == "" {
			authors = append(authors, p)
		}
	}
	if len(authors) > 0 {
		return authors
	}
	return all
}

// same reports whether two creators may be one person. A whole name in one field
// has the family name last or, before a comma, first.
func (p person) same(o person) bool {
	if p.initial != 0 && o.initial != 0 && p.initial != o.initial {
		return false
	}
	const longName = 5
	return p.family == o.family || hasWord(p.family, o.family) || hasWord(o.family, p.family) ||
		min(len(p.family), len(o.family)) >= longName && oneEdit(p.family, o.family)
}

// hasWord reports whether a name of several words begins or ends with a word.
func hasWord(name, word string) bool {
	return strings.HasPrefix(name, word+" ") || strings.HasSuffix(name, " "+word)
}

// samePeople reports whether the first creators of two works agree, or at least half
// of the creators of the one that has fewer.
func samePeople(a, b []person) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	if a[0].same(b[0]) {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	agree := 0
	for _, p := range a {
		if slices.ContainsFunc(b, p.same) {
			agree++
		}
	}
	return 2*agree >= len(a)
}

// differ reports whether both texts are known and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// apart reports whether something other than titles and people tells two works apart:
// type, year, volume, issue, edition, or an identifier that both have.
func apart(a, b *work) bool {
	return a.kind != b.kind || a.dated && b.dated && a.year != b.year ||
		differ(a.volume, b.volume) || differ(a.issue, b.issue) || differ(a.number, b.number) || differ(a.edition, b.edition) ||
		differ(a.doi, b.doi) || differ(a.arXiv, b.arXiv) || differ(a.pmid, b.pmid)
}

// agree reports whether title, people and year of two works agree.
func agree(a, b *work) bool {
	if a.title.whole == "" || b.title.whole == "" || apart(a, b) {
		return false
	}
	equal := a.title.equal(b.title)
	if !equal && !a.title.near(b.title) {
		return false
	}
	n, years := min(words(a.title.whole), words(b.title.whole)), a.dated && b.dated
	switch {
	case n < fewWords && (differ(a.container, b.container) || differ(a.page, b.page)):
		return false // "Introduction" and the like
	case len(a.people) == 0 || len(b.people) == 0:
		return equal && years && n >= manyWords
	case !samePeople(a.people, b.people):
		return false
	}
	return years || equal && n >= fewWords
}
