package question

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a stretch of a text is.
type tokenKind uint8

const (
	tokenText tokenKind = iota
	tokenPrefix
	tokenPhrase
	tokenYears
	tokenField // with its value, unless a bracket follows
	tokenScope
	tokenNot
	tokenAnd
	tokenOr
	tokenOpen
	tokenClose
)

// token is a stretch of a text.
type token struct {
	kind       tokenKind
	start, end int    // in the text, in bytes
	value      string // the words of a phrase, a prefix or a field
	quoted     bool   // the value of a field was in quotes
	group      bool   // the value of a field is the bracket that follows
	field      field
	parts      Part // of a scope
	from, to   int  // of years
}

// operator reports whether the token counts towards MaxOperators.
func (t *token) operator() bool {
	return t.kind != tokenText && t.kind != tokenPhrase && t.kind != tokenClose
}

// Quotes that open a phrase and that close one.
const openQuotes, closeQuotes = "\"“”„«»", "\"“”«»"

// lexer splits a text into tokens.
type lexer struct {
	text    string
	pos     int
	tokens  []token
	phrases int
	// unclosed says that no quotation mark that closes a phrase follows.
	unclosed bool
	notices  []string
}

// note adds a notice, once.
func (l *lexer) note(notice string) {
	if !slices.Contains(l.notices, notice) {
		l.notices = append(l.notices, notice)
	}
}

// add adds a token that ends at pos.
func (l *lexer) add(t token) {
	t.end = l.pos
	l.tokens = append(l.tokens, t)
}

// run reads the whole text.
func (l *lexer) run() {
	for l.pos < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.pos:])
		start := l.pos
		switch {
		case unicode.IsSpace(r):
			l.pos += size
		case strings.ContainsRune(openQuotes, r):
			l.quote(size)
		case r == '(':
			l.pos++
			l.add(token{kind: tokenOpen, start: start})
		case r == ')':
			l.pos++
			l.add(token{kind: tokenClose, start: start})
		default:
			l.chunk()
		}
	}
}

// quote reads a phrase.
func (l *lexer) quote(size int) {
	start := l.pos
	value, ok := l.quoted()
	switch {
	case !ok:
		l.note(noticeQuote)
		l.pos = start + size
		l.unclosed = true
	case l.phrases == MaxPhrases:
		l.note(noticePhrases)
		l.add(token{kind: tokenText, start: start})
	default:
		l.phrases++
		l.add(token{kind: tokenPhrase, start: start, value: value})
	}
}

// quoted reads the text in the quotes at pos.
func (l *lexer) quoted() (string, bool) {
	if l.unclosed {
		return "", false
	}
	rest := l.text[l.pos:]
	inner := strings.TrimLeft(rest, openQuotes)
	end := strings.IndexAny(inner, closeQuotes)
	if len(inner) == len(rest) || end < 0 {
		return "", false
	}
	l.pos = len(l.text) - len(strings.TrimLeft(inner[end:], closeQuotes))
	return inner[:end], true
}

// chunk reads what stands between spaces.
func (l *lexer) chunk() {
	start := l.pos
	free := l.free()
	if free && (l.minus() || l.named()) {
		return
	}
	chunk := l.word(true)
	if chunk == "" { // a bar that begins a word
		l.pos++
		l.bar(start, free)
		return
	}
	switch {
	case !free:
		l.add(token{kind: tokenText, start: start})
	case chunk == "OR" || chunk == "||":
		l.add(token{kind: tokenOr, start: start})
	case chunk == "AND" || chunk == "&&":
		l.add(token{kind: tokenAnd, start: start})
	case chunk == "NOT":
		l.add(token{kind: tokenNot, start: start})
	default:
		l.words(start, chunk)
	}
}

// bar reads "|" alone or between two words as an OR.
func (l *lexer) bar(start int, free bool) {
	after, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	if end := l.pos == len(l.text) || unicode.IsSpace(after); free == end {
		l.add(token{kind: tokenOr, start: start})
	}
}

// words adds a chunk that is no operator.
func (l *lexer) words(start int, chunk string) {
	if from, to, ok := rangeOf(strings.TrimRight(chunk, ",.;")); ok {
		l.add(token{kind: tokenYears, start: start, value: chunk, from: from, to: to})
		return
	}
	if strings.Contains(chunk, "*") {
		if prefix, ok := prefixOf(chunk); ok {
			l.add(token{kind: tokenPrefix, start: start, value: prefix})
			return
		}
		l.note(noticeWildcard)
	}
	l.add(token{kind: tokenText, start: start})
}

// prefixOf returns a word that ends in "*" without it.
func prefixOf(chunk string) (string, bool) {
	prefix, ok := strings.CutSuffix(strings.TrimRight(chunk, ",.;"), "*")
	if !ok || strings.Contains(prefix, "*") {
		return "", false
	}
	last, _ := utf8.DecodeLastRuneInString(prefix)
	letters := 0
	for _, r := range prefix {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			letters++
		}
	}
	return prefix, letters >= minPrefix && (unicode.IsLetter(last) || unicode.IsNumber(last))
}

