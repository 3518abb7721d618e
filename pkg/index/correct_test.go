package index_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// vocabulary is a shelf of works with these titles.
func vocabulary(titles ...string) shelf {
	s := shelf{}
	for i, title := range titles {
		s.put(index.Document{Item: work(i+1, "title", title)})
	}
	return s
}

func TestSearch_Corrects(t *testing.T) {
	s := vocabulary("The experiments of Galvani", "An experiment on frogs", "Interdisciplinary research", "Marx and Engels", "The networks of power", "The span of a bridge")
	x := memory(t, s)
	for _, c := range []struct {
		text  string
		first int // the work; 0 for none
		from  string
		to    []string
	}{
		{"experimnet.", 1, "experimnet", []string{"experiment"}},
		{"experimetn frogs.", 2, "experimetn", []string{"experiment"}},
		{"xperiments galvani.", 1, "xperiments", []string{"experiments"}},
		{"Interdiscplinery", 3, "Interdiscplinery", []string{"interdisciplinary"}}, // two errors
		{"Mrax.", 4, "Mrax", []string{"marx"}},
		{"eggels.", 4, "eggels", []string{"engels"}},
		{"negels.", 4, "negels", []string{"engels"}}, // the first letter
		{"etwroks power.", 5, "", nil},               // two errors in seven letters
		{`"experiments of Galvnai"`, 1, "Galvnai", []string{"galvani"}},
		{"title:netwroks.", 5, "netwroks", []string{"networks"}},
		{"experim", 1, "experim", []string{"experim*"}},
		{"EGELS.", 0, "", nil},              // an abbreviation
		{"mars engels.", 4, "", nil},        // a wrong letter of four
		{"spn.", 0, "", nil},                // too short
		{"zzzzzzzz.", 0, "", nil},           // like nothing
		{"experiment galvani.", 1, "", nil}, // there
		{"frogs 20l9x.", 2, "", nil},        // no word of letters
		{"frogs -experimnet.", 2, "", nil},  // excluded
		{"author:galvnai.", 0, "", nil},     // there is no such creator
		{"10.1000/experimnet", 0, "", nil},  // an identifier
		{"bridge OR zzzzzzzz", 6, "", nil},
		{"galvnai OR zzzzzzzz", 1, "galvnai", []string{"galvani"}},
	} {
		r := search(t, x, library.Query{Text: c.text})
		switch {
		case c.first > 0 && (len(r.Hits) == 0 || r.Hits[0].Key != keyOf(c.first)):
			t.Errorf("%q finds %s, want %s first", c.text, keys(r), keyOf(c.first))
		case c.first == 0 && len(r.Hits) > 0 && c.from == "":
			t.Errorf("%q finds %s", c.text, keys(r))
		}
		var to []string
		for _, w := range r.Corrections {
			if w.From != c.from {
				t.Errorf("%q: %q is corrected", c.text, w.From)
			}
			to = append(to, w.To)
		}
		if !slices.Equal(to, c.to) {
			t.Errorf("%q is corrected to %q, want %q", c.text, to, c.to)
		}
		if said := strings.Contains(fmt.Sprint(r.Notices), "corrected"); said != (len(to) > 0) {
			t.Errorf("%q: notices %q", c.text, r.Notices)
		}
		for _, h := range r.Hits {
			if len(to) > 0 && h.Match == nil {
				t.Errorf("%q: no match", c.text)
			}
		}
	}
}

// TestSearch_CorrectsByFrequency prefers the more frequent of equally near words,
// and gives three at most.
func TestSearch_CorrectsByFrequency(t *testing.T) {
	titles := []string{"Bolds", "Balds", "Balls", "Balks"}
	for range 3 {
		titles = append(titles, "Balen", "Balmn", "Baltn")
	}
	x := memory(t, vocabulary(titles...))
	r := search(t, x, library.Query{Text: "balxn."})
	want := []library.Correction{{From: "balxn", To: "balen"}, {From: "balxn", To: "balmn"}, {From: "balxn", To: "baltn"}}
	if !slices.Equal(r.Corrections, want) || r.Total != 9 {
		t.Errorf("%v, total %d", r.Corrections, r.Total)
	}
}

