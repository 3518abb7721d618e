package index_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// textOf returns the text that a passage's offsets count in.
func textOf(t *testing.T, s shelf, key string, p *library.Passage) string {
	t.Helper()
	it := s[key].Item
	switch p.Source {
	case library.SourceTitle:
		return it.Title()
	case library.SourceAbstract:
		return it.Abstract()
	case library.SourceNote:
		return it.Notes[0].Text
	case library.SourceAnnotation:
		a := it.Attachments[0].Annotations[0]
		return a.Text + "\n" + a.Comment
	case library.SourceTags:
		return strings.Join(it.Tags, ", ")
	case library.SourceFulltext:
		var all []rune
		for _, page := range s[key].Texts[0].Pages {
			for len(all) < page.Offset {
				all = append(all, '\f')
			}
			all = append(all, []rune(page.Text)...)
		}
		return string(all)
	}
	return ""
}

func TestHitsCarryWhatMatched(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	tests := []struct {
		text   string
		source library.Source
		child  string
		page   string
		holds  string
	}{
		{"origin species", library.SourceTitle, "", "", "On the Origin of Species"},
		{"natural selection", library.SourceAbstract, "", "", "Natural selection"},
		{"darwin", library.SourceCreators, "", "", "Charles Darwin"},
		{"classics evolution", library.SourceTags, "", "", "Evolution, classics"},
		{"boltzmann", library.SourceNote, "NTESHNN2", "", "Boltzmann"},
		{"gradient proof", library.SourceAnnotation, "ANNTTN22", "12", "gradient descent converges\ncheck the proof"},
		{"bell journal", library.SourceMetadata, "", "", "Bell System Technical Journal"},
		{"beagle naturalist", library.SourceFulltext, "TEXTDRW2", "i", "H.M.S. Beagle"},
		{"recurring struggle for existence", library.SourceFulltext, "TEXTDRW2", "ii", "struggle for existence"},
		{"zebra", library.SourceAbstract, "", "", "The zebra crossed"},
		{"学习", library.SourceTitle, "", "", "机器学习"},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text + "."})
			if len(r.Hits) == 0 || r.Hits[0].Match == nil {
				t.Fatalf("no match in %+v", r)
			}
			m := r.Hits[0].Match
			if m.Source != tc.source || m.Child != tc.child || m.Page != tc.page || !strings.Contains(m.Text, tc.holds) {
				t.Errorf("got %+v", m)
			}
			if n := utf8.RuneCountInString(m.Text); n > 300 || n != m.End-m.Start {
				t.Errorf("%d characters from %d to %d", n, m.Start, m.End)
			}
			if whole := textOf(t, s, r.Hits[0].Key, m); whole != "" && string([]rune(whole)[m.Start:m.End]) != m.Text {
				t.Errorf("the offsets hold %q, not %q", string([]rune(whole)[m.Start:m.End]), m.Text)
			}
			if m.Item != s[r.Hits[0].Key].Item.ID {
				t.Errorf("item %v", m.Item)
			}
		})
	}
}

func TestSnippetsAreCutBetweenWords(t *testing.T) {
	x := memory(t, shelves())
	m := search(t, x, library.Query{Text: "zebra."}).Hits[0].Match
	words := " " + strings.Join(strings.Fields(shelves()[keyOf(5)].Item.Abstract()), " ") + " "
	if !strings.Contains(words, " "+m.Text+" ") {
		t.Errorf("%q begins or ends inside a word", m.Text)
	}
	if len(m.Text) < 200 {
		t.Errorf("%q is short", m.Text)
	}
}

func TestNoMatchWithoutWords(t *testing.T) {
	x := memory(t, shelves())
	for _, h := range search(t, x, library.Query{}).Hits {
		if h.Match != nil || h.Score != 0 {
			t.Errorf("%+v", h)
		}
	}
}

func TestAnswersSurviveASourceThatChanged(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	d := s[keyOf(1)]
	d.Texts = []index.Text{{Attachment: "TEXTDRW2", Pages: []library.TextPage{{Text: "ö"}}}}
	s.put(d)
	if m := search(t, x, library.Query{Text: "existence."}).Hits[0].Match; m == nil || m.Source != library.SourceTitle {
		t.Errorf("got %+v, want the title", m)
	}
	delete(s, keyOf(1))
	if h := search(t, x, library.Query{Text: "existence."}).Hits[0]; h.Match != nil {
		t.Errorf("got %+v, want none", h.Match)
	}
}

func TestPassagesAnswerAQuestion(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	ask := func(n int, question string, limit int) []library.Passage {
		t.Helper()
		p, err := x.Passages(t.Context(), keyOf(n), library.PassageQuery{Question: question, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	t.Run("the best one first, with its page", func(t *testing.T) {
		p := ask(1, "What is the struggle for existence?", 5)
		if len(p) != 1 || p[0].Page != "ii" || p[0].Source != library.SourceFulltext || p[0].Child != "TEXTDRW2" || !strings.Contains(p[0].Text, "struggle for existence") {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("from abstract, note and annotation", func(t *testing.T) {
		if p := ask(2, "entropy", 5); len(p) != 2 || p[0].Source == p[1].Source {
			t.Errorf("got %+v", p)
		}
		if p := ask(4, "gradient", 5); len(p) != 1 || p[0].Child != "ANNTTN22" || p[0].Page != "12" {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("distinct, whole and in place", func(t *testing.T) {
		p := ask(1, "pigeons breeders facts", 20)
		if len(p) < 3 {
			t.Fatalf("%d passages", len(p))
		}
		text := []rune(textOf(t, s, keyOf(1), &p[0]))
		for i := range p {
			if got := string(text[p[i].Start:p[i].End]); got != p[i].Text {
				t.Errorf("offsets hold %q, not %q", got, p[i].Text)
			}
			if utf8.RuneCountInString(p[i].Text) > 1500 {
				t.Errorf("%d characters", utf8.RuneCountInString(p[i].Text))
			}
			for j := range i {
				if p[i].Start < p[j].End && p[j].Start < p[i].End {
					t.Errorf("%d and %d overlap", i, j)
				}
			}
			if i > 0 && p[i].Score > p[i-1].Score {
				t.Errorf("%d before %d", i-1, i)
			}
		}
	})
	t.Run("no more than asked for", func(t *testing.T) {
		if p := ask(1, "pigeons", 2); len(p) != 2 {
			t.Errorf("%d passages", len(p))
		}
	})
	t.Run("none that doesn't match", func(t *testing.T) {
		if p := ask(1, "xylophone", 5); len(p) != 0 {
			t.Errorf("got %+v", p)
		}
		if p := ask(1, "?!", 5); len(p) != 0 {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("of an unknown work", func(t *testing.T) {
		for _, key := range []string{"ZZZZZZZZ", "", keyOf(1) + "\n0"} {
			if _, err := x.Passages(t.Context(), key, library.PassageQuery{Question: "x", Limit: 5}); library.CodeOf(err) != library.NotFound {
				t.Errorf("%q: %v", key, err)
			}
		}
	})
}
