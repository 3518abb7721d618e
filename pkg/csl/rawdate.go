package csl

import (
	"strconv"
	"strings"
)

// parseRawDate reads a date in words: numbers in the order year, month, day or
// month, day, year, English month names, seasons, "c." for circa, BC, and two
// dates joined by a dash or slash. What it can't read stays as it is.
func parseRawDate(s string) *workDate {
	text := strings.TrimSpace(s)
	if n := len(text); n > 1 && text[0] == '"' && text[n-1] == '"' {
		return &workDate{literal: text[1 : n-1]}
	}
	if i := strings.IndexByte(text, 'T'); i > 0 && i+1 < len(text) && isDigit(text[i-1]) && isDigit(text[i+1]) {
		text = text[:i]
	}
	first, second, ranged := splitRawRange(text)
	d := &workDate{}
	from, ok := d.parseRawEnd(first)
	d.from = from
	if ok && ranged {
		if to, ok := d.parseRawEnd(second); ok {
			d.to, d.ranged = to, true
			d.completeRange()
		} else {
			ok = false
		}
	}
	if !ok || d.from.Year == 0 || d.from.Day != 0 && d.from.Month == 0 {
		return &workDate{literal: s}
	}
	return d
}

// completeRange gives each end what only the other one says.
func (d *workDate) completeRange() {
	orInt(&d.from.Year, d.to.Year)
	orInt(&d.to.Year, d.from.Year)
	orInt(&d.from.Month, d.to.Month)
	orInt(&d.to.Month, d.from.Month)
	orInt(&d.from.Day, d.to.Day)
	orInt(&d.to.Day, d.from.Day)
}

// splitRawRange splits two dates. A slash joins dates written with hyphens, and
// a hyphen or dash dates written otherwise.
func splitRawRange(s string) (first, second string, ranged bool) {
	slash, dash := strings.Contains(s, "/"), strings.Contains(s, "-")
	if i := strings.Index(s, "–"); i > 0 {
		return s[:i], s[i+len("–"):], true
	}
	switch {
	case slash && dash && strings.Count(s, "/") < 3:
		first, second, _ = strings.Cut(s, "/")
		return first, second, true
	case slash:
		return s, "", false
	case dash && !isNumericDate(strings.TrimPrefix(s, "-")):
		i := strings.LastIndexByte(s, '-')
		for i > 0 && strings.Count(s, "-") > 1 && strings.Count(s[:i], "-") > strings.Count(s[i+1:], "-") {
			i = strings.LastIndexByte(s[:i], '-')
		}
		if i > 0 {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// isNumericDate tells one date of numbers, not a range of two years.
func isNumericDate(s string) bool {
	years := 0
	for part := range strings.SplitSeq(s, "-") {
		part = strings.TrimSpace(part)
		if part == "" || digitCount(part) != len(part) {
			return false
		}
		if len(part) >= 3 {
			years++
		}
	}
	return years <= 1
}

// parseRawEnd reads one date.
func (d *workDate) parseRawEnd(s string) (p DateParts, ok bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var numbers []string
	named := false
	for _, word := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == ',' || r == '-' || r == '/' || r == '_'
	}) {
		switch lower := strings.TrimSuffix(strings.ToLower(word), "."); {
		case word == "?" || word == "~" || lower == "c" || lower == "ca" || strings.HasPrefix(lower, "cir"):
			d.circa = true
		case isDigit(lower[0]):
			word = strings.TrimRight(lower, "?~")
			if len(word) != len(lower) {
				d.circa = true
			}
			numbers = append(numbers, word[:digitCount(word)])
		case strings.HasPrefix(lower, "bc"):
			negative = true
		case strings.HasPrefix(lower, "ad"):
		case monthByName(lower) != 0:
			p.Month, named = monthByName(lower), true
		default:
			return p, false
		}
	}
	p.setNumbers(numbers, named)
	if negative {
		p.Year = -p.Year
	}
	return p, true
}

// setNumbers sorts out which number is which.
func (p *DateParts) setNumbers(numbers []string, named bool) {
	var rest []int
	for _, n := range numbers {
		value, _ := strconv.Atoi(n)
		if p.Year == 0 && (len(n) >= 3 || len(numbers) == 1 && !named) {
			p.Year = value
			continue
		}
		rest = append(rest, value)
	}
	switch {
	case len(rest) == 0:
	case named:
		p.Day = rest[0]
	case len(rest) == 1:
		p.Month = rest[0]
	case rest[0] > 12:
		p.Month, p.Day = rest[1], rest[0]
	default:
		p.Month, p.Day = rest[0], rest[1]
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// monthByName returns 1 to 12 for an English month, 13 to 16 for a season, and
// 0 for any other word.
func monthByName(word string) int {
	if len(word) < 3 {
		return 0
	}
	switch word[:3] {
	case "spr":
		return 13
	case "sum":
		return 14
	case "fal", "aut":
		return 15
	case "win":
		return 16
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", word[:3])
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}
