package latex

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// accent is a combining character, and the character that stands for it
// alone.
type accent struct {
	combining rune
	alone     string
}

// signAccents are the accents whose commands are signs: \"o.
var signAccents = map[rune]accent{
	'`': {'\u0300', "`"}, '\'': {'\u0301', "´"}, '^': {'\u0302', "^"}, '~': {'\u0303', "~"},
	'=': {'\u0304', "¯"}, '.': {'\u0307', "˙"}, '"': {'\u0308', "¨"},
}

// letterAccents are the accents whose commands are letters: \c{c}.
var letterAccents = map[string]accent{
	"u": {'\u0306', "˘"}, "r": {'\u030a', "˚"}, "H": {'\u030b', "˝"}, "v": {'\u030c', "ˇ"},
	"d": {'\u0323', ""}, "c": {'\u0327', "¸"}, "k": {'\u0328', "˛"}, "b": {'\u0331', ""},
	"t": {'\u0361', ""}, "G": {'\u030f', ""}, "U": {'\u030e', ""}, "f": {'\u0311', ""}, "h": {'\u0309', ""},
	"textcommabelow": {'\u0326', ""},
	"acute":          {'\u0301', ""}, "grave": {'\u0300', ""}, "hat": {'\u0302', ""}, "widehat": {'\u0302', ""},
	"tilde": {'\u0303', ""}, "widetilde": {'\u0303', ""}, "bar": {'\u0304', ""}, "overline": {'\u0304', ""},
	"breve": {'\u0306', ""}, "dot": {'\u0307', ""}, "ddot": {'\u0308', ""}, "mathring": {'\u030a', ""},
	"check": {'\u030c', ""}, "vec": {'\u20d7', ""},
}

// accented puts an accent on the first letter of text. On something that is
// no letter it stands alone, before it.
func accented(a accent, text string) string {
	first, size := utf8.DecodeRuneInString(text)
	switch {
	case size == 0:
		return a.alone
	case first == 'ı':
		first = 'i'
	case first == 'ȷ':
		first = 'j'
	case !unicode.IsLetter(first) && !unicode.IsMark(first):
		return a.alone + text
	}
	rest := text[size:]
	// A letter may have accents already (\d{\^o}); the new one joins them.
	marks := 0
	for marks < len(rest) {
		mark, n := utf8.DecodeRuneInString(rest[marks:])
		if !unicode.IsMark(mark) || marks > 16 {
			break
		}
		marks += n
	}
	return norm.NFC.String(string(first)+rest[:marks]+string(a.combining)) + rest[marks:]
}
