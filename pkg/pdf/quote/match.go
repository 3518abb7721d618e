package quote

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"golang.org/x/text/unicode/norm"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// stream is the text of a file as quotes are looked for in it.
type stream struct {
	pages []pageText
	keys  []rune // what of the characters counts
	at    []spot // where each of the keys stands
}

// pageText is the characters of a page.
type pageText []rune

// spot is a character of a page.
type spot struct{ page, char int32 }

// match is where a quote stands: from the first key to the one before end.
type match struct{ begin, end int }

// maxKeys bounds the text of a file that is read: 100 MB of memory.
const maxKeys = 8 << 20

// stream reads the text of the file.
func (d *document) stream(ctx context.Context) (*stream, error) {
	s := &stream{}
	failed := 0
	for i := range d.pages {
		err := d.page(i, func(_ requests.Page, text references.FPDF_TEXTPAGE, chars int) error {
			all, err := d.runes(text, chars)
			s.add(all)
			return err
		})
		if ctx.Err() != nil {
			return nil, pdf.ErrTime
		}
		if err != nil { // a damaged page has no text
			s.pages = append(s.pages[:i], nil)
			failed++
		}
		if len(s.keys) > maxKeys {
			return nil, ErrTooLarge
		}
	}
	if failed > 0 && failed == d.pages {
		return nil, pdf.ErrDamaged
	}
	return s, nil
}

// add adds a page.
func (s *stream) add(page pageText) {
	for i, r := range page {
		for _, k := range keysOf(string(r)) {
			s.keys = append(s.keys, k)
			s.at = append(s.at, spot{int32(len(s.pages)), int32(i)})
		}
	}
	s.pages = append(s.pages, page)
}

// keysOf returns what of a text counts when texts are compared: letters, digits and
// signs, without case, accents, white space and hyphens; ligatures as letters.
func keysOf(s string) []rune {
	keys := make([]rune, 0, len(s))
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Pd, r), r == '\u00AD', r == '\u2212', r == unicode.ReplacementChar,
			r == 0xFFFE, r == '`', r == '\u00B4', r == '\u00A8':
			continue
		case unicode.In(r, unicode.Pi, unicode.Pf), r == '"', r == '\'', r == '‚', r == '„':
			continue // a quotation mark
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			continue
		case r == 'ı':
			r = 'i'
		}
		keys = append(keys, unicode.ToLower(r))
	}
	return keys
}

// find returns where a quote stands. If some of its positions begin and end with whole
// words, these are all.
func (s *stream) find(wanted []rune) []match {
	var all, whole []match
	next := failures(wanted)
	have := 0
	for i := range s.keys {
		for have > 0 && s.keys[i] != wanted[have] {
			have = next[have-1]
		}
		if s.keys[i] == wanted[have] {
			have++
		}
		if have < len(wanted) {
			continue
		}
		have = 0 // positions do not overlap
		m := match{i + 1 - len(wanted), i + 1}
		if s.at[m.end-1].page-s.at[m.begin].page > 1 {
			continue
		}
		all = append(all, m)
		if s.isWhole(m) {
			whole = append(whole, m)
		}
	}
	if len(whole) > 0 {
		return whole
	}
	return all
}

// failures returns for each prefix of a text how long the longest other prefix is
// with which it ends (Knuth, Morris and Pratt 1977).
func failures(text []rune) []int {
	next := make([]int, len(text))
	for i, n := 1, 0; i < len(text); i++ {
		for n > 0 && text[i] != text[n] {
			n = next[n-1]
		}
		if text[i] == text[n] {
			n++
		}
		next[i] = n
	}
	return next
}

// isWhole reports whether no word goes on before or after a position.
func (s *stream) isWhole(m match) bool {
	first, last := s.at[m.begin], s.at[m.end-1]
	from, to := s.pages[first.page], s.pages[last.page]
	return !(first.char > 0 && isWord(from[first.char-1]) && isWord(from[first.char])) &&
		!(int(last.char)+1 < len(to) && isWord(to[last.char+1]) && isWord(to[last.char]))
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// text returns characters of a page as running text: white space as one space, words
// divided at the ends of lines joined, ligatures as letters.
func (p pageText) text(from, to int) string {
	var b strings.Builder
	space := false
	for i := from; i < to; i++ {
		r := p[i]
		switch {
		case isHyphen(r) && p.endsLine(i):
			for i+1 < to && isBlank(p[i+1]) {
				i++
			}
			continue
		case isBlank(r):
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return plaintext.Line(norm.NFC.String(ligatures().Replace(b.String())))
}

func ligatures() *strings.Replacer {
	return strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")
}

// isHyphen reports whether a character divides a word. PDFium gives U+0002 for a
// hyphen at the end of a line.
func isHyphen(r rune) bool {
	return r == '-' || r == '\u2010' || r == '\u00AD' || r == 2 || r == 0xFFFE
}

// isBlank reports whether a character is none that is seen.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == 0xFFFE }

// endsLine reports whether the character is between a word's letter and the end of
// its line, after which a small letter follows.
func (p pageText) endsLine(i int) bool {
	if p[i] == 2 || p[i] == 0xFFFE {
		return true
	}
	line := false
	for j := i + 1; j < len(p); j++ {
		if !isBlank(p[j]) {
			return line && i > 0 && unicode.IsLetter(p[i-1]) && unicode.IsLower(p[j])
		}
		line = line || p[j] == '\n' || p[j] == '\r'
	}
	return false
}

// word is a word of a page.
type word struct {
	key       string
	page      int
	begin, to int // its characters
}

// words returns the words of the file.
func (s *stream) words() []word {
	var all []word
	for n, page := range s.pages {
		for i := 0; i < len(page); i++ {
			begin := i
			for i < len(page) && !isBlank(page[i]) {
				i++
			}
			if key := string(keysOf(string(page[begin:i]))); key != "" {
				all = append(all, word{key, n, begin, i})
			}
		}
	}
	return all
}

// nearest returns the passage, as many words long as the quote, that has most words in
// common with it, or nil if none has half of them.
func (d *document) nearest(s *stream, quote string) (*Passage, error) {
	wanted := map[string]int{}
	fields := strings.Fields(quote)
	for _, f := range fields {
		wanted[string(keysOf(f))]++
	}
	all := s.words()
	best, bestAt, found := 0, 0, 0
	have := map[string]int{}
	for i, w := range all {
		if have[w.key]++; have[w.key] <= wanted[w.key] {
			found++
		}
		if j := i - len(fields); j >= 0 {
			if have[all[j].key]--; have[all[j].key] < wanted[all[j].key] {
				found--
			}
		}
		if found > best {
			best, bestAt = found, i
		}
	}
	if 2*best < len(fields) || best == 0 {
		return nil, nil
	}
	passage := all[max(0, bestAt+1-len(fields)) : bestAt+1]
	page := passage[0].page
	passage = slices.DeleteFunc(slices.Clone(passage), func(w word) bool { return w.page != page })
	label, err := d.label(page)
	return &Passage{PageIndex: page, PageLabel: label, Text: s.pages[page].text(passage[0].begin, passage[len(passage)-1].to)}, err
}
