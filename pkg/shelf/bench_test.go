package shelf

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/duplicate"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// corpus yields n works: those of a real library where the fixtures are, then
// made-up ones of about the same size, made as they are asked for.
func corpus(tb testing.TB, n int) iter.Seq[Work] {
	tb.Helper()
	real := realWorks(tb)
	return func(yield func(Work) bool) {
		for i := range n {
			var w Work
			if i < len(real) {
				w = real[i]
			} else {
				w = madeUp(i)
			}
			if !yield(w) {
				return
			}
		}
	}
}

func madeUp(i int) Work {
	words := strings.Fields("river mountain copper signal harvest lantern meadow orchard granite compass theory method " +
		"analysis structure network plant language history model light energy cell market school river valley engine")
	pick := func(k int) string { return words[(i*7919+k*104729+i/(k+3))%len(words)] }
	var abstract strings.Builder
	for k := range 150 {
		abstract.WriteString(pick(k) + " ")
	}
	w := work("journalArticle", "Author"+fmt.Sprint(i%9973), "title", fmt.Sprintf("%s %s of the %s %s %d", pick(1), pick(2), pick(3), pick(4), i),
		"citationKey", fmt.Sprintf("key%d", i), "DOI", fmt.Sprintf("10.5555/%d", i), "year", fmt.Sprint(1950+i%70),
		"publicationTitle", "Journal of "+pick(5), "abstractNote", abstract.String())
	w.Item.Tags = []string{pick(6), pick(7)}
	return w
}

// realWorks returns the works of the fixtures' large library, if it is there.
func realWorks(tb testing.TB) []Work {
	tb.Helper()
	file := filepath.Join(os.Getenv("STACKROOM_FIXTURES"), "better-bibtex", "bulk-performance-test.zotero-items.json")
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var library0 struct{ Items []map[string]any }
	if err := json.Unmarshal(content, &library0); err != nil {
		tb.Fatal(err)
	}
	var all []Work
	for i, m := range library0.Items {
		w := Work{Item: library.Item{Type: fmt.Sprint(m["itemType"]), Fields: map[string]string{}}, Origin: fmt.Sprint(i)}
		for name, value := range m {
			if s, ok := value.(string); ok && !strings.HasPrefix(name, "date") && name != "itemType" && name != "key" && name != "uri" {
				w.Item.Fields[name] = s
			}
		}
		if date, ok := m["date"].(string); ok && len(date) >= 4 {
			w.Item.Fields["date"], w.Item.ParsedDate = date, date[:4]
		}
		creators, _ := m["creators"].([]any)
		for _, c := range creators {
			if c, ok := c.(map[string]any); ok {
				given, _ := c["firstName"].(string)
				family, _ := c["lastName"].(string)
				name, _ := c["name"].(string)
				w.Item.Creators = append(w.Item.Creators, library.Creator{Role: fmt.Sprint(c["creatorType"]), Given: given, Family: family, Name: name})
			}
		}
		all = append(all, w)
	}
	return all
}

