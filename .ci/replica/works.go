package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// alphabet holds the characters of Zotero's keys.
const alphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"

// keyOf returns the n-th key.
func keyOf(n int) string {
	key := make([]byte, 8)
	for i := range key {
		key[len(key)-1-i] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	return string(key)
}

// vocabulary returns n words of three to nine letters.
func vocabulary(r *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range 1 + r.IntN(3) {
			b.WriteByte("bcdfghklmnprstvw"[r.IntN(16)])
			b.WriteByte("aeiou"[r.IntN(5)])
			if r.IntN(2) == 0 {
				b.WriteByte("nrslt"[r.IntN(5)])
			}
		}
		words[i] = b.String()
	}
	return words
}

// standInWorks returns n works of a title, an abstract of six sentences and two
// authors. Words are distributed as in natural text (Zipf).
func standInWorks(n int) []object {
	r := rand.New(rand.NewPCG(1, 2))
	words := vocabulary(r, 30_000)
	zipf := rand.NewZipf(r, 1.1, 8, uint64(len(words)-1))
	sentence := func(least, most int) string {
		part := make([]string, least+r.IntN(most-least))
		for i := range part {
			part[i] = words[zipf.Uint64()]
		}
		return strings.Join(part, " ")
	}
	all := make([]object, n)
	for i := range all {
		var abstract strings.Builder
		for range 6 {
			abstract.WriteString(sentence(12, 24))
			abstract.WriteString(". ")
		}
		author := func() map[string]any {
			return map[string]any{"creatorType": "author", "firstName": words[r.IntN(len(words))], "lastName": words[r.IntN(len(words))]}
		}
		all[i] = object{
			"key": keyOf(i + 1), "itemType": "journalArticle", "title": sentence(6, 14), "abstractNote": strings.TrimSpace(abstract.String()),
			"creators": []any{author(), author()}, "date": fmt.Sprint(1950 + r.IntN(75)), "publicationTitle": sentence(2, 4),
			"tags": []any{}, "collections": []string{}, "relations": map[string]any{},
			"dateAdded": "2026-01-01T00:00:00Z", "dateModified": "2026-01-01T00:00:00Z",
		}
	}
	return all
}

// questions returns n queries of three words that stand in a title each.
func questions(works []object, n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	all := make([]string, n)
	for i := range all {
		title := strings.Fields(works[r.IntN(len(works))]["title"].(string))
		r.Shuffle(len(title), func(a, b int) { title[a], title[b] = title[b], title[a] })
		all[i] = strings.Join(title[:min(3, len(title))], " ")
	}
	return all
}

// keyOfMember returns the API key of a user, in the form of Zotero's keys.
func keyOfMember(user int) string { return fmt.Sprintf("memberKey%015d", user) }
