package index_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// scripts returns words of several scripts and languages.
func scripts() []string {
	return strings.Fields("river rivers flow energy naïve théorie Straße übung закон природы свет " +
		"自然選擇 物種起源 光の速度 생물학 วิทยาศาสตร์ علم الأحياء DNA 1953")
}

// mixed returns works whose titles have words of several scripts.
func mixed(n int) shelf {
	r := rand.New(rand.NewPCG(11, 12))
	s, known := shelf{}, scripts()
	for i := range n {
		words := make([]string, 2+r.IntN(6))
		for j := range words {
			words[j] = known[min(r.IntN(len(known)), r.IntN(len(known)))]
		}
		it := work(i, "title", strings.Join(words, " "), "date", fmt.Sprint(1950+r.IntN(20)))
		it.Tags = []string{[]string{"red", "blue"}[r.IntN(2)]}
		s.put(index.Document{Item: it})
	}
	return s
}

// merged searches each index by the sum of their statistics and merges the hits.
func merged(t testing.TB, indexes []*index.Index, q library.Query) []index.Hit {
	t.Helper()
	q.Statistics = gather(t, indexes, library.Query{Text: q.Text, Mode: q.Mode})
	var hits []index.Hit
	for _, x := range indexes {
		hits = append(hits, search(t, x, q).Hits...)
	}
	slices.SortFunc(hits, func(a, b index.Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Key, b.Key)) })
	return hits
}

// split distributes works over n indexes of different sizes.
func split(t testing.TB, all shelf, n int) []*index.Index {
	t.Helper()
	parts := make([]shelf, n)
	for i := range parts {
		parts[i] = shelf{}
	}
	docs := all.documents()
	slices.SortFunc(docs, func(a, b index.Document) int { return strings.Compare(a.Item.ID.Key, b.Item.ID.Key) })
	for i, d := range docs {
		parts[(i*i)%(2*n-1)%n].put(d)
	}
	out := make([]*index.Index, n)
	for i, p := range parts {
		out[i] = memory(t, p)
	}
	return out
}

// TestStatistics_ScriptsAndFilters splits works of several scripts over one to five
// indexes. Each query, with and without filters, has the order and scores of one
// index.
func TestStatistics_ScriptsAndFilters(t *testing.T) {
	all := mixed(240)
	one, known := memory(t, all), scripts()
	most := 5
	if testing.Short() {
		most = 2
	}
	for n := 1; n <= most; n++ {
		indexes := split(t, all, n)
		for i, word := range known {
			text := word + " " + known[(i*5+n)%len(known)]
			for name, q := range map[string]library.Query{
				"plain": {Text: text}, "years": {Text: text, YearFrom: 1955, YearTo: 1962}, "tag": {Text: word, TagsAny: []string{"red"}},
				"not": {Text: text, TagsNone: []string{"red"}}, "type": {Text: text, ItemTypes: []string{"journalArticle"}},
			} {
				q.Limit = 50
				got, want := merged(t, indexes, q), search(t, one, q).Hits
				if len(got) < len(want) {
					t.Fatalf("%d indexes, %s, %q: %d hits of %d", n, name, text, len(got), len(want))
				}
				for j, h := range want {
					if got[j].Key != h.Key || got[j].Score != h.Score {
						t.Fatalf("%d indexes, %s, %q: hit %d is %s with %v, want %s with %v", n, name, text, j, got[j].Key, got[j].Score, h.Key, h.Score)
					}
				}
			}
		}
	}
}

// BenchmarkSearch_TwoIndexes measures a query over two indexes with one ranking
// against the same works in one index.
func BenchmarkSearch_TwoIndexes(b *testing.B) {
	all := sample(20_000, 0)
	queries := queriesFrom(all, 200)
	for _, n := range []int{1, 2} {
		indexes := split(b, all, n)
		b.Run(fmt.Sprintf("indexes=%d", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				merged(b, indexes, library.Query{Text: queries[i%len(queries)], Limit: 10})
			}
		})
	}
}
