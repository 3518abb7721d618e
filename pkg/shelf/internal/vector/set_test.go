package vector

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// table is rows of vectors as a shelf has them.
type table [][]Entry

// tableOf puts entries into rows.
func tableOf(entries []Entry) (t table) {
	for row := range slices.Chunk(entries, MaxEntries) {
		t = append(t, row)
	}
	return t
}

func (t table) each(yield func(Placed)) error {
	for row := range t {
		for _, p := range t.placed(row) {
			yield(p)
		}
	}
	return nil
}

func (t table) placed(row int) (out []Placed) {
	for i, e := range t[row] {
		out = append(out, Placed{e, At(uint32(row), i)})
	}
	return out
}

func (t table) read(row uint32) ([]Entry, error) { return t[row], nil }

func (t table) set(tb testing.TB) *Set {
	tb.Helper()
	s, err := New(t.each)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// clustered returns n works in clusters, as the vectors of a language model are: all
// on one side of the space, near one of some subjects.
func clustered(seed uint64, n, subjects int) (entries []Entry, centres [][]float32) {
	r := rand.New(rand.NewPCG(seed, seed))
	side := random(r, Dimensions)
	for range subjects {
		c := random(r, Dimensions)
		for i := range c {
			c[i] += 3 * side[i]
		}
		centres = append(centres, c)
	}
	for i := range n {
		v := random(r, Dimensions)
		for j := range v {
			v[j] = 0.7*v[j] + centres[i%subjects][j]
		}
		entries = append(entries, Entry{Work: fmt.Sprintf("WORK%06d", i), Sum: uint64(i), Vector: Pack(v)})
	}
	return entries, centres
}

func TestNearest_FindsTheSubject(t *testing.T) {
	for _, n := range []int{20, 63, 64, 5_000} {
		entries, centres := clustered(1, n, 10)
		rows := tableOf(entries)
		s := rows.set(t)
		for subject, c := range centres {
			near, err := s.Nearest(must(t, c, false), rows.read)
			if err != nil {
				t.Fatal(err)
			}
			want := min(n/10, 50)
			for rank, m := range near[:want] {
				var at int
				_, _ = fmt.Sscanf(m.Work, "WORK%d", &at)
				if at%10 != subject || m.Cosine < 0.5 || m.Cosine > 1.0001 || rank > 0 && m.Cosine > near[rank-1].Cosine {
					t.Fatalf("of %d works, subject %d, rank %d is %+v", n, subject, rank, m)
				}
			}
			for _, m := range near {
				var at int
				_, _ = fmt.Sscanf(m.Work, "WORK%d", &at)
				if at%10 != subject && m.Cosine > 0.35 {
					t.Fatalf("of %d works, one on another subject has %+v", n, m)
				}
			}
		}
	}
}

// TestNearest_MostOfTheNearest compares the search by bits with one by all bytes.
func TestNearest_MostOfTheNearest(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	entries, _ := clustered(2, n, n/10)
	rows := tableOf(entries)
	s := rows.set(t)
	r := rand.New(rand.NewPCG(9, 9))
	hit, asked := 0, 0
	for range 40 {
		q := make([]float32, Dimensions)
		entries[r.IntN(n)].Vector.unpack(q)
		for i := range q {
			q[i] += 0.02 * float32(r.NormFloat64())
		}
		q = must(t, q, false)
		c := s.comparison(q)
		all := make([]Near, n)
		for i := range entries {
			all[i] = Near{entries[i].Work, c.cosine(entries[i].Vector)}
		}
		slices.SortFunc(all, func(a, b Near) int { return int((b.Cosine - a.Cosine) * 1e9) })
		near, _ := s.Nearest(q, rows.read)
		for _, want := range all[:10] {
			asked++
			if slices.ContainsFunc(near, func(m Near) bool { return m.Work == want.Work }) {
				hit++
			}
		}
	}
	if share := float64(hit) / float64(asked); share < 0.98 {
		t.Errorf("%.3f of the ten nearest are found", share)
	}
}

func TestNearest_BoundsWhatIsCompared(t *testing.T) {
	entries, centres := clustered(3, 5_000, 5)
	rows := tableOf(entries)
	s := rows.set(t)
	read := 0
	if _, err := s.Nearest(must(t, centres[0], false), func(row uint32) ([]Entry, error) { read++; return rows[row], nil }); err != nil {
		t.Fatal(err)
	}
	if read < 50 || read > 300 {
		t.Errorf("%d rows are read", read)
	}
}

func TestNearest_OddQuestions(t *testing.T) {
	entries, centres := clustered(4, 100, 5)
	rows := tableOf(entries)
	s := rows.set(t)
	if near, err := s.Nearest([]float32{1, 0}, rows.read); len(near) > 0 || err != nil {
		t.Errorf("other dimensions: %v, %v", near, err)
	}
	var none *Set
	if near, err := none.Nearest(must(t, centres[0], false), rows.read); len(near) > 0 || err != nil || none.Len() != 0 || none.Dimensions() != 0 {
		t.Errorf("no vectors: %v, %v", near, err)
	}
	failed := errors.New("unreadable")
	if _, err := s.Nearest(must(t, centres[0], false), func(uint32) ([]Entry, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("a row that can't be read: %v", err)
	}
	// A row that a damaged disk has lost: its works are near nothing.
	if near, err := s.Nearest(must(t, centres[0], false), func(uint32) ([]Entry, error) { return nil, nil }); len(near) > 0 || err != nil {
		t.Errorf("a lost row: %v, %v", near, err)
	}
}

func TestSet_With(t *testing.T) {
	entries, _ := clustered(5, 3_000, 7)
	all := tableOf(entries)
	rest := all[len(all)/2:]
	s := all[:len(all)/2].set(t)
	for i := range rest {
		s = s.With(all.placed(len(all)/2 + i))
	}
	if s.Len() != len(entries) {
		t.Fatalf("%d works, want %d", s.Len(), len(entries))
	}
	for i, e := range entries {
		if sum, at, ok := s.Find(e.Work); !ok || sum != e.Sum || at != At(uint32(i/MaxEntries), i%MaxEntries) {
			t.Fatalf("%s: %d, %d, %v", e.Work, sum, at, ok)
		}
	}
	// One more work at either end, and a newer vector of one.
	changed := []Placed{{Entry{"AAAA", 1, entries[0].Vector}, At(900, 0)}, {Entry{"ZZZZ", 2, entries[1].Vector}, At(900, 1)}, {Entry{entries[5].Work, 3, entries[5].Vector}, At(900, 2)}}
	s = s.With(changed)
	for _, c := range changed {
		if sum, at, ok := s.Find(c.Work); !ok || sum != c.Sum || at != c.Slot {
			t.Errorf("%s: %d, %d, %v", c.Work, sum, at, ok)
		}
	}
	if _, _, ok := s.Find("NONE"); ok || s.Len() != len(entries)+2 {
		t.Errorf("%d works", s.Len())
	}
	if works := s.Works(); works[3] != entries[5].Work || works[1] == "" {
		t.Errorf("sum 3 is that of %q", works[3])
	}
	// What has other dimensions is left out.
	if s.With([]Placed{{Entry{"BBBB", 1, Vector{1, 2}}, At(901, 0)}}).Len() != s.Len() {
		t.Error("a vector of two dimensions is taken")
	}
}

func TestNew_TheLastOfAWorkCounts(t *testing.T) {
	entries, _ := clustered(6, 40, 2)
	newer := entries[3]
	newer.Sum = 99
	rows := tableOf(append(slices.Clone(entries), newer))
	s := rows.set(t)
	if sum, at, _ := s.Find(newer.Work); sum != 99 || at.Row() != 2 || at.Index() != 8 || s.Len() != 40 {
		t.Errorf("sum %d at %d, %d of %d works", sum, at.Row(), at.Index(), s.Len())
	}
}

// TestSet_BytesOfAWork holds the bounds of what a work costs: 100 bytes of memory and
// 700 at rest.
func TestSet_BytesOfAWork(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	const n = 50_000
	entries, _ := clustered(7, n, 50)
	rows := tableOf(entries)
	rest := 0
	for i, row := range rows {
		rest += len(EncodeRow(1, row)) + 5
		rows[i] = row
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := rows.set(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	memory := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("a work has %.1f bytes of memory and %.1f at rest", memory, float64(rest)/n)
	if memory > 100 || memory < 48 || rest/n > 700 {
		t.Errorf("a work has %.1f bytes of memory and %d at rest", memory, rest/n)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(rows)
}

// BenchmarkNearest measures a question to 100,000 works, against reading every
// vector once.
func BenchmarkNearest(b *testing.B) {
	entries, centres := clustered(8, 100_000, 500)
	rows := tableOf(entries)
	s := rows.set(b)
	q := must(b, centres[0], false)
	b.Run("nearest", func(b *testing.B) {
		for b.Loop() {
			_, _ = s.Nearest(q, rows.read)
		}
	})
	b.Run("all", func(b *testing.B) {
		c := s.comparison(q)
		for b.Loop() {
			for i := range entries {
				c.cosine(entries[i].Vector)
			}
		}
	})
}
