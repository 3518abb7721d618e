package csl

import (
	"strconv"
	"strings"
)

// numberValue is the content of a number variable, cut into numbers.
type numberValue struct {
	parts   []numberPart
	numeric bool
	plural  bool
	label   string // the term that the first label stands for
}

// numberPart is one number of a value, with what joins it to the next.
type numberPart struct {
	label       string // the term of the label that holds here, or "" for the variable's own
	labelText   string // the label as it stands in the value
	labelShown  bool
	particle    string // letters before the digits
	value       string
	join        string
	numeric     bool
	collapsible bool
	plural      bool
}

// numberSource is the text of a number variable of the item or the cite.
func (c *context) numberSource(v variable) string {
	switch v {
	case varLocator:
		if c.cite != nil {
			return c.cite.locator
		}
		return ""
	case varFirstReferenceNoteNumber:
		if c.cite != nil && c.cite.firstNote > 0 {
			return strconv.Itoa(c.cite.firstNote)
		}
		return ""
	}
	return c.work.text[v]
}

// number parses a number variable once for a cite.
func (c *context) number(v variable) *numberValue {
	if n := c.numbers[v]; n != nil {
		return n
	}
	label := ""
	if v == varLocator && c.cite != nil {
		label = c.cite.label
	}
	n := c.program.parseNumber(v, label, c.numberSource(v))
	if c.numbers == nil {
		c.numbers = map[variable]*numberValue{}
	}
	c.numbers[v] = n
	return n
}

// locatorLabel is the term of the cite's locator; "page" if it says nothing else.
func (c *context) locatorLabel() string {
	if c.cite == nil || c.cite.locator == "" {
		return ""
	}
	return c.number(varLocator).label
}

// ownLabel is the term that the plain numbers of a variable have.
func ownLabel(v variable, locatorLabel string) string {
	switch v {
	case varLocator, varPage, varPageFirst:
		if locatorLabel != "" {
			return normalTerm(locatorLabel)
		}
		return "page"
	}
	if _, ok := labelOf[v.String()]; ok {
		return v.String()
	}
	return ""
}

// maxNumberText bounds the values that are cut into numbers, in bytes. A longer
// one is no number and is shown as it is.
const maxNumberText = 1_000

// parseNumber cuts a value into numbers.
func (p *program) parseNumber(v variable, locatorLabel, s string) *numberValue {
	n := &numberValue{}
	s = strings.TrimSpace(s)
	if s == "" {
		return n
	}
	parser := numberParser{program: p, variable: v, label: ownLabel(v, locatorLabel)}
	if len(s) > maxNumberText {
		n.parts = []numberPart{{value: s, label: parser.label}}
		n.label = parser.label
		return n
	}
	n.parts = parser.parse(s)
	p.judge(v, n)
	n.label = n.parts[0].label
	if v == varNumber && n.label == "issue" && p.terms.has("number") {
		n.label = "number"
	}
	only := len(n.parts) == 1
	if only && isFraction(n.parts[0].value) {
		n.parts[0].numeric, n.parts[0].plural, n.parts[0].collapsible = true, false, false
	}
	n.numeric, n.plural = n.parts[0].numeric, n.parts[0].plural
	p.formatRanges(v, n)
	return n
}

// isFraction tells values like "12/13", which are numeric and singular.
func isFraction(s string) bool {
	digits, slashes := 0, 0
	for i := range len(s) {
		switch {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case s[i] == '/' && digits > 0:
			slashes++
			digits = 0
		default:
			return false
		}
	}
	return slashes > 0 && digits > 0
}

// numberParser cuts one value.
type numberParser struct {
	program  *program
	variable variable
	label    string // the term that holds at this point
	text     string // and how the value writes it; "" if it does not
}

func (np *numberParser) parse(s string) []numberPart {
	escaped := strings.Contains(s, `\-`)
	if np.variable == varPage || np.variable == varPageFirst {
		s = strings.ReplaceAll(s, "–", "-")
	}
	elems, joins := np.split(s, escaped)
	elems, joins = recombineLetters(elems, joins)
	var parts []numberPart
	for i, elem := range elems {
		parts = append(parts, np.element(elem, i == 0)...)
		parts[len(parts)-1].join = joins[i]
	}
	for i := range len(parts) - 1 {
		if parts[i].join == "" {
			parts[i].join = " "
		}
	}
	return parts
}

