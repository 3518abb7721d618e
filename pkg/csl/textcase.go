package csl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type textCase uint8

const (
	caseNone textCase = iota
	caseLower
	caseUpper
	caseCapitalizeFirst
	caseCapitalizeAll
	caseSentence
	caseTitle
)

func parseTextCase(s string) textCase {
	switch s {
	case "lowercase":
		return caseLower
	case "uppercase":
		return caseUpper
	case "capitalize-first":
		return caseCapitalizeFirst
	case "capitalize-all":
		return caseCapitalizeAll
	case "sentence":
		return caseSentence
	case "title":
		return caseTitle
	}
	return caseNone
}

// casePiece is a stretch of words and the mark before it: punctuation, a
// quotation mark or a tag.
type casePiece struct {
	mark, text, orig string
}

// caser applies a text case to one text.
type caser struct {
	rule       textCase
	language   string
	pieces     []casePiece
	first      bool // no word was seen yet
	afterPunct bool // a mark that a new sentence follows was seen
	lastPiece  int  // where the last word stands that may be a stop word; -1 for nowhere
	lastWord   int
	protected  []string // the closing tags of the spans around that keep their case
	quotes     []openQuote
}

type openQuote struct {
	opener, closer string
	piece          int
}

// apply returns text in the case, leaving alone what is in <span
// class="nocase">, small capitals, superscripts and subscripts.
func (rule textCase) apply(text, language string) string {
	if text == "" || rule == caseNone {
		return text
	}
	w := &caser{rule: rule, language: language, first: true, lastPiece: -1, pieces: splitCase(text)}
	for i := range w.pieces {
		w.piece(i)
	}
	for _, q := range w.quotes {
		w.restore(q.piece)
	}
	if rule == caseTitle {
		w.capitalizeLast()
	}
	var b strings.Builder
	for i := range w.pieces {
		b.WriteString(w.pieces[i].mark)
		b.WriteString(w.pieces[i].text)
	}
	return b.String()
}

func (w *caser) piece(i int) {
	p := &w.pieces[i]
	if i > 0 {
		if closer := protectingTag(p.mark); closer != "" {
			w.protected = append(w.protected, closer)
		} else if n := len(w.protected); n > 0 && w.protected[n-1] == p.mark {
			w.protected = w.protected[:n-1]
		}
		switch lastByte(p.mark) {
		case '!', '?', ':':
			w.afterPunct = true
		}
	}
	blank := strings.TrimSpace(p.text) == ""
	switch {
	case len(w.protected) > 0:
		if !blank {
			w.lastPiece = -1
		}
	case !blank || w.rule == caseLower || w.rule == caseUpper:
		w.words(i)
	}
	if i > 0 && w.rule != caseLower && w.rule != caseUpper {
		w.quote(i)
	}
	if !blank {
		w.first, w.afterPunct = false, false
	}
}

