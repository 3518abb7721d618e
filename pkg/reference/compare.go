package reference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Field is what of a reference is compared.
type Field string

// The fields.
const (
	FieldTitle   Field = "title"
	FieldAuthor  Field = "author"
	FieldYear    Field = "year"
	FieldJournal Field = "journal"
	FieldVolume  Field = "volume"
	FieldPages   Field = "pages"
	FieldISBN    Field = "isbn" // its check digit is wrong
)

// Difference is a field of which a reference states something else than what is
// known of the work.
type Difference struct {
	Field  Field
	Stated string // "" where free text has no such part
	Known  string
}

// Known is what a registry or a library says of a work.
type Known struct {
	Item *library.Item
	// Years are those of all its publications, such as online and in print.
	Years []int
	// Journals are further names and abbreviations of the journal.
	Journals []string
}

// years returns all years that a reference may state.
func (k *Known) years() []int {
	if year, ok := YearOf(k.Item); ok && !slices.Contains(k.Years, year) {
		return append(slices.Clip(k.Years), year)
	}
	return k.Years
}

// journals returns all names of the journal.
func (k *Known) journals() []string {
	names := slices.Clip(k.Journals)
	for _, field := range []string{"publicationTitle", "journalAbbreviation"} {
		if s := k.Item.Field(field); s != "" {
			names = append(names, s)
		}
	}
	return names
}

// journal returns the journal's name, or "".
func (k *Known) journal() string {
	if s := k.Item.Field("publicationTitle"); s != "" || len(k.journals()) == 0 {
		return s
	}
	return k.journals()[0]
}

// yearText returns the years as text.
func (k *Known) yearText() string {
	years := k.years()
	slices.Sort(years)
	texts := make([]string, len(years))
	for i, y := range years {
		texts[i] = strconv.Itoa(y)
	}
	return strings.Join(texts, " or ")
}

var yearPattern = regexp.MustCompile(`(?:^|\D)(1[5-9]\d\d|20\d\d)(?:\D|$)`)

// YearOf returns the year of a work, from its parsed date or its date as
// written, and whether there is one.
func YearOf(it *library.Item) (int, bool) {
	if year, ok := it.Year(); ok {
		return year, true
	}
	if m := yearPattern.FindStringSubmatch(it.Field("date")); m != nil {
		year, err := strconv.Atoi(m[1])
		return year, err == nil
	}
	return 0, false
}

// Compare returns the fields in which a reference differs from what is known of
// the work. Fields that either does not have are not compared.
func Compare(r *Reference, k Known) []Difference {
	if r.Item == nil {
		return compareText(r, k)
	}
	return compareItem(r.Item, k)
}

// parts are the item types whose title is that of a part, while an ISBN names
// the whole.
var parts = map[string]bool{"bookSection": true, "conferencePaper": true, "encyclopediaArticle": true, "dictionaryEntry": true}

// IsPart reports whether the reference is to a part of a book. The record of
// its ISBN is then that of the book.
func (r *Reference) IsPart() bool { return r.Item != nil && parts[r.Item.Type] }

// compareItem compares fields with fields.
func compareItem(it *library.Item, k Known) []Difference {
	var out []Difference
	if title, known := it.Title(), k.Item.Title(); title != "" && known != "" && !SameTitle(title, known) {
		out = append(out, Difference{FieldTitle, title, known})
	}
	out = append(out, authorDifferences(it, k)...)
	if year, ok := YearOf(it); ok && len(k.years()) > 0 && !slices.Contains(k.years(), year) {
		out = append(out, Difference{FieldYear, strconv.Itoa(year), k.yearText()})
	}
	if it.Type != "journalArticle" || k.Item.Type != "journalArticle" {
		return out
	}
	if stated := it.Field("publicationTitle"); stated != "" && k.journal() != "" && !sameJournal(stated, k.journals()...) {
		out = append(out, Difference{FieldJournal, stated, k.journal()})
	}
	if stated, known := it.Field("volume"), k.Item.Field("volume"); stated != "" && known != "" && !sameVolume(stated, known) {
		out = append(out, Difference{FieldVolume, stated, known})
	}
	if stated, known := it.Field("pages"), k.Item.Field("pages"); stated != "" && known != "" && !samePages(stated, known) {
		out = append(out, Difference{FieldPages, stated, known})
	}
	return out
}

// subtitle separates a title from its subtitle.
var subtitle = regexp.MustCompile(`\s*[:?!–—]\s+|\.\s+|\s+-+\s+|\s*[(\[]`)

// mainTitle returns a title without its subtitle.
func mainTitle(s string) string {
	if at := subtitle.FindStringIndex(s); at != nil {
		return s[:at[0]]
	}
	return s
}

// SameTitle reports whether two titles are one, with or without the subtitle.
// Titles in two scripts can't be compared, and count as one.
func SameTitle(a, b string) bool {
	if sameWords(a, b) || isLatin(a) != isLatin(b) {
		return true
	}
	if len(wordsOf(mainTitle(a))) > 1 && sameWords(mainTitle(a), b) || len(wordsOf(mainTitle(b))) > 1 && sameWords(a, mainTitle(b)) {
		return true
	}
	return withoutArticle(a) == withoutArticle(b)
}

