package reference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// prose is a reference in free text, taken apart as far as a known work helps.
type prose struct {
	text  string
	words []word
	k     Known
	title alignment
	exact bool // the title stands there whole
}

// newProse takes a text apart.
func newProse(text string, k Known) *prose {
	p := &prose{text: bare(text), k: k}
	p.words = scan(p.text)
	title := k.Item.Title()
	if p.findTitle(title) {
		return p
	}
	whole := p.title
	if short := mainTitle(title); len(wordsOf(short)) < len(wordsOf(title)) && p.findTitle(short) && !p.hasSubtitle() {
		return p
	}
	p.title, p.exact = whole, false
	return p
}

// findTitle looks for a title, and reports whether it stands there whole.
func (p *prose) findTitle(title string) bool {
	pattern := wordsOf(title)
	if len(pattern) == 0 {
		return false
	}
	p.title = align(pattern, p.words)
	joined := withoutArticle(title)
	p.exact = len(joined) >= 8 && strings.Contains(foldAll(p.text), joined) || p.title.equal == len(pattern) && p.title.to-p.title.from == len(pattern)
	return p.exact
}

// hasSubtitle reports whether the text has a subtitle after the title.
func (p *prose) hasSubtitle() bool {
	if p.title.to == 0 {
		return false
	}
	rest := strings.TrimLeft(p.text[p.words[p.title.to-1].to:], " \t\n")
	return strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "–") || strings.HasPrefix(rest, "—") || strings.HasPrefix(rest, "-")
}

// share returns which part of the title's words stand in the text, 0 to 1.
func (p *prose) share() float64 {
	if p.exact {
		return 1
	}
	n := len(wordsOf(p.k.Item.Title()))
	if n == 0 {
		return 0
	}
	return float64(p.title.equal) / float64(n)
}

// at returns the text of some words.
func (p *prose) at(from, to int) string {
	if from >= to {
		return ""
	}
	return strings.TrimSpace(p.text[p.words[from].from:p.words[to-1].to])
}

// fillers are words of references that name nothing.
var fillers = map[string]bool{
	"et": true, "al": true, "vol": true, "pp": true, "p": true, "no": true, "in": true, "eds": true, "ed": true, "doi": true, "pmid": true, "the": true, "of": true,
	"isbn": true, "available": true, "from": true, "retrieved": true, "acesed": true, "accessed": true, "editors": true, "editor": true, "url": true, "https": true, "http": true,
}

// statesTitle reports whether the text has a title at all: some references give
// authors, journal and pages alone.
func (p *prose) statesTitle() bool {
	if p.share() > 0.5 {
		return true
	}
	skip := map[string]bool{}
	for _, c := range p.k.Item.Creators {
		for _, w := range wordsOf(c.Family + " " + c.Given + " " + c.Name) {
			skip[w] = true
		}
	}
	var journal []string
	for _, name := range append(p.k.journals(), p.k.Item.Container(), p.k.Item.Field("publisher")) {
		journal = append(journal, wordsOf(name)...)
	}
	left := 0
	for _, w := range p.words {
		if len(w.fold) < 3 || fillers[w.fold] || skip[w.fold] || strings.ContainsAny(w.fold, "0123456789") ||
			slices.ContainsFunc(journal, func(j string) bool { return abbreviatesWord(w.fold, j) }) {
			continue
		}
		left++
	}
	return left > 2
}

// hasAuthor reports whether the text names the first author.
func (p *prose) hasAuthor() bool {
	list := authors(p.k.Item)
	if len(list) == 0 {
		return false
	}
	var text []string
	for _, w := range p.words {
		text = append(text, umlauts.Replace(w.fold))
	}
	first := personOf(list[0])
	joined := strings.Join(first.family, "")
	if contains(text, first.family) || len(joined) > 5 && strings.Contains(strings.Join(text, ""), joined) {
		return true
	}
	if isLatin(joined) != isLatin(p.text) {
		return true // in two scripts they can't be compared
	}
	if !isLatin(joined) {
		return strings.Contains(strings.Join(text, ""), joined)
	}
	if len(first.family) > 1 { // of two family names or with a particle
		last := first.family[len(first.family)-1]
		return slices.Contains(text, last) || slices.Contains(text, first.family[0]) && len(first.family[0]) > 3
	}
	return len(first.given) > 0 && len(first.given[0]) > 3 && slices.Contains(text, first.given[0])
}

