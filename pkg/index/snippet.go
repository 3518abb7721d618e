package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxSnippet bounds a snippet, in characters.
const maxSnippet = 300

// maxSpans bounds the words of one text that are looked at for its snippet.
const maxSpans = 512

// span is a word of the query in a text, in bytes.
type span struct {
	start, end int
	word       int
}

// finder finds the words of a query in texts.
type finder struct {
	*analyzer
	query    *parsed
	words    map[string]int // of the query, by the terms that stand for them
	weights  []float32
	language language.Language    // of the texts
	forms    []string             // of the word at hand
	starts   plaintext.Beginnings // of the terms, to pass over most words
}

// begin makes the finder look for the words of a query.
func (f *finder) begin(a *analyzer, q *parsed, weights []float32) {
	*f = finder{analyzer: a, query: q, words: make(map[string]int), weights: weights, forms: f.forms}
	for i, w := range slices.Backward(q.words) {
		for _, terms := range [...][]string{w.spelled, w.also, w.terms} {
			for _, term := range terms {
				f.words[term] = i
				if _, stem := language.Cut(strings.TrimPrefix(term, letterTag)); stem != "" {
					f.starts.Add(stem)
				}
			}
		}
		if w.prefix != "" {
			f.starts.Add(w.prefix)
		}
	}
}

// find appends the words of the query in text to spans.
func (f *finder) find(text string, spans []span) []span {
	f.Reset(text)
	for len(spans) < maxSpans && f.NextOf(&f.starts) {
		if word, ok := f.match(); ok {
			spans = append(spans, span{f.Start, f.End, word})
		}
	}
	return spans
}

// match reports which word of the query the current word is.
func (f *finder) match() (int, bool) {
	f.forms = f.appendForms(f.forms[:0], f.language)
	for _, term := range f.forms {
		if word, ok := f.words[term]; ok {
			return word, true
		}
	}
	for i := range f.query.words {
		if p := f.query.words[i].prefix; p != "" && len(f.Word) >= len(p) && string(f.Word[:len(p)]) == p {
			return i, true
		}
	}
	return 0, false
}

// window is a stretch of a text, in bytes, and how well it shows a query.
type window struct {
	start, end int
	score      float32
}

// densest returns the stretch of at most limit bytes that has the weightiest
// words of the query; words that repeat count a little.
func (f *finder) densest(spans []span, limit int) window {
	const again = 0.05
	best := window{}
	for i := range spans {
		w := window{start: spans[i].start}
		seen := uint64(0)
		for _, s := range spans[i:] {
			if s.end-w.start > limit && seen != 0 {
				break
			}
			w.end = s.end
			if weight := f.weights[s.word]; seen&(1<<s.word) == 0 {
				seen |= 1 << s.word
				w.score += weight
			} else {
				w.score += again * weight
			}
		}
		if w.score > best.score || i == 0 {
			best = w
		}
	}
	return best
}

// snippet widens a window to at most maxSnippet characters, cut between words
// and without white space at its ends.
func snippet(text string, w window) (start, end int) {
	if len(text) <= maxSnippet || len(text) <= maxSnippet*utf8.UTFMax && utf8.RuneCountInString(text) <= maxSnippet {
		return trimmed(text, 0, len(text))
	}
	spare := maxSnippet - utf8.RuneCountInString(text[w.start:w.end])
	start = back(text, w.start, spare/3)
	end = forth(text, w.end, maxSnippet-utf8.RuneCountInString(text[start:w.end]))
	// Near the end of the text, what is left over goes to the front.
	if rest := maxSnippet - utf8.RuneCountInString(text[start:end]); end == len(text) && rest > 0 {
		start = back(text, start, rest)
	}
	return trimmed(text, start, end)
}

// back returns where a stretch begins that reaches back from at by at most n
// characters, to the begin of a word if there is one.
func back(text string, at, n int) int {
	from := at
	for ; n > 0 && from > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if from == 0 || from == at {
		return from
	}
	if i := strings.IndexAny(text[from:at], " \n\t"); i >= 0 {
		return from + i + 1
	}
	if plaintext.IsASCII(text[from:at]) {
		return at
	}
	return from
}

// forth returns where a stretch ends that reaches on from at by at most n
// characters, to the end of a word if there is one.
func forth(text string, at, n int) int {
	to := at
	for ; n > 0 && to < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	if to == len(text) || to == at {
		return to
	}
	if i := strings.LastIndexAny(text[at:to], " \n\t"); i >= 0 {
		return at + i
	}
	if plaintext.IsASCII(text[at:to]) {
		return at
	}
	return to
}

// trimmed moves the ends of a stretch past white space.
func trimmed(text string, start, end int) (int, int) {
	s := strings.TrimLeft(text[start:end], " \t\r\n")
	start = end - len(s)
	return start, start + len(strings.TrimRight(s, " \t\r\n"))
}
