package csl

import (
	"slices"
	"strings"
)

// markKind is a piece of the markup that field texts may carry.
type markKind uint8

const (
	markNone markKind = iota
	markNocase
	markNodecor
	markSmallCaps
	markItalic
	markBold
	markSup
	markSub
	markQuote
)

// mark is one opening or closing tag or quotation mark, and the text after it.
type mark struct {
	kind   markKind
	open   bool
	text   string // as it stands
	lead   string // a space or parenthesis before an opening quotation mark
	closer string // what closes an opening mark
	single bool   // a single straight quotation mark
	forced bool   // its lead was made up, since it follows another mark
	after  string
}

// tags are the opening and closing tags, by their texts.
var tags = [...]struct {
	open, close string
	kind        markKind
}{
	{`<span class="nocase">`, "</span>", markNocase},
	{`<span class="nodecor">`, "</span>", markNodecor},
	{`<span style="font-variant:small-caps;">`, "</span>", markSmallCaps},
	{`<span style="font-variant: small-caps;">`, "</span>", markSmallCaps},
	{`<sc>`, "</sc>", markSmallCaps},
	{`<i>`, "</i>", markItalic},
	{`<b>`, "</b>", markBold},
	{`<sup>`, "</sup>", markSup},
	{`<sub>`, "</sub>", markSub},
}

// hasMarkup tells whether a text has anything for splitMarks to find.
func hasMarkup(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<' || c == '"' || c == '\'':
			return true
		case c == 0xE2 && i+2 < len(s) && s[i+1] == 0x80:
			// The general punctuation that quotation marks are among.
			if t := s[i+2]; t >= 0x98 && t <= 0x9F || t == 0xB9 || t == 0xBA {
				return true
			}
		case c == 0xC2 && i+1 < len(s) && (s[i+1] == 0xAB || s[i+1] == 0xBB), c == 0xE3:
			return true
		}
	}
	return false
}

// splitMarks cuts a text at its tags and quotation marks.
func splitMarks(s string, q *quoteTerms) (head string, marks []mark) {
	last := &head
	start := 0
	for i := 0; i < len(s); {
		m, size := markAt(s, i, q)
		if size == 0 {
			i++
			continue
		}
		*last = s[start:i]
		i += size
		start = i
		marks = append(marks, m)
		last = &marks[len(marks)-1].after
	}
	*last = s[start:]
	// A straight quotation mark right after an opening mark opens, too.
	for i := 1; i < len(marks); i++ {
		if m := &marks[i]; marks[i-1].open && marks[i-1].after == "" && !m.open && (m.text == `"` || m.text == "'") {
			m.open, m.closer, m.forced, m.lead = true, m.text, true, ""
		}
	}
	return head, marks
}

// markAt recognises a mark at s[i:] and returns its size; 0 if there is none.
func markAt(s string, i int, q *quoteTerms) (mark, int) {
	switch c := s[i]; {
	case c == '<':
		return tagAt(s[i:])
	case (c == ' ' || c == '(') && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\''):
		quote := s[i+1 : i+2]
		return mark{kind: markQuote, open: true, text: quote, lead: s[i : i+1], closer: quote, single: quote == "'"}, 2
	case c == '"' || c == '\'':
		return mark{kind: markQuote, text: s[i : i+1], single: c == '\''}, 1
	case c >= 0x80:
		return localeQuoteAt(s[i:], q)
	}
	return mark{}, 0
}

func tagAt(s string) (mark, int) {
	for i := range tags {
		t := &tags[i]
		if strings.HasPrefix(s, t.open) {
			return mark{kind: t.kind, open: true, text: t.open, closer: t.close}, len(t.open)
		}
		if strings.HasPrefix(s, t.close) {
			return mark{kind: t.kind, text: t.close}, len(t.close)
		}
	}
	if rest, ok := strings.CutPrefix(s, "<span"); ok {
		return looseSpan(s, rest)
	}
	return mark{}, 0
}