var textYears = regexp.MustCompile(`\b(1[5-9]\d\d|20\d\d)[a-z]?\b`)

// years returns the years that the text names, those in brackets first.
func (p *prose) years() []int {
	var years, others []int
	for _, m := range textYears.FindAllStringSubmatchIndex(p.text, -1) {
		year, err := strconv.Atoi(p.text[m[2]:m[3]])
		if err != nil || !plausible(year) {
			continue
		}
		if m[0] > 0 && p.text[m[0]-1] == '(' {
			years = append(years, year)
		} else {
			others = append(others, year)
		}
	}
	return append(years, others...)
}

// hasYear reports whether one of the text's years is within some years of a
// known one.
func (p *prose) hasYear(within int) bool {
	for _, year := range p.years() {
		for _, known := range p.k.years() {
			if max(year-known, known-year) <= within {
				return true
			}
		}
	}
	return false
}

// volumePages matches "171:737", "171(4356), 737–738" and "vol. 171, no. 3, pp.
// 737-8".
var volumePages = regexp.MustCompile(`(?i)(?:\bv(?:ol(?:ume)?)?\.?\s*)?\b([0-9]{1,4}|(?-i:[IVXLCDM]{2,8}))\s*(?:\(([^()]{1,20})\)|,?\s*(?:no|nr|issue)\.?\s*[0-9-]+)?\s*(?:\((?:1[5-9]|20)[0-9]{2}\))?\s*[:,;]\s*(?:pp?\.?|pages?)?\s*([a-z]?[0-9]{1,7}(?:\s*[-‐–—]+\s*[a-z]?[0-9]{1,7})?)\b`)

// source returns volume and pages as the text states them, and where they begin
// in it; "" if that can't be told.
func (p *prose) source() (volume, pages string, at int) {
	from := 0
	if p.exact && p.title.to > 0 {
		from = p.words[p.title.to-1].to
	}
	m := volumePages.FindStringSubmatchIndex(p.text[from:])
	if m == nil {
		return "", "", 0
	}
	return p.text[from+m[2] : from+m[3]], p.text[from+m[6] : from+m[7]], from + m[0]
}

// hasJournal reports whether a name of the journal follows the title.
func (p *prose) hasJournal() bool {
	if !p.exact {
		return false
	}
	var after []string
	for _, w := range p.words[p.title.to:] {
		after = append(after, w.fold)
	}
	return slices.ContainsFunc(p.k.journals(), func(name string) bool {
		words := wordsOf(name)
		return len(words) > 0 && len(words) <= len(after) && contains(after, words)
	})
}

// hasNumber reports whether a number stands in the text as a word.
func (p *prose) hasNumber(s string) bool {
	first, _ := pageRange(s)
	number := foldAll(first)
	return number != "" && slices.ContainsFunc(p.words, func(w word) bool { return strings.TrimLeft(w.fold, "0") == number })
}

// compareText compares a reference in free text with what is known of a work.
func compareText(r *Reference, k Known) []Difference {
	p := newProse(r.Text, k)
	if len(p.words) < 3 {
		return nil // an identifier alone
	}
	var out []Difference
	if !p.exact && k.Item.Title() != "" && isLatin(k.Item.Title()) == isLatin(p.text) && p.statesTitle() {
		stated := ""
		if p.share() > 0.5 {
			stated = p.at(p.title.from, p.title.to)
		}
		out = append(out, Difference{FieldTitle, stated, k.Item.Title()})
	}
	out = append(out, p.authorDifferences()...)
	if years := p.years(); len(years) > 0 && len(k.years()) > 0 && !p.hasYear(0) {
		out = append(out, Difference{FieldYear, strconv.Itoa(years[0]), k.yearText()})
	}
	if k.Item.Type != "journalArticle" {
		return out
	}
	return append(out, p.sourceDifferences()...)
}

