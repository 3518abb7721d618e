package describe

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxPeople is the most people that are taken from a file.
const maxPeople = 200

// nameLines is how many lines after a title can name people.
const nameLines = 6

// creators returns the people of a file: those of its metadata, or those whom the
// lines after the title name.
func (s *source) creators(f front, title string) []library.Creator {
	var all []library.Creator
	add := func(text string) {
		for _, name := range splitNames(text) {
			if c, ok := person(name); ok && len(all) < maxPeople && !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	for _, stated := range s.meta["dc:creator"] {
		add(stated)
	}
	if len(all) == 0 {
		add(s.doc.Info["Author"])
	}
	if len(all) > 0 {
		return all
	}
	onPage, _, end := f.title()
	if plaintext.Fold(onPage) != plaintext.Fold(title) {
		return nil
	}
	for _, l := range f.lines[end:min(end+nameLines, len(f.lines))] {
		if l.height == 0 {
			continue // a stamp at the margin
		}
		if !isNames(l.small) {
			break
		}
		add(l.small)
	}
	return all
}

var (
	between = regexp.MustCompile(`\s*(?:;|\s(?:and|und|et|y)\s|&|•|·)\s*`)
	marks   = regexp.MustCompile(`[\d*†‡§¶#∗⋆✉]+`)
	// sentenceEnd is a full stop that is not that of an initial.
	sentenceEnd = regexp.MustCompile(`(\p{L}{3})\.$`)
	lists       = regexp.MustCompile(`\s*,\s*`)
)

// splitNames divides a text into names: "A. Author and B. Author", "Author, A.;
// Author, B.", "A Author, B Author". A single "Author, A." is one name.
func splitNames(s string) []string {
	var all []string
	for _, part := range between.Split(marks.ReplaceAllString(s, " "), -1) {
		pieces := slices.DeleteFunc(lists.Split(strings.Trim(part, " ,"), -1), func(p string) bool { return strings.TrimSpace(p) == "" })
		short := slices.ContainsFunc(pieces, func(p string) bool { return len(strings.Fields(p)) < 2 })
		switch {
		case !short || len(pieces) == 1:
			all = append(all, pieces...)
		case len(pieces)%2 == 0: // family and given names take turns
			for i := 0; i < len(pieces); i += 2 {
				all = append(all, pieces[i]+", "+pieces[i+1])
			}
		default:
			all = append(all, pieces...)
		}
	}
	return all
}

// The bounds of a person's name, in words.
const (
	minNameWords = 2
	maxNameWords = 5
)

// person returns a name as a creator; ok is false if the text is no name: what
// programs put there ("admin"), an address.
func person(name string) (c library.Creator, ok bool) {
	name = sentenceEnd.ReplaceAllString(strings.Trim(plaintext.Line(name), " ,;"), "$1")
	if strings.ContainsAny(name, "@/\\:()<>") {
		return c, false
	}
	if family, given, comma := strings.Cut(name, ","); comma {
		c = library.Creator{Role: "author", Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)}
		return c, c.Family != "" && c.Given != ""
	}
	words := strings.Fields(name)
	switch n := len(words); {
	case n == 1 && letters(name) > 1 && !isCased(name):
		return library.Creator{Role: "author", Name: name}, true // written without a space
	case n < minNameWords:
		return c, false
	case n > maxNameWords || slices.ContainsFunc(words, isCorporate):
		return library.Creator{Role: "author", Name: name}, true
	}
	family := len(words) - 1
	for family > 1 && isParticle(words[family-1]) {
		family--
	}
	return library.Creator{Role: "author", Given: strings.Join(words[:family], " "), Family: strings.Join(words[family:], " ")}, true
}

// isCased reports whether a text has letters of a script with two cases.
func isCased(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) })
}

// isParticle reports whether a word is one that stands before a family name.
func isParticle(word string) bool {
	switch word {
	case "von", "van", "de", "den", "der", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "zu", "zur", "bin", "ibn", "al", "el":
		return true
	}
	return false
}

// isCorporate reports whether a word is one of institutions' names.
func isCorporate(word string) bool {
	switch strings.ToLower(strings.Trim(word, ".,")) {
	case "of", "the", "for", "in", "on", "at", "university", "universität", "université", "universidad", "institute", "institut", "department", "school", "college", "center",
		"centre", "laboratory", "group", "team", "collaboration", "consortium", "society", "association", "inc", "ltd", "gmbh", "press", "journal",
		"hospital", "faculty", "committee", "agency", "ministry", "foundation", "company", "corporation":
		return true
	}
	return false
}

// isNames reports whether a line of a page names people and nothing else.
func isNames(s string) bool {
	names := splitNames(s)
	for _, name := range names {
		words := strings.Fields(strings.ReplaceAll(name, ",", " "))
		if len(words) < minNameWords || len(words) > maxNameWords || strings.ContainsAny(name, "@:/()") {
			return false
		}
		for _, w := range words {
			first := []rune(w)[0]
			if isCorporate(w) || !isParticle(w) && !unicode.IsUpper(first) && isCased(string(first)) || !unicode.IsLetter(first) {
				return false
			}
		}
	}
	return len(names) > 0
}