// withoutArticle returns the letters of a title without an article before it.
func withoutArticle(s string) string {
	words := wordsOf(s)
	if len(words) > 1 && slices.Contains([]string{"the", "a", "an"}, words[0]) {
		words = words[1:]
	}
	return strings.Join(words, "")
}

// journalWords returns the words of a journal's name that count.
func journalWords(s string) []string {
	s = bracketed.ReplaceAllString(s, " ")
	words := slices.DeleteFunc(wordsOf(s), func(w string) bool {
		switch w {
		case "the", "of", "in", "for", "on", "de", "la", "le", "les", "des", "du", "der", "die", "das", "und", "et", "fur", "di", "a", "an", "amp":
			return true
		}
		return false
	})
	for _, end := range [][]string{{"u", "s"}, {"usa"}, {"united", "states", "america"}} {
		if n := len(words) - len(end); n > 0 && slices.Equal(words[n:], end) {
			return words[:n]
		}
	}
	return words
}

var bracketed = regexp.MustCompile(`\([^)]*\)|\[[^\]]*\]`)

// bracketedWord is a word that a writer put into a quotation.
var bracketedWord = regexp.MustCompile(`\[[^\]]{0,60}\]`)

// sameJournal reports whether a journal's name is one of its names, an
// abbreviation or an acronym of one, or one without its subtitle.
func sameJournal(stated string, names ...string) bool {
	for _, known := range names {
		if SameTitle(stated, known) {
			return true
		}
		a, b := journalWords(stated), journalWords(known)
		if abbreviates(a, b) || abbreviates(b, a) || isAcronym(a, b) || isAcronym(b, a) {
			return true
		}
	}
	return false
}

// abbreviates reports whether each word abbreviates the one of a name.
func abbreviates(short, long []string) bool {
	if len(short) != len(long) || len(short) == 0 {
		return false
	}
	for i := range short {
		if !abbreviatesWord(short[i], long[i]) {
			return false
		}
	}
	return true
}

// abbreviatesWord reports whether the letters of one word stand in another in
// order, from its first on: "natl" in "national".
func abbreviatesWord(short, long string) bool {
	if short == "" || long == "" || short[0] != long[0] {
		return false
	}
	at := 0
	for i := range len(long) {
		if at < len(short) && long[i] == short[at] {
			at++
		}
	}
	return at == len(short)
}

// isAcronym reports whether one word has the initials of a name: "pnas".
func isAcronym(short, long []string) bool {
	if len(short) != 1 || len(long) < 2 {
		return false
	}
	var initials strings.Builder
	for _, w := range long {
		initials.WriteByte(w[0])
	}
	return short[0] == spelling.Replace(initials.String()) || short[0] == initials.String()
}

// sameVolume reports whether two volumes are one.
func sameVolume(a, b string) bool {
	return volumeNumber(a) == volumeNumber(b)
}

// volumeNumber returns the number in a volume, in Arabic digits.
func volumeNumber(s string) string {
	words := strings.Fields(strings.ToLower(strings.Trim(s, " .")))
	if len(words) > 1 && strings.HasPrefix(words[0], "vol") {
		words = words[1:]
	}
	s = strings.TrimPrefix(strings.Join(words, " "), "vol.")
	if n := roman(s); n > 0 {
		return strconv.Itoa(n)
	}
	return strings.TrimLeft(s, "0 ")
}

// roman returns the value of a Roman number, or 0.
func roman(s string) int {
	values := map[rune]int{'i': 1, 'v': 5, 'x': 10, 'l': 50, 'c': 100, 'd': 500, 'm': 1000}
	total, last := 0, 0
	for _, c := range s {
		v := values[c]
		if v == 0 {
			return 0
		}
		if total += v; last < v {
			total -= 2 * last
		}
		last = v
	}
	return total
}

// dashes are what separates the first page from the last one.
var dashes = regexp.MustCompile(`\s*[-‐‑‒–—−]+\s*`)

// pageRange returns the first and the last page. The last page is whole, also
// where it is written shortened: "737-8" ends on 738. It is "" for one page.
func pageRange(s string) (first, last string) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(s, "pp"), "p."), ". ")
	s, _, _ = strings.Cut(s, ",")
	both := dashes.Split(s, 2)
	first = strings.TrimLeft(strings.TrimSpace(both[0]), "0")
	if len(both) < 2 {
		return first, ""
	}
	last = strings.TrimLeft(strings.TrimSpace(both[1]), "0")
	if n := len(first) - len(last); n > 0 && digitsOnly(last) {
		last = first[:n] + last
	}
	return first, last
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// samePages reports whether two page ranges are one. A range of pages and the
// number of an electronic article can't be compared.
func samePages(stated, known string) bool {
	first, last := pageRange(stated)
	knownFirst, knownLast := pageRange(known)
	if isArticleNumber(first) != isArticleNumber(knownFirst) || last == "" != (knownLast == "") && (isArticleNumber(first) || len(first) > 4 || len(knownFirst) > 4) {
		return true
	}
	return first == knownFirst && (last == "" || knownLast == "" || last == knownLast)
}

// isArticleNumber reports whether a page is the number of an electronic article,
// such as e0123456.
func isArticleNumber(page string) bool { return !digitsOnly(page) && roman(page) == 0 }

// plausible reports whether a number can be the year of a publication.
func plausible(year int) bool { return year >= 1500 && year <= time.Now().Year()+2 }
