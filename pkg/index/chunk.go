package index

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The sizes of passages in bytes of text: chunkBytes is the aim, chunkMax the
// bound, tailBytes how much of the following text a passage also knows, so
// that a phrase across its end is found.
const (
	chunkBytes = 1200
	chunkMax   = 1500
	tailBytes  = 120
)

// chunk is a stretch of a page, in bytes of its text. What lies between end
// and tail belongs to the next chunk and is indexed with this one too.
type chunk struct {
	start, end, tail int
	rune             int // characters of the page before start
}

// chunks cuts a page's text into passages, at the end of a sentence or line
// where there is one, else between words.
func chunks(text string, yield func(chunk) bool) {
	runes := 0
	for at := 0; at < len(text); {
		end := len(text)
		if end-at > chunkMax {
			end = at + cutPoint(text[at:at+chunkMax])
		}
		c := chunk{start: at, end: end, tail: tailEnd(text, end), rune: runes}
		if strings.TrimSpace(text[at:end]) != "" && !yield(c) {
			return
		}
		runes += utf8.RuneCountInString(text[at:end])
		at = end
	}
}

// cutPoint returns where to cut the text, which is chunkMax bytes long: after
// the last end of a paragraph, sentence or word past half of chunkBytes, or at
// a character's edge.
func cutPoint(text string) int {
	const least = chunkBytes / 2
	for _, sep := range []string{"\n\n", ". ", ".\n", "? ", "! ", "。", "\n", " "} {
		if i := strings.LastIndex(text, sep); i >= least {
			return i + len(sep)
		}
	}
	return runeEdge(text, len(text))
}

// runeEdge returns the last edge between characters at or before n. The text
// may end inside a character.
func runeEdge(text string, n int) int {
	for i := n; i > 0 && n-i < utf8.UTFMax; i-- {
		if r, size := utf8.DecodeLastRuneInString(text[:i]); r != utf8.RuneError || size > 1 {
			return i
		}
	}
	return n
}

// tailEnd returns where the tail of a chunk that ends at end stops.
func tailEnd(text string, end int) int {
	if len(text)-end <= tailBytes {
		return len(text)
	}
	tail := text[end : end+tailBytes]
	if i := strings.LastIndexAny(tail, " \n"); i > 0 {
		return end + i
	}
	return end + runeEdge(tail, len(tail))
}

// pageLabel returns how a page is called: its label, else its number, else "".
func pageLabel(p *library.TextPage) string {
	if p.Label != "" || p.Number == 0 {
		return p.Label
	}
	return strconv.Itoa(p.Number)
}