// minPrefix is how many letters and digits stand before "*".
const minPrefix = 2

// free reports whether an operator may begin at pos: after a space or a bracket.
func (l *lexer) free() bool {
	r, size := utf8.DecodeLastRuneInString(l.text[:l.pos])
	if size == 0 || unicode.IsSpace(r) {
		return true
	}
	if n := len(l.tokens); n > 0 && l.tokens[n-1].end == l.pos {
		k := l.tokens[n-1].kind
		return k == tokenOpen || k == tokenClose || k == tokenNot || k == tokenOr
	}
	return false
}

// minus reads a "-" that stands before a word, a quote or a bracket.
func (l *lexer) minus() bool {
	rest := l.text[l.pos:]
	if len(rest) < 2 || rest[0] != '-' {
		return false
	}
	switch r, _ := utf8.DecodeRuneInString(rest[1:]); {
	case unicode.IsLetter(r), r == '(', strings.ContainsRune(openQuotes, r):
		l.pos++
		l.add(token{kind: tokenNot, start: l.pos - 1})
		return true
	case unicode.IsNumber(r):
		l.note(noticeNumber)
	}
	return false
}

// word reads on to a space, a quote, or a bracket that closes none of the
// word's own; with bars, to a "|" too.
func (l *lexer) word(bars bool) string {
	start, depth := l.pos, 0
	for l.pos < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.pos:])
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(openQuotes, r), r == ')' && depth == 0:
			return l.text[start:l.pos]
		case r == '|' && bars && !strings.HasPrefix(l.text[start:], "||"):
			return l.text[start:l.pos]
		case r == '(':
			depth++
		case r == ')':
			depth--
		}
		l.pos += size
	}
	return l.text[start:]
}

// named reads a field or a scope.
func (l *lexer) named() bool {
	start, rest := l.pos, l.text[l.pos:]
	n := 0
	for n < len(rest) && (rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' || rest[n] == '_') {
		n++
	}
	if n == 0 || n == len(rest) || rest[n] != ':' {
		return false
	}
	name := strings.ReplaceAll(rest[:n], "_", "")
	if strings.EqualFold(name, "in") {
		return l.scope(start, n+1)
	}
	f, ok := fieldOf(name)
	after, _ := utf8.DecodeRuneInString(rest[n+1:])
	valued := n+1 < len(rest) && !unicode.IsSpace(after)
	switch {
	case ok && f.kind == HasText && !valued:
		return false // prose: "all that it has: …"
	case !ok && valued && !isScheme(name):
		l.note(noticeField)
		return false
	case !ok:
		return false
	}
	l.pos += n + 1
	if !l.value(start, f, name == strings.ToLower(name)) {
		l.pos = start
		return false
	}
	return true
}

// value reads the value of a field. It may stand after a space if the name is in
// lower case: prose has "Abstract: …".
func (l *lexer) value(start int, f field, spaced bool) bool {
	if rest := strings.TrimLeftFunc(l.text[l.pos:], unicode.IsSpace); spaced {
		l.pos = len(l.text) - len(rest)
	}
	t := token{kind: tokenField, start: start, field: f}
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	switch {
	case l.pos == len(l.text):
		l.note(noticeValue)
		return false
	case unicode.IsSpace(r):
		return false
	case r == '(':
		t.group = true
	case strings.ContainsRune(openQuotes, r):
		if t.value, t.quoted = l.quoted(); !t.quoted {
			return false
		}
	default:
		t.value = l.word(f.kind != Identifier)
	}
	if notice := l.refused(&t); notice != "" {
		l.note(notice)
		return false
	}
	l.add(t)
	return true
}

// refused returns why a field can't have the value of a token, or "".
func (l *lexer) refused(t *token) string {
	switch {
	case t.field.kind == HasText && !isText(t.value):
		return noticeHas
	case t.value == "" && !t.group, t.field.kind == Years && !l.years(t), t.field.kind == Identifier && !identifier(t):
		return noticeValue
	}
	return ""
}

// years reads the value of a field "year:".
func (l *lexer) years(t *token) (ok bool) {
	t.from, t.to, ok = yearsOf(strings.TrimRight(t.value, ",.;"))
	return ok && !t.group
}

// identifier reports whether the value of a field is an identifier of its kind.
func identifier(t *token) bool {
	_, ok := idOf(t.field.id, t.value)
	return ok && !t.group
}

// scope reads "in:" and its parts, which begin after size bytes.
func (l *lexer) scope(start, size int) bool {
	l.pos += size
	parts, ok := partsOf(strings.TrimRight(l.word(true), ",.;"))
	if !ok {
		l.pos = start
		l.note(noticeScope)
		return false
	}
	l.add(token{kind: tokenScope, start: start, parts: parts})
	return true
}
