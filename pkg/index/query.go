package index

import (
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// Bounds of a query. What lies beyond is left out, and a notice says so: no query
// can cost more than these allow.
const (
	maxQueryBytes  = 32 << 10              // 8,000 characters
	maxQueryWords  = library.MaxQueryWords // different ones that are counted
	maxScored      = 40                    // different ones that are scored
	maxPhraseWords = 16
	maxTypedBytes  = 64 // of a word in a notice or a hit
)

// Notices of what a query does not say.
const (
	noticeLongQuery    = "the query is longer than 8,000 characters; its end was left out"
	noticeManyWords    = "of a query of so many words the forty weightiest count"
	noticeTooManyWords = "the query has more than 512 different words; those after them were left out"
	noticeLongPhrase   = "of a phrase only the first 16 words count"
)

// parsed is a query's text, understood.
type parsed struct {
	// named is what the text names as a whole, or nil.
	named   *question.Naming
	words   []queryWord // different ones that add to the score
	phrases []phrase
	// conditions are required beside the phrases: fields, exclusions, and what
	// operators join.
	conditions  []*question.Node
	identifiers []question.ID // among the words
	notices     []string
}

// queryWord is a term that adds to the score.
type queryWord struct {
	form
	typed string        // as the query has it first
	count int           // how often
	in    question.Part // where it counts
	// loose says that a work may lack the word: it stands in the plain text.
	loose bool
	// quoted says that it stands in a phrase.
	quoted bool
	// prefix is the word folded if it may go on, else "".
	prefix string
	// open says that a star follows the word, so that it may go on for sure.
	open bool
	// spelled are the terms of the word's likely spellings, and also the terms by which
	// only names of creators have it.
	spelled, also []string
	spellings     []string // those words, folded
}

// form is a word and the terms by which works have it.
type form struct {
	term  string   // the English one, which tells words apart
	terms []string // all, by the languages of the works
	text  string   // the word, folded
}

// phrase is a sequence of words. It is required if a work has it.
type phrase struct {
	text  string // as typed
	words []form
	in    question.Part
	// places are those of its words, without stop words, in words.
	places []int
}

// anywhere is the parts in which a word counts that no field limits.
const anywhere = question.Part(0xff)

func within(p question.Part) question.Part {
	if p == 0 {
		return anywhere
	}
	return p
}

// empty reports whether the query asks for nothing in particular.
func (p *parsed) empty() bool {
	return p.named == nil && len(p.words)+len(p.phrases)+len(p.conditions)+len(p.identifiers) == 0
}

// note adds a notice.
func (p *parsed) note(notice string) { p.notices = append(p.notices, notice) }

// parse reads a query, as it is shown: what was copied from the source of a
// title finds the title.
func parse(a *analyzer, text string) parsed {
	whole := len(text)
	text = cutText(text, maxQueryBytes)
	p := parser{analyzer: a, seen: make(map[wordKey]int)}
	if len(text) < whole {
		p.out.note(noticeLongQuery)
	}
	text = plaintext.Shown(text)
	if n, ok := question.Named(text); ok {
		if p.out.named = &n; n.Sure {
			return p.out
		}
	}
	p.read(text)
	q := question.Parse(text)
	p.out.notices = append(p.out.notices, q.Notices...)
	for i, n := range q.Nodes {
		p.node(n, i == len(q.Nodes)-1 && strings.HasSuffix(strings.TrimRightFunc(text, unicode.IsSpace), n.Text))
	}
	return p.finish(text)
}

// wordKey tells the words of a query apart.
type wordKey struct {
	term string
	in   question.Part
}

// parser collects the words of a query.
type parser struct {
	*analyzer
	out  parsed
	seen map[wordKey]int // place in words
	stop []queryWord     // stop words, used if there is nothing else
}

// node adds a node that stands beside others; the last one's last word may go on.
func (p *parser) node(n *question.Node, last bool) {
	switch {
	case n.Kind == question.Text && !n.Required:
		p.plain(n, last)
	case n.Kind == question.Phrase && !n.Required:
		p.phrase(n)
	default:
		p.out.conditions = append(p.out.conditions, n)
		p.score(n)
	}
}

// plain adds the words of plain text.
func (p *parser) plain(n *question.Node, last bool) {
	subject := 0
	if len(p.out.words) == 0 && n.In == 0 {
		subject = p.requestEnd(n.Text)
	}
	p.Reset(n.Text)
	for p.Next() {
		final := strings.TrimFunc(n.Text[p.End:], unicode.IsSpace) == ""
		w := p.word(n.Text, n.In)
		w.loose = p.Start >= subject
		if final && (last || n.Prefix) {
			w.prefix = string(p.Word)
		}
		if final && n.Prefix {
			w.open = true
			w.typed += "*"
		}
		if final && n.Prefix || !p.stopped(w) {
			p.add(w)
		}
	}
}

// stopped reports whether the current word is a stop word, and keeps it.
func (p *parser) stopped(w queryWord) bool {
	if !p.isStop(string(p.Word)) {
		return false
	}
	if len(p.stop) < maxPhraseWords {
		p.stop = append(p.stop, w)
	}
	return true
}

// word returns the current word of a text.
func (p *parser) word(text string, in question.Part) queryWord {
	return queryWord{form: p.form(), typed: cutText(text[p.Start:p.End], maxTypedBytes), count: 1, in: within(in)}
}

// add adds a word and returns its place in words, or -1.
func (p *parser) add(w queryWord) int {
	key := wordKey{w.term, w.in}
	if i, ok := p.seen[key]; ok {
		old := &p.out.words[i]
		old.count += w.count
		old.loose = old.loose || w.loose
		old.quoted = old.quoted || w.quoted
		old.add(w.terms)
		if w.prefix != "" {
			old.prefix, old.open = w.prefix, w.open
		}
		return i
	}
	if len(p.out.words) == maxQueryWords {
		if !slices.Contains(p.out.notices, noticeTooManyWords) {
			p.out.note(noticeTooManyWords)
		}
		return -1
	}
	p.seen[key] = len(p.out.words)
	p.out.words = append(p.out.words, w)
	return len(p.out.words) - 1
}

// phrase adds words that stand side by side.
func (p *parser) phrase(n *question.Node) {
	ph := phrase{text: n.Text, in: within(n.In)}
	p.Reset(n.Text)
	for p.Next() {
		if len(ph.words) == maxPhraseWords {
			p.out.note(noticeLongPhrase)
			break
		}
		w := p.word(n.Text, n.In)
		ph.words = append(ph.words, w.form)
		w.quoted = true
		if p.stopped(w) {
			continue
		}
		if i := p.add(w); i >= 0 {
			ph.places = append(ph.places, i)
		}
	}
	if len(ph.words) > 0 {
		p.out.phrases = append(p.out.phrases, ph)
	}
}

// score adds the words below a condition that raise the score of a work that
// meets it.
func (p *parser) score(n *question.Node) {
	in := n.In
	switch n.Kind {
	case question.Not, question.Type, question.Years, question.Identifier, question.HasText:
		return
	case question.All, question.Any:
		for _, c := range n.Nodes {
			p.score(c)
		}
		return
	case question.Author:
		in = question.Creators
	case question.Tag:
		in = question.Tags
	case question.Journal:
		in = question.Metadata
	}
	p.Reset(n.Text)
	for p.Next() {
		if w := p.word(n.Text, in); !p.isStop(string(p.Word)) {
			if n.Prefix && n.Kind == question.Text && p.End == len(n.Text) {
				w.prefix, w.open = string(p.Word), true
			}
			p.add(w)
		}
	}
}

// finish completes what the whole text decides.
func (p *parser) finish(text string) parsed {
	if len(p.out.words) == 0 && len(p.out.conditions) == 0 {
		for _, w := range p.stop {
			w.prefix = ""
			p.add(w)
		}
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