// BenchmarkImport imports into an empty folder, then imports the same again.
func BenchmarkImport(b *testing.B) {
	for _, n := range []int{1241, scaled(100_000)} {
		works := corpus(b, n)
		b.Run(fmt.Sprintf("new/%d", n), func(b *testing.B) {
			for b.Loop() {
				r, err := Import(b.Context(), b.TempDir(), more(works), ImportOptions{})
				if err != nil || r.Read != n {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "works/s")
		})
		b.Run(fmt.Sprintf("again/%d", n), func(b *testing.B) {
			dir := b.TempDir()
			if _, err := Import(b.Context(), dir, more(works), ImportOptions{}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if r, err := Import(b.Context(), dir, more(works), ImportOptions{}); err != nil || r.Added+r.Updated > 0 {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "works/s")
		})
	}
}

// plainWorks yields n works of a title, an abstract of six sentences and two
// authors, in words whose frequencies follow Zipf's law.
func plainWorks(n int) iter.Seq[Work] {
	return func(yield func(Work) bool) {
		r := rand.New(rand.NewPCG(1, 2))
		z := rand.NewZipf(r, 1.2, 12, 30_000)
		words := func(n int) string {
			var b []byte
			for i := range n {
				if i > 0 {
					b = append(b, ' ')
				}
				b = append(b, zipfWord(int(z.Uint64()))...)
			}
			return string(b)
		}
		for i := range n {
			var abstract strings.Builder
			for range 6 {
				abstract.WriteString(words(14+r.IntN(8)) + ". ")
			}
			w := work("journalArticle", "", "title", words(9), "abstractNote", abstract.String(), "citationKey", fmt.Sprintf("key%d", i), "year", fmt.Sprint(1950+i%70))
			for range 2 {
				w.Item.Creators = append(w.Item.Creators, library.Creator{Role: "author", Family: words(1), Given: words(1)})
			}
			if !yield(w) {
				return
			}
		}
	}
}

// zipfWord returns the word of that rank, the frequent ones short.
func zipfWord(rank int) []byte {
	const syllables = "bacedifoguhajekilomunapeqirosutavewixoyuza"
	var b []byte
	for rank++; rank > 0; rank /= len(syllables) / 2 {
		i := rank % (len(syllables) / 2)
		b = append(b, syllables[2*i:2*i+2]...)
	}
	return b
}

// scaled returns n, or with -short, where figures don't count, a twentieth of it.
func scaled(n int) int {
	if testing.Short() {
		return n / 20
	}
	return n
}

// largeWorks is the number of works of the large library in benchmarks.
const largeWorks = 40_000

// large returns the folder of a library of plain works.
func large(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, more(plainWorks(scaled(largeWorks))), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	return dir
}

// folderBytes returns how many bytes the files of a folder have.
func folderBytes(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkFolder measures the folder of 40,000 works. The bar is 2,500 bytes a
// work; the yardstick is the size of the works as JSON.
func BenchmarkFolder(b *testing.B) {
	for b.Loop() {
		dir := large(b)
		raw := 0
		for w := range plainWorks(1000) {
			raw += len(encodeItem(&w.Item))
		}
		b.ReportMetric(float64(folderBytes(b, dir))/float64(scaled(largeWorks)), "B/work")
		b.ReportMetric(float64(raw)/1000, "yardstick-JSON-B/work")
	}
}

// percentile reports one of times in milliseconds.
func percentile(b *testing.B, times []time.Duration, share float64, name string) {
	b.Helper()
	slices.Sort(times)
	at := times[int(math.Ceil(share*float64(len(times))))-1]
	b.ReportMetric(float64(at)/float64(time.Millisecond), name)
}

// BenchmarkTransaction measures how long it takes from the start of a transaction
// until a search finds what it changed, in a library of 40,000 works. The bars
// for the 95th percentile are 40 ms for one work and 200 ms for a hundred. The
// yardstick is writing and syncing 4 kB.
func BenchmarkTransaction(b *testing.B) {
	dir := large(b)
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	works := slices.Collect(plainWorks(2000))
	n := 0
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var took, yard []time.Duration
			for b.Loop() {
				n++
				began := time.Now()
				commit(b, s, func(tx *Tx) {
					for k := range size {
						it := works[(n*size+k)%len(works)].Item
						it.ID.Key = fmt.Sprintf("CHANGED%d", (n*size+k)%5000)
						it.Tags = []string{fmt.Sprintf("tag%d", n)}
						mustPut(b, tx, &it)
					}
				})
				if got, err := s.Search(b.Context(), library.Query{Text: fmt.Sprintf("tag%d.", n), Limit: 1}); err != nil || got.Total != size {
					b.Fatal(got.Total, err)
				}
				took = append(took, time.Since(began))
				began = time.Now()
				if err := writeFile(filepath.Join(dir, "yardstick"), make([]byte, 4096)); err != nil {
					b.Fatal(err)
				}
				yard = append(yard, time.Since(began))
			}
			percentile(b, took, 0.5, "p50-ms")
			percentile(b, took, 0.95, "p95-ms")
			percentile(b, yard, 0.95, "yardstick-p95-ms")
		})
	}
}

