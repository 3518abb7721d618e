package snapshot_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// BenchmarkRestore compares restoring and opening a library of 40,000 works with
// making its shelf from works that are there already, which is what a start
// costs without a snapshot beside the reading. -short takes 2,000 works.
func BenchmarkRestore(b *testing.B) {
	many := 40_000
	if testing.Short() {
		many = 2_000
	}
	dir := b.TempDir()
	f := buckettest.NewFake()
	p := start(b, f, sealedBy(b, 1), func(o *snapshot.Options) { o.PieceBytes = 0 })
	began := time.Now()
	build(b, dir, many)
	s := open(b, dir, group.Library)
	built := time.Since(began)
	began = time.Now()
	save(b, p, group, s)
	saved := time.Since(began)
	size := 0
	for _, o := range f.Objects() {
		size += len(o.Data)
	}
	n := 0
	for b.Loop() {
		n++
		to := filepath.Join(b.TempDir(), fmt.Sprint(n))
		if found, err := p.Restore(b.Context(), group, to); err != nil || !found {
			b.Fatal(found, err)
		}
		r, err := shelf.Open(b.Context(), to, shelf.WithLibrary(group.Library))
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		_ = os.RemoveAll(to)
	}
	one := b.Elapsed() / time.Duration(n)
	b.ReportMetric(float64(one)/float64(built), "restore/build")
	b.ReportMetric(built.Seconds(), "s-build")
	b.ReportMetric(saved.Seconds(), "s-save")
	b.ReportMetric(float64(size)/float64(many), "B/work")
}

// build makes a shelf of works with an abstract of six sentences.
func build(b *testing.B, dir string, many int) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	sentences := func(n int) string {
		var text strings.Builder
		for range n {
			for range 14 {
				fmt.Fprintf(&text, "w%d ", int(random.ExpFloat64()*3000))
			}
			text.WriteString(". ")
		}
		return text.String()
	}
	err := shelf.Rebuild(b.Context(), dir, func(r *shelf.Rebuilding) (int64, error) {
		for i := range many {
			it := &library.Item{
				ID: library.ItemID{Key: fmt.Sprintf("W%07d", i)}, Type: "journalArticle", Version: int64(i + 1),
				Fields:   map[string]string{"title": sentences(1), "abstractNote": sentences(6)},
				Creators: []library.Creator{{Role: "author", Family: sentences(1)[:8]}, {Role: "author", Family: sentences(1)[:8]}},
			}
			if err := r.Put(it); err != nil {
				return 0, err
			}
		}
		return int64(many), nil
	}, shelf.WithLibrary(group.Library))
	if err != nil {
		b.Fatal(err)
	}
}
