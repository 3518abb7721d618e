package index_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// topics returns works on subjects, each subject with six words of its own, of
// which a work has three, and words that all works share. The words of a subject
// begin with its letters: "bado0" and so on.
func topics(works int) shelf {
	r := rand.New(rand.NewPCG(7, 8))
	s := shelf{}
	for i := range works {
		subject := i % topicCount
		words := []string{}
		for _, w := range r.Perm(6)[:3] {
			words = append(words, topicWord(subject, w))
		}
		for range 6 {
			words = append(words, syntheticWord(r.IntN(60)))
		}
		it := work(i+1, "title", strings.Join(words[:2], " "), "abstractNote", strings.Join(words[2:], " ")+" and the others")
		it.Creators = []library.Creator{{Role: "author", Given: "Ann", Family: fmt.Sprintf("Author%c", 'a'+i%20)}}
		it.ParsedDate = fmt.Sprint(1900 + i%100)
		it.Fields["date"] = it.ParsedDate
		s.put(index.Document{Item: it})
	}
	return s
}

const topicCount = 15

// topicWord returns a word of a subject, as works write it.
func topicWord(subject, n int) string {
	return strings.ToUpper(string("bcdfghklmn"[subject%10])) + string("aeio"[subject/10]) + "z" + strings.Repeat(string("aeioub"[n]), 2) + "rq"
}

// similarOf returns the hits that are similar, and those that are not.
func similarOf(r index.Result) (similar, found []index.Hit) {
	for _, h := range r.Hits {
		if h.Similar {
			similar = append(similar, h)
		} else {
			found = append(found, h)
		}
	}
	return similar, found
}

func TestSearch_AddsWords(t *testing.T) {
	s := topics(400)
	x := memory(t, s)
	word := topicWord(3, 0)
	exact := search(t, x, library.Query{Text: word + " " + syntheticWord(3), Mode: library.ModeExact, Limit: 100})
	broad := search(t, x, library.Query{Text: word + " " + syntheticWord(3), Limit: 100})
	if len(exact.Expanded) > 0 || exact.Statistics.Added != nil {
		t.Errorf("the exact mode adds %q", exact.Expanded)
	}
	if !slices.Contains(broad.Expanded, strings.ToLower(topicWord(3, 1))) || slices.Contains(broad.Expanded, strings.ToLower(word)) {
		t.Errorf("%q are added", broad.Expanded)
	}
	if slices.Contains(broad.Expanded, "and") || slices.Contains(broad.Expanded, "the") {
		t.Errorf("stop words are added: %q", broad.Expanded)
	}
	similar, found := similarOf(broad)
	if broad.Total != exact.Total {
		t.Errorf("total %d with added words, %d without", broad.Total, exact.Total)
	}
	on := 0
	for _, h := range similar {
		it, _ := s.Item(h.Key)
		text := it.Title() + it.Abstract()
		if strings.Contains(text, word) {
			t.Errorf("%s has a word of the query and is only similar", h.Key)
		}
		if strings.Contains(text, topicWord(3, 1)[:3]) {
			on++
		}
	}
	if on < 3 || len(found) < exact.Total {
		t.Errorf("%d similar works are on the subject, %d works are found, %d without added words", on, len(found), exact.Total)
	}
	if h := similar[0]; len(h.Lacks) > 0 || h.Match == nil {
		t.Errorf("a similar work lacks %q and shows %v", h.Lacks, h.Match)
	}
}

func TestSearch_AddsNothingToClearQuestions(t *testing.T) {
	s := topics(400)
	rare := work(9001, "title", "Uniqueword of the hour", "DOI", "10.1234/clear", "abstractNote", topicWord(1, 1)+" "+topicWord(1, 2))
	s.put(index.Document{Item: rare})
	x := memory(t, s)
	for _, tc := range []struct {
		text string
		adds bool
	}{
		{"uniqueword", false},
		{"10.1234/clear", false},
		{`"` + topicWord(2, 0) + `"`, false},
		{`"` + topicWord(2, 0) + " " + topicWord(3, 0) + `"`, true}, // no work has the phrase
		{"title:" + topicWord(2, 0), false},
		{topicWord(2, 0) + " -" + topicWord(2, 1), false},
		{"authorc 1942", false},
		{"uniqueword hour", false}, // far ahead in its title
		{"authorc " + topicWord(2, 0), true},
		{topicWord(2, 0) + " " + topicWord(2, 1), true},
		{topicWord(2, 0), true},
	} {
		auto := search(t, x, library.Query{Text: tc.text})
		if (len(auto.Expanded) > 0) != tc.adds {
			t.Errorf("%s: %q are added", tc.text, auto.Expanded)
		}
		if r := search(t, x, library.Query{Text: tc.text, Mode: library.ModeExact}); len(r.Expanded) > 0 {
			t.Errorf("%s: the exact mode adds %q", tc.text, r.Expanded)
		}
	}
	for _, text := range []string{"uniqueword", "title:" + topicWord(2, 0), "authorc 1942"} {
		if r := search(t, x, library.Query{Text: text, Mode: library.ModeBroad}); len(r.Expanded) == 0 {
			t.Errorf("%s: the broad mode adds nothing", text)
		}
	}
	if r := search(t, x, library.Query{Text: "10.1234/clear", Mode: library.ModeBroad}); len(r.Hits) != 1 {
		t.Errorf("a DOI finds %v", keys(r))
	}
}

