package bibtex

import (
	"regexp"
	"slices"
	"strings"
)

// entry is a BibTeX entry as its block tells it.
type entry struct {
	line    int
	kind    string // entry type, in lower case
	key     string
	fields  []field
	repairs []string
	// visit tells how far inheritance has come.
	visit visit
}

// field is a field of an entry; its value is LaTeX source.
type field struct {
	name  string // in lower case
	value string
	// parts are the value's pieces if one of them is an abbreviation that
	// was not known when the entry was read.
	parts []part
}

// part is a piece of a value that "#" joins with others.
type part struct {
	text string
	bare bool // an abbreviation, or a number
}

// get returns the value of a field, "" if the entry doesn't have it.
func (e *entry) get(name string) string {
	for i := range e.fields {
		if e.fields[i].name == name {
			return e.fields[i].value
		}
	}
	return ""
}

// has reports whether the entry has a field, if only an empty one.
func (e *entry) has(name string) bool {
	return slices.ContainsFunc(e.fields, func(f field) bool { return f.name == name })
}

// repair notes that something was repaired, once.
func (e *entry) repair(reason string) {
	if !slices.Contains(e.repairs, reason) {
		e.repairs = append(e.repairs, reason)
	}
}

// maxSalvages is how many values without an end are repaired in one entry.
const maxSalvages = 8

// parser takes the body of one block apart.
type parser struct {
	s        string
	pos      int
	literal  bool // see block.literal
	macros   *macros
	entry    *entry
	salvages int
	// next finds where a field seems to begin inside a value.
	next *regexp.Regexp
}

// fieldStart returns the pattern of a line that begins a field.
func fieldStart() *regexp.Regexp {
	return regexp.MustCompile(`[\r\n][ \t]*,?[ \t]*[A-Za-z][\w-]*[ \t]*=[ \t]*["{]`)
}

// key reads the citation key, up to the first comma.
func (p *parser) key() {
	p.skipBlank()
	start := p.pos
	end := strings.IndexAny(p.s[start:], ",=")
	if end < 0 {
		p.entry.key = firstWord(p.s[start:])
		p.pos = len(p.s)
		return
	}
	text := p.s[start : start+end]
	if p.s[start+end] == ',' {
		p.entry.key = strings.Join(strings.Fields(text), " ")
		p.pos = start + end + 1
		return
	}
	// "key name =", the comma missing, or "name =", the key missing.
	words := strings.Fields(text)
	if len(words) < 2 {
		p.entry.repair("it has no citation key")
		return
	}
	p.entry.key = words[0]
	p.entry.repair("a missing comma was added")
	p.pos = start + strings.Index(text, words[0]) + len(words[0])
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return ""
}

// fieldsUntilEnd reads all fields.
func (p *parser) fieldsUntilEnd() {
	for {
		p.skipSeparators()
		if p.pos >= len(p.s) {
			return
		}
		name, rest := cutName(p.s[p.pos:])
		if name == "" {
			p.pos = p.endOfJunk()
			p.entry.repair("text that belongs to no field was passed over")
			continue
		}
		p.pos = len(p.s) - len(rest)
		p.skipBlank()
		switch c := p.peek(); c {
		case '=':
			p.pos++
		case '{', '"':
			p.entry.repair("a missing equals sign was added")
		default:
			p.entry.repair("a field without a value was left out")
			continue
		}
		p.addField(strings.ToLower(name))
	}
}

// addField reads a value and adds the field.
func (p *parser) addField(name string) {
	parts := p.value()
	f := field{name: name}
	var known bool
	f.value, known = p.macros.join(parts)
	if !known {
		f.parts = parts
	}
	p.entry.fields = append(p.entry.fields, f)
	p.skipBlank()
	if c := p.peek(); c != ',' && c != 0 {
		p.entry.repair("a missing comma was added")
	}
}

// value reads pieces joined by "#".
func (p *parser) value() []part {
	var parts []part
	for {
		p.skipBlank()
		switch c := p.peek(); c {
		case '{':
			parts = append(parts, part{text: p.braced()})
		case '"':
			parts = append(parts, part{text: p.quoted()})
		case 0, ',', '#', '=':
		default:
			start := p.pos
			for p.pos < len(p.s) && !strings.ContainsRune(" \t\r\n,#{}\"", rune(p.s[p.pos])) {
				p.pos++
			}
			if p.pos == start {
				p.pos++ // a brace that closes nothing
			}
			parts = append(parts, part{text: p.s[start:p.pos], bare: true})
		}
		p.skipBlank()
		if p.peek() != '#' {
			return parts
		}
		p.pos++
	}
}

// braced reads a value in braces.
func (p *parser) braced() string {
	p.pos++
	start := p.pos
	open := 1
	for i := start; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			if !p.literal {
				i++
			}
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				p.pos = i + 1
				return p.s[start:i]
			}
		}
	}
	return p.salvage(start, '}')
}

// quoted reads a value in quotes; a quote within braces is text.
func (p *parser) quoted() string {
	p.pos++
	start := p.pos
	open := 0
	for i := start; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			if !p.literal && i+1 < len(p.s) && p.s[i+1] != '"' {
				i++
			}
		case '{':
			open++
		case '}':
			open = max(open-1, 0)
		case '"':
			if open == 0 {
				p.pos = i + 1
				return p.s[start:i]
			}
		}
	}
	return p.salvage(start, '"')
}

// salvage ends a value that nothing ends: before the line on which the next
// field seems to begin, or at the end of the block.
func (p *parser) salvage(start int, end byte) string {
	p.entry.repair("a value without an end was closed")
	text := p.s[start:]
	p.pos = len(p.s)
	if p.salvages++; p.salvages <= maxSalvages {
		if at := p.next.FindStringIndex(text); at != nil {
			text = text[:at[0]]
			p.pos = start + at[0]
		}
	}
	text = strings.TrimRight(text, " \t\r\n")
	text = strings.TrimSuffix(text, ",")
	return strings.TrimSuffix(text, string(end))
}

func (p *parser) peek() byte {
	if p.pos >= len(p.s) {
		return 0
	}
	return p.s[p.pos]
}

// skipBlank passes over white space and, between fields, comments as biber
// has them.
func (p *parser) skipBlank() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\r', '\n', '\f', '\v':
			p.pos++
		case '%':
			end := strings.IndexAny(p.s[p.pos:], "\r\n")
			if end < 0 {
				p.pos = len(p.s)
				return
			}
			p.pos += end
		default:
			return
		}
	}
}

func (p *parser) skipSeparators() {
	for {
		p.skipBlank()
		if p.peek() != ',' {
			return
		}
		p.pos++
	}
}

// endOfJunk returns where text that begins no field ends: at the next comma
// or line.
func (p *parser) endOfJunk() int {
	if end := strings.IndexAny(p.s[p.pos+1:], ",\r\n"); end >= 0 {
		return p.pos + 1 + end
	}
	return len(p.s)
}
