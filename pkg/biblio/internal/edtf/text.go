package edtf

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// token is a number or a word of a written date, with what stands between it
// and the token before.
type token struct {
	before string
	word   string // "" for a number
	number int
	width  int // digits of a number
}

func (t token) isNumber() bool { return t.word == "" && t.width > 0 }

// isYear reports whether t can be nothing but a year.
func (t token) isYear() bool { return t.isNumber() && (t.width == 3 || t.width == 4) && t.number > 0 }

// isSmall reports whether t can be a day or a month.
func (t token) isSmall() bool { return t.isNumber() && t.width <= 2 }

// parseText finds the date in free text.
func parseText(s string) date {
	tokens, rest := tokenize(s)
	if d, ok := parseNumeric(tokens, rest); ok {
		return d
	}
	if len(tokens) == 1 {
		if d, ok := parseCompact(tokens[0]); ok {
			return d
		}
	}
	at, d := findYear(tokens, rest)
	month, day := findMonth(tokens, at)
	if !d.known {
		return yearAfterMonth(tokens, month, day)
	}
	if month >= 0 {
		d.month = monthAt(tokens, month)
	}
	if day >= 0 {
		d.day = tokens[day].number
	}
	return d
}

// tokenize splits s into numbers and words, folded to lower case without
// diacritics; rest is what follows the last of them.
func tokenize(s string) (tokens []token, rest string) {
	var current, between strings.Builder
	var kind int // of current: 1 number, 2 word
	flush := func() {
		if current.Len() == 0 {
			return
		}
		t := token{before: between.String()}
		if text := current.String(); kind == 1 {
			t.width = len(text)
			t.number, _ = strconv.Atoi(text)
		} else {
			t.word = text
		}
		tokens = append(tokens, t)
		current.Reset()
		between.Reset()
	}
	for _, r := range norm.NFKD.String(s) {
		now := 0
		switch {
		case unicode.Is(unicode.Mn, r) && kind == 2 && current.Len() > 0 && !unicode.Is(unicode.Thai, r):
			continue // an accent: months are known without
		case r >= '0' && r <= '9':
			now = 1
		case unicode.IsLetter(r) || unicode.Is(unicode.Thai, r):
			now = 2
		}
		if now != kind {
			flush()
			kind = now
		}
		switch now {
		case 0:
			between.WriteRune(r)
		default:
			current.WriteRune(unicode.ToLower(r))
		}
	}
	flush()
	return tokens, between.String()
}

// parseNumeric finds three numbers with the same sign between them, or two
// that are the whole text. (Two with something around them may be pages.)
func parseNumeric(tokens []token, rest string) (date, bool) {
	tokens, rest = dropEastAsian(tokens, rest)
	for i := 0; i+2 < len(tokens); i++ {
		a, b, c := tokens[i], tokens[i+1], tokens[i+2]
		if a.isNumber() && b.isSmall() && c.isNumber() && b.before == c.before && separates(b.before) {
			if d, ok := arrange(a, b, c); ok {
				return d, true
			}
		}
	}
	if len(tokens) != 2 || !tokens[0].isNumber() || !tokens[1].isNumber() || !separates(tokens[1].before) {
		return date{}, false
	}
	if strings.Trim(tokens[0].before+rest, "/-. ()[]") != "" {
		return date{}, false
	}
	a, b := tokens[0], tokens[1]
	if a.isSmall() {
		a, b = b, a
	}
	if !a.isYear() || !b.isSmall() || b.number > 12 {
		return date{}, false
	}
	return date{known: true, year: a.number, month: b.number}, true
}

func separates(s string) bool {
	switch strings.TrimSpace(s) {
	case "-", "/", ".", "\u2010", "\u2011", "\u2012", "\u2013", "\u2212":
		return true
	}
	return false
}

// dropEastAsian turns year, month and day signs (2008年6月26日) into
// separators.
func dropEastAsian(tokens []token, rest string) ([]token, string) {
	if len(tokens) < 3 {
		return tokens, rest
	}
	var kept []token
	dropped := false
	for _, t := range tokens {
		switch t.word {
		case "年", "月", norm.NFKD.String("년"), norm.NFKD.String("월"):
			dropped = true
			continue
		case "日", "号", norm.NFKD.String("일"):
			continue
		}
		if dropped {
			t.before = "-"
			dropped = false
		}
		kept = append(kept, t)
	}
	return kept, rest
}

// arrange orders three numbers into year, month and day.
func arrange(a, b, c token) (date, bool) {
	var d date
	switch {
	case a.isYear() && c.isSmall():
		d = date{year: a.number, month: b.number, day: c.number}
	case a.isSmall() && c.isYear():
		d = date{year: c.number, month: a.number, day: b.number}
	case a.isSmall() && c.isSmall() && c.width == 2:
		d = date{year: century(c.number), month: a.number, day: b.number}
	default:
		return d, false
	}
	// German and other dotted dates have the day first.
	if b.before == "." && !a.isYear() || d.month > 12 && d.day <= 12 {
		d.month, d.day = d.day, d.month
	}
	d.known = true
	return d, d.month <= 12 && d.day <= 31
}

// century gives a two-digit year its century.
func century(year int) int {
	if year <= 30 {
		return 2000 + year
	}
	return 1900 + year
}

