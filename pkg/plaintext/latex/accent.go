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

// letterAccents are the accents whose commands are words: \c{c}, \bar{1}.
var letterAccents = map[string]accent{
	"u": {'\u0306', "˘"}, "r": {'\u030a', "˚"}, "H": {'\u030b', "˝"}, "v": {'\u030c', "ˇ"},
	"d": {'\u0323', ""}, "c": {'\u0327', "¸"}, "k": {'\u0328', "˛"}, "b": {'\u0331', ""},
	"t": {'\u0361', ""}, "G": {'\u030f', ""}, "U": {'\u030e', ""}, "f": {'\u0311', ""}, "h": {'\u0309', ""}, "M": {'\u0322', ""},
	"B": {'\u0335', ""}, "horn": {'\u031b', ""}, "ogonek": {'\u0328', ""}, "cedilla": {'\u0327', ""}, "newtie": {'\u0361', ""},

	"textcommabelow": {'\u0326', ""}, "textcommaabove": {'\u0313', ""}, "textturncommaabove": {'\u0312', ""}, "textdotbreve": {'\u0310', ""},
	"textvbaraccent": {'\u030d', ""}, "textdoublevbaraccent": {'\u030e', ""}, "textsubgrave": {'\u0316', ""}, "textsubacute": {'\u0317', ""},
	"textsubumlaut": {'\u0324', ""}, "textsubring": {'\u0325', ""}, "textsyllabic": {'\u0329', ""}, "textsubbridge": {'\u032a', ""},
	"textsubwedge": {'\u032c', ""}, "textsubcircum": {'\u032d', ""}, "textsubbreve": {'\u032e', ""}, "textsubarch": {'\u032f', ""},
	"textsubtilde": {'\u0330', ""}, "textsubbar": {'\u0320', ""}, "textsubdot": {'\u0323', ""}, "textdoublegrave": {'\u030f', ""},
	"textroundcap": {'\u0311', ""}, "textovercross": {'\u033d', ""}, "texttoptiebar": {'\u0361', ""}, "textbottomtiebar": {'\u035c', ""},
	"textsuperimposetilde": {'\u0334', ""}, "textcircled": {'\u20dd', ""}, "textmacron": {'\u0304', ""}, "textacutemacron": {'\u0304', ""},

	"acute": {'\u0301', ""}, "grave": {'\u0300', ""}, "hat": {'\u0302', ""}, "widehat": {'\u0302', ""},
	"tilde": {'\u0303', ""}, "widetilde": {'\u0303', ""}, "bar": {'\u0304', ""}, "overline": {'\u0304', ""}, "widebar": {'\u0304', ""}, "overbar": {'\u0304', ""},
	"breve": {'\u0306', ""}, "dot": {'\u0307', ""}, "ddot": {'\u0308', ""}, "dddot": {'\u20db', ""}, "ddddot": {'\u20dc', ""},
	"mathring": {'\u030a', ""}, "ocirc": {'\u030a', ""}, "ring": {'\u030a', ""}, "check": {'\u030c', ""}, "widecheck": {'\u030c', ""}, "vec": {'\u20d7', ""},
	"overrightarrow": {'\u20d7', ""}, "overleftarrow": {'\u20d6', ""}, "overleftrightarrow": {'\u20e1', ""}, "underbar": {'\u0331', ""},
	"utilde": {'\u0330', ""}, "underaccent": {'\u0331', ""}, "ovhook": {'\u0309', ""}, "candra": {'\u0310', ""}, "threeunderdot": {'\u20e8', ""},
	"not": {'\u0338', ""}, "cancel": {'\u0338', ""},
}

// accented puts an accent on the first letter of text. On something that is
// no letter it stands alone, before it.
func accented(a accent, text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && !unicode.IsLetter(first) && !unicode.IsMark(first) {
		return a.alone + text
	}
	return combined(a, text)
}

// combined puts an accent on the first character of text, which may be a digit
// or a sign, but not white space.
func combined(a accent, text string) string {
	first, size := utf8.DecodeRuneInString(text)
	switch {
	case size == 0:
		return a.alone
	case unicode.IsSpace(first) || unicode.IsControl(first) || first == '<' && size < len(text): // a tag
		return a.alone + text
	case first == 'ı':
		first = 'i'
	case first == 'ȷ':
		first = 'j'
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
