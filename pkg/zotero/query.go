package zotero

import (
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds on what a question may hold. What is beyond matters to no ranking.
const (
	maxWords      = 24
	maxWordLength = 64
	maxAsked      = 200 // characters of a question that are put to Zotero
)

// terms are the words and phrases of a question, folded.
type terms struct {
	words   []string // each once; none is required
	phrases []string // each is required
	prefix  bool     // the last word may be the beginning of one
	asked   string   // the same for Zotero's own search, as it was written
}

func (t *terms) empty() bool { return len(t.words)+len(t.phrases) == 0 }

// filler are words that say nothing of what is looked for. Zotero wants every
// word, so they are not put to it.
var filler = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "as": true, "at": true, "by": true, "does": true, "for": true, "from": true,
	"how": true, "in": true, "is": true, "it": true, "of": true, "on": true, "or": true, "that": true, "the": true, "to": true,
	"was": true, "were": true, "what": true, "when": true, "which": true, "who": true, "why": true, "with": true,
}

// parseTerms reads what a person types: words, and phrases in quotes.
func parseTerms(s string) terms {
	s, _ = plaintext.Cut(s, 4000)
	parts := strings.Split(s, `"`)
	t := terms{}
	asked := []string{}
	for i, part := range parts {
		if folded := fold(part); folded != "" && i%2 == 1 && i < len(parts)-1 {
			if len(t.phrases) < maxWords && len(folded) <= maxAsked {
				t.phrases = append(t.phrases, folded)
				asked = append(asked, `"`+strings.Join(splitWords(part), " ")+`"`)
			}
			continue
		}
		for _, word := range splitWords(part) {
			word, _ = plaintext.Cut(word, maxWordLength)
			folded := fold(word)
			t.prefix = folded != "" && i == len(parts)-1
			if folded == "" || slices.Contains(t.words, folded) || len(t.words) == maxWords {
				continue
			}
			t.words = append(t.words, folded)
			if !filler[folded] {
				asked = append(asked, word)
			}
		}
	}
	for _, part := range asked {
		if len([]rune(t.asked))+len([]rune(part)) < maxAsked {
			t.asked = strings.TrimSpace(t.asked + " " + part)
		}
	}
	return t
}

// splitWords returns the words of s as they are written.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// filters are the conditions of a query besides its words, made ready.
type filters struct {
	q           library.Query
	creator     string
	collections map[string]bool // nil is everywhere
}

func newFilters(q library.Query, collections map[string]bool) filters {
	return filters{q: q, creator: fold(q.Creator), collections: collections}
}

// pass reports whether a work meets every condition.
func (f *filters) pass(it *library.Item) bool {
	has := func(tag string) bool {
		return slices.ContainsFunc(it.Tags, func(t string) bool { return t == tag || strings.EqualFold(t, tag) })
	}
	lacks := func(tag string) bool { return !has(tag) }
	year, known := it.Year()
	switch {
	case f.collections != nil && !slices.ContainsFunc(it.Collections, func(key string) bool { return f.collections[key] }),
		slices.ContainsFunc(f.q.TagsAll, lacks),
		len(f.q.TagsAny) > 0 && !slices.ContainsFunc(f.q.TagsAny, has),
		slices.ContainsFunc(f.q.TagsNone, has),
		len(f.q.ItemTypes) > 0 && !slices.Contains(f.q.ItemTypes, it.Type),
		f.q.YearFrom != 0 && (!known || year < f.q.YearFrom),
		f.q.YearTo != 0 && (!known || year > f.q.YearTo):
		return false
	}
	return f.creator == "" || slices.ContainsFunc(it.Creators, func(c library.Creator) bool {
		return hasWords(fold(c.Display()), f.creator)
	})
}
