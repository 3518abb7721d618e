package library

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func feedback(key string, score float64, terms ...string) Feedback {
	f := Feedback{Key: key, Score: score}
	for _, t := range terms {
		f.Terms = append(f.Terms, Proposal{Term: t, Word: t + "s", Weight: 1})
	}
	return f
}

func termsOf(added []AddedTerm) string {
	var out []string
	for _, a := range added {
		out = append(out, a.Term)
	}
	return strings.Join(out, " ")
}

// A term of the best work counts for more than one of the next, and less than one
// of both.
func TestPropose_WeighsByRank(t *testing.T) {
	st := &Statistics{Works: 1000}
	got := st.Propose(ModeAuto, []Feedback{feedback("C", 1, "last", "both"), feedback("B", 3, "first", "both"), feedback("D", 2, "next")})
	if termsOf(got) != "both first next last" {
		t.Errorf("%v", got)
	}
	if got[1].Word != "firsts" || got[1].Weight != 0.5 || got[2].Weight != 1.0/3 {
		t.Errorf("%v", got)
	}
}

func TestPropose_Bounds(t *testing.T) {
	var works []Feedback
	for i := range FeedbackWorks + 1 {
		works = append(works, feedback(fmt.Sprintf("K%02d", i), float64(100-i), fmt.Sprintf("t%02d", i)))
	}
	if got := (&Statistics{Works: 1000}).Propose(ModeAuto, works); len(got) != FeedbackWorks {
		t.Errorf("%d works propose, want %d", len(got), FeedbackWorks)
	}
	if got := (&Statistics{Works: 39}).Propose(ModeAuto, works); len(got) != 3 {
		t.Errorf("%d works of 39 propose, want a tenth", len(got))
	}
	var many []string
	for i := range MaxProposals + 1 {
		many = append(many, fmt.Sprintf("t%03d", i))
	}
	if got := (&Statistics{Works: 1000}).Propose(ModeAuto, []Feedback{feedback("A", 1, many...)}); len(got) != MaxProposals {
		t.Errorf("%d proposals, want %d", len(got), MaxProposals)
	}
	if got := (&Statistics{Works: 1000}).Propose(ModeBroad, nil); len(got) != 0 {
		t.Errorf("no works propose %v", got)
	}
}

func TestPropose_LeavesClearAnswersAlone(t *testing.T) {
	work := func(score float64, named, authored bool) Feedback {
		f := feedback("A", score, "term")
		f.Named, f.Authored = named, authored
		return f
	}
	second := feedback("B", 10, "other")
	for _, tc := range []struct {
		name  string
		works []Feedback
		clear bool
	}{
		{"far ahead in title and creators", []Feedback{second, work(12.5, true, false)}, true},
		{"not far enough", []Feedback{second, work(12.4, true, false)}, false},
		{"far ahead elsewhere", []Feedback{second, work(20, false, false)}, false},
		{"author and year", []Feedback{work(10.1, true, true), second}, true},
		{"author and year of the second", []Feedback{work(9, true, true), second}, false},
		{"the only one", []Feedback{work(1, true, false)}, true},
	} {
		st := &Statistics{Works: 1000}
		if got := st.Propose(ModeAuto, tc.works); (len(got) == 0) != tc.clear {
			t.Errorf("%s: %v are proposed", tc.name, got)
		}
		if got := st.Propose(ModeBroad, tc.works); len(got) == 0 {
			t.Errorf("%s: the broad mode proposes nothing", tc.name)
		}
	}
}

func TestAdd(t *testing.T) {
	st := &Statistics{Works: 1_000_000}
	proposals := []AddedTerm{{"common", "common", 3, 100_000}, {"single", "single", 9, 1}, {"rare", "rare", 2, 10}, {"more", "more", 3, 50_001}, {"own", "", 1, 40}}
	st.Add(proposals)
	if got := termsOf(st.Added); got != "rare own common" && got != "rare own more" {
		t.Errorf("added %v", st.Added)
	}
	for _, a := range st.Added {
		if a.Term == "common" && slices.ContainsFunc(st.Added, func(b AddedTerm) bool { return b.Term == "more" }) {
			t.Error("the terms have too many works")
		}
	}
	if got := st.AddedWords(); slices.Contains(got, "") || got[0] != "rare" {
		t.Errorf("words %q", got)
	}
	var many []AddedTerm
	for i := range MaxAdded + 5 {
		many = append(many, AddedTerm{fmt.Sprintf("t%02d", i), "w", float64(100 - i), 10})
	}
	st.Add(many)
	if len(st.Added) != MaxAdded || st.Added[0].Term != "t00" {
		t.Errorf("%d are added: %v", len(st.Added), st.Added)
	}
	sum := 0.0
	for _, a := range st.Added {
		sum += a.Weight
	}
	if sum < 0.98 || sum > 1.02 {
		t.Errorf("weights sum to %v", sum)
	}
	for works, want := range map[int]string{120_000: "a", 120_001: ""} {
		if st.Add([]AddedTerm{{"a", "a", 1, works}}); termsOf(st.Added) != want {
			t.Errorf("of %d works: added %v", works, st.Added)
		}
	}
	if st.Add([]AddedTerm{{"a", "a", 1, 70_000}, {"b", "b", 1, 60_000}}); termsOf(st.Added) != "b" {
		t.Errorf("of too many works together: added %v", st.Added)
	}
}