// split cuts a value at its joiners: commas, semicolons, "and", "&" and hyphens.
// With escaped hyphens in it, only they are hyphens and the others are dashes.
func (np *numberParser) split(s string, escaped bool) (elems, joins []string) {
	if escaped {
		s = strings.ReplaceAll(s, `\-`, "\x00")
		s = strings.ReplaceAll(s, "-", "–")
		s = strings.ReplaceAll(s, "\\", "")
	}
	start := 0
	for i := 0; i < len(s); {
		join, size := np.joinerAt(s, i)
		if size == 0 {
			i++
			continue
		}
		elems = append(elems, unescapeHyphen(s[start:i]))
		joins = append(joins, join)
		i += size
		start = i
	}
	return append(elems, unescapeHyphen(s[start:])), append(joins, "")
}

func unescapeHyphen(s string) string { return strings.ReplaceAll(s, "\x00", "-") }

// joinerAt recognises what joins two numbers at s[i:].
func (np *numberParser) joinerAt(s string, i int) (join string, size int) {
	rest := s[i:]
	trimmed := strings.TrimLeft(rest, " ")
	spaces := len(rest) - len(trimmed)
	after := func(n int) int {
		n += spaces
		return n + len(rest[n:]) - len(strings.TrimLeft(rest[n:], " "))
	}
	if strings.HasPrefix(trimmed, "&") {
		return " " + np.program.ampersand() + " ", after(1)
	}
	for _, and := range np.program.andWords() {
		for _, lead := range [...]string{", ", " "} {
			if strings.HasPrefix(rest, lead+and+" ") {
				return rest[:len(lead)+len(and)+1], len(lead) + len(and) + 1
			}
		}
	}
	if spaces == 0 && (strings.HasPrefix(rest, "; ") || strings.HasPrefix(rest, ", ")) {
		n := len(rest) - len(strings.TrimLeft(rest[1:], " "))
		return rest[:n], n
	}
	n := 0
	for strings.HasPrefix(trimmed[n:], "-") || strings.HasPrefix(trimmed[n:], "–") {
		if trimmed[n] == '-' {
			n++
		} else {
			n += len("–")
		}
	}
	if n > 0 {
		size = after(n)
		join = rest[:size]
		if trimmed[:n] == "-" {
			join = "-"
		}
		return join, size
	}
	return "", 0
}

func (p *program) andWords() []string {
	local := p.terms.text("and", formLong)
	if local == "and" || local == "" {
		return []string{"and"}
	}
	return []string{"and", local}
}

func (p *program) ampersand() string {
	symbol := p.terms.text("and", formSymbol)
	if symbol == "" || symbol == p.terms.text("and", formLong) {
		return "&"
	}
	return symbol
}

// recombineLetters keeps "12a-c" in one piece, since it is not a range of
// numbers.
func recombineLetters(elems, joins []string) ([]string, []string) {
	for i := len(elems) - 2; i >= 0; i-- {
		if joins[i] == "-" && digitsThenLetters(elems[i]) && onlyLetters(elems[i+1]) {
			elems[i] += "-" + elems[i+1]
			joins[i] = joins[i+1]
			elems = append(elems[:i+1], elems[i+2:]...)
			joins = append(joins[:i+1], joins[i+2:]...)
		}
	}
	return elems, joins
}

func digitsThenLetters(s string) bool {
	for {
		_, rest, ok := strings.Cut(s, ". ")
		if !ok {
			break
		}
		s = strings.TrimLeft(rest, " ")
	}
	n := digitCount(s)
	return n > 0 && n < len(s) && onlyLetters(s[n:])
}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != ',' {
			return false
		}
	}
	return s != ""
}