// BenchmarkManyTransactions measures the folder after 10,000 transactions of a
// work each, against one that was made of the same works at once. The bar is
// 1.5.
func BenchmarkManyTransactions(b *testing.B) {
	for b.Loop() {
		dir := large(b)
		s, err := Open(b.Context(), dir)
		if err != nil {
			b.Fatal(err)
		}
		most := int64(0)
		i := 0
		for w := range plainWorks(scaled(10_000)) {
			it := w.Item
			it.ID.Key = fmt.Sprintf("CHANGED%d", i%scaled(8000))
			commit(b, s, func(tx *Tx) { mustPut(b, tx, &it) })
			if i++; i%scaled(500) == 0 {
				most = max(most, folderBytes(b, dir))
			}
		}
		s.compact.done.Wait()
		end := folderBytes(b, dir)
		compactNow(b, s)
		fresh := folderBytes(b, dir)
		b.ReportMetric(float64(end)/float64(fresh), "end/fresh")
		b.ReportMetric(float64(most)/float64(fresh), "most/fresh")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a library and answers a first search: one of 1,241 works,
// and one of 40,000 whose log is as long as it gets.
func BenchmarkOpen(b *testing.B) {
	small := b.TempDir()
	if _, err := Import(b.Context(), small, more(corpus(b, 1241)), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Run("1241", func(b *testing.B) { benchmarkOpen(b, small) })
	dir := large(b)
	b.Run("40000", func(b *testing.B) { benchmarkOpen(b, dir) })
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for w := range plainWorks(mostLogged - 1) {
		it := w.Item
		it.ID.Key = fmt.Sprintf("CHANGED%d", i)
		i++
		commit(b, s, func(tx *Tx) { mustPut(b, tx, &it) })
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("40000 with a long log", func(b *testing.B) { benchmarkOpen(b, dir) })
}

func benchmarkOpen(b *testing.B, dir string) {
	for b.Loop() {
		s, err := Open(b.Context(), dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Search(b.Context(), library.Query{Text: "theory", Limit: 10}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch searches libraries: for what was asked before, and for what
// never was, beside reading one item, the yardstick of what a call costs at
// least.
func BenchmarkSearch(b *testing.B) {
	small := b.TempDir()
	if _, err := Import(b.Context(), small, more(corpus(b, 1241)), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Run("1241", func(b *testing.B) {
		benchmarkSearch(b, small, "theory of method", "analysis", "plant language history", "network signal", "school")
	})
	var titles []string
	for w := range plainWorks(50) {
		words := strings.Fields(w.Item.Title())
		titles = append(titles, strings.Join(words[2:5], " ")+".")
	}
	b.Run("40000", func(b *testing.B) { benchmarkSearch(b, large(b), titles...) })
}

func benchmarkSearch(b *testing.B, dir string, queries ...string) {
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	run := func(name string, call func(n int64) error) {
		b.Run(name, func(b *testing.B) {
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := call(n.Add(1)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
	page, err := s.Search(b.Context(), library.Query{Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	keys := []string{page.Items[0].Item.ID.Key}
	run("yardstick/item", func(int64) error {
		_, err := s.Items(b.Context(), keys)
		return err
	})
	run("asked before", func(n int64) error {
		_, err := s.Search(b.Context(), library.Query{Text: queries[n%int64(len(queries))], Limit: 10})
		return err
	})
	run("never asked", func(n int64) error {
		_, err := s.Search(b.Context(), library.Query{Text: queries[n%int64(len(queries))], YearTo: 1_000_000 + int(n), Limit: 10})
		return err
	})
}

// BenchmarkImportMemory imports 50,000 works in a process of its own and reports
// the most memory that the process had resident, as the system counts it. The
// bar is 300 MB; the yardstick is a process that imports 500.
func BenchmarkImportMemory(b *testing.B) {
	for b.Loop() {
		for _, n := range []int{500, scaled(50_000)} {
			b.ReportMetric(importPeak(b, n), fmt.Sprintf("MB/%d", n))
		}
	}
}

// BenchmarkDuplicates finds the duplicates of 40,000 works. Reading them alone is its
// yardstick.
func BenchmarkDuplicates(b *testing.B) {
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, more(corpus(b, scaled(largeWorks))), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for name, find := range map[string]func(*duplicate.Finder, *library.Item){
		"read": func(*duplicate.Finder, *library.Item) {},
		"find": func(f *duplicate.Finder, it *library.Item) { f.Add(it) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f := duplicate.NewFinder()
				if _, err := s.Each(b.Context(), func(it *library.Item) error { find(f, it); return nil }); err != nil {
					b.Fatal(err)
				}
				f.Groups()
			}
		})
	}
}

// BenchmarkCounts counts the works of questions to 40,000 works. A search for the same
// is its yardstick.
func BenchmarkCounts(b *testing.B) {
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, more(corpus(b, scaled(largeWorks))), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for name, q := range map[string]library.Query{
		"all": {Limit: 1}, "word": {Text: "river", Limit: 1}, "few": {Text: "Author77", Limit: 1},
	} {
		b.Run("search "+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				q.YearTo = 9000 - i%1000 // not kept from before
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("count "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Counts(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
