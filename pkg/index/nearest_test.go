package index_test

import (
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestNearest(t *testing.T) {
	s := shelf{}
	for i, c := range []library.Creator{{Given: "Bruno", Family: "Latour"}, {Given: "Éric", Family: "Latour"}, {Given: "Karl", Family: "Müller"}, {Given: "Anna", Family: "Rheinberger"}} {
		it := work(i + 1)
		it.Creators = []library.Creator{c, {Given: "Ludwig", Family: "Other"}}
		it.Tags = []string{"Climate change", "Gödel", fmt.Sprint("tag", i)}
		s.put(index.Document{Item: it})
	}
	s[keyOf(1)].Item.Tags = append(s[keyOf(1)].Item.Tags, "climate", "History")
	x := memory(t, s)
	for _, c := range []struct {
		kind library.NameKind
		name string
		want string
	}{
		{library.TagName, "Histroy", "[History]"},
		{library.TagName, "climte change", "[Climate change]"},
		{library.TagName, "change", "[Climate change]"},
		{library.TagName, "climate change adaptation", "[Climate change climate]"},
		{library.TagName, "godl", "[Gödel]"},
		{library.TagName, "History", "[]"},
		{library.TagName, "nothing", "[]"},
		{library.TagName, "", "[]"},
		{library.CreatorName, "Latuor", "[Bruno Latour Éric Latour]"},
		{library.CreatorName, "Bruno Latuor", "[Bruno Latour Éric Latour]"},
		{library.CreatorName, "Reinberger", "[Anna Rheinberger]"},
		{library.CreatorName, "Carl Latour", "[Bruno Latour Éric Latour Karl Müller]"},
		{library.CreatorName, "Nietzsche", "[]"},
		{library.CreatorName, "", "[]"},
	} {
		names, err := x.Nearest(t.Context(), c.kind, c.name)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, n := range names {
			got = append(got, n.Text)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s %q: %v, want %s", c.kind, c.name, names, c.want)
		}
	}
}

// TestSearch_TagForms compares tags without regard to diacritics where no work has
// exactly the tag.
func TestSearch_TagForms(t *testing.T) {
	s := shelf{}
	for i, tag := range []string{"Gödel", "godel", "GOEDEL", "C++", "C", "Müller", "Strauss"} {
		it := work(i + 1)
		it.Tags = []string{tag}
		s.put(index.Document{Item: it})
	}
	x := memory(t, s)
	for tag, want := range map[string]int{"Gödel": 1, "Go\u0308del": 1, "goedel": 1, "godël": 2, "c++": 1, "c": 1, "müller": 1, "mueller": 1, "muller": 1, "strauß": 1} {
		if r := search(t, x, library.Query{TagsAll: []string{tag}}); r.Total != want {
			t.Errorf("%q: %d works, want %d", tag, r.Total, want)
		}
		if r := search(t, x, library.Query{TagsNone: []string{tag}}); r.Total != 7-want {
			t.Errorf("not %q: %d works, want %d", tag, r.Total, 7-want)
		}
	}
}
