package csl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitParticles takes the particles off a name's family and given name: words
// in lower case before the family name are particles that stay with it, words
// in lower case after the given name can be dropped. It also takes a suffix off
// the given name, after a comma.
func (p *person) splitParticles() {
	particles, family := leadingParticles(p.family)
	if particles != "" {
		p.nonDropping, p.family = particles, family
	}
	p.splitSuffix()
	given, dropped := trailingParticles(p.given)
	p.given = given
	if dropped != "" {
		p.dropping = dropped
	}
}

// leadingParticles splits the particles at the start of a family name off it.
func leadingParticles(s string) (particles, rest string) {
	rest = s
	for {
		n := particleSize(rest)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	particles = s[:len(s)-len(rest)]
	trimmed := strings.TrimSpace(particles)
	if strings.HasSuffix(particles, " ") && (strings.HasSuffix(trimmed, "'") || strings.HasSuffix(trimmed, "’")) {
		trimmed += " "
	}
	return trimmed, rest
}

// particleSize is the size of the particle at the start of s, with what joins
// it to the rest; 0 if there is none.
func particleSize(s string) int {
	size := strings.IndexByte(s, ' ') + 1
	if size <= 1 {
		size = 0
		// The last joiner within the only word.
		for i, r := range s {
			if i > 0 && (r == '-' || r == '\'' || r == '’' || r == 'ʻ') {
				if n := i + utf8.RuneLen(r); n < len(s) {
					size = n
				}
			}
		}
	}
	for size < len(s) && size > 0 && s[size] == ' ' {
		size++
	}
	if size == 0 || size >= len(s) || !startsLower(s[:size]) {
		return 0
	}
	return size
}

// startsLower tells whether the first letter behind apostrophes and hyphens is
// in lower case.
func startsLower(s string) bool {
	s = strings.TrimLeft(s, "-'ʻ’ ")
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && unicode.ToUpper(r) != r
}

// trailingParticles splits the particles at the end of a given name off it.
func trailingParticles(s string) (rest, particles string) {
	rest = s
	for {
		trimmed := strings.TrimRight(rest, " ")
		i := strings.LastIndexByte(trimmed, ' ')
		if i <= 0 || !startsLower(trimmed[i:]) {
			break
		}
		before := strings.TrimRight(trimmed[:i], " ")
		if before == "" {
			break
		}
		rest = before
	}
	return rest, strings.TrimSpace(s[len(rest):])
}

// splitSuffix takes "Jr." off "John, Jr.". An exclamation mark behind the comma
// keeps the comma when the name is shown.
func (p *person) splitSuffix() {
	if p.suffix != "" {
		return
	}
	before, after, ok := strings.Cut(p.given, ",")
	if !ok {
		return
	}
	comma := false
	for strings.HasPrefix(after, "!") {
		comma = true
		after = after[1:]
	}
	after = strings.TrimLeft(after, " ")
	p.given = strings.TrimRight(before, " ")
	if strings.ReplaceAll(after, ".", "") == "et al" && p.dropping == "" {
		p.dropping, p.commaDropping = after, true
		return
	}
	p.suffix, p.commaSuffix = after, p.commaSuffix || comma
}
