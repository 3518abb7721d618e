package reference

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// person is a name as it is compared.
type person struct {
	family, given []string // words; of an institution, family alone
	institution   bool
}

// umlauts makes names equal that are written with or without them.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// personOf returns a creator's name. A single field that looks like the name of
// a person is divided.
func personOf(c library.Creator) person {
	family, given, institution := c.Family, c.Given, false
	if c.Name != "" {
		family, given, institution = splitName(c.Name)
	}
	p := person{family: nameWords(family), given: nameWords(given), institution: institution}
	if len(p.family) == 0 {
		p.family, p.given = p.given, nil
	}
	return p
}

// splitName divides a name in one field. Names of more than four words, or with
// a word that persons do not have, are institutions.
func splitName(name string) (family, given string, institution bool) {
	if last, first, ok := strings.Cut(name, ","); ok {
		return last, first, false
	}
	words := strings.Fields(name)
	if len(words) < 2 || len(words) > 4 || slices.ContainsFunc(words, corporate) {
		return name, "", true
	}
	return words[len(words)-1], strings.Join(words[:len(words)-1], " "), false
}

// corporate reports whether a word is one of institutions' names.
func corporate(word string) bool {
	switch strings.ToLower(strings.Trim(word, ".,")) {
	case "the", "of", "and", "&", "for", "group", "university", "consortium", "organization", "organisation", "collaboration", "team", "institute",
		"committee", "society", "association", "network", "investigators", "inc", "project", "agency", "department", "ministry", "council", "foundation":
		return true
	}
	return false
}

// nameWords returns the words of a name, without what follows it.
func nameWords(s string) []string {
	words := wordsOf(s)
	for i, w := range words {
		words[i] = umlauts.Replace(w)
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "jr" || w == "sr" || w == "ii" || w == "iii" || w == "iv" })
}

// isRest reports whether a creator stands for further ones.
func isRest(c library.Creator) bool {
	name := strings.Trim(strings.ToLower(c.Family+c.Name), ". ")
	return name == "others" || name == "et al" || name == "al"
}

// contains reports whether words stand in others one after the other, or are
// equal to them when joined.
func contains(all, words []string) bool {
	if len(words) == 0 || len(words) > len(all) {
		return len(words) > 0 && strings.Join(all, "") == strings.Join(words, "")
	}
	for i := range len(all) - len(words) + 1 {
		if slices.Equal(all[i:i+len(words)], words) {
			return true
		}
	}
	return strings.Join(all, "") == strings.Join(words, "")
}

// sameFamily reports whether two persons have one family name, with or without
// particles, the second of two, or the order of given and family name.
func sameFamily(a, b person) bool {
	x, y := strings.Join(a.family, ""), strings.Join(b.family, "")
	if contains(a.family, b.family) || contains(b.family, a.family) || isLatin(x) != isLatin(y) {
		return true // in two scripts they can't be compared
	}
	if !isLatin(x) && x+strings.Join(a.given, "") == y+strings.Join(b.given, "") {
		return true // East Asian names are written without a space
	}
	return len(a.given) > 0 && len(b.given) > 0 && strings.Join(a.given, "") == strings.Join(b.family, "") && strings.Join(a.family, "") == strings.Join(b.given, "")
}

// samePerson reports whether two names can be of one person: the first given
// name of the first is one of the second's, or its initial.
func samePerson(a, b person) bool {
	if !sameFamily(a, b) {
		return false
	}
	if len(a.given) == 0 || len(b.given) == 0 || !isLatin(a.given[0]) || !isLatin(b.given[0]) || !contains(a.family, b.family) && !contains(b.family, a.family) {
		return true
	}
	initial := a.given[0][:1]
	for _, w := range b.given {
		if strings.HasPrefix(w, initial) || len(w) <= 3 && strings.Contains(w, initial) {
			return true
		}
	}
	return false
}

// authors returns the creators who are compared: the authors, or all where no
// one is an author.
func authors(it *library.Item) []library.Creator {
	var list []library.Creator
	for _, c := range it.Creators {
		if (c.Role == "author" || c.Role == "") && !isRest(c) && c.Display() != "" {
			list = append(list, c)
		}
	}
	if len(list) > 0 {
		return list
	}
	return slices.DeleteFunc(slices.Clone(it.Creators), isRest)
}

// authorDifferences returns the authors that the reference names and the work
// doesn't have, and a first author who isn't the first.
func authorDifferences(it *library.Item, k Known) []Difference {
	stated, known := authors(it), authors(k.Item)
	if len(stated) == 0 || len(known) == 0 {
		return nil
	}
	everyone := make([]person, len(k.Item.Creators))
	for i, c := range k.Item.Creators {
		everyone[i] = personOf(c)
	}
	var out []Difference
	for i, c := range stated {
		p := personOf(c)
		if p.institution && !slices.ContainsFunc(everyone, func(q person) bool { return q.institution }) {
			continue // registries often have no institutions
		}
		if !slices.ContainsFunc(everyone, func(q person) bool { return samePerson(p, q) }) {
			out = append(out, Difference{FieldAuthor, c.Display(), namesOf(known)})
		} else if i == 0 && !sameFamily(p, personOf(known[0])) && it.Creators[0].Role == k.Item.Creators[0].Role {
			out = append(out, Difference{FieldAuthor, c.Display() + " first", namesOf(known)})
		}
	}
	return out
}

// maxNames is the most authors that a difference names.
const maxNames = 6

// namesOf lists creators.
func namesOf(list []library.Creator) string {
	var names []string
	for i, c := range list {
		if i == maxNames {
			names = append(names, "et al.")
			break
		}
		names = append(names, c.Display())
	}
	return strings.Join(names, ", ")
}