// TestSearch_CorrectsManyWords bounds the words that are corrected, and says so.
func TestSearch_CorrectsManyWords(t *testing.T) {
	var titles, asked []string
	for i := range library.MaxCorrected + 1 {
		word := strings.Repeat(string(rune('b'+i)), 6)
		titles, asked = append(titles, word+"a"), append(asked, word+"x")
	}
	x := memory(t, vocabulary(titles...))
	r := search(t, x, library.Query{Text: strings.Join(asked, " ") + "."})
	if len(r.Corrections) != library.MaxCorrected || !strings.Contains(fmt.Sprint(r.Notices), "only the first 8") {
		t.Errorf("%v, %q", r.Corrections, r.Notices)
	}
	r = search(t, x, library.Query{Text: strings.Join(asked[1:], " ") + "."})
	if len(r.Corrections) != library.MaxCorrected || strings.Contains(fmt.Sprint(r.Notices), "only the first 8") {
		t.Errorf("%v, %q", r.Corrections, r.Notices)
	}
}

// TestStatistics_SplitCorrections corrects by the works of all indexes together.
func TestStatistics_SplitCorrections(t *testing.T) {
	parts := []shelf{
		vocabulary("Balen", "Balmn", "Baltn", "Baldn"),
		vocabulary("Balkn", "Balmn of Gilead", "Baldn and bold", "Latour", "Latour once more"),
	}
	parts[1] = shelf{}
	for i, title := range []string{"Balkn", "Balmn of Gilead", "Baldn and bold", "Latour", "Latour once more"} {
		parts[1].put(index.Document{Item: work(20+i, "title", title)})
	}
	all := shelf{}
	var indexes []*index.Index
	for _, p := range parts {
		for _, d := range p {
			all.put(d)
		}
		indexes = append(indexes, memory(t, p))
	}
	one := memory(t, all)
	for _, text := range []string{"balxn.", "balxn latuor.", "gilaed balxn.", "balen latuor.", `"latuor onec"`} {
		var own []*library.Statistics
		for _, x := range indexes {
			st, err := x.Statistics(t.Context(), library.Query{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			own = append(own, st)
		}
		sum := library.SumStatistics(own)
		want := search(t, one, library.Query{Text: text})
		scores := map[string]float64{}
		for _, x := range indexes {
			r := search(t, x, library.Query{Text: text, Statistics: sum})
			if !slices.Equal(r.Corrections, want.Corrections) {
				t.Errorf("%q: %v, want %v", text, r.Corrections, want.Corrections)
			}
			for _, h := range r.Hits {
				scores[h.Key] = h.Score
			}
		}
		for _, h := range want.Hits {
			if scores[h.Key] != h.Score {
				t.Errorf("%q: %s has %v, want %v", text, h.Key, scores[h.Key], h.Score)
			}
		}
		if want.Statistics == nil || len(want.Corrections) == 0 {
			t.Errorf("%q: no corrections", text)
		}
		// The first page's statistics give the same answer again.
		again := search(t, one, library.Query{Text: text, Statistics: want.Statistics})
		if keys(again) != keys(want) || !slices.Equal(again.Corrections, want.Corrections) {
			t.Errorf("%q: %s, then %s", text, keys(want), keys(again))
		}
	}
}

// TestSearch_CorrectsAfterChanges takes corrections from the works that are there.
func TestSearch_CorrectsAfterChanges(t *testing.T) {
	s := vocabulary("Galvani", "Volta")
	x := memory(t, s)
	s.put(index.Document{Item: work(3, "title", "Faraday")})
	x = update(t, x, s, []index.Document{s[keyOf(3)]}, keyOf(1))
	if r := search(t, x, library.Query{Text: "galvnai."}); len(r.Hits) > 0 || len(r.Corrections) > 0 {
		t.Errorf("a removed work: %s, %v", keys(r), r.Corrections)
	}
	if r := search(t, x, library.Query{Text: "fraaday."}); keys(r) != "["+keyOf(3)+"]" {
		t.Errorf("an added work: %s", keys(r))
	}
}

// TestSearch_NearestCorrectionFirst lists a work with the nearer word first.
func TestSearch_NearestCorrectionFirst(t *testing.T) {
	s := vocabulary("Of abcdefghxx", "Of abcdefghij")
	r := search(t, memory(t, s), library.Query{Text: "abcdefghik."})
	if len(r.Hits) != 2 || r.Hits[0].Key != keyOf(2) || r.Hits[0].Score < 1.5*r.Hits[1].Score {
		t.Errorf("%+v", r.Hits)
	}
}

// TestSearch_CorrectsAfterMerge keeps a word that another work has when the first
// work with it is removed and the index is built again.
func TestSearch_CorrectsAfterMerge(t *testing.T) {
	s := vocabulary("Galvani", "Galvani and Volta", "Faraday")
	x := update(t, index.New(s), s, []index.Document{s[keyOf(1)], s[keyOf(2)], s[keyOf(3)]})
	x = update(t, x, s, nil, keyOf(1))
	x = update(t, x, s, nil, keyOf(3))
	dir := t.TempDir()
	files, err := index.NewBuilder(dir).Finish(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if x, err = index.Open(dir, files, s); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	if r := search(t, x, library.Query{Text: "galvnai."}); keys(r) != "["+keyOf(2)+"]" {
		t.Errorf("%s", keys(r))
	}
	if r := search(t, x, library.Query{Text: "fraaday."}); len(r.Corrections) > 0 {
		t.Errorf("%v", r.Corrections)
	}
}

// TestSearch_ExactCorrectsNothing asks as typed, in one index and over two.
func TestSearch_ExactCorrectsNothing(t *testing.T) {
	x := memory(t, vocabulary("Engine", "Engine rooms"))
	for mode, want := range map[library.Mode]int{library.ModeAuto: 2, library.ModeExact: 0} {
		q := library.Query{Text: "enigne.", Mode: mode}
		if r := search(t, x, q); r.Total != want || len(r.Corrections) != min(want, 1) {
			t.Errorf("%s: total %d, corrected %v", mode, r.Total, r.Corrections)
		}
		if counts, err := x.Counts(t.Context(), library.Query{Text: q.Text, Mode: mode, Limit: 1}, nil); err != nil || counts.Works != want {
			t.Errorf("%s: %d works are counted, %v", mode, counts.Works, err)
		}
		q.Statistics = gather(t, []*index.Index{x, memory(t, vocabulary("Rooms"))}, q)
		if r := search(t, x, q); r.Total != want {
			t.Errorf("%s, two indexes: total %d", mode, r.Total)
		}
	}
}

// TestSearch_SaysThatItReadNotAllWords has more words like one than are read.
func TestSearch_SaysThatItReadNotAllWords(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	var titles []string
	for i := range 40_000 {
		titles = append(titles, fmt.Sprintf("extra%c%c%c%cary", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576%26))
	}
	x := memory(t, vocabulary(titles...))
	const notice = "not all of them were looked at"
	if r := search(t, x, library.Query{Text: "extraxxxxory."}); !strings.Contains(fmt.Sprint(r.Notices), notice) {
		t.Errorf("notices %q", r.Notices)
	}
	if r := search(t, x, library.Query{Text: "zzzzz."}); strings.Contains(fmt.Sprint(r.Notices), notice) {
		t.Errorf("a word that is like none: notices %q", r.Notices)
	}
}