// words changes the words of a piece.
func (w *caser) words(i int) {
	p := &w.pieces[i]
	switch w.rule {
	case caseLower:
		p.text = lower(p.text, w.language)
		return
	case caseUpper:
		p.text = upper(p.text, w.language)
		return
	}
	var b strings.Builder
	word := 0
	for rest := p.text; rest != ""; {
		n := strings.IndexFunc(rest, isCaseSpace)
		switch {
		case n < 0:
			n = len(rest)
			fallthrough
		case n > 0:
			atEnd := n == len(rest)
			b.WriteString(w.word(rest[:n], i, word, atEnd))
			word++
		default:
			_, n = utf8.DecodeRuneInString(rest)
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	p.text = b.String()
}

func (w *caser) word(s string, piece, index int, atEnd bool) string {
	switch w.rule {
	case caseCapitalizeFirst:
		if w.first {
			w.first = false
			if s == lower(s, w.language) {
				return capitalize(s, w.language)
			}
		}
	case caseCapitalizeAll:
		if s == lower(s, w.language) {
			return capitalize(s, w.language)
		}
	case caseSentence:
		if w.first {
			w.first = false
			return capitalize(s, w.language)
		}
		return lower(s, w.language)
	case caseTitle:
		return w.titleWord(s, piece, index, atEnd)
	}
	return s
}

func (w *caser) titleWord(s string, piece, index int, atEnd bool) string {
	small := lower(s, w.language)
	important := utf8.RuneCountInString(s) > 1 && !isStopWord(small)
	beforeHyphen := piece == 0 && atEnd && len(w.pieces) > 1 && w.pieces[1].mark == "-"
	if (important || beforeHyphen || w.first || w.afterPunct) && s == small {
		s = capitalize(s, w.language)
	}
	w.first, w.afterPunct = false, false
	w.lastPiece, w.lastWord = piece, index
	return s
}

// capitalizeLast capitalizes the last word if it is a stop word.
func (w *caser) capitalizeLast() {
	if w.lastPiece < 0 {
		return
	}
	p := &w.pieces[w.lastPiece]
	start, index := -1, 0
	for i, r := range p.text + " " {
		if !isCaseSpace(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start < 0 {
			continue
		}
		if index == w.lastWord {
			word := p.text[start:i]
			if utf8.RuneCountInString(word) > 1 && isStopWord(lower(word, w.language)) {
				p.text = p.text[:start] + capitalize(word, w.language) + p.text[i:]
			}
			return
		}
		index++
		start = -1
	}
}

// quote follows quotation marks: what comes after one that can't be paired keeps
// the case of its first letter.
func (w *caser) quote(i int) {
	m := w.pieces[i].mark
	switch m {
	case "“", "‘", ` "`, " '":
		q := openQuote{piece: i}
		switch m {
		case "“":
			q.opener, q.closer = m, "”"
		case "‘":
			q.opener, q.closer = m, "’"
		case ` "`:
			q.opener, q.closer = " '", `"`
		default:
			q.opener, q.closer = ` "`, "'"
		}
		if n := len(w.quotes); n > 0 && w.quotes[n-1].opener != m {
			w.restore(w.quotes[n-1].piece)
			w.lastPiece = -1
			w.quotes = w.quotes[:n-1]
			q.piece = -1
		}
		w.quotes = append(w.quotes, q)
	case "”", "’", `"`, "'":
		if n := len(w.quotes); n > 0 && w.quotes[n-1].closer == m {
			w.quotes = w.quotes[:n-1]
			return
		}
		w.restore(i)
		w.lastPiece = -1
	}
}

// restore gives the first letter of a piece its original case.
func (w *caser) restore(i int) {
	if i < 0 {
		return
	}
	p := &w.pieces[i]
	if p.text == p.orig || p.text == "" || p.orig == "" {
		return
	}
	_, oldSize := utf8.DecodeRuneInString(p.orig)
	_, newSize := utf8.DecodeRuneInString(p.text)
	p.text = p.orig[:oldSize] + p.text[newSize:]
}

func isCaseSpace(r rune) bool {
	return r == ' ' || r == 0xA0 || r >= 0x2000 && r <= 0x200B || r == 0x205F || r == 0x3000
}

func protectingTag(m string) string {
	switch {
	case strings.HasPrefix(m, "<span"):
		return "</span>"
	case m == "<sc>":
		return "</sc>"
	case m == "<sub>":
		return "</sub>"
	case m == "<sup>":
		return "</sup>"
	}
	return ""
}

// splitCase cuts a text at the marks that matter for its case.
func splitCase(s string) []casePiece {
	pieces := make([]casePiece, 1, 8)
	start := 0
	for i := 0; i < len(s); {
		n := caseMarkSize(s, i)
		if n == 0 {
			i++
			continue
		}
		pieces[len(pieces)-1].text = s[start:i]
		m := s[i : i+n]
		start, i = i+n, i+n
		if m == "'" && i < len(s) && caseMarkSize(s, i) == 0 {
			// An apostrophe belongs to the word after it.
			start--
			m = ""
		}
		pieces = append(pieces, casePiece{mark: m})
	}
	pieces[len(pieces)-1].text = s[start:]
	for i := range pieces {
		pieces[i].orig = pieces[i].text
	}
	return pieces
}

func caseMarkSize(s string, i int) int {
	switch c := s[i]; c {
	case '"', '\'', '-', '/', '.', ',', ';', '?', '!', ':', '[', ']', '(', ')':
		return 1
	case ' ':
		if i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\'') {
			return 2
		}
	case '<':
		_, n := tagAt(s[i:])
		return n
	case 0xE2:
		if i+2 < len(s) && s[i+1] == 0x80 {
			switch s[i+2] {
			case 0x93, 0x94, 0x98, 0x99, 0x9C, 0x9D: // – — ‘ ’ “ ”
				return 3
			}
		}
	}
	return 0
}

// capitalize makes the first letter upper case; a Greek letter that stands alone
// stays, since it is a symbol.
func capitalize(s, language string) string {
	trimmed := strings.TrimLeftFunc(s, unicode.IsSpace)
	r, size := utf8.DecodeRuneInString(trimmed)
	if size == 0 || len(trimmed) == size && r >= 0x370 && r <= 0x3FF {
		return s
	}
	return s[:len(s)-len(trimmed)] + upper(trimmed[:size], language) + trimmed[size:]
}

func upper(s, language string) string {
	if language == "tr" || language == "az" {
		return strings.ToUpperSpecial(unicode.TurkishCase, s)
	}
	return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS")
}

func lower(s, language string) string {
	if language == "tr" || language == "az" {
		return strings.ToLowerSpecial(unicode.TurkishCase, s)
	}
	return strings.ToLower(s)
}

// isStopWord tells the words of English titles, in lower case, that title case
// leaves alone.
func isStopWord(s string) bool {
	_, ok := stopWords[s]
	return ok || len(s) == 2 && s[0] == 'v'
}

// stopWords are the articles, conjunctions and prepositions that CSL names, and
// a few particles and abbreviations.
var stopWords = wordSet(`a about above across afore after against al along alongside amid amidst among amongst an and
anenst apropos apud around as aside astride at athwart atop barring before behind below beneath beside besides
between beyond but by c ca circa d' de despite down during et except for forenenst from given in inside into lest
like modulo near next nor notwithstanding of off on onto or out over per plus pro qua sans since so than the
through throughout thruout till to toward towards under underneath until unto up upon v van versus via vis-à-vis
von vs vs. with within without yet`)

func wordSet(s string) map[string]struct{} {
	set := map[string]struct{}{}
	for w := range strings.FieldsSeq(s) {
		set[w] = struct{}{}
	}
	return set
}
