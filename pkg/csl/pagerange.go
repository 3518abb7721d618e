package csl

import (
	"strconv"
	"strings"
)

// formatRanges writes the hyphens of ranges as the language wants and shortens
// the ends of page ranges as the style wants.
func (p *program) formatRanges(v variable, n *numberValue) {
	for i := range len(n.parts) - 1 {
		a, b := &n.parts[i], &n.parts[i+1]
		if a.join != "-" {
			continue
		}
		isPage := a.label == "page" && (v == varLocator || v == varPage || v == varPageFirst)
		if !a.collapsible || !p.isPair(n, i) {
			p.dash(v, a, isPage)
			continue
		}
		p.pair(v, a, b, isPage)
	}
}

// isPair tells whether parts i and i+1 are a range of just two numbers.
func (p *program) isPair(n *numberValue, i int) bool {
	a, b := &n.parts[i], &n.parts[i+1]
	return a.label == b.label && a.particle == b.particle || b.particle == ""
}

// dash replaces a hyphen where the variable's numbers take a dash.
func (p *program) dash(v variable, a *numberPart, isPage bool) {
	if !a.numeric {
		return
	}
	switch v {
	case varLocator, varIssue, varVolume, varEdition, varNumber, varPage, varPageFirst:
		if v == varLocator && !isPage && !p.terms.has(a.label) {
			return
		}
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
	case varCollectionNumber:
		a.join = p.terms.rangeDelimiter("year-range-delimiter")
	}
}

func (p *program) pair(v variable, a, b *numberPart, isPage bool) {
	if p.pageRange == "" && leadingInt(a.value) > leadingInt(b.value) && digitCount(a.value) > 0 && len(a.value) <= len(b.value) {
		p.dash(v, a, isPage)
		return
	}
	if isPage && digitCount(a.value) > 0 && digitCount(b.value) > 0 {
		first := pageNumber{a.particle, a.value}
		last := shortenRange(p.pageRange, first, pageNumber{b.particle, b.value})
		b.particle, b.value = last.particle, last.number
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
		return
	}
	if (isPlainDigits(a.value) || isRomanText(a.value)) && (isPlainDigits(b.value) || isRomanText(b.value)) {
		a.join = p.terms.rangeDelimiter("page-range-delimiter")
		return
	}
	p.dash(v, a, isPage)
}

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
func (p *program) shortYearEnd(begin, end int, text string) string {
	if p.yearRange == "" || p.yearRange == "expanded" {
		return text
	}
	first := strconv.Itoa(begin)
	short := shortenRange(p.yearRange, pageNumber{"", first}, pageNumber{"", text}).number
	if p.yearRange == "minimal-two" && len(short) == 3 {
		// A century is never given with one digit.
		return text
	}
	_ = end
	return strings.TrimSpace(short)
}
