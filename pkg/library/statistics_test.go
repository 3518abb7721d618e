package library

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSumStatistics(t *testing.T) {
	one := &Statistics{Works: 3, Passages: 5, Named: 1, Phrases: []int{1}, Words: []Frequency{{1, 2}}, Completions: []Completion{{Candidate{0, "engine"}, Frequency{1, 0}}, {Candidate{0, "english"}, Frequency{2, 0}}}}
	two := &Statistics{Works: 10, Named: 2, Phrases: []int{2, 5}, Words: []Frequency{{4, 0}, {1, 1}}, Completions: []Completion{{Candidate{0, "engine"}, Frequency{1, 1}}, {Candidate{0, "engrave"}, Frequency{2, 0}}}}
	got := SumStatistics([]*Statistics{one, two})
	want := &Statistics{
		Works: 13, Passages: 5, Named: 3, Phrases: []int{3, 5}, Words: []Frequency{{5, 2}, {1, 1}},
		Completions: []Completion{{Candidate{0, "engine"}, Frequency{2, 1}}, {Candidate{0, "english"}, Frequency{2, 0}}, {Candidate{0, "engrave"}, Frequency{2, 0}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if one.Words[0].Works != 1 {
		t.Error("the sum changes its parts")
	}
}

// TestMostFrequent checks both bounds: which terms are candidates, and how many
// of them stay.
func TestMostFrequent(t *testing.T) {
	candidates := map[Candidate]Frequency{}
	for i := range MaxCandidates + 1 {
		candidates[Candidate{0, fmt.Sprintf("word%03d", i)}] = Frequency{Works: 1 + i, Passages: i}
	}
	got := MostFrequent(candidates)
	if len(got) != MaxCompletions || got[0].Term != fmt.Sprintf("word%03d", MaxCandidates-1) || got[MaxCompletions-1].Term != fmt.Sprintf("word%03d", MaxCandidates-MaxCompletions) {
		t.Errorf("%d, from %q to %q", len(got), got[0].Term, got[len(got)-1].Term)
	}
}

// TestMostFrequent_SharesAmongWords has two unfinished words.
func TestMostFrequent_SharesAmongWords(t *testing.T) {
	candidates := map[Candidate]Frequency{}
	for i := range 40 {
		candidates[Candidate{1, fmt.Sprintf("a%02d", i)}] = Frequency{Works: 100}
		candidates[Candidate{4, fmt.Sprintf("b%02d", i)}] = Frequency{Works: 1}
	}
	got := map[int]int{}
	for _, c := range MostFrequent(candidates) {
		got[c.Word]++
	}
	if got[1] != MaxCompletions/2 || got[4] != MaxCompletions/2 {
		t.Errorf("%v", got)
	}
}

func TestStatisticsSurviveEncoding(t *testing.T) {
	for _, s := range []*Statistics{
		{Words: []Frequency{}, Phrases: []int{}, Completions: []Completion{}},
		{Works: math.MaxInt32, Passages: math.MaxInt32, Named: math.MaxInt32, Phrases: []int{0, 300}, Words: []Frequency{{0, 1}, {300, 0}}, Completions: []Completion{
			{Candidate{0, "engine"}, Frequency{1, 2}}, {Candidate{0, "engines"}, Frequency{3, 0}}, {Candidate{0, "eng"}, Frequency{0, 0}}, {Candidate{0, "数据"}, Frequency{1, 1}}, {Candidate{0, strings.Repeat("x", MaxCompletionBytes)}, Frequency{}},
		}},
		{Words: make([]Frequency, 3), Phrases: []int{}, Completions: []Completion{}, Spellings: []Spelling{
			{Word: 2, Text: "engine", Term: "engin", Distance: 1, Frequency: Frequency{3, 4}}, {Text: "häuser", Term: "\x01haus", Distance: 2, Frequency: Frequency{0, 1}},
			{Word: 1, Text: strings.Repeat("x", MaxCompletionBytes), Term: strings.Repeat("x", MaxCompletionBytes)},
		}},
		{Words: make([]Frequency, MaxQueryWords), Phrases: make([]int, MaxQueryPhrases), Completions: slices.Repeat([]Completion{{Candidate{0, "a"}, Frequency{}}}, MaxCompletions)},
		{Words: []Frequency{}, Phrases: []int{}, Completions: []Completion{}, Near: 12.345, Meaning: 6.789, Added: []AddedTerm{{"comput", "computers", 0.999, 3}, {"own", "", 0.001, math.MaxInt32}}},
		{Words: []Frequency{}, Phrases: []int{}, Completions: []Completion{}, Added: slices.Repeat([]AddedTerm{{"a", "a", 1, 0}}, MaxAdded)},
	} {
		b := s.AppendBinary(nil)
		if got, err := ParseStatistics(b); err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v, %v, want %+v", got, err, s)
		}
		for n := range b {
			if _, err := ParseStatistics(b[:n]); CodeOf(err) != Invalid {
				t.Errorf("the first %d of %d bytes: %v", n, len(b), err)
			}
		}
		if _, err := ParseStatistics(append(slices.Clone(b), 0)); CodeOf(err) != Invalid {
			t.Errorf("a byte more: %v", err)
		}
	}
	for promise, s := range map[string]*Statistics{
		"too many words":       {Words: make([]Frequency, MaxQueryWords+1)},
		"too many completions": {Completions: make([]Completion, MaxCompletions+1)},
		"a term too long":      {Completions: []Completion{{Candidate{0, strings.Repeat("x", MaxCompletionBytes+1)}, Frequency{}}}},
		"too many phrases":     {Phrases: make([]int, MaxQueryPhrases+1)},
		"a word too far":       {Words: make([]Frequency, 1), Completions: []Completion{{Candidate{1, "a"}, Frequency{}}}},
		"too many spellings":   {Words: make([]Frequency, 1), Spellings: make([]Spelling, MaxCorrected*MaxSpellings+1)},
		"a text too long":      {Words: make([]Frequency, 1), Spellings: []Spelling{{Text: strings.Repeat("x", MaxCompletionBytes+1)}}},
		"of no word":           {Words: make([]Frequency, 1), Spellings: []Spelling{{Word: 1}}},
		"too far":              {Words: make([]Frequency, 1), Spellings: []Spelling{{Distance: 3}}},
		"too many works":       {Works: math.MaxInt32 + 1},
		"too many added terms": {Added: make([]AddedTerm, MaxAdded+1)},
		"too much weight":      {Added: []AddedTerm{{"a", "a", 1.001, 0}}},
	} {
		if _, err := ParseStatistics(s.AppendBinary(nil)); CodeOf(err) != Invalid {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func FuzzParseStatistics(f *testing.F) {
	f.Add((&Statistics{Works: 3, Words: []Frequency{{1, 2}}, Completions: []Completion{{Candidate{0, "engine"}, Frequency{1, 0}}, {Candidate{0, "english"}, Frequency{2, 0}}}}).AppendBinary(nil))
	f.Add((&Statistics{Near: 1.5, Added: []AddedTerm{{"comput", "computers", 0.25, 3}}}).AppendBinary(nil))
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0})
	f.Add((&Statistics{Words: []Frequency{{}}, Spellings: []Spelling{{Text: "engine", Term: "engin", Distance: 1, Frequency: Frequency{2, 1}}}}).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseStatistics(b)
		if err != nil {
			return
		}
		again, err := ParseStatistics(s.AppendBinary(nil))
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v becomes %+v, %v", s, again, err)
		}
	})
}