func TestExpandable(t *testing.T) {
	word := func(works int) *Statistics { return &Statistics{Words: []Frequency{{Works: works}}} }
	two := &Statistics{Words: make([]Frequency, 2)}
	for _, tc := range []struct {
		st   *Statistics
		mode Mode
		want bool
	}{
		{word(RareWorks), ModeAuto, false}, {word(RareWorks + 1), ModeAuto, true}, {word(RareWorks), "", false},
		{word(1), ModeBroad, true}, {word(1000), ModeExact, false},
		{two, ModeAuto, true}, {two, ModeExact, false}, {&Statistics{}, ModeBroad, false},
	} {
		if got := tc.st.Expandable(tc.mode); got != tc.want {
			t.Errorf("%+v in mode %q: %v", tc.st.Words, tc.mode, got)
		}
	}
}

// TestGatherStatistics checks that the frequencies of proposals are those of all
// libraries, and which rounds there are.
func TestGatherStatistics(t *testing.T) {
	rounds := 0
	statistics := func(q Query) []*Statistics {
		rounds++
		if q.Statistics == nil {
			return []*Statistics{{Works: 500, Words: []Frequency{{Works: 30}}}, {Works: 700, Words: []Frequency{{Works: 1}}}}
		}
		if q.Statistics.Works != 1200 || termsOf(q.Statistics.Added) != "alpha beta" {
			t.Errorf("asked for %+v", q.Statistics)
		}
		return []*Statistics{{Added: []AddedTerm{{Term: "alpha", Works: 2}, {Term: "beta"}}}, {Added: []AddedTerm{{Term: "alpha", Works: 5}, {Term: "beta", Works: 1}}}}
	}
	ask := func(q Query) []Feedback {
		if q.Statistics.Words[0].Works != 31 {
			t.Errorf("feedback by %+v", q.Statistics)
		}
		best := feedback("A", 2, "alpha", "beta")
		best.Covered = 0.5
		return []Feedback{feedback("B", 1), best}
	}
	got := GatherStatistics(Query{Text: "x"}, statistics, ask)
	want := &Statistics{Works: 1200, Words: []Frequency{{Works: 31}}, Added: []AddedTerm{{"alpha", "alphas", 1, 7}}, Meaning: 4}
	if !reflect.DeepEqual(got, want) || rounds != 2 {
		t.Errorf("%+v after %d rounds, want %+v", got, rounds, want)
	}
	if got := GatherStatistics(Query{Text: "x", Mode: ModeExact}, statistics, ask); got.Added != nil || got.Meaning != 0 {
		t.Errorf("the exact mode adds %v, and meaning counts %v", got.Added, got.Meaning)
	}
	if got := GatherStatistics(Query{}, func(Query) []*Statistics { return nil }, ask); got != nil {
		t.Errorf("no library has %+v", got)
	}
}

func TestHasMeaning(t *testing.T) {
	word := func(works int) *Statistics { return &Statistics{Words: []Frequency{{Works: works}}} }
	for _, tc := range []struct {
		st   *Statistics
		mode Mode
		want bool
	}{
		{word(0), ModeAuto, true}, {word(0), ModeExact, false}, {word(1), ModeAuto, false}, {word(RareWorks), ModeAuto, false},
		{word(RareWorks + 1), ModeAuto, true}, {word(1), ModeBroad, true}, {&Statistics{}, ModeBroad, false},
		{&Statistics{Words: make([]Frequency, 2)}, ModeAuto, true}, {&Statistics{Words: make([]Frequency, 2)}, ModeExact, false},
	} {
		if got := tc.st.HasMeaning(tc.mode); got != tc.want {
			t.Errorf("%+v in mode %q: %v", tc.st.Words, tc.mode, got)
		}
	}
}

func TestMeaningOf(t *testing.T) {
	named := Feedback{Key: "A", Score: 5, Covered: 1, Named: true}
	for _, tc := range []struct {
		about string
		mode  Mode
		works []Feedback
		want  float64
	}{
		{"no work", ModeAuto, nil, 1},
		{"the best work counts", ModeAuto, []Feedback{{Key: "B", Score: 1, Covered: 1}, {Key: "A", Score: 3, Covered: 0.75}}, 4},
		{"a work with few of the words", ModeAuto, []Feedback{{Key: "A", Score: 1, Covered: 0.01}}, 10},
		{"a clear answer", ModeAuto, []Feedback{named}, 0},
		{"a clear answer in the broad mode", ModeBroad, []Feedback{named}, 5},
	} {
		if got := MeaningOf(tc.mode, tc.works); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.about, got, tc.want)
		}
	}
}
