package zotero

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unfolded are letters that decomposition leaves whole although people type
// them otherwise.
var unfolded = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ħ': "h", 'ς': "σ",
}

// fold returns the words of s in lower case without accents, one space between
// them and none at the ends.
func fold(s string) string {
	b := make([]byte, 0, len(s))
	gap := false
	for _, r := range s {
		if inWord, joins := wordRune(r); !inWord {
			gap = gap || !joins
			continue
		}
		if gap && len(b) > 0 {
			b = append(b, ' ')
		}
		gap = false
		if r < utf8.RuneSelf {
			b = append(b, byte(unicode.ToLower(r)))
		} else {
			b = appendFolded(b, r)
		}
	}
	return string(b)
}

// wordRune reports whether r is part of a word; if not, whether it may stand
// inside one without ending it.
func wordRune(r rune) (inWord, joins bool) {
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		return true, false
	}
	return false, unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

func appendFolded(b []byte, r rune) []byte {
	for _, d := range norm.NFKD.String(string(r)) {
		d = unicode.ToLower(d)
		if s, ok := unfolded[d]; ok {
			b = append(b, s...)
		} else if !unicode.Is(unicode.Mn, d) {
			b = utf8.AppendRune(b, d)
		}
	}
	return b
}

// hasWords reports whether every word of wanted, folded, is a word of folded.
func hasWords(folded, wanted string) bool {
	padded := " " + folded + " "
	for word := range strings.FieldsSeq(wanted) {
		if !strings.Contains(padded, " "+word+" ") {
			return false
		}
	}
	return true
}
