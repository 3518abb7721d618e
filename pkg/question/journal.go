package question

import "strings"

// Abbreviates reports whether words are a journal's name, given as its words: in
// full, for short ("phys rev") or by its initials ("pnas"). All are folded.
func Abbreviates(words, name []string) bool {
	if len(words) == 1 && initials(words[0], name) {
		return true
	}
	at := 0
	for _, w := range words {
		if filler(w) {
			continue
		}
		for at < len(name) && filler(name[at]) {
			at++
		}
		if at == len(name) || !shortens(w, name[at]) {
			return false
		}
		at++
	}
	return at > 0
}

// shortens reports whether a word is a longer one for short: its first letter and
// some of the others, in order.
func shortens(short, long string) bool {
	if short == "" || long == "" || short[0] != long[0] {
		return false
	}
	rest := long
	for _, r := range short {
		var ok bool
		if _, rest, ok = strings.Cut(rest, string(r)); !ok {
			return false
		}
	}
	return true
}

// initials reports whether a word is the first letters of a name's words.
func initials(word string, name []string) bool {
	rest := word
	for _, w := range name {
		if filler(w) || w == "" {
			continue
		}
		if rest == "" || rest[0] != w[0] {
			return false
		}
		rest = rest[1:]
	}
	return rest == "" && len(word) > 1
}

// filler reports whether abbreviations of journals leave a word out.
func filler(w string) bool {
	switch w {
	case "a", "an", "and", "der", "des", "die", "et", "for", "fur", "in", "la", "le", "of", "on", "the", "to", "und", "de":
		return true
	}
	return false
}
