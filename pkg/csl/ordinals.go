package csl

import (
	"strconv"
	"strings"
)

// ordinals knows which ordinal term a number takes.
type ordinals struct {
	modern bool // the terms follow CSL 1.0.1 and later
	whole  map[int]*[genders]string
	two    map[int]*[genders]string // the last two digits
	one    map[int]*[genders]string // the last digit
}

func (o *ordinals) reset() {
	*o = ordinals{
		whole: map[int]*[genders]string{}, two: map[int]*[genders]string{}, one: map[int]*[genders]string{},
	}
}

func (o *ordinals) add(name, match string, g gender) {
	if name == "ordinal" {
		o.modern = true
		return
	}
	digits := strings.TrimPrefix(name, "ordinal-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	table := o.two
	switch {
	case match == "whole-number":
		table = o.whole
	case match == "last-digit" || match == "" && strings.HasPrefix(digits, "0"):
		table = o.one
	}
	if table[n] == nil {
		table[n] = &[genders]string{}
	}
	table[n][g] = name
}

// find returns the term for n in the gender itself, or "".
func (o *ordinals) find(n int, g gender) string {
	if t := o.whole[n]; t != nil && t[g] != "" {
		return t[g]
	}
	if n >= 10 || len(o.two) > 0 {
		if t := o.two[n%100]; t != nil && t[g] != "" {
			return t[g]
		}
	}
	if t := o.one[n%10]; t != nil && t[g] != "" {
		return t[g]
	}
	return ""
}

// ordinal writes n as "2nd" in the language.
func (t *terms) ordinal(n int, g gender) string {
	return strconv.Itoa(n) + t.ordinalSuffix(n, g)
}

func (t *terms) ordinalSuffix(n int, g gender) string {
	if !t.ordinals.modern {
		return t.oldOrdinalSuffix(n, g)
	}
	tries := []gender{g, neuter}
	if g == neuter {
		tries = tries[1:]
	}
	for _, try := range tries {
		if name := t.ordinals.find(n, try); name != "" {
			if s, _ := t.lookup(name, formLong, false, g); s != "" {
				return s
			}
		}
	}
	s, _ := t.lookup("ordinal", formLong, false, g)
	return s
}

// oldOrdinalSuffix follows the scheme of CSL 1.0 with four terms.
func (t *terms) oldOrdinalSuffix(n int, g gender) string {
	name := "ordinal-04"
	switch {
	case n/10%10 == 1:
	case n%10 == 1:
		name = "ordinal-01"
	case n%10 == 2:
		name = "ordinal-02"
	case n%10 == 3:
		name = "ordinal-03"
	}
	s, _ := t.lookup(name, formLong, false, g)
	return s
}

// longOrdinal writes n as "second", and as "11th" beyond the tenth.
func (t *terms) longOrdinal(n int, g gender) string {
	if n >= 1 && n <= 10 {
		name := "long-ordinal-" + strconv.Itoa(n)
		if n < 10 {
			name = "long-ordinal-0" + strconv.Itoa(n)
		}
		if s, _ := t.lookup(name, formLong, false, g); s != "" {
			return s
		}
	}
	return t.ordinal(n, g)
}

// roman writes n, from 1 to 5999, in lower case Roman numerals.
func roman(n int) string {
	if n <= 0 || n >= 6000 {
		return ""
	}
	var b strings.Builder
	for _, step := range romanSteps {
		for n >= step.value {
			b.WriteString(step.letters)
			n -= step.value
		}
	}
	return b.String()
}

var romanSteps = [...]struct {
	value   int
	letters string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"},
	{10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// suffixLetters writes 0 as "a", 25 as "z", 26 as "aa".
func suffixLetters(n int) string {
	var buf [8]byte
	i := len(buf)
	for n++; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		buf[i] = byte('a' + (n-1)%26)
	}
	return string(buf[i:])
}
