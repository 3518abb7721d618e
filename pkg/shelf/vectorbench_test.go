package shelf

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// BenchmarkMeaning searches 100,000 works of a title and an abstract, with vectors and
// without: the latter is the yardstick. Vectors lie in a base.
func BenchmarkMeaning(b *testing.B) {
	m := &model{name: "toy", dims: 384}
	dir := b.TempDir()
	if _, err := Import(b.Context(), dir, more(plainWorks(scaled(100_000))), ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	s := openWith(b, dir, m)
	todo, err := s.Unembedded(b.Context(), "", 200_000)
	if err != nil {
		b.Fatal(err)
	}
	for part := range slices.Chunk(todo, 5_000) {
		vectors := make([]WorkVector, len(part))
		for i, u := range part {
			u.Text = fmt.Sprintf("%s study no%d", subjects[i%len(subjects)][0], i%999)
			vectors[i] = WorkVector{part[i], m.vector(u.Text)}
		}
		putVectors(b, s, vectors)
	}
	makeBase(b, s)
	without, err := Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer without.Close()
	for name, s := range map[string]*Shelf{"without": without, "with": s} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				q := library.Query{Text: fmt.Sprintf("%s %s baleine no%d", zipfWord(40+i%2_000), zipfWord(300+i%5_000), i%999), Limit: 10}
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
