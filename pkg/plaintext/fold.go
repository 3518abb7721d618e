package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letterFolds are letters that NFKD leaves whole although people type them
// otherwise. Of Arabic script they are the forms that writers and keyboards of
// several languages exchange, as in Lucene's Arabic and Persian analysers.
var letterFolds = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe",
	'ı': "i", 'ħ': "h", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k", 'ς': "σ", 'ƒ': "f", 'ɖ': "d",
	'ى': "ي", 'ی': "ي", 'ې': "ي", 'ک': "ك", 'ة': "ه", 'ہ': "ه", 'ە': "ه", 'ٱ': "ا",
}

// appendFolded appends word to buf in lower case and without diacritics.
func appendFolded(buf []byte, word string) []byte {
	if IsASCII(word) {
		for i := range len(word) {
			c := word[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			buf = append(buf, c)
		}
		return buf
	}
	for _, r := range norm.NFKD.String(word) {
		if isDiacritic(r) || isJoiner(r) {
			continue
		}
		buf = appendRune(buf, r)
	}
	return buf
}

// FoldWord returns a word in lower case and without diacritics, as
// [Scanner.Word] is. A word of a script without spaces stays as it is.
func FoldWord(word string) string {
	if kind, _ := classify(word); kind == pairChar {
		return word
	}
	return string(cutBytes(appendFolded(nil, word)))
}

// IsASCII reports whether s has only ASCII characters.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isDiacritic reports whether r is a mark that a reader may leave out. Marks
// of scripts in which they are vowels (the Indic ones) are not among them.
func isDiacritic(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r <= 0x36f, // combining diacritical marks
		r >= 0x0591 && r <= 0x05c7,              // Hebrew points
		r >= 0x064b && r <= 0x065f, r == 0x0670, // Arabic harakat
		r >= 0x1ab0 && r <= 0x1aff, r >= 0x1dc0 && r <= 0x1dff,
		r >= 0x20d0 && r <= 0x20ff, r >= 0xfe20 && r <= 0xfe2f:
		return unicode.Is(unicode.Mn, r)
	}
	return false
}

// isJoiner reports whether r stands inside a word without being part of it:
// soft hyphen, zero-width joiners, the stroke that stretches Arabic words.
func isJoiner(r rune) bool {
	return r == '\u00ad' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\u0640'
}

// digraphs are how people write letters that their keyboard lacks, where that is
// not the letter without its diacritic.
var digraphs = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'å': "aa", 'ø': "oe"}

// FoldDigraphs returns a word in lower case and without diacritics, as
// [Scanner.Word] is, but with digraphs: "Müller" is "mueller", "Ångström" is
// "aangstroem". It reports whether it has any.
func FoldDigraphs(word string) (string, bool) {
	if IsASCII(word) {
		return "", false
	}
	buf, found := withDigraphs(word)
	return string(cutBytes(buf)), found
}

func withDigraphs(word string) (buf []byte, found bool) {
	for _, r := range norm.NFC.String(word) {
		if s, ok := digraphs[unicode.ToLower(r)]; ok {
			buf, found = append(buf, s...), true
			continue
		}
		buf = appendFolded(buf, string(r))
	}
	return buf, found
}

// WithoutDigraphs returns a folded name with letters without diacritics in place
// of digraphs: "mueller" is "muller". It reports whether there is any. Many words
// have such letters side by side for other reasons, so it is of use for names
// alone.
func WithoutDigraphs(name string) (string, bool) {
	const least = 5 // letters: shorter names (Baer, Joel) are others
	if len(name) < least {
		return "", false
	}
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		out = append(out, name[i])
		if isDigraph(name, i) {
			i++
		}
	}
	if len(out) == len(name) {
		return "", false
	}
	return string(out), true
}

// NameForms returns the forms by which a name, as [FoldName] returns it, is
// compared: itself and, if it has diacritics, without them, and with digraphs.
func NameForms(folded string) []string {
	forms := []string{folded}
	if IsASCII(folded) {
		return forms
	}
	plain := string(appendFolded(nil, folded))
	if plain != folded {
		forms = append(forms, plain)
	}
	if digraphs, ok := withDigraphs(folded); ok {
		forms = append(forms, string(digraphs))
	}
	return forms
}

// isDigraph reports whether a digraph begins there, between consonants.
func isDigraph(name string, i int) bool {
	if i+2 >= len(name) || strings.IndexByte("aeiou", name[i+2]) >= 0 {
		return false
	}
	others := "aeiou"
	switch name[i : i+2] {
	case "ae", "oe", "aa":
	case "ue":
		others = "aeiougq" // Miguel, Duquesne
	default:
		return false
	}
	return i == 0 || strings.IndexByte(others, name[i-1]) < 0
}

// FoldCase returns s so that two strings that differ only in case, or in how
// their accents are composed, become one (compare [strings.EqualFold]).
func FoldCase(s string) string {
	if IsASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		// The least rune of a letter in ASCII is its capital.
		return unicode.ToLower(least)
	}, norm.NFC.String(s))
}

// Fold returns the words of s as a reader sees them (see [Shown]) in lower case,
// without diacritics and punctuation, separated by single spaces: texts that
// people write in different ways become equal. An apostrophe is part of its word.
func Fold(s string) string {
	var b []byte
	gap := false
	for _, r := range norm.NFKD.String(Shown(s)) {
		switch {
		case isDiacritic(r) || isJoiner(r) || r == '\'' || r == '’':
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			if gap && len(b) > 0 {
				b = append(b, ' ')
			}
			gap = false
			b = appendRune(b, r)
		default:
			gap = true
		}
	}
	return string(b)
}

// appendRune appends a letter of a decomposed text in lower case, and takes
// those apart that Unicode does not.
func appendRune(b []byte, r rune) []byte {
	r = unicode.ToLower(r)
	if s, ok := letterFolds[r]; ok {
		return append(b, s...)
	}
	if r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r) {
		r = '0' + digitValue(r)
	}
	return utf8.AppendRune(b, r)
}

// digitValue returns the value of a decimal digit of any script. Unicode encodes
// the ten digits of a script side by side.
func digitValue(r rune) rune {
	zero := r
	for zero > r-9 && unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return r - zero
}