// looseSpan recognises spans with other spacing or further attributes.
func looseSpan(s, rest string) (mark, int) {
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		return mark{}, 0
	}
	attrs := strings.TrimSpace(rest[:end])
	var kind markKind
	switch {
	case strings.HasPrefix(attrs, `class="nocase"`):
		kind = markNocase
	case strings.HasPrefix(attrs, `class="nodecor"`):
		kind = markNodecor
	case strings.HasPrefix(strings.ReplaceAll(attrs, " ", ""), `style="font-variant:small-caps`):
		kind = markSmallCaps
	default:
		return mark{}, 0
	}
	size := len("<span") + end + 1
	return mark{kind: kind, open: true, text: s[:size], closer: "</span>"}, size
}

func localeQuoteAt(s string, q *quoteTerms) (mark, int) {
	switch {
	case registeredQuote(q.open) && strings.HasPrefix(s, q.open):
		return mark{kind: markQuote, open: true, text: q.open, closer: q.close}, len(q.open)
	case registeredQuote(q.openInner) && strings.HasPrefix(s, q.openInner):
		return mark{kind: markQuote, open: true, text: q.openInner, closer: q.closeInner, single: true}, len(q.openInner)
	case registeredQuote(q.open) && q.close != "" && strings.HasPrefix(s, q.close):
		return mark{kind: markQuote, text: q.close}, len(q.close)
	case registeredQuote(q.openInner) && q.closeInner != "" && strings.HasPrefix(s, q.closeInner):
		return mark{kind: markQuote, text: q.closeInner, single: true}, len(q.closeInner)
	}
	return mark{}, 0
}

func registeredQuote(s string) bool { return s != "" && s[0] != '"' && s[0] != '\'' && s[0] != ' ' }

// pairMarks matches what opens with what closes, and turns what has no partner
// into text. Single marks inside of words are apostrophes.
func pairMarks(marks []mark) {
	var stack []int
	for i := range marks {
		m := &marks[i]
		if apostrophe(m) {
			continue
		}
		if m.open {
			stack = append(stack, i)
			continue
		}
		for {
			if len(stack) == 0 {
				m.neutralize()
				break
			}
			top := &marks[stack[len(stack)-1]]
			if top.closer == m.text {
				stack = stack[:len(stack)-1]
				if top.kind == markNocase {
					top.erase()
					m.erase()
				}
				break
			}
			if m.single {
				m.neutralize()
				break
			}
			top.neutralize()
			stack = stack[:len(stack)-1]
		}
	}
	for _, i := range stack {
		marks[i].neutralize()
	}
}

// apostrophe turns a single mark that can't quote into an apostrophe.
func apostrophe(m *mark) bool {
	if m.kind != markQuote || m.text != "'" || m.after == "" {
		return false
	}
	switch {
	case !m.open && strings.IndexByte(",.?:; ", m.after[0]) < 0, m.open && m.lead == " " && m.after[0] == ' ':
		m.neutralize()
		return true
	}
	return false
}

// neutralize makes text of a mark.
func (m *mark) neutralize() {
	text := m.text
	if text == "'" {
		text = "’"
	}
	m.after = m.lead + text + m.after
	m.kind = markNone
}

func (m *mark) erase() { m.kind = markNone }

// maxMarks bounds how many tags and quotation marks of a text are read. A text
// with more is shown as it is.
const maxMarks = 1_000

// parseMarkup turns a leaf whose text has markup into a list of leaves with
// formats.
func (c *context) parseMarkup(b *blob) {
	text := straightApostrophes(b.text)
	leadingSpace := text != "" && text[0] == ' ' && !quoteAfterSpace(text)
	head, marks := splitMarks(" "+text, &c.program.terms.quotes)
	if len(marks) == 0 || len(marks) > maxMarks {
		return
	}
	pairMarks(marks)
	for len(marks) > 0 && marks[0].kind == markNone {
		head += marks[0].after
		marks = marks[1:]
	}
	restoreLeads(&head, marks)
	if head != "" && head[0] == ' ' {
		head = head[1:]
	}
	if head != "" && head[0] == ' ' {
		head = head[1:]
	}
	if leadingSpace {
		head = " " + head
	}
	c.buildMarkup(b, head, marks)
}

func quoteAfterSpace(s string) bool {
	s = strings.TrimLeft(s, " ")
	return s != "" && (s[0] == '"' || s[0] == '\'')
}

