package shelf

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

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
	for _, n := range []int{1241, 100_000} {
		works := corpus(b, n)
		b.Run(fmt.Sprintf("new/%d", n), func(b *testing.B) {
			for b.Loop() {
				r, err := Import(b.Context(), b.TempDir(), works, ImportOptions{})
				if err != nil || r.Read != n {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "works/s")
		})
		b.Run(fmt.Sprintf("again/%d", n), func(b *testing.B) {
			dir := b.TempDir()
			if _, err := Import(b.Context(), dir, works, ImportOptions{}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if r, err := Import(b.Context(), dir, works, ImportOptions{}); err != nil || r.Added+r.Updated > 0 {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "works/s")
		})
	}
}

// BenchmarkOpen opens a library and answers a first search.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, corpus(b, 1241), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
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

// BenchmarkSearch searches a library of 1,241 works: for what was asked
// before, and for what never was, beside reading one item, the yardstick of
// what a call costs at least.
func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, corpus(b, 1241), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	queries := []string{"theory of method", "analysis", "plant language history", "network signal", "school"}
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