// parseCompact reads 20080626 and 200806.
func parseCompact(t token) (date, bool) {
	n := t.number
	d := date{known: true}
	switch t.width {
	case 8:
		d.year, d.month, d.day = n/10000, n/100%100, n%100
	case 6:
		d.year, d.month = n/100, n%100
	}
	plausible := d.year >= 1000 && d.year <= 2999 && d.month >= 1 && d.month <= 12 && d.day <= 31
	return d, plausible && (t.width == 6 || d.day > 0)
}

// findYear returns the position of the year and the year: one with an era
// first, then one of four digits, then one of three.
func findYear(tokens []token, rest string) (int, date) {
	for i, t := range tokens {
		if i > 0 && tokens[i-1].word == "ad" && t.isNumber() && t.width <= 4 && t.number > 0 {
			return i, date{known: true, year: t.number}
		}
		if sign := era(tokens[i+1:]); sign != 0 && t.isNumber() && t.width <= 5 && t.number > 0 {
			return i, date{known: true, year: sign * t.number}
		}
	}
	after := func(i int) string {
		if i+1 < len(tokens) {
			return tokens[i+1].before
		}
		return rest
	}
	for i, t := range tokens {
		switch {
		case t.isYear() && t.width == 4:
			return i, date{known: true, year: t.number}
		case t.isNumber() && t.number > 0 && unspecified(after(i), 4-t.width):
			return i, date{known: true, year: t.number * power(4-t.width)}
		}
	}
	for i, t := range tokens {
		if t.isYear() {
			return i, date{known: true, year: t.number}
		}
	}
	return -1, date{}
}

// unspecified reports whether s begins with signs for n missing digits, as
// cataloguers write decades and centuries: "[198-?]", "[18--]", "198?".
func unspecified(s string, n int) bool {
	if n != 1 && n != 2 {
		return false
	}
	run := len(s) - len(strings.TrimLeft(s, "-"))
	if run == 0 {
		run = len(s) - len(strings.TrimLeft(s, "?"))
	}
	// "198-199" is a range of pages, not a decade.
	return run == n && strings.Trim(s[run:], "?]). ,") == "" && (s[run:] != "" || s[0] == '?' || n == 2)
}

func power(n int) int {
	if n == 1 {
		return 10
	}
	return 100
}

// era returns the sign of a year by the words after it, 0 if they are no era.
func era(after []token) int {
	var words strings.Builder
	for i, t := range after {
		if i == 4 || t.word == "" || strings.Trim(t.before, " .-") != "" {
			break
		}
		words.WriteString(t.word)
		switch words.String() {
		case "bc", "bce", "vchr", "vor", "avjc", "ac", "aec", "прдонэ", "донэ":
			return -1
		case "ad", "ce", "nchr", "apjc", "dc", "нэ":
			return 1
		}
	}
	return 0
}

// findMonth returns the positions of the first month and of the day that
// belongs to it, -1 for what is not there. The token at year is the year.
func findMonth(tokens []token, year int) (at, day int) {
	for i := range tokens {
		if monthAt(tokens, i) > 0 {
			return i, findDay(tokens, i, year)
		}
	}
	return -1, -1
}

// monthAt returns the month that the word at i names, or 0.
func monthAt(tokens []token, i int) int {
	word := tokens[i].word
	if word == "" {
		return 0
	}
	if n := monthNamed(word); n > 0 {
		return n
	}
	if (word == "月" || word == norm.NFKD.String("월")) && i > 0 && tokens[i-1].isSmall() && tokens[i-1].number <= 12 {
		return tokens[i-1].number
	}
	return 0
}

// findDay looks for the day before the month at i ("26-28 June", "5 de
// mayo"), then behind it ("June 26th").
func findDay(tokens []token, i, year int) int {
	isDay := func(k int) bool {
		return k >= 0 && k < len(tokens) && k != year && tokens[k].isSmall() && tokens[k].number >= 1 && tokens[k].number <= 31 &&
			!strings.Contains(tokens[k].before, ":") && (k+1 >= len(tokens) || !strings.HasPrefix(tokens[k+1].before, ":"))
	}
	k := i - 1
	for k >= 0 && linksDay(tokens[k].word) {
		k--
	}
	if isDay(k) && !strings.Contains(tokens[k+1].before, ",") {
		if k > 0 && separates(tokens[k].before) && isDay(k-1) && tokens[k-1].number < tokens[k].number {
			k--
		}
		return k
	}
	if k = i + 1; k < len(tokens) && monthAt(tokens, k) > 0 {
		return -1 // "May-June 12" would be anybody's guess
	}
	if isDay(k) {
		return k
	}
	return -1
}

// linksDay reports whether word stands between a day and its month.
func linksDay(word string) bool {
	switch word {
	case "de", "of", "th", "st", "nd", "rd", "er", "do", "di", "ta", "en":
		return true
	}
	return false
}

// yearAfterMonth reads "26-Jun-08" and "Jun '08", where the year has two
// digits.
func yearAfterMonth(tokens []token, month, day int) date {
	if month < 0 || month+1 >= len(tokens) {
		return date{}
	}
	last := tokens[month+1]
	apostrophe := strings.HasSuffix(last.before, "'") || strings.HasSuffix(last.before, "\u2019")
	if !last.isSmall() || last.width != 2 || !apostrophe && (day < 0 || day > month) {
		return date{}
	}
	d := date{known: true, year: century(last.number), month: monthAt(tokens, month)}
	if day >= 0 && day < month {
		d.day = tokens[day].number
	}
	return d
}
