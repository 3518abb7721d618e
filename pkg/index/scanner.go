package index

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWordBytes bounds a folded word; what is longer (sequences, encoded data)
// is cut, so that junk can't swell the dictionary.
const maxWordBytes = 64

// scanner walks over the words of a text. A word is a run of letters, digits
// and marks. Scripts that write no spaces (Han, Kana, Thai, …) and Hangul,
// which glues particles to words, give overlapping pairs of characters.
type scanner struct {
	text string
	pos  int

	word       []byte // the folded word, valid until the next call of next
	start, end int    // where it stands in text, in bytes

	inRun bool // the last word was a pair whose second character comes next
}

type class uint8

const (
	notWord class = iota
	wordChar
	pairChar
	innerChar // part of a word only inside one: marks, joiners
)

// reset makes the scanner start on text.
func (s *scanner) reset(text string) { *s = scanner{text: text, word: s.word[:0]} }

// next goes to the next word and reports whether there is one.
func (s *scanner) next() bool {
	for s.pos < len(s.text) {
		kind, size := classify(s.text[s.pos:])
		switch kind {
		case wordChar:
			s.inRun = false
			if s.takeWord() {
				return true
			}
		case pairChar:
			if s.takePair(size) {
				return true
			}
		default:
			s.inRun = false
			s.pos += size
		}
	}
	return false
}

// nextOf goes to the next word that may begin as pairs says; most of those
// that surely don't are passed over without being folded.
func (s *scanner) nextOf(pairs *beginnings) bool {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if c >= utf8.RuneSelf {
			break
		}
		if !asciiWord[c] {
			s.pos++
			continue
		}
		second := byte(0)
		if s.pos+1 < len(s.text) {
			second = s.text[s.pos+1]
		}
		if second >= utf8.RuneSelf || pairs.has(asciiLower[c], asciiLower[second]) {
			break
		}
		s.inRun = false
		s.skipWord()
	}
	return s.next()
}

// beginnings is a set of the first two ASCII characters of words; the second
// is 0 where the word has but one.
type beginnings [utf8.RuneSelf * utf8.RuneSelf / 64]uint64

func (b *beginnings) add(first, second byte) {
	n := int(first)*utf8.RuneSelf + int(second)
	b[n/64] |= 1 << (n % 64)
}

func (b *beginnings) has(first, second byte) bool {
	if !asciiWord[second] {
		second = 0
	}
	n := int(first)*utf8.RuneSelf + int(second)
	return b[n/64]>>(n%64)&1 == 1
}

// addTerm adds how words of that stem begin. A stem keeps the first two
// letters of its words but for a "y" (dying, die).
func (b *beginnings) addTerm(term string) {
	switch {
	case term[0] >= utf8.RuneSelf:
	case len(term) == 1:
		b.add(term[0], 0)
	case term[1] < utf8.RuneSelf:
		b.add(term[0], term[1])
		b.add(term[0], 'y')
	}
}

// skipWord passes over the rest of a word.
func (s *scanner) skipWord() {
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; c < utf8.RuneSelf {
			if !asciiWord[c] {
				return
			}
			s.pos++
			continue
		}
		kind, size := classify(s.text[s.pos:])
		if kind != wordChar && kind != innerChar {
			return
		}
		s.pos += size
	}
}

// takeWord reads the word at pos; it is false for the "s" of a possessive.
func (s *scanner) takeWord() bool {
	s.start = s.pos
	ascii := true
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; c < utf8.RuneSelf {
			if !asciiWord[c] {
				break
			}
			s.pos++
			continue
		}
		kind, size := classify(s.text[s.pos:])
		if kind != wordChar && kind != innerChar {
			break
		}
		ascii = false
		s.pos += size
	}
	s.end = s.pos
	raw := s.text[s.start:s.end]
	if len(raw) == 1 && raw[0]|0x20 == 's' && s.afterApostrophe() {
		return false
	}
	if ascii {
		s.word = s.word[:0]
		for i := range min(len(raw), maxWordBytes) {
			s.word = append(s.word, asciiLower[raw[i]])
		}
		return true
	}
	s.word = cutBytes(appendFolded(s.word[:0], raw))
	return len(s.word) > 0
}

// afterApostrophe reports whether an apostrophe between letters precedes the
// word.
func (s *scanner) afterApostrophe() bool {
	before := s.text[:s.start]
	r, n := utf8.DecodeLastRuneInString(before)
	if r != '\'' && r != '’' {
		return false
	}
	r, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
	return unicode.IsLetter(r)
}

// takePair reads the pair of characters at pos, whose first one has size
// bytes, and moves on by one character. A character that stands alone is a
// word too.
func (s *scanner) takePair(size int) bool {
	s.start, s.end = s.pos, s.pos+size
	s.pos += size
	if kind, n := classify(s.text[s.pos:]); kind == pairChar {
		s.end += n
		s.inRun = true
	} else if s.inRun {
		s.inRun = false
		return false
	}
	s.word = cutBytes(norm.NFKC.AppendString(s.word[:0], s.text[s.start:s.end]))
	return true
}

// cutBytes shortens a word to maxWordBytes at a character's edge.
func cutBytes(word []byte) []byte {
	if len(word) <= maxWordBytes {
		return word
	}
	n := maxWordBytes
	for n > 0 && !utf8.RuneStart(word[n]) {
		n--
	}
	return word[:n]
}

// classify says what the first character of s is and how many bytes it has.
func classify(s string) (class, int) {
	if s == "" {
		return notWord, 0
	}
	if c := s[0]; c < utf8.RuneSelf {
		if asciiWord[c] {
			return wordChar, 1
		}
		return notWord, 1
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError:
		return notWord, n
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		if r >= 0x0e00 && (unicode.In(r, pairScripts...) || r == 'ー') {
			return pairChar, n
		}
		return wordChar, n
	case unicode.IsMark(r) || isJoiner(r):
		return innerChar, n
	}
	return notWord, n
}

// pairScripts are the scripts whose text is indexed in pairs of characters.
var pairScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// asciiWord says which ASCII characters make words, asciiLower what they are
// in lower case.
var asciiWord, asciiLower = asciiTables()

func asciiTables() (word [utf8.RuneSelf]bool, lower [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		lower[c] = byte(unicode.ToLower(rune(c)))
		word[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	return word, lower
}