func digitCount(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// element reads one element, which may have labels of its own, as in "3 sec. 4".
func (np *numberParser) element(s string, first bool) []numberPart {
	var parts []numberPart
	start := 0
	for i := 0; i < len(s); {
		term, text, size := np.labelAt(s, i, first)
		if size == 0 {
			i++
			continue
		}
		before := strings.TrimSpace(s[start:i])
		if before != "" && (!isPlainNumber(before) || !startsPlainNumber(s[i+size:])) {
			i += size
			continue
		}
		if before != "" {
			parts = append(parts, np.makePart(before))
		}
		np.label, np.text = term, text
		i += size
		start = i
	}
	return append(parts, np.makePart(strings.TrimSpace(s[start:])))
}

// isPlainNumber tells digits that letters or marks may follow.
func isPlainNumber(s string) bool {
	n := digitCount(s)
	return n > 0 && strings.Trim(s[n:], "-;,:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func startsPlainNumber(s string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
	return isPlainNumber(word)
}

// labelAt recognises a label such as "sec." at s[i:].
func (np *numberParser) labelAt(s string, i int, first bool) (term, text string, size int) {
	rest := s[i:]
	if i > 0 {
		if rest[0] != ' ' {
			return "", "", 0
		}
		rest = rest[1:]
	}
	end := strings.IndexAny(rest, ". ")
	if end <= 0 || rest[end] != '.' {
		return "", "", 0
	}
	term, ok := termOf[rest[:end+1]]
	if !ok || !np.program.terms.has(term) {
		return "", "", 0
	}
	switch np.variable {
	case varLocator, varPage, varNumber:
	default:
		// Other variables start with their own label or none.
		if first && term != np.variable.String() {
			return "", "", 0
		}
	}
	text = rest[:end+1]
	size = end + 1
	for size < len(rest) && rest[size] == ' ' {
		size++
	}
	if i > 0 {
		size++
	}
	return term, text, size
}

func (np *numberParser) makePart(s string) numberPart {
	p := numberPart{label: np.label, labelText: np.text}
	p.particle, p.value = splitParticle(s)
	return p
}

// splitParticle cuts the letters before the digits of "L12".
func splitParticle(s string) (particle, value string) {
	i := digitCount(s)
	start := i
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z') {
		i++
	}
	if i == start {
		return "", s
	}
	for i < len(s) && s[i] == '0' {
		i++
	}
	digits := digitCount(s[i:])
	if digits == 0 {
		// The zeros may be the number.
		for i > start && s[i-1] == '0' && digits == 0 {
			i--
			digits = 1
		}
		if digits == 0 {
			return "", s
		}
		digits = digitCount(s[i:])
	}
	if rest := s[i+digits:]; strings.Trim(rest, "-,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", s
	}
	return s[:i], s[i:]
}

// judge finds which numbers are numeric, plural and can be ranged. Numbers with
// one label in a row stand or fall with the first of them.
func (p *program) judge(v variable, n *numberValue) {
	for start := 0; start < len(n.parts); {
		end := start + 1
		for end < len(n.parts) && n.parts[end].label == n.parts[start].label {
			end++
		}
		first := &n.parts[start]
		numeric := looksNumeric(first.value)
		collapsible := first.value != "" && (digitCount(first.value) > 0 || isRomanText(first.value))
		for i := start; i < end; i++ {
			part := &n.parts[i]
			part.numeric, part.collapsible = numeric, collapsible
			part.plural = numeric && collapsible && end-start > 1
		}
		if start > 0 && first.label != "" {
			first.labelShown = true
		}
		start = end
	}
	switch v {
	case varNumberOfPages, varNumberOfVolumes:
		if n.parts[0].numeric && leadingInt(n.parts[0].value) > 1 {
			n.parts[0].plural = true
		}
	}
}

// looksNumeric tells numbers with letters or further digits after hyphens, and
// small Roman numerals.
func looksNumeric(s string) bool {
	n := digitCount(s)
	if n == 0 {
		for n < len(s) && (s[n] == 'i' || s[n] == 'x' || s[n] == 'v') {
			n++
		}
	}
	if n == 0 {
		return false
	}
	rest := s[n:]
	return strings.Trim(rest, "-,:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" ||
		rest[0] == '-' && strings.Trim(rest, "-0123456789") == ""
}

func isRomanText(s string) bool { return s != "" && strings.Trim(s, "ivxlcmIVXLCM") == "" }

func isPlainInteger(s string) bool {
	return s != "" && s[0] >= '1' && s[0] <= '9' && digitCount(s) == len(s) && len(s) < 16
}
