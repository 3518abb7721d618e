package csl

import (
	"strings"
	"unicode/utf8"
)

// citationLabel is the item's own citation label, or one made of its first names
// and year, such as "Doe02" or "DoRo02".
func (c *context) citationLabel() string {
	label := c.work.text[varCitationLabel]
	if label == "" {
		label = c.madeLabel()
	}
	if !c.looking && c.entry != nil && c.entry.settings.yearSuffix >= 0 {
		label += suffixLetters(c.entry.settings.yearSuffix)
	}
	return label
}

// labelLetters is how many letters of each name a label has, by the number of
// names.
var labelLetters = [...][]int{{4}, {2, 2}, {2, 1, 1}, {1, 1, 1, 1}}

func (c *context) madeLabel() string {
	var b strings.Builder
	for _, v := range labelNames {
		people := c.work.people(v)
		if len(people) == 0 {
			continue
		}
		letters := labelLetters[min(len(people), len(labelLetters))-1]
		for i, n := range letters {
			if i < len(people) {
				b.WriteString(labelPart(&people[i], n))
			}
		}
		break
	}
	if b.Len() == 0 {
		b.WriteString(titleLabel(c.work.text[varTitle]))
	}
	year := "0000"
	if d := c.work.date(varIssued); d != nil && d.from.Year != 0 {
		year = itoa(d.from.Year)
	}
	return b.String() + year[max(0, len(year)-2):]
}

// labelNames are the variables that labels are made of, in order.
var labelNames = []variable{varAuthor, varEditor, varTranslator}

func labelPart(p *person, n int) string {
	name := p.family
	if name == "" {
		name = p.literal
	}
	for _, article := range [...]string{"a ", "an ", "the "} {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), article); ok {
			name = name[len(name)-len(rest):]
			break
		}
	}
	return firstLetters(strings.Map(func(r rune) rune {
		if isScriptLetter(r) {
			return r
		}
		return -1
	}, name), n)
}

func titleLabel(title string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(title) {
		if !isStopWord(word) {
			b.WriteString(word)
		}
	}
	return firstLetters(b.String(), 4)
}

// firstLetters are the first n letters, with one capital.
func firstLetters(s string, n int) string {
	end := len(s)
	for i := range s {
		if n == 0 {
			end = i
			break
		}
		n--
	}
	s = s[:end]
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + strings.ToLower(s[size:])
}
