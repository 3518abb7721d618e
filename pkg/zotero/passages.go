package zotero

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// passageLength is about how many characters a passage of a full text has.
const passageLength = 600

// maxPassageTexts is how many attachments of a work are read for its passages.
const maxPassageTexts = 4

// Passages implements [library.Reader]: a passage is worth the sum of the
// rarities, among all passages of the work, of the question's words it has.
func (r *Reader) Passages(ctx context.Context, key string, q library.PassageQuery) ([]library.Passage, error) {
	if q.Limit < 1 || q.Limit > 20 {
		return nil, library.Errorf(library.Invalid, "limit must be 1 to 20")
	}
	it, err := r.item(ctx, key)
	if err != nil {
		return nil, err
	}
	parts := []part{}
	for _, p := range partsOf(it) {
		switch p.source {
		case library.SourceAbstract, library.SourceNote, library.SourceAnnotation:
			parts = append(parts, p)
		}
	}
	left := maxPassageTexts
	for _, a := range it.Attachments {
		if !a.Text.Available || left == 0 {
			continue
		}
		left--
		full, err := r.readText(ctx, a.Key)
		if err != nil {
			return nil, err
		}
		parts = append(parts, full.passages(a.Key)...)
	}
	return matching(it.ID, parts, parseTerms(q.Question), q.Limit), nil
}

// best returns the passage that matches best, or nil.
func best(id library.ItemID, parts []part, t terms) *library.Passage {
	if found := matching(id, parts, t, 1); len(found) > 0 {
		return &found[0]
	}
	return nil
}

// matching returns the passages of a work that match a question, best first. Words that
// say nothing count only if the question has no others.
func matching(id library.ItemID, parts []part, t terms, limit int) []library.Passage {
	telling := terms{phrases: t.phrases, prefix: t.prefix}
	for _, word := range t.words {
		if !filler[word] {
			telling.words = append(telling.words, word)
		}
	}
	if telling.empty() {
		telling.words = t.words
	}
	words, phrases := telling.padded()
	with := make([]int, len(words))
	worths := make([]worth, len(parts))
	for i := range parts {
		worths[i] = worthOf(parts[i:i+1], words, phrases)
		for n, weight := range worths[i].words {
			if weight > 0 {
				with[n]++
			}
		}
	}
	found := []library.Passage{}
	for i, v := range worths {
		p := parts[i].passage(id, 0)
		p.Score = 4 * v.phrases / parts[i].weight
		for n, weight := range v.words {
			if weight > 0 {
				p.Score += rarity(len(parts), with[n])
			}
		}
		if p.Score > 0 {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b library.Passage) int { return cmp.Compare(b.Score, a.Score) })
	return found[:min(limit, len(found))]
}

// passages divides a text into passages, which begin and end between words and
// never go over the end of a page.
func (t *fullText) passages(attachment string) []part {
	parts := []part{}
	for _, page := range t.pages {
		for start, text := range chunks(page.Text) {
			label := page.Label
			if label == "" && page.Number > 0 {
				label = strconv.Itoa(page.Number)
			}
			parts = append(parts, part{
				weight: fulltextWeight, folded: " " + fold(text) + " ", source: library.SourceFulltext, child: attachment, page: label, text: text, start: page.Offset + start,
			})
		}
	}
	return parts
}

// chunks yields the stretches of a text, each with the character at which it
// begins.
func chunks(s string) func(yield func(start int, text string) bool) {
	return func(yield func(int, string) bool) {
		start := 0
		for s != "" {
			end := chunkEnd(s)
			text := s[:end]
			trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
			skipped := utf8.RuneCountInString(text) - utf8.RuneCountInString(trimmed)
			trimmed = strings.TrimRightFunc(trimmed, unicode.IsSpace)
			if trimmed != "" && !yield(start+skipped, trimmed) {
				return
			}
			start += utf8.RuneCountInString(text)
			s = s[end:]
		}
	}
}

// chunkEnd returns where the first stretch of s ends: after a sentence or
// paragraph if one ends in its second half, else after a word.
func chunkEnd(s string) int {
	n, sentence, word := 0, 0, 0
	previous := ' '
	for i, r := range s {
		if n++; n > passageLength {
			return cmp.Or(sentence, word, i)
		}
		if unicode.IsSpace(r) {
			word = i
			if n > passageLength/2 && (strings.ContainsRune(".!?:", previous) || r == '\n' && previous == '\n') {
				sentence = i
			}
		}
		previous = r
	}
	return len(s)
}
