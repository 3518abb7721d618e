package index

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// memoSize bounds the stems that an analyzer remembers.
const memoSize = 1 << 16

// analyzer turns text into terms. It is not safe for concurrent use.
type analyzer struct {
	plaintext.Scanner
	memo map[string]string
	env  *snowballstem.Env
}

func newAnalyzer() *analyzer {
	return &analyzer{memo: make(map[string]string), env: snowballstem.NewEnv("")}
}

// term returns the term of the current word: its English stem. The stemmer
// changes few words of other languages, and those alike in works and queries.
func (a *analyzer) term() string { return a.stem(a.Word) }

func (a *analyzer) stem(word []byte) string {
	if t, ok := a.memo[string(word)]; ok {
		return t
	}
	if len(a.memo) >= memoSize {
		clear(a.memo)
	}
	w := string(word)
	t := w
	if stemmable(w) {
		a.env.SetCurrent(w)
		english.Stem(a.env)
		t = a.env.Current()
	}
	a.memo[w] = t
	return t
}

// stemmable reports whether w is a word of plain letters: codes, numbers and
// other scripts have no English stem.
func stemmable(w string) bool {
	if len(w) < 3 {
		return false
	}
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}
