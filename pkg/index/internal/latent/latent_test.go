package latent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// The works of these tests are on subjects, each with words of its own and words
// that all share.
const (
	subjects     = 115
	subjectWords = 6
	sharedWords  = 30
)

func TestAddScaled(t *testing.T) {
	a, b := make([]float32, width), make([]float32, width)
	for i := range a {
		a[i], b[i] = float32(i), float32(3*i)
	}
	addScaled(a, 2, b)
	for i, x := range a {
		if x != float32(7*i) {
			t.Errorf("number %d is %g, want %d", i, x, 7*i)
		}
	}
}

func terms() []Term {
	var out []Term
	for i := range subjects * subjectWords {
		out = append(out, Term{fmt.Sprintf("a%04d", i), 3})
	}
	for i := range sharedWords {
		out = append(out, Term{fmt.Sprintf("z%04d", i), 0.5})
	}
	return out
}

// works returns works on each subject in turn, three of its words in each.
func works(n int) [][]Entry {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([][]Entry, n)
	for i := range out {
		subject := i % subjects
		words := r.Perm(subjectWords)[:3]
		slices.Sort(words)
		for _, w := range words {
			out[i] = append(out[i], Entry{subject*subjectWords + w, 1})
		}
		out[i] = append(out[i], Entry{subjects*subjectWords + r.IntN(sharedWords), 1})
	}
	return out
}