// authorDifferences compares the names before the title.
func (p *prose) authorDifferences() []Difference {
	list := authors(p.k.Item)
	if len(list) == 0 || personOf(list[0]).institution {
		return nil
	}
	if !p.hasAuthor() {
		stated := ""
		if p.exact && p.title.from > 0 {
			stated = textYears.ReplaceAllString(p.at(0, p.title.from), "")
			stated = strings.TrimRight(stated, " ,;(.")
		}
		return []Difference{{FieldAuthor, stated, namesOf(list)}}
	}
	if !p.exact {
		return nil
	}
	var out []Difference
	for i, w := range p.words[:p.title.from] {
		if isLatin(w.fold) && !p.isName(i) {
			out = append(out, Difference{FieldAuthor, p.text[w.from:w.to], namesOf(list)})
		}
	}
	return out
}

// isName reports whether a word before the title can be of one of the authors:
// a word of their names, initials, or no name.
func (p *prose) isName(at int) bool {
	w := p.words[at]
	stated := p.text[w.from:w.to]
	if len([]rune(w.fold)) < 3 || fillers[w.fold] || strings.ContainsAny(w.fold, "0123456789") || strings.ToLower(stated) == stated || strings.ToUpper(stated) == stated && len(stated) < 4 {
		return true
	}
	fold := umlauts.Replace(w.fold)
	for _, c := range p.k.Item.Creators {
		q := personOf(c)
		if q.institution || slices.Contains(q.family, fold) || strings.Join(q.family, "") == fold || slices.Contains(q.given, fold) {
			return true
		}
		if slices.ContainsFunc(q.given, func(given string) bool { return len(given) <= 3 && strings.Contains(given, fold[:1]) }) && p.near(at, q.family) {
			return true // a given name of which the registry has the initial
		}
	}
	return false
}

// near reports whether a family name stands within three words of a word.
func (p *prose) near(at int, family []string) bool {
	for _, w := range p.words[max(at-3, 0):min(at+4, len(p.words))] {
		if slices.Contains(family, umlauts.Replace(w.fold)) {
			return true
		}
	}
	return false
}

// sourceDifferences compares journal, volume and pages.
func (p *prose) sourceDifferences() []Difference {
	volume, pages, at := p.source()
	if volume == "" {
		return nil
	}
	var out []Difference
	known := p.k.Item.Field("volume")
	if p.exact {
		if journal := p.journal(at); journal != "" && p.k.journal() != "" && !sameJournal(journal, p.k.journals()...) {
			out = append(out, Difference{FieldJournal, journal, p.k.journal()})
		}
	}
	if known != "" && !sameVolume(volume, known) && !p.hasNumber(known) {
		out = append(out, Difference{FieldVolume, volume, known})
	}
	if known := p.k.Item.Field("pages"); known != "" && !samePages(pages, known) {
		if first, _ := pageRange(pages); !p.hasNumber(known) || strings.HasPrefix(first, firstPage(known)) {
			out = append(out, Difference{FieldPages, pages, known})
		}
	}
	return out
}

func firstPage(s string) string {
	first, _ := pageRange(s)
	return first
}

// notJournal are words between title and volume that belong to neither.
var notJournal = regexp.MustCompile(`(?i)\(?\b(?:1[5-9]|20)\d\d[a-z]?\b\)?|\bv(?:ol(?:ume)?)?\b\.?|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b\.?`)

// journal returns the journal's name, which stands between the title and the
// volume; "" if what stands there can't be one.
func (p *prose) journal(at int) string {
	from := p.words[p.title.to-1].to
	if p.title.to == 0 || at <= from {
		return ""
	}
	s := notJournal.ReplaceAllString(p.text[from:at], " ")
	s = strings.Trim(strings.Join(strings.Fields(s), " "), " .,;:\"'”“*_()[]?!")
	words := wordsOf(s)
	if len(words) == 0 || len(words) > 10 || words[0] == "in" || strings.ContainsAny(s, ":;\"“”[]") || strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return s
}
