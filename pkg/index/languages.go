package index

import (
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
)

// languageTables are what tells languages and their stop words. They are only
// read.
type languageTables struct {
	names   language.Names
	guesser *language.Guesser
	stop    [language.Count]map[string]bool
}

//nolint:gochecknoglobals // tables, computed when they are first needed
var languages = sync.OnceValue(func() *languageTables {
	return &languageTables{names: language.NewNames(), guesser: language.NewGuesser(), stop: language.StopWords()}
})

// read tells the language of a question, by its text alone, so that all libraries
// leave out the same words.
func (a *analyzer) read(question string) {
	t := languages()
	a.stop = t.stop[t.guesser.Guess(question)]
}

// isStop reports whether a word, folded, is one that an answer needs not: an
// English one, or one of the question's language.
func (a *analyzer) isStop(word string) bool { return stopWords[word] || a.stop[word] }
