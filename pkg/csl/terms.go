package csl

import "strings"

type termForm uint8

const (
	formLong termForm = iota
	formShort
	formVerb
	formVerbShort
	formSymbol
	termForms
)

type gender uint8

const (
	neuter gender = iota
	masculine
	feminine
	genders
)

func parseTermForm(s string) termForm {
	switch s {
	case "short":
		return formShort
	case "verb":
		return formVerb
	case "verb-short":
		return formVerbShort
	case "symbol":
		return formSymbol
	}
	return formLong
}

func parseGender(s string) gender {
	switch s {
	case "masculine":
		return masculine
	case "feminine":
		return feminine
	}
	return neuter
}

func normalTerm(s string) string {
	if s == "sub verbo" {
		return "sub-verbo"
	}
	return s
}

// termText is a term in one form.
type termText struct {
	single, multiple string
	set              bool
}

type termEntry [genders][termForms]termText

// terms is everything that depends on the language of a program.
type terms struct {
	entries            map[string]*termEntry
	nouns              map[string]gender // of variables and months
	dates              map[string]*element
	ordinals           ordinals
	punctuationInQuote bool
	firstDayOnly       bool // limit-day-ordinals-to-day-1
	// Read once, since every text asks for them.
	quotes quoteTerms
}

type quoteTerms struct {
	open, close, openInner, closeInner string
}

func newTerms() *terms {
	t := &terms{entries: map[string]*termEntry{}, nouns: map[string]gender{}, dates: map[string]*element{}}
	t.ordinals.reset()
	return t
}

// merge lets a locale element override what is there.
func (t *terms) merge(root *element) {
	if list := root.child("terms"); list != nil {
		t.mergeTerms(list)
	}
	for _, e := range root.children {
		switch e.name {
		case "date":
			t.dates[e.get("form")] = e
		case "style-options":
			if v, ok := e.attr("punctuation-in-quote"); ok {
				t.punctuationInQuote = v == "true"
			}
			if v, ok := e.attr("limit-day-ordinals-to-day-1"); ok {
				t.firstDayOnly = v == "true"
			}
		}
	}
	t.quotes = quoteTerms{
		open: t.text("open-quote", formLong), close: t.text("close-quote", formLong),
		openInner: t.text("open-inner-quote", formLong), closeInner: t.text("close-inner-quote", formLong),
	}
}

func (t *terms) mergeTerms(list *element) {
	for _, e := range list.children {
		if e.get("name") == "ordinal" {
			t.dropOrdinals()
			break
		}
	}
	for _, e := range list.children {
		if e.name != "term" {
			continue
		}
		name := normalTerm(e.get("name"))
		if strings.HasPrefix(name, "ordinal") {
			t.ordinals.add(name, e.get("match"), parseGender(e.get("gender-form")))
		}
		if g, ok := e.attr("gender"); ok {
			t.nouns[name] = parseGender(g)
		}
		entry := t.entries[name]
		if entry == nil {
			entry = &termEntry{}
			t.entries[name] = entry
		}
		text := termText{set: true}
		if single := e.child("single"); single != nil || e.child("multiple") != nil {
			if single != nil {
				text.single = single.text
			}
			if multiple := e.child("multiple"); multiple != nil {
				text.multiple = multiple.text
			}
		} else {
			text.single, text.multiple = e.text, e.text
		}
		entry[parseGender(e.get("gender-form"))][parseTermForm(e.get("form"))] = text
	}
}

func (t *terms) dropOrdinals() {
	for name := range t.entries {
		if name == "ordinal" || strings.HasPrefix(name, "ordinal-") {
			delete(t.entries, name)
		}
	}
	t.ordinals.reset()
}

// fallbackForms are the forms that stand in for a form, in order.
var fallbackForms = [termForms][]termForm{
	formLong:      {formLong},
	formShort:     {formShort, formLong},
	formVerb:      {formVerb, formLong},
	formVerbShort: {formVerbShort, formVerb, formLong},
	formSymbol:    {formSymbol, formShort, formLong},
}

// lookup finds a term; ok is false if no form of it is defined.
func (t *terms) lookup(name string, form termForm, plural bool, g gender) (text string, ok bool) {
	entry := t.entries[name]
	if entry == nil {
		return "", false
	}
	for _, f := range fallbackForms[form] {
		found := &entry[neuter][f]
		if g != neuter && entry[g][f].set {
			found = &entry[g][f]
		}
		if !found.set && f == formLong {
			// A term that has only gendered forms.
			for _, other := range []gender{feminine, masculine} {
				if entry[other][f].set {
					found = &entry[other][f]
					break
				}
			}
		}
		if found.set {
			if plural {
				return found.multiple, true
			}
			return found.single, true
		}
	}
	return "", true
}

// text returns a term's singular; "" if it is not defined.
func (t *terms) text(name string, form termForm) string {
	s, _ := t.lookup(name, form, false, neuter)
	return s
}

func (t *terms) has(name string) bool { return t.entries[name] != nil }

// rangeDelimiter is the dash between the ends of a range.
func (t *terms) rangeDelimiter(name string) string {
	if s, ok := t.lookup(name, formLong, false, neuter); ok && s != "" {
		return s
	}
	return "–"
}
