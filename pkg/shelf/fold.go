package shelf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold returns the words of s in lower case, without marks, punctuation and
// inline markup, separated by single spaces: texts that people write in
// different ways become equal.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(withoutTags(s)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			writeFolded(&b, unicode.ToLower(r))
		case unicode.IsMark(r) || r == '\'' || r == '’':
			// part of the word that it stands in
		default:
			gap = true
		}
	}
	return b.String()
}

// writeFolded writes r, taking apart the letters that Unicode does not.
func writeFolded(b *strings.Builder, r rune) {
	switch r {
	case 'ß':
		b.WriteString("ss")
	case 'ø':
		b.WriteByte('o')
	case 'ł':
		b.WriteByte('l')
	case 'đ', 'ð':
		b.WriteByte('d')
	case 'æ':
		b.WriteString("ae")
	case 'œ':
		b.WriteString("oe")
	case 'þ':
		b.WriteString("th")
	case 'ı':
		b.WriteByte('i')
	default:
		b.WriteRune(r)
	}
}

// withoutTags returns s without inline markup such as <i> and </span>: short,
// and beginning with a letter or a slash.
func withoutTags(s string) string {
	const longest = 60
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		b.WriteString(s[:open])
		s = s[open:]
		end := strings.IndexByte(s[:min(len(s), longest)], '>')
		if end > 1 && (s[1] == '/' || s[1] >= 'a' && s[1] <= 'z') {
			s = s[end+1:]
			continue
		}
		b.WriteByte('<')
		s = s[1:]
	}
	b.WriteString(s)
	return b.String()
}

// similarity returns how alike two folded texts are, from 0 to 1: the share
// of pairs of neighbouring characters that they have in common (Dice's
// coefficient), which forgives typing errors and works in every script.
func similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	pairs := map[[2]rune]int{}
	total := 0
	count := func(s string, step int) (common int) {
		runes := []rune(s)
		for i := range len(runes) - 1 {
			p := [2]rune{runes[i], runes[i+1]}
			if step < 0 && pairs[p] > 0 {
				common++
			}
			pairs[p] += step
			total++
		}
		return common
	}
	count(a, 1)
	common := count(b, -1)
	if total == 0 {
		return 0
	}
	return 2 * float64(common) / float64(total)
}
