package index_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// bulk returns the 1,241 works of Better BibTeX's performance test.
func bulk(b testing.TB) shelf {
	b.Helper()
	dir := os.Getenv("STACKROOM_FIXTURES")
	if dir == "" {
		b.Skip("STACKROOM_FIXTURES is not set")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "better-bibtex", "bulk-performance-test.zotero-items.json"))
	if err != nil {
		b.Fatal(err)
	}
	var file struct{ Items []map[string]any }
	if err := json.Unmarshal(raw, &file); err != nil {
		b.Fatal(err)
	}
	s := shelf{}
	for i, fields := range file.Items {
		s.put(index.Document{Item: bulkWork(i+1, fields)})
	}
	return s
}

func bulkWork(n int, fields map[string]any) *library.Item {
	it := work(n)
	for name, v := range fields {
		if s, ok := v.(string); ok {
			it.Fields[name] = s
		}
	}
	it.Type = it.Fields["itemType"]
	it.ParsedDate = regexp.MustCompile(`\d{4}`).FindString(it.Fields["date"])
	creators, _ := fields["creators"].([]any)
	for _, c := range creators {
		m, _ := c.(map[string]any)
		given, _ := m["firstName"].(string)
		family, _ := m["lastName"].(string)
		it.Creators = append(it.Creators, library.Creator{Role: "author", Given: given, Family: family})
	}
	notes, _ := fields["notes"].([]any)
	for i, note := range notes {
		text, _ := note.(string)
		it.Notes = append(it.Notes, library.Note{Key: fmt.Sprintf("N%d", i), Text: text})
	}
	return it
}

// synthetic returns works of made-up words whose frequencies follow Zipf's
// law: titles of 10 words, abstracts of 150.
func synthetic(n int) shelf {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.07, 8, 150_000)
	words := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(syntheticWord(int(z.Uint64())))
			b.WriteByte(' ')
		}
		return b.String()
	}
	s := shelf{}
	for i := range n {
		it := work(i+1, "title", words(10), "abstractNote", words(150), "publicationTitle", words(3))
		it.Creators = []library.Creator{{Role: "author", Given: words(1), Family: words(1)}}
		it.Tags = []string{words(1), words(1)}
		it.ParsedDate = fmt.Sprint(1950 + i%70)
		s.put(index.Document{Item: it})
	}
	return s
}

// scaled returns n, or with -short, where figures don't count, a twentieth of it.
func scaled(n int) int {
	if testing.Short() {
		return n / 20
	}
	return n
}

// syntheticWord returns the word of that rank, the frequent ones short.
func syntheticWord(rank int) string {
	const syllables = "bacedifoguhajekilomunapeqirosutavewixoyuza"
	var b []byte
	for rank++; rank > 0; rank /= len(syllables) / 2 {
		i := rank % (len(syllables) / 2)
		b = append(b, syllables[2*i:2*i+2]...)
	}
	return string(b) + "x"
}

// queriesFrom returns queries of one to four words drawn from titles.
func queriesFrom(s shelf, n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	docs := s.documents()
	slices.SortFunc(docs, func(a, b index.Document) int { return strings.Compare(a.Item.ID.Key, b.Item.ID.Key) })
	var out []string
	for len(out) < n {
		words := strings.Fields(docs[r.IntN(len(docs))].Item.Title())
		if len(words) == 0 {
			continue
		}
		take := min(1+len(out)%4, len(words))
		from := r.IntN(len(words) - take + 1)
		out = append(out, strings.Join(words[from:from+take], " "))
	}
	return out
}

// measure runs searches and reports percentiles of their time.
func measure(b *testing.B, x *index.Index, queries []library.Query) {
	b.Helper()
	b.ReportAllocs()
	times := make([]time.Duration, 0, b.N)
	hits := 0
	for i := 0; b.Loop(); i++ {
		q := queries[i%len(queries)]
		begin := time.Now()
		r, err := x.Search(b.Context(), q, nil)
		times = append(times, time.Since(begin))
		if err != nil {
			b.Fatal(err)
		}
		hits += len(r.Hits)
	}
	if hits == 0 && b.N >= len(queries) {
		b.Fatal("nothing found")
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[int(math.Ceil(share*float64(len(times))))-1]) / float64(time.Microsecond)
	}
	b.ReportMetric(at(0.5), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
}

