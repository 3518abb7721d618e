// Package edtf finds the date in what bibliographies write as a date: EDTF
// levels 0 and 1 (ISO 8601-2:2019), the numeric and worded dates of reference
// managers, and the bracketed guesses of cataloguers.
package edtf

import (
	"strconv"
	"strings"
)

// maxLength is how many bytes of a text are looked at: a date that has not
// begun by then is prose.
const maxLength = 256

// Parse returns the date that s tells as "2008-06-26", "2008-06" or "2008",
// with a minus sign for years before our era ("-0044"), and whether there is
// one.
//
// Of an interval it is the first end that is known, of a decade or century
// its first year, of a season its year. A qualifier (uncertain, approximate)
// changes nothing. "44 BC" is year -0044, as historians count and as CSL
// does; a year that already has a sign is taken as it stands. In "6/5/2008"
// the month comes first, as in Zotero with an American locale, unless only
// the other order makes a date. A two-digit year, accepted only where day and
// month stand beside it, lies between 1931 and 2030.
func Parse(s string) (iso string, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxLength {
		s = s[:maxLength]
	}
	if d, is := parseEDTF(strings.ToLower(s)); is {
		return d.iso()
	}
	return parseText(s).iso()
}

// date is a day, a month (day 0) or a year (month 0), or no date at all.
type date struct {
	known            bool
	year, month, day int
}

// iso writes d in the form that Parse returns, leaving out a month or day
// that the calendar doesn't have.
func (d date) iso() (string, bool) {
	if !d.known || d.year == 0 {
		return "", false
	}
	var b strings.Builder
	year := d.year
	if year < 0 {
		b.WriteByte('-')
		year = -year
	}
	b.WriteString(padded(year, 4))
	if d.month < 1 || d.month > 12 {
		return b.String(), true
	}
	b.WriteString("-" + padded(d.month, 2))
	if d.day >= 1 && d.day <= daysIn(d.year, d.month) {
		b.WriteString("-" + padded(d.day, 2))
	}
	return b.String(), true
}

func padded(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// daysIn returns the number of days of a month, in the Gregorian calendar
// that EDTF extends to all times.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// parseEDTF reads s as an EDTF date or interval and reports whether it is
// one; an interval with no known end is one without a date.
func parseEDTF(s string) (date, bool) {
	from, to, interval := strings.Cut(s, "/")
	first, ok := parseEnd(from)
	if !ok || !interval {
		return first, ok && first.known
	}
	last, ok := parseEnd(to)
	if !ok || !first.known && !last.known {
		return date{}, false
	}
	if first.known {
		return first, true
	}
	return last, true
}

// parseEnd reads one end of an interval: a date, or the signs for an open or
// unknown end (in the EDTF draft of 2012 words).
func parseEnd(s string) (date, bool) {
	switch s = strings.TrimSpace(s); s {
	case "", "..", "open", "unknown", "*":
		return date{}, true
	}
	return parseDate(s)
}

// parseDate reads an EDTF date: year, year-month, year-season or
// year-month-day, with qualifiers anywhere and X (in the draft: u) for
// unspecified digits. A time of day is passed over.
func parseDate(s string) (date, bool) {
	s, _, _ = strings.Cut(s, "t")
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("?~%", r) {
			return -1
		}
		return r
	}, s)
	s, long := strings.CutPrefix(s, "y")
	s, negative := strings.CutPrefix(s, "-")
	parts := strings.Split(s, "-")
	year, ok := digits(parts[0])
	if !ok || len(parts) > 3 || long != (len(parts[0]) > 4) || len(parts[0]) < 4 || len(parts[0]) > 9 {
		return date{}, false
	}
	d := date{known: year != 0, year: year}
	if negative {
		d.year = -year
	}
	for i, target := range []*int{&d.month, &d.day}[:len(parts)-1] {
		part := parts[i+1]
		if part == "xx" || part == "uu" {
			continue
		}
		if *target, ok = digits(part); !ok || len(part) != 2 {
			return date{}, false
		}
	}
	// Month numbers 21 to 41 are seasons and quarters.
	if d.month > 41 || d.month > 12 && (d.month < 21 || len(parts) == 3) || d.day > 31 {
		return date{}, false
	}
	return d, true
}

// digits returns the number that s is, with 0 for unspecified digits.
func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i]
		if i > 0 && (c == 'x' || c == 'u') {
			c = '0'
		}
		if c < '0' || c > '9' || i > 9 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s != ""
}
