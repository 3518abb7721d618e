package index

import (
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds of a query. What lies beyond is left out: no query can cost more
// than these allow.
const (
	maxQueryBytes  = 16 << 10
	maxQueryWords  = library.MaxQueryWords // different ones; their number fits the bits of a mask
	maxPhrases     = 8
	maxPhraseWords = 16
)

// parsed is a query's text, understood. Nothing in it is an operator but
// quotes that come in pairs.
type parsed struct {
	words       []queryWord // different ones; none is required
	phrases     [][]string  // terms in order; each is required
	identifiers []string
	// prefix is the last word as typed, folded, if it may go on, and
	// prefixWord its place in words.
	prefix     string
	prefixWord int
}

// queryWord is a term and how often the query has it.
type queryWord struct {
	term  string
	count int
}

// empty reports whether the query asks for nothing in particular.
func (p *parsed) empty() bool { return len(p.words)+len(p.phrases)+len(p.identifiers) == 0 }

// parse reads a query, as it is shown: what was copied from the source of a
// title finds the title.
func parse(a *analyzer, text string) parsed {
	text = plaintext.Shown(cutText(text, maxQueryBytes))
	p := parser{analyzer: a, seen: make(map[string]int)}
	for rest := text; rest != ""; {
		plain, quoted, after, ok := cutQuoted(rest)
		if !ok {
			p.plain(rest)
			break
		}
		p.plain(plain)
		p.phrase(quoted)
		rest = after
	}
	return p.finish(text)
}

// quotes are the characters that open a phrase and those that close it.
const openQuotes, closeQuotes = "\"“”„«»", "\"“”«»"

// cutQuoted splits s around its first pair of quotes.
func cutQuoted(s string) (before, quoted, after string, ok bool) {
	open := strings.IndexAny(s, openQuotes)
	if open < 0 {
		return "", "", "", false
	}
	inner := strings.TrimLeft(s[open:], openQuotes)
	end := strings.IndexAny(inner, closeQuotes)
	if end < 0 {
		return "", "", "", false
	}
	return s[:open], inner[:end], strings.TrimLeft(inner[end:], closeQuotes), true
}

// parser collects the words of a query.
type parser struct {
	*analyzer
	out    parsed
	seen   map[string]int // term to its place in words, or in stopped
	stop   []queryWord    // stop words, used if there is nothing else
	prefix string         // last plain word, folded
	last   int            // its place in words, or -1 if it is a stop word
}

// plain adds words that are not in quotes.
func (p *parser) plain(text string) {
	p.Reset(text)
	p.prefix = ""
	for p.Next() {
		p.last = p.addWord()
		p.prefix = ""
		if strings.TrimFunc(text[p.End:], unicode.IsSpace) == "" {
			p.prefix = string(p.Word)
		}
	}
}

// addWord adds the current word and returns its place in words, or -1.
func (p *parser) addWord() int {
	term := p.term()
	if stopWords[string(p.Word)] {
		if len(p.stop) < maxPhraseWords {
			p.stop = append(p.stop, queryWord{term, 1})
		}
		return -1
	}
	if i, ok := p.seen[term]; ok {
		p.out.words[i].count++
		return i
	}
	if len(p.out.words) == maxQueryWords {
		return -1
	}
	p.seen[term] = len(p.out.words)
	p.out.words = append(p.out.words, queryWord{term, 1})
	return len(p.out.words) - 1
}

// phrase adds words that must stand side by side.
func (p *parser) phrase(text string) {
	p.prefix = ""
	p.Reset(text)
	var terms []string
	for p.Next() {
		if len(terms) < maxPhraseWords {
			terms = append(terms, p.term())
			p.addWord()
		}
	}
	if len(terms) > 0 && len(p.out.phrases) < maxPhrases {
		p.out.phrases = append(p.out.phrases, terms)
	}
}

// finish completes what the whole text decides.
func (p *parser) finish(text string) parsed {
	if len(p.out.words) == 0 {
		for _, w := range p.stop {
			if _, ok := p.seen[w.term]; !ok {
				p.seen[w.term] = len(p.out.words)
				p.out.words = append(p.out.words, w)
			}
		}
		p.last = len(p.out.words) - 1
	}
	if p.prefix != "" && p.last >= 0 {
		p.out.prefix, p.out.prefixWord = p.prefix, p.last
	}
	p.out.identifiers = identifiersIn(text)
	return p.out
}

// cutText returns at most n bytes of s.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:runeEdge(s[:n], n)]
}
