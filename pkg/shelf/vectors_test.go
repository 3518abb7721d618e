package shelf

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// subjects are words of one meaning.
var subjects = [][]string{
	{"whale", "whales", "baleine", "wale"}, {"glacier", "glaciers", "gletscher"}, {"bread", "brot", "pain"},
	{"volcano", "volcanoes", "vulkan", "volcan"}, {"harbour", "hafen", "puerto"},
}

// model is an embedding model that knows the subjects.
type model struct {
	name  string
	dims  int
	asked []string
	err   error
	odd   []float32 // is returned in place of a question's vector
}

func (m *model) Model() string    { return m.name }
func (m *model) Matryoshka() bool { return false }

func (m *model) Question(_ context.Context, text string) ([]float32, error) {
	m.asked = append(m.asked, text)
	if m.odd != nil {
		return m.odd, nil
	}
	return m.vector(text), m.err
}

// vector returns the sum of the directions of a text's words.
func (m *model) vector(text string) []float32 {
	v := make([]float32, m.dims)
	for w := range strings.FieldsSeq(strings.ToLower(text)) {
		seed := w
		for _, s := range subjects {
			if slices.Contains(s, w) {
				seed = s[0]
			}
		}
		h := fnv.New64a()
		h.Write([]byte(seed))
		r := rand.New(rand.NewPCG(h.Sum64(), 1))
		for i := range v {
			v[i] += float32(r.NormFloat64())
		}
	}
	return v
}

// vectors returns works with the vectors of their texts.
func (m *model) vectors(todo []Unembedded) []WorkVector {
	out := make([]WorkVector, len(todo))
	for i, u := range todo {
		out[i].Unembedded = u
		if u.Same == "" {
			out[i].Vector = m.vector(u.Text)
		}
	}
	return out
}

func openWith(t testing.TB, dir string, e Embedder) *Shelf {
	t.Helper()
	s, err := Open(t.Context(), dir, WithEmbedder(e))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func unembedded(t testing.TB, s *Shelf) []Unembedded {
	t.Helper()
	todo, err := s.Unembedded(t.Context(), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return todo
}

// embedAll stores the vectors of all works that have none, and returns how many.
func embedAll(t testing.TB, s *Shelf, m *model) int {
	t.Helper()
	todo := unembedded(t, s)
	putVectors(t, s, m.vectors(todo))
	return len(todo)
}

func putVectors(t testing.TB, s *Shelf, vectors []WorkVector) {
	t.Helper()
	tx := mustBegin(t, s)
	if err := tx.PutVectors(vectors); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), tx.Version()); err != nil {
		t.Fatal(err)
	}
}

// putWorks puts works on the subjects, ten on each.
func putWorks(t testing.TB, s *Shelf, from, to int) {
	t.Helper()
	commit(t, s, func(tx *Tx) {
		for i := from; i < to; i++ {
			mustPut(t, tx, item(fmt.Sprintf("WORK%04d", i), fmt.Sprintf("%s study no%d", subjects[i%len(subjects)][0], i)))
		}
	})
}

