package citekey

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func book(key, title string) *library.Item {
	return &library.Item{Type: "book", ParsedDate: "1999", Fields: map[string]string{"citationKey": key, "title": title},
		Creators: []library.Creator{{Role: "author", Given: "A", Family: "Müller"}}}
}

func TestCleanKeepsWhatBibTeXHolds(t *testing.T) {
	for key, want := range map[string]string{
		"O'Hara_1999": "O'Hara_1999", "DBLP:conf/nips/X+23": "DBLP:conf/nips/X+23", "a&b$c^d<e>f@g|h[i]j`k!l?m;n*o": "a&b$c^d<e>f@g|h[i]j`k!l?m;n*o",
		"müller": "müller", "a b,c}": "abc", `"#%(),={}\~`: "", "a\x00\u0085b\ufffd": "ab",
		strings.Repeat("ü", 101): strings.Repeat("ü", 100),
	} {
		if got := Clean(key); got != want {
			t.Errorf("Clean(%q) = %q, want %q", key, got, want)
		}
	}
	if got := ForBiber("O'Hara_1999"); got != "OHara_1999" {
		t.Errorf("ForBiber gives %q", got)
	}
}

func TestMake(t *testing.T) {
	for title, want := range map[string]string{"The Title": "muller1999title", "Die Welt": "muller1999welt", "": "muller1999", "The": "muller1999", "<i>Ødegård</i> now": "muller1999odegard", "Straße 5": "muller1999strasse"} {
		if got := Make(book("ignored", title)); got != want {
			t.Errorf("the key made of %q is %q, want %q", title, got, want)
		}
	}
	if got := Make(&library.Item{}); got != "anonymous" {
		t.Errorf("the key made of nothing is %q", got)
	}
	long := book("", strings.Repeat("x", 31))
	if got := Make(long); got != "muller1999"+strings.Repeat("x", 30) {
		t.Errorf("the key made of a long word is %q", got)
	}
}

func TestAssign(t *testing.T) {
	items := []*library.Item{book("", "The Title"), book("", "A title"), book("muller1999title", "X"), book("Same", "X"), book("same", "X"),
		book("O'Hara", "X"), book("OHara", "X"), {Type: "book"}, {Type: "book"}}
	want := []string{"muller1999titlea", "muller1999titleb", "muller1999title", "Same", "samea", "O'Hara", "OHaraa", "anonymous", "anonymousa"}
	if got := Assign(items); !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
}

func TestAssign_DoesNotDependOnOrder(t *testing.T) {
	older, newer, third := book("Doyle2011", "A"), book("Doyle2011", "B"), book("Doyle2011", "C")
	newer.ID, third.ID = library.ItemID{Library: "local", Key: "A"}, library.ItemID{Library: "local", Key: "B"}
	older.ID = library.ItemID{Library: "local", Key: "C"}
	newer.Added, third.Added = time.Unix(2, 0), time.Unix(2, 0)
	older.Added = time.Unix(1, 0)
	for _, items := range [][]*library.Item{{older, newer, third}, {third, older, newer}, {newer, third, older}} {
		keys := Assign(items)
		for i, want := range map[*library.Item]string{older: "Doyle2011", newer: "Doyle2011a", third: "Doyle2011b"} {
			if got := keys[slices.Index(items, i)]; got != want {
				t.Errorf("the work added %v has key %q, want %q", i.Added, got, want)
			}
		}
	}
}

func TestAssign_ManyEqualKeys(t *testing.T) {
	items := make([]*library.Item, 2000)
	for i := range items {
		items[i] = book("k", "")
	}
	keys := Assign(items)
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != len(items) {
		t.Errorf("%d different keys for %d works", n, len(items))
	}
	if got := letters(26 * 27); got != "aaa" {
		t.Errorf("letters(702) = %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("O'Hara_1999")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Clean(s); got != Clean(got) || len(got) > maxLength {
			t.Errorf("Clean(%q) = %q", s, got)
		}
	})
}
