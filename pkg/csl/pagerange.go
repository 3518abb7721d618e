package csl

import (
	"strconv"
	"strings"
)

// formatRanges writes the hyphens of ranges as the language wants and shortens
// the ends of page ranges as the style wants. Only two numbers make a range; a
// third one behind a second hyphen starts another.
func (p *program) formatRanges(v variable, n *numberValue) {
	row := 0
	label := "\x00"
	for i := range n.parts {
		part := &n.parts[i]
		switch {
		case !part.collapsible:
			row, label = 0, "\x00"
			p.dash(v, part)
		case part.label != label:
			row, label = 1, part.label
		case part.join == "-":
			row = 1
		default:
			row++
		}
		if row == 2 && i > 0 {
			row = p.pair(v, &n.parts[i-1], part)
		}
	}
}

// isPage tells whether a number counts pages.
func (a *numberPart) isPage(v variable) bool {
	return v == varPage || v == varPageFirst || v == varLocator && a.label == "page"
}

// dash replaces a hyphen where the variable's numbers take a dash.
func (p *program) dash(v variable, a *numberPart) {
	if !a.numeric || a.join != "-" {
		return
	}
	switch v {
	case varLocator, varIssue, varVolume, varEdition, varNumber, varPage, varPageFirst:
		if v == varLocator && a.label != "" && !p.terms.has(a.label) {
			return
		}
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
	case varCollectionNumber:
		a.join = p.terms.rangeDelimiter("year-range-delimiter")
	}
}

// pair writes a range of two numbers. It returns how many numbers of the row
// count on.
func (p *program) pair(v variable, a, b *numberPart) int {
	if a.particle != b.particle {
		return 2
	}
	if a.join != "-" {
		return 1
	}
	if p.pageRange == "" && leadingInt(a.value) > leadingInt(b.value) {
		p.dash(v, a)
		return 2
	}
	switch {
	case b.isPage(v) && digitCount(a.value) > 0 && digitCount(b.value) > 0:
		if !isPageNumber(a.value) || !isPageNumber(b.value) {
			break
		}
		last := shortenRange(p.pageRange, pageNumber{a.particle, a.value}, pageNumber{b.particle, b.value})
		b.particle, b.value = last.particle, last.number
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
	case isCounted(a.value) && isCounted(b.value):
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
	default:
		p.dash(v, a)
	}
	return 0
}

// isPageNumber tells digits with small letters behind them.
func isPageNumber(s string) bool {
	n := digitCount(s)
	return n > 0 && strings.Trim(s[n:], "abcdefghijklmnopqrstuvwxyz") == ""
}

// isCounted tells digits or Roman numerals.
func isCounted(s string) bool { return isPlainDigits(s) || isRomanText(s) }

func isPlainDigits(s string) bool { return s != "" && digitCount(s) == len(s) }

// pageNumber is a page number with the letters before it.
type pageNumber struct {
	particle, number string
}

// shortenRange returns how the last page of a range is written after the first.
func shortenRange(rule string, first, last pageNumber) pageNumber {
	if last.particle != "" && last.particle != first.particle {
		return last
	}
	full := last.number
	if len(full) < len(first.number) {
		full = first.number[:len(first.number)-len(full)] + full
	}
	begin, end := leadingInt(first.number), leadingInt(full)
	if begin >= end {
		return last
	}
	last = pageNumber{first.particle, full}
	switch rule {
	case "minimal":
		last = pageNumber{"", dropCommonStart(first.number, full, 1)}
	case "minimal-two":
		last = pageNumber{"", dropCommonStart(first.number, full, 2)}
	case "chicago", "chicago-15":
		last = chicago15(first, last, begin, end)
	case "chicago-16":
		last = chicago16(first, last, begin, end)
	}
	return last
}

// dropCommonStart drops the digits that both ends share, but leaves least.
func dropCommonStart(first, last string, least int) string {
	if len(first) != len(last) {
		return last
	}
	i := 0
	for i < len(first) && first[i] == last[i] && len(last)-i > least {
		i++
	}
	return last[i:]
}

func chicago15(first, last pageNumber, begin, end int) pageNumber {
	switch {
	case begin > 100 && begin%100 != 0 && begin/100 == end/100:
		return pageNumber{"", strconv.Itoa(end % 100)}
	case begin >= 10000:
		return pageNumber{"", strconv.Itoa(end % 1000)}
	}
	last.particle = dropSame(first.particle, last.particle)
	return last
}

func chicago16(first, last pageNumber, begin, end int) pageNumber {
	if begin > 100 && begin%100 != 0 {
		divisor := 100
		for range len(strconv.Itoa(end)) - 2 {
			if begin/divisor == end/divisor {
				return pageNumber{"", strconv.Itoa(end % divisor)}
			}
			divisor *= 10
		}
	}
	last.particle = dropSame(first.particle, last.particle)
	return last
}

func dropSame(first, last string) string {
	if first == last {
		return ""
	}
	return last
}

// shortYearEnd shortens the end of a range of years.
func (p *program) shortYearEnd(begin int, text string) string {
	if p.yearRange == "" || p.yearRange == "expanded" {
		return text
	}
	first := strconv.Itoa(begin)
	short := shortenRange(p.yearRange, pageNumber{"", first}, pageNumber{"", text}).number
	if p.yearRange == "minimal-two" && len(short) == 3 {
		// A century is never given with one digit.
		return text
	}
	return strings.TrimSpace(short)
}