// The added words bring works that pass the filter and meet the conditions only.
func TestSearch_SimilarWorksPassFilters(t *testing.T) {
	s := topics(400)
	x := memory(t, s)
	q := library.Query{Text: topicWord(5, 0) + " -" + topicWord(5, 1), YearFrom: 1950, Mode: library.ModeBroad, Limit: 100}
	r := search(t, x, q)
	similar, _ := similarOf(r)
	if len(similar) == 0 {
		t.Fatal("no work is similar")
	}
	for _, h := range r.Hits {
		it, _ := s.Item(h.Key)
		if year, _ := it.Year(); year < 1950 || strings.Contains(it.Title()+it.Abstract(), topicWord(5, 1)) {
			t.Errorf("%s is found: %s %s", h.Key, it.ParsedDate, it.Title())
		}
	}
	q.Sort = library.SortTitle
	if similar, _ := similarOf(search(t, x, q)); len(similar) > 0 {
		t.Errorf("%d works that are only similar are sorted by title", len(similar))
	}
}

// All pages score by the words that the first one added.
func TestSearch_PagesAddTheSameWords(t *testing.T) {
	s := topics(700)
	dir := t.TempDir()
	x := opened(t, dir, onDisk(t, dir, s), s)
	q := library.Query{Text: topicWord(6, 0) + " " + topicWord(6, 1), Limit: 7}
	whole := search(t, x, library.Query{Text: q.Text, Limit: 100})
	scores := map[string]float64{}
	for _, h := range whole.Hits {
		scores[h.Key] = h.Score
	}
	var got []string
	for more := true; more && len(got) < len(whole.Hits); {
		r := search(t, x, q)
		for _, h := range r.Hits {
			got = append(got, h.Key)
			if want, ok := scores[h.Key]; ok && h.Score != want {
				t.Errorf("%s has a score of %v, then %v", h.Key, want, h.Score)
			}
		}
		if !reflect.DeepEqual(r.Expanded, whole.Expanded) {
			t.Errorf("%q are added, want %q", r.Expanded, whole.Expanded)
		}
		if q.Statistics == nil {
			q.Statistics = r.Statistics
		}
		last := r.Hits[len(r.Hits)-1]
		q.After, more = &library.Position{Score: last.Score, Key: last.Key}, r.More
	}
	for i, h := range whole.Hits {
		if got[i] != h.Key {
			t.Fatalf("place %d has %s, want %s", i, got[i], h.Key)
		}
	}
}

// All added terms together weigh half of the query's words.
func TestSearch_AddedWordsWeighHalf(t *testing.T) {
	s := shelf{}
	for n, title := range []string{"alpha", "beta", "gamma"} {
		s.put(index.Document{Item: work(n+1, "title", title)})
	}
	st := &library.Statistics{Works: 3, Words: []library.Frequency{{Works: 1}}, Added: []library.AddedTerm{{Term: "beta", Word: "beta", Weight: 1, Works: 1}}}
	r := search(t, memory(t, s), library.Query{Text: "alpha", Statistics: st})
	if keys(r) != fmt.Sprint([]string{keyOf(1), keyOf(2)}) || r.Hits[1].Score != r.Hits[0].Score/2 {
		t.Errorf("%+v", r.Hits)
	}
}

// What a work on the subject gains is two fifths of the best score without added
// words.
func TestSearch_NearnessIsAShareOfTheBest(t *testing.T) {
	x := memory(t, topics(400))
	text := topicWord(4, 0) + " " + topicWord(4, 1)
	best := search(t, x, library.Query{Text: text, Mode: library.ModeExact}).Hits[0].Score
	if got := search(t, x, library.Query{Text: text}).Statistics.Near; got < 0.4*best-0.001 || got > 0.4*best+0.001 {
		t.Errorf("nearness adds up to %v where the best work has %v", got, best)
	}
}

// Words that stand far behind in a work, numbers and single letters are not added;
// a word is shown as the best work has it.
func TestSearch_AddsWordsOfTheBeginning(t *testing.T) {
	s := topics(400)
	long := strings.Repeat("filler ", 4_000/len("filler "))
	for n := range 3 {
		s.put(index.Document{Item: work(9000+n, "title", "Headword Subjectword "+[]string{"NearbyDNA", "NearbyDNA", "NearbyDNA"}[n],
			"abstractNote", "Nearest q 1234 "+long+" distantword")})
	}
	r := search(t, memory(t, s), library.Query{Text: "headword subjectword", Mode: library.ModeBroad})
	if !slices.Contains(r.Expanded, "nearest") || !slices.Contains(r.Expanded, "NearbyDNA") {
		t.Errorf("%q are added", r.Expanded)
	}
	for _, word := range []string{"q", "1234", "distantword", "headword"} {
		if slices.Contains(r.Expanded, word) {
			t.Errorf("%q is added", word)
		}
	}
}