// restoreLeads gives the space or parenthesis before an opening quotation mark
// back to the text before it.
func restoreLeads(head *string, marks []mark) {
	last := head
	for i := range marks {
		if m := &marks[i]; m.kind == markQuote && m.open {
			*last += m.lead
		}
		last = &marks[i].after
	}
}

// straightApostrophes replaces curly apostrophes between letters.
func straightApostrophes(s string) string {
	i := strings.Index(s, "’")
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0; i = strings.Index(s, "’") {
		before, after := s[:i], s[i+len("’"):]
		b.WriteString(before)
		if endsInScript(before) && startsInScript(after) {
			b.WriteByte('\'')
		} else {
			b.WriteString("’")
		}
		s = after
	}
	b.WriteString(s)
	return b.String()
}

// buildMarkup makes the blobs of a text that is cut at its marks.
func (c *context) buildMarkup(b *blob, head string, marks []mark) {
	outer := c.surroundings(b)
	b.leaf, b.text = false, ""
	stack := []*blob{b}
	var inside []format
	pending := head
	flush := func() {
		if pending != "" {
			stack[len(stack)-1].add(c.arena.plain(pending))
			pending = ""
		}
	}
	firstSingle, quoteSeen := false, false
	for i := range marks {
		m := &marks[i]
		switch {
		case m.kind == markNone:
			pending += m.after
			continue
		case m.open:
			flush()
			inner := m.single
			if m.kind == markQuote && (m.text == `"` || m.text == "'") {
				// The kind of straight marks that comes first is the outer one.
				if !quoteSeen {
					quoteSeen, firstSingle = true, m.single
				}
				inner = m.single != firstSingle
			}
			kid := c.arena.level(nil)
			kid.fmt = flip(m, inside, outer, inner)
			stack[len(stack)-1].add(kid)
			stack = append(stack, kid)
			inside = append(inside, kid.fmt)
		default:
			flush()
			stack = stack[:len(stack)-1]
			inside = inside[:len(inside)-1]
		}
		pending = m.after
	}
	flush()
}

// surroundings are the formats that apply where b is added, the outermost first.
func (c *context) surroundings(b *blob) []format {
	list := make([]format, 0, len(c.levels)+2)
	for _, l := range c.levels {
		if l.fmt.any() {
			list = append(list, l.fmt)
		}
	}
	if b.fmt.any() {
		list = append(list, b.fmt)
	}
	if c.layout != nil && c.layout.fmt.any() {
		list = append(list, c.layout.fmt)
	}
	return list
}

// flip is the format of a mark: what it says, or the opposite of what already
// applies. inside are the marks around it, outer what surrounds the text.
func flip(m *mark, inside, outer []format, inner bool) format {
	around := func(has func(*format) bool) *format {
		for i := range slices.Backward(inside) {
			if has(&inside[i]) {
				return &inside[i]
			}
		}
		for i := range outer {
			if has(&outer[i]) {
				return &outer[i]
			}
		}
		return nil
	}
	var f format
	switch m.kind {
	case markItalic:
		f.style = styleItalic
		if a := around(func(f *format) bool { return f.style != 0 }); a != nil && a.style == styleItalic {
			f.style = styleNormal
		}
	case markBold:
		f.weight = weightBold
		if a := around(func(f *format) bool { return f.weight != 0 }); a != nil && a.weight == weightBold {
			f.weight = weightNormal
		}
	case markSmallCaps:
		f.variant = variantSmallCaps
		if a := around(func(f *format) bool { return f.variant != 0 }); a != nil && a.variant == variantSmallCaps {
			f.variant = variantNormal
		}
	case markSup:
		f.align = alignSup
	case markSub:
		f.align = alignSub
	case markQuote:
		f.quotes = quoteOuter
		if inner {
			f.quotes = quoteInner
		}
		if a := around(func(f *format) bool { return f.quotes != 0 }); a != nil {
			f.quotes = quoteOuter
			if a.quotes == quoteOuter {
				f.quotes = quoteInner
			}
		}
	case markNodecor:
		if around(func(f *format) bool { return f.style != 0 }) != nil {
			f.style = styleNormal
		}
		if around(func(f *format) bool { return f.weight != 0 }) != nil {
			f.weight = weightNormal
		}
		if around(func(f *format) bool { return f.variant != 0 }) != nil {
			f.variant = variantNormal
		}
	}
	return f
}
