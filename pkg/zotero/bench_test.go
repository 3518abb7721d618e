package zotero_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func benchmarkLibrary(b *testing.B) library.Reader {
	f := newFake(b)
	f.addLibrary("group", 1, librarytest.Many(2000))
	f.grant("good", false, 1)
	up, err := upstream.New(upstream.Options{BaseURL: f.URL})
	if err != nil {
		b.Fatal(err)
	}
	a, err := zotero.NewClient(up, zotero.Options{}).Account(b.Context(), credential("good"))
	if err != nil {
		b.Fatal(err)
	}
	r, err := a.Open(b.Context(), "group:1")
	if err != nil {
		b.Fatal(err)
	}
	readWhole(b, r)
	return r
}

// BenchmarkSearch asks a library of 2,000 works: the same question again, a
// new one each time, and, as the yardstick, the decoding of one page of items.
func BenchmarkSearch(b *testing.B) {
	for _, c := range []struct {
		name string
		text func(i int) string
	}{
		{"again", func(int) string { return "copper signal" }},
		{"new", func(i int) string { return fmt.Sprintf("copper signal %d", i) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := benchmarkLibrary(b)
			i := 0
			for b.Loop() {
				i++
				if _, err := r.Search(b.Context(), library.Query{Text: c.text(i), Limit: 10}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("yardstick", func(b *testing.B) {
		f := newFake(b)
		l := f.addLibrary("group", 1, librarytest.Many(100))
		raw, err := json.Marshal(l.envelopes(l.items))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			var objects []zotero.Object
			if err := json.Unmarshal(raw, &objects); err != nil {
				b.Fatal(err)
			}
		}
	})
}
