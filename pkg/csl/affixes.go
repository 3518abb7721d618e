package csl

import "strings"

// nestedBraces turns parentheses within parentheses into brackets in the affixes
// of notes.
type nestedBraces struct {
	on    bool
	depth int
}

func (n *nestedBraces) flip(s string) string {
	if n == nil || !n.on || !strings.ContainsAny(s, "()") {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		switch c {
		case '(':
			if n.depth%2 == 1 {
				b[i] = '['
			}
			n.depth++
		case ')':
			if n.depth%2 == 0 {
				b[i] = ']'
			}
			n.depth--
		}
	}
	return string(b)
}

// citePrefix adds the text before a cite.
func (c *context) citePrefix() {
	prefix := spaceAfterPrefix(c.cite.prefix)
	if !c.looking {
		prefix = c.braces.flip(prefix)
	}
	last := lastByte(barePrefix(prefix))
	sentence := strings.IndexByte(":.;!?", last) >= 0 && last != 0 && strings.Contains(strings.TrimSpace(prefix), " ")
	c.append(prefix, nil, true)
	if sentence {
		// A term after a sentence starts with a capital.
		c.termBefore = false
	}
}

// barePrefix is a prefix without tags and the quotation marks and spaces at its
// end.
func barePrefix(s string) string {
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], '>')
		if end < 2 {
			break
		}
		b.WriteString(s[:open])
		s = s[open+end+1:]
	}
	b.WriteString(s)
	return strings.TrimRight(b.String(), "\"'”’»\u202f\u00a0 ")
}

// spaceAfterPrefix gives a prefix that ends in a word or in closing punctuation a
// space.
func spaceAfterPrefix(s string) string {
	bare := barePrefix(s)
	if bare != "" {
		last := bare[len(bare)-1]
		if endsInLetter(bare) || strings.IndexByte(":.;!?)],0123456789", last) >= 0 {
			s += " "
		}
	}
	return squeezeSpaces(s)
}

func squeezeSpaces(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == ' ' || r == '\t' || r == '\n' || r == '\u00a0' || r == '\u202f' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// citeSuffix adds the text after a cite.
func (c *context) citeSuffix() {
	s := c.cite.suffix
	if startsWithLetter(s) || s[0] == '[' || s[0] == '(' {
		s = " " + s
	}
	if !c.looking {
		s = c.braces.flip(s)
	}
	c.append(s, nil, true)
}