func fit(t testing.TB, terms []Term, works [][]Entry) *Model {
	t.Helper()
	m, err := Fit(t.Context(), terms, works)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func point(m *Model, texts ...string) Point {
	var v Vector
	for _, text := range texts {
		if at, ok := m.Find(text); ok {
			m.Add(&v, at, 1)
		}
	}
	return v.Point()
}

// Words of one subject are near also where no work has both, words of different
// subjects are not.
func TestFit_FindsSubjects(t *testing.T) {
	m := fit(t, terms(), works(subjects*12))
	within, apart := 0.0, 0.0
	for subject := range subjects {
		first := point(m, fmt.Sprintf("a%04d", subject*subjectWords))
		last := point(m, fmt.Sprintf("a%04d", subject*subjectWords+subjectWords-1))
		other := point(m, fmt.Sprintf("a%04d", (subject+1)%subjects*subjectWords))
		within += Near(&first, &last) / subjects
		apart += Near(&first, &other) / subjects
	}
	if within < 0.8 || apart > 0.1 {
		t.Errorf("words of a subject are %.2f near, of two subjects %.2f", within, apart)
	}
}

// The columns of a basis are orthonormal, also where there are fewer directions
// than columns.
func TestOrthonormalize(t *testing.T) {
	for rank, rows := range map[int]int{width: 400, 5: 5, 0: 7} {
		m := random(rows)
		if rank == 0 {
			clear(m)
		}
		orthonormalize(m)
		orthonormalize(m)
		g, full := gram(m), 0
		for i := range g {
			for j := range g[i] {
				want := 0.0
				if i == j && g[i][i] > 0.5 {
					want, full = 1, full+1
				}
				if math.Abs(g[i][j]-want) > 1e-3 {
					t.Fatalf("%d rows: columns %d and %d have the product %v", rows, i, j, g[i][j])
				}
			}
		}
		if full != rank {
			t.Errorf("%d rows have %d columns, want %d", rows, full, rank)
		}
	}
}

func TestEigen(t *testing.T) {
	a := gram(random(300))
	whole := *a
	values, vectors := eigen(a)
	for j := range 10 {
		for i := range width {
			got := 0.0
			for k := range width {
				got += whole[i][k] * vectors[k][j]
			}
			if math.Abs(got-values[j]*vectors[i][j]) > 1e-6*math.Abs(values[j]) {
				t.Fatalf("vector %d is no eigenvector", j)
			}
		}
	}
}

func TestFit_OfAlmostNothing(t *testing.T) {
	same := make([][]Entry, 600)
	for i := range same {
		same[i] = []Entry{{0, 1}, {1, 2}}
	}
	m := fit(t, []Term{{"a", 1}, {"b", 1}, {"c", 0}}, append(same, nil, []Entry{{2, 1}}))
	a, b, c := point(m, "a"), point(m, "b"), point(m, "c")
	if Near(&a, &b) < 0.99 {
		t.Errorf("two words of the same works are %v near", Near(&a, &b))
	}
	if Near(&a, &c) != 0 || Near(&c, &c) != 0 {
		t.Error("a word without weight is near another")
	}
	if none := fit(t, nil, make([][]Entry, 3)); none.Terms() != 0 {
		t.Error("a space without terms has some")
	}
}

func TestFit_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, terms(), works(10)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFit_IsRepeatable(t *testing.T) {
	if !reflect.DeepEqual(fit(t, terms(), works(600)), fit(t, terms(), works(600))) {
		t.Error("the same works have two spaces")
	}
}

// Points that are near have most signs in common.
func TestSigns(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var v Vector
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	w, opposite := v, v
	for i := range w {
		w[i] += float32(r.NormFloat64()) / 4
		opposite[i] = -v[i]
	}
	p, q, o := v.Point(), w.Point(), opposite.Point()
	if n := p.Signs().Apart(q.Signs()); n == 0 || n > Dimensions/4 {
		t.Errorf("near points differ in %d signs", n)
	}
	if n := p.Signs().Apart(o.Signs()); n < Dimensions-3 {
		t.Errorf("opposite points differ in %d signs", n)
	}
	if Near(&p, &o) != 0 || Near(&p, &p) < 0.9999 {
		t.Errorf("near %v and %v", Near(&p, &o), Near(&p, &p))
	}
}

func space(t testing.TB) *Space {
	m := fit(t, []Term{{"a", 1}, {"bb", 2}, {"ccc", 0.5}}, [][]Entry{{{0, 1}, {1, 1}}, {{1, 1}, {2, 1}}, {{0, 2}}})
	return &Space{Model: m, Fitted: 3, Works: []Point{point(m, "a"), point(m, "bb", "ccc")}}
}

func TestDecode(t *testing.T) {
	s := space(t)
	b := s.Encode()
	got, err := Decode(b)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("%+v, %v, want %+v", got, err, s)
	}
	if got.Model.Text(1) != "bb" || got.Model.Terms() != 3 {
		t.Errorf("terms %q", got.Model.texts)
	}
	for n := range b {
		if _, err := Decode(b[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read", n, len(b))
		}
		damaged := slices.Clone(b)
		damaged[n] ^= 0x10
		if _, err := Decode(damaged); err == nil {
			t.Errorf("byte %d may be anything", n)
		}
	}
}

// resealed returns content with the checksum that it should have.
func resealed(b []byte) []byte {
	return appendSum(slices.Clone(b[:max(len(b)-4, 0)]))
}

func TestDecode_ChecksWhatHasAChecksum(t *testing.T) {
	b := space(t).Encode()
	for name, change := range map[string]func([]byte){
		"another version":      func(b []byte) { b[len(magic)-2]++ },
		"other dimensions":     func(b []byte) { b[len(magic)]++ },
		"more terms":           func(b []byte) { b[len(magic)+8]++ },
		"more terms than ever": func(b []byte) { b[len(magic)+11] = 0x7f },
		"fewer works":          func(b []byte) { b[len(magic)+12]-- },
		"terms out of order":   func(b []byte) { _, after, _ := bytes.Cut(b, []byte("bb")); copy(b[len(b)-len(after)-2:], "ZZ") },
		"a long term":          func(b []byte) { b[len(magic)+16] = 200 },
	} {
		changed := slices.Clone(b)
		change(changed)
		if _, err := Decode(resealed(changed)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(space(f).Encode())
	f.Add((&Space{Model: &Model{}}).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(resealed(b))
		if err != nil {
			return
		}
		again, err := Decode(s.Encode())
		if err != nil || !bytes.Equal(again.Encode(), s.Encode()) {
			t.Errorf("%v after encoding", err)
		}
	})
}

// BenchmarkFit measures the fitting of a space to 1,000 works beside the yardstick
// of multiplying them once with its basis.
func BenchmarkFit(b *testing.B) {
	all := terms()
	for b.Loop() {
		fit(b, all, works(1000))
	}
}

// BenchmarkNear measures the comparison of 1,000 works with a query.
func BenchmarkNear(b *testing.B) {
	s := space(b)
	points := slices.Repeat(s.Works, 500)
	for b.Loop() {
		for i := range points {
			Near(&points[0], &points[i])
		}
	}
}
