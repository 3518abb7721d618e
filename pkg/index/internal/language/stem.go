package language

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// stemmerOf returns the Snowball algorithm of a language.
func stemmerOf(l Language) func(*snowballstem.Env) bool {
	return [Count]func(*snowballstem.Env) bool{
		English: english.Stem, German: german.Stem, French: french.Stem, Spanish: spanish.Stem, Italian: italian.Stem,
		Portuguese: portuguese.Stem, Dutch: dutch.Stem, Russian: russian.Stem, Swedish: swedish.Stem, Danish: danish.Stem,
		Norwegian: norwegian.Stem, Finnish: finnish.Stem, Hungarian: hungarian.Stem, Romanian: romanian.Stem, Turkish: turkish.Stem,
	}[l]
}

// memoSize bounds the stems that a stemmer remembers.
const memoSize = 1 << 16

// Stemmer turns words of one language into terms. It is not safe for concurrent
// use.
type Stemmer struct {
	language Language
	stem     func(*snowballstem.Env) bool
	env      *snowballstem.Env
	memo     map[string]string
}

// NewStemmer returns the stemmer of a language.
func NewStemmer(l Language) *Stemmer {
	return &Stemmer{language: l, stem: stemmerOf(l), env: snowballstem.NewEnv(""), memo: make(map[string]string)}
}

// Term returns the term of a word in lower case: its stem, folded, after the
// language's [Tag]. The word may be folded already. Codes, numbers and words of
// another script are their own stems.
func (s *Stemmer) Term(word []byte) string {
	if t, ok := s.memo[string(word)]; ok {
		return t
	}
	if len(s.memo) >= memoSize {
		clear(s.memo)
	}
	w := string(word)
	t := w
	if s.stemmable(w) {
		s.env.SetCurrent(w)
		s.stem(s.env)
		t = s.env.Current()
	}
	if !plaintext.IsASCII(t) {
		t = plaintext.FoldWord(t)
	}
	t = s.language.Tag() + t
	s.memo[w] = t
	return t
}

// stemmable reports whether a word has letters of the language's script alone.
func (s *Stemmer) stemmable(w string) bool {
	if len(w) < 3 {
		return false
	}
	if s.language == English {
		return strings.IndexFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
	}
	script := unicode.Latin
	if s.language == Russian {
		script = unicode.Cyrillic
	}
	return strings.IndexFunc(w, func(r rune) bool { return !unicode.Is(script, r) }) < 0
}

// Tag is what the terms of a language begin with, so that stems of two languages
// are never taken for one another ("notes" is "not" in Spanish): a character that
// no word has, and nothing for English.
func (l Language) Tag() string {
	if l == English {
		return ""
	}
	return string(rune(l))
}

// Cut divides a term into its language and its stem.
func Cut(term string) (Language, string) {
	if term != "" && term[0] > 0 && term[0] < byte(Count) {
		return Language(term[0]), term[1:]
	}
	return English, term
}