// BenchmarkSearch measures a search in the process. The bars are a p50 of
// 1,000 µs over the bulk library, and over 100,000 works of 8,000 µs without added
// words (exact) and of 15,000 µs with them (broad).
func BenchmarkSearch(b *testing.B) {
	libraries := []struct {
		name string
		load func() shelf
	}{
		{"bulk1241", func() shelf { return bulk(b) }},
		{"synthetic100k", func() shelf { return synthetic(scaled(100_000)) }},
	}
	for _, l := range libraries {
		b.Run(l.name, func(b *testing.B) {
			s := l.load()
			dir := b.TempDir()
			x := opened(b, dir, onDisk(b, dir, s), s)
			texts := queriesFrom(s, 400)
			for _, kind := range []struct {
				name  string
				query func(text string) library.Query
			}{
				{"words", func(t string) library.Query { return library.Query{Text: t, Limit: 20} }},
				// The yardstick of the two others: the same without added words.
				{"exact", func(t string) library.Query { return library.Query{Text: t, Mode: library.ModeExact, Limit: 20} }},
				{"broad", func(t string) library.Query { return library.Query{Text: t, Mode: library.ModeBroad, Limit: 20} }},
				{"finished", func(t string) library.Query { return library.Query{Text: t + ".", Limit: 20} }},
				{"phrase", func(t string) library.Query { return library.Query{Text: `"` + t + `"`, Limit: 20} }},
				{"years", func(t string) library.Query { return library.Query{Text: t, YearFrom: 1990, YearTo: 2000, Limit: 20} }},
				{"title", func(string) library.Query { return library.Query{Sort: library.SortTitle, Limit: 20} }},
			} {
				var queries []library.Query
				for _, t := range texts {
					queries = append(queries, kind.query(t))
				}
				b.Run(kind.name, func(b *testing.B) { measure(b, x, queries) })
			}
		})
	}
}

// BenchmarkParallel measures searches on all cores at once.
func BenchmarkParallel(b *testing.B) {
	s := bulk(b)
	x := memory(b, s)
	texts := queriesFrom(s, 400)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := x.Search(b.Context(), library.Query{Text: texts[i%len(texts)], Limit: 20}, nil); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkBuild measures how fast works are indexed.
func BenchmarkBuild(b *testing.B) {
	s := bulk(b)
	docs := s.documents()
	for b.Loop() {
		update(b, index.New(s), s, docs)
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "works/s")
}

// BenchmarkSample measures how long a library of 60 works with 300 kB of text
// takes from nothing to its first answer. The bar is 100 ms.
func BenchmarkSample(b *testing.B) {
	s := sample(60, 300_000)
	docs := s.documents()
	for b.Loop() {
		x := update(b, index.New(s), s, docs)
		if len(search(b, x, library.Query{Text: syntheticWord(40)}).Hits) == 0 {
			b.Fatal("nothing found")
		}
	}
}

// sample returns works of which two have texts, so many characters together.
func sample(works, chars int) shelf {
	s := synthetic(works)
	r := rand.New(rand.NewPCG(5, 6))
	z := rand.NewZipf(r, 1.1, 8, 12_000)
	for n := 1; n <= 2; n++ {
		d := s[keyOf(n)]
		text := index.Text{Attachment: "ATTACH22"}
		for size := 0; size < chars/2; {
			var b strings.Builder
			for b.Len() < 2500 {
				b.WriteString(syntheticWord(int(z.Uint64())))
				b.WriteString([]string{" ", " ", " ", ". ", ", "}[r.IntN(5)])
			}
			text.Pages = append(text.Pages, library.TextPage{Number: len(text.Pages) + 1, Offset: size, Text: b.String()})
			size += b.Len()
		}
		d.Texts = []index.Text{text}
		s.put(d)
	}
	return s
}

// BenchmarkUnknown compares a query for a word that no work has with one for its
// right spelling.
func BenchmarkUnknown(b *testing.B) {
	s := synthetic(scaled(100_000))
	x := memory(b, s)
	var good, bad, many []library.Query
	for i, text := range queriesFrom(s, 400) {
		word, rest, _ := strings.Cut(text, " ")
		if len(word) < 5 {
			continue
		}
		good = append(good, library.Query{Text: text + ".", Limit: 20})
		bad = append(bad, library.Query{Text: word[:3] + "w" + word[3:] + " " + rest + ".", Limit: 20})
		if i%10 == 0 {
			var words []string
			for j := range 40 {
				words = append(words, fmt.Sprintf("%sw%c%c%s", word[:3], 'a'+j%26, 'a'+j/26, word[3:]))
			}
			many = append(many, library.Query{Text: strings.Join(words, " ") + ".", Limit: 20})
		}
	}
	b.Run("known", func(b *testing.B) { measure(b, x, good) })
	b.Run("unknown", func(b *testing.B) { measure(b, x, bad) })
	b.Run("forty", func(b *testing.B) { measure(b, x, many) })
}
