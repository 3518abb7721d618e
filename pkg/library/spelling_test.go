package library

import (
	"fmt"
	"reflect"
	"testing"
)

func TestMostPlausible(t *testing.T) {
	got := MostPlausible([]Spelling{
		{Word: 1, Text: "frequent", Term: "frequent", Distance: 2, Frequency: Frequency{Works: distanceRatio + 1}},
		{Word: 1, Text: "near", Term: "near", Distance: 1, Frequency: Frequency{Works: 1}},
		{Word: 1, Text: "rare", Term: "rare", Distance: 2, Frequency: Frequency{Works: distanceRatio - 1}},
		{Word: 1, Text: "rarest", Term: "rarest", Distance: 2, Frequency: Frequency{Works: 1}},
		{Word: 0, Text: "engines", Term: "engin", Distance: 2, Frequency: Frequency{Works: 1, Passages: 2}},
		{Word: 0, Text: "engine", Term: "engin", Distance: 1, Frequency: Frequency{Works: 1, Passages: 2}},
	}, []Spelling{
		{Word: 0, Text: "engined", Term: "engin", Distance: 2, Frequency: Frequency{Works: 4}},
	})
	want := []Spelling{
		{Word: 0, Text: "engine", Term: "engin", Distance: 1, Frequency: Frequency{Works: 5, Passages: 2}},
		{Word: 1, Text: "frequent", Term: "frequent", Distance: 2, Frequency: Frequency{Works: distanceRatio + 1}},
		{Word: 1, Text: "near", Term: "near", Distance: 1, Frequency: Frequency{Works: 1}},
		{Word: 1, Text: "rare", Term: "rare", Distance: 2, Frequency: Frequency{Works: distanceRatio - 1}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestMostPlausible_Bounds(t *testing.T) {
	var many []Spelling
	for word := range MaxCorrected + 1 {
		for i := range MaxSpellings + 1 {
			text := fmt.Sprintf("word%d", i)
			many = append(many, Spelling{Word: word, Text: text, Term: text, Distance: 1, Frequency: Frequency{Works: 1 + i}})
		}
	}
	got := MostPlausible(many)
	if len(got) != MaxCorrected*MaxSpellings || got[0].Text != fmt.Sprintf("word%d", MaxSpellings) || got[len(got)-1].Word != MaxCorrected-1 {
		t.Errorf("%d spellings, from %+v to %+v", len(got), got[0], got[len(got)-1])
	}
}

// TestSumStatistics_CorrectsWhatNoLibraryHas leaves out the spellings of a word
// that another library has.
func TestSumStatistics_CorrectsWhatNoLibraryHas(t *testing.T) {
	spelling := func(word int) Spelling {
		return Spelling{Word: word, Text: "engine", Term: "engin", Distance: 1, Frequency: Frequency{Works: 2}}
	}
	one := &Statistics{Words: []Frequency{{}, {}, {}}, Spellings: []Spelling{spelling(0), spelling(1), spelling(2)}}
	two := &Statistics{Words: []Frequency{{1, 0}, {}, {0, 1}}, Spellings: []Spelling{spelling(1)}}
	want := spelling(1)
	want.Works = 4
	if got := SumStatistics([]*Statistics{one, two}).Spellings; !reflect.DeepEqual(got, []Spelling{want}) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(one.Spellings) != 3 {
		t.Error("the sum changes its parts")
	}
}
