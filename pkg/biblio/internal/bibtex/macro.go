package bibtex

import "strings"

// Bounds on abbreviations, which could otherwise make much of little.
const (
	maxMacro     = 64 << 10 // bytes that one may stand for
	maxExpansion = 16       // bytes they may make of each byte of the file, …
	minExpansion = 1 << 20  // … beyond this many
)

// macros are the abbreviations that @string defines; names are in lower case.
type macros struct {
	values map[string]string
	// budget is how many bytes abbreviations may still put into the file.
	budget int
}

func newMacros() *macros {
	m := &macros{values: map[string]string{}, budget: minExpansion}
	for month := range strings.FieldsSeq("jan feb mar apr may jun jul aug sep oct nov dec") {
		m.values[month] = month
	}
	return m
}

// read notes that n bytes of the file have been read.
func (m *macros) read(n int) { m.budget += n * maxExpansion }

// define takes "name = value" of an @string.
func (m *macros) define(name, value string) {
	if len(value) <= maxMacro {
		m.values[strings.ToLower(name)] = value
	}
}

// join returns the value that parts make, and whether every abbreviation in
// it is known. One that is not known stands for its name.
func (m *macros) join(parts []part) (value string, known bool) {
	known = true
	texts := make([]string, 0, 4)
	for _, p := range parts {
		text := p.text
		if p.bare && !isNumber(text) {
			value, ok := m.values[strings.ToLower(text)]
			if ok && m.budget >= len(value) {
				text = value
				m.budget -= len(value)
			} else {
				known = false
			}
		}
		texts = append(texts, text)
	}
	if len(texts) == 1 {
		return texts[0], known
	}
	return strings.Join(texts, ""), known
}

// isNumber reports whether a bare value is a number, perhaps a range, and so
// no abbreviation.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789-–./+") == ""
}