// meant returns how many of the works that a search lists are on a subject, and
// whether all are marked similar and none counts.
func meant(t testing.TB, s *Shelf, text, subject string) (on int, page library.Page[library.Hit]) {
	t.Helper()
	page, err := s.Search(t.Context(), library.Query{Text: text, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range page.Items {
		if strings.HasPrefix(h.Item.Title(), subject) {
			on++
		}
	}
	return on, page
}

// mustMean checks that a question in another language finds the works on its subject
// alone, which are listed as similar and not counted.
func mustMean(t testing.TB, s *Shelf, text, subject string, want int) {
	t.Helper()
	on, page := meant(t, s, text, subject)
	if on != want || len(page.Items) != want || page.Total != 0 {
		t.Errorf("%q: %d of %d listed works are on the subject, want %d; %d count; %v", text, on, len(page.Items), want, page.Total, page.QueryNotices)
	}
	for _, h := range page.Items {
		if !h.Similar || h.Lacks != nil {
			t.Errorf("%q: %s: similar %v, lacks %q", text, h.Item.Title(), h.Similar, h.Lacks)
		}
	}
}

// makeBase makes a base of all that was committed.
func makeBase(t testing.TB, s *Shelf, others ...*Shelf) {
	t.Helper()
	for _, o := range append(others, s) {
		o.compact.done.Wait()
	}
	if _, err := s.Meta(t.Context()); err != nil {
		t.Fatal(err)
	}
	compactNow(t, s)
}

func TestSearch_ByMeaning(t *testing.T) {
	for _, n := range []int{25, 100, 1_200} { // without and with a centre
		m := &model{name: "toy", dims: 100}
		s := openWith(t, t.TempDir(), m)
		putWorks(t, s, 0, n)
		if _, page := meant(t, s, "baleine", "whale"); len(page.Items) != 0 || !slices.Contains(page.QueryNotices, notAllMeant) || len(m.asked) > 0 {
			t.Errorf("before there are vectors: %d works, %v, asked for %q", len(page.Items), page.QueryNotices, m.asked)
		}
		if got := embedAll(t, s, m); got != n {
			t.Fatalf("%d works have no vector, want %d", got, n)
		}
		want := min(n/5, 50)
		for text, subject := range map[string]string{"baleine": "whale", "Gletscher": "glacier", "puerto hafen": "harbour"} {
			mustMean(t, s, text, subject, want)
		}
		if _, page := meant(t, s, "baleine", ""); page.QueryNotices != nil && slices.Contains(page.QueryNotices, notAllMeant) {
			t.Errorf("all works are compared, and the notices say %q", page.QueryNotices)
		}
	}
}

func TestSearch_MeaningKeepsOut(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 100)
	embedAll(t, s, m)
	for name, q := range map[string]library.Query{
		"the exact mode": {Text: "baleine", Mode: library.ModeExact},
		"a field":        {Text: "title:baleine"},
		"a phrase":       {Text: `"whale study"`},
		"an identifier":  {Text: "10.1234/whale"},
		"another order":  {Text: "baleine", Sort: library.SortTitle},
		"a rare word":    {Text: "no7"},
		"no words":       {Text: ""},
	} {
		m.asked = nil
		q.Limit = 10
		if _, err := s.Search(t.Context(), q); err != nil || len(m.asked) > 0 {
			t.Errorf("%s: asked for %q, %v", name, m.asked, err)
		}
	}
	// Filters hold for what only the meaning finds.
	page, err := s.Search(t.Context(), library.Query{Text: "baleine", Limit: 10, TagsAll: []string{"none"}})
	if err != nil || len(page.Items) > 0 {
		t.Errorf("with a tag: %d works, %v", len(page.Items), err)
	}
	// Words come first: the work that has both before those on the subject.
	_, page = meant(t, s, "glacier no6", "glacier")
	if page.Items[0].Item.Title() != "glacier study no6" || page.Items[0].Similar {
		t.Errorf("the first work is %+v", page.Items[0].Item.Title())
	}
}

func TestSearch_SaysThatMeaningsAreNotCompared(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 100)
	embedAll(t, s, m)
	refused := library.Errorf(library.Unavailable, "it sleeps")
	nan := slices.Repeat([]float32{float32(math.NaN())}, 100)
	for _, broken := range []struct {
		about, text, subject string
		err                  error
		odd                  []float32
	}{
		{"an error", "gletscher", "glacier", refused, nil}, {"no number", "baleine", "whale", nil, nan},
		{"nothing", "vulkan", "volcano", nil, []float32{}}, {"other dimensions", "brot", "bread", nil, []float32{1, 2, 3}},
	} {
		m.err, m.odd = broken.err, broken.odd
		_, page := meant(t, s, broken.text, broken.subject)
		if len(page.Items) > 0 || !slices.ContainsFunc(page.QueryNotices, func(n string) bool { return strings.HasPrefix(n, "works were not compared by meaning: ") }) {
			t.Errorf("%s: %d works, %q", broken.about, len(page.Items), page.QueryNotices)
		}
		m.err, m.odd = nil, nil
		if on, _ := meant(t, s, broken.text, broken.subject); on != 20 {
			t.Errorf("%s: %d works once the service answers: the failure was kept", broken.about, on)
		}
	}
	m.asked = nil
	_, page := meant(t, s, strings.Repeat("gletscher ", 300), "glacier")
	if len(m.asked) != 1 || len(m.asked[0]) != EmbeddedChars || !slices.ContainsFunc(page.QueryNotices, func(n string) bool { return strings.Contains(n, "first 2000 characters") }) {
		t.Errorf("a long question: asked for %d, %q", len(m.asked), page.QueryNotices)
	}
}
