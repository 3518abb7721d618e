package plaintext

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxWordBytes bounds a folded word in bytes; what is longer (sequences, encoded data)
// is cut, so that junk can't swell the dictionary.
const MaxWordBytes = 64

// Scanner walks over the words of a text. A word is a run of letters, digits
// and marks. Scripts that write no spaces (Han, Kana, Thai, …) and Hangul,
// which joins particles to words, give overlapping pairs of characters, a
// character with its marks counting as one. It is not safe for concurrent use.
type Scanner struct {
	Word       []byte // the present word, folded, valid until the next call of Next
	Start, End int    // where it stands in the text, in bytes

	text  string
	pos   int
	inRun bool // the last word was a pair whose second character comes next
	tail  int  // where the second character of a run's last pair begins, or 0
}

type class uint8

const (
	notWord class = iota
	wordChar
	pairChar
	innerChar // part of a word only after another character: marks, joiners
)

// Reset makes the scanner start on text.
func (s *Scanner) Reset(text string) { *s = Scanner{text: text, Word: s.Word[:0]} }

// Next goes to the next word and reports whether there is one.
func (s *Scanner) Next() bool {
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

// Written returns the present word as it stands in the text.
func (s *Scanner) Written() string { return s.text[s.Start:s.End] }

// NextOf goes to the next word that may begin as beginnings says; most of the
// others are passed over without being folded.
func (s *Scanner) NextOf(beginnings *Beginnings) bool {
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
		if second >= utf8.RuneSelf || beginnings.has(asciiLower[c], asciiLower[second]) {
			break
		}
		s.inRun = false
		s.skipWord()
	}
	return s.Next()
}

// Beginnings is a set of the first two ASCII characters of words; the second
// is 0 where the word has but one.
type Beginnings [utf8.RuneSelf * utf8.RuneSelf / 64]uint64

func (b *Beginnings) pair(first, second byte) {
	n := int(first)*utf8.RuneSelf + int(second)
	b[n/64] |= 1 << (n % 64)
}

func (b *Beginnings) has(first, second byte) bool {
	if !asciiWord[second] {
		second = 0
	}
	n := int(first)*utf8.RuneSelf + int(second)
	return b[n/64]>>(n%64)&1 == 1
}

// Add adds how words of a stem begin. A stem keeps the first two
// letters of its words but for a "y" (dying, die).
func (b *Beginnings) Add(term string) {
	switch {
	case term[0] >= utf8.RuneSelf:
	case len(term) == 1:
		b.pair(term[0], 0)
	case term[1] < utf8.RuneSelf:
		b.pair(term[0], term[1])
		b.pair(term[0], 'y')
	}
}

// skipWord passes over the rest of a word.
func (s *Scanner) skipWord() {
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
func (s *Scanner) takeWord() bool {
	s.Start, s.tail = s.pos, 0
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
	s.End = s.pos
	raw := s.text[s.Start:s.End]
	if len(raw) == 1 && raw[0]|0x20 == 's' && s.afterApostrophe() {
		return false
	}
	if ascii {
		s.Word = s.Word[:0]
		for i := range min(len(raw), MaxWordBytes) {
			s.Word = append(s.Word, asciiLower[raw[i]])
		}
		return true
	}
	s.Word = cutBytes(appendFolded(s.Word[:0], raw))
	return len(s.Word) > 0
}

// afterApostrophe reports whether an apostrophe between letters precedes the
// word.
func (s *Scanner) afterApostrophe() bool {
	before := s.text[:s.Start]
	r, n := utf8.DecodeLastRuneInString(before)
	if r != '\'' && r != '’' {
		return false
	}
	r, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
	return unicode.IsLetter(r)
}

// takePair reads the pair of characters at pos, whose first one has size
// bytes without its marks, and moves on by one character. A character that
// stands alone is a word too.
func (s *Scanner) takePair(size int) bool {
	s.Start, s.tail = s.pos, 0
	s.pos += size + innerLen(s.text[s.pos+size:])
	s.End = s.pos
	if kind, n := classify(s.text[s.pos:]); kind == pairChar {
		s.End += n + innerLen(s.text[s.End+n:])
		s.inRun = true
		if next, _ := classify(s.text[s.End:]); next != pairChar {
			s.tail = s.pos
		}
	} else if s.inRun {
		s.inRun = false
		return false
	}
	s.Word = appendPair(s.Word[:0], s.text[s.Start:s.End])
	return true
}

// Tail returns the last character of the present word if a run of pairs ends
// with it, as a word of its own, and otherwise nil: a text that ends in "茶" has
// no pair that begins with it.
func (s *Scanner) Tail() []byte {
	if s.tail <= s.Start || s.tail >= s.End {
		return nil
	}
	return appendPair(nil, s.text[s.tail:s.End])
}

// innerLen returns the number of bytes of the marks and joiners at the start of s.
func innerLen(s string) int {
	n := 0
	for {
		kind, size := classify(s[n:])
		if kind != innerChar {
			return n
		}
		n += size
	}
}

// appendPair appends characters of scripts without spaces: composed, of one
// width, and without joiners.
func appendPair(word []byte, raw string) []byte {
	for _, r := range norm.NFKC.String(raw) {
		if !isJoiner(r) {
			word = utf8.AppendRune(word, r)
		}
	}
	return cutBytes(word)
}

// cutBytes shortens a word to MaxWordBytes at a character's edge.
func cutBytes(word []byte) []byte {
	if len(word) <= MaxWordBytes {
		return word
	}
	n := MaxWordBytes
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
	case isTrailing(r) || isJoiner(r):
		return innerChar, n
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		if r >= 0x0e00 && !unicode.Is(unicode.Nd, r) && (unicode.In(r, pairScripts...) || r == 'ー' || r == 'ｰ') {
			return pairChar, n
		}
		return wordChar, n
	case unicode.IsMark(r):
		return innerChar, n
	}
	return notWord, n
}

// isTrailing reports whether r, although a letter, is a part of the character
// before it: the vowels and final consonants of decomposed Hangul, and the
// voicing marks of half-width Katakana.
func isTrailing(r rune) bool {
	return r >= 0x1160 && r <= 0x11ff || r >= 0xd7b0 && r <= 0xd7ff || r == 0xff9e || r == 0xff9f
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
