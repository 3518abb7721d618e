package csl_test

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// authorDate is an author-date style whose citation element has the attributes
// given.
func authorDate(attributes string) string {
	return styleText("", `<macro name="author"><names variable="author"><name form="short" and="text" initialize-with=". "/></names></macro>
<macro name="year"><date variable="issued"><date-part name="year"/></date><text variable="year-suffix"/></macro>
<citation `+attributes+`><layout prefix="(" suffix=")" delimiter="; "><group delimiter=", "><group delimiter=" "><text macro="author"/><text macro="year"/></group><text variable="locator"/></group></layout></citation>
<bibliography><sort><key macro="author"/><key variable="issued"/></sort><layout><text macro="author"/><text macro="year" prefix=" "/></layout></bibliography>`)
}

const people = `[
{"id":"a","type":"book","title":"A","author":[{"family":"Doe","given":"Jane"}],"issued":{"date-parts":[[2001]]}},
{"id":"b","type":"book","title":"B","author":[{"family":"Doe","given":"Jane"}],"issued":{"date-parts":[[2001]]}},
{"id":"c","type":"book","title":"C","author":[{"family":"Doe","given":"John"}],"issued":{"date-parts":[[2001]]}},
{"id":"d","type":"book","title":"D","author":[{"family":"Doe","given":"Jane"}],"issued":{"date-parts":[[2003]]}},
{"id":"e","type":"book","title":"E","author":[{"family":"Roe","given":"R."},{"family":"Poe","given":"P."},{"family":"Coe","given":"C."}],"issued":{"date-parts":[[2001]]}},
{"id":"f","type":"book","title":"F","author":[{"family":"Roe","given":"R."},{"family":"Moe","given":"M."},{"family":"Coe","given":"C."}],"issued":{"date-parts":[[2001]]}},
{"id":"g","type":"book","title":"G","author":[{"family":"Doe","given":"Jane"}],"issued":{"date-parts":[[2001]]}}
]`

func TestCitations_Disambiguation(t *testing.T) {
	for _, c := range []struct {
		name, attributes string
		clusters, want   []string
	}{
		{"none", "", []string{"a", "b"}, []string{"(Doe 2001)", "(Doe 2001)"}},
		{"year suffix", `disambiguate-add-year-suffix="true"`, []string{"a", "b"}, []string{"(Doe 2001a)", "(Doe 2001b)"}},
		{"only what is cited", `disambiguate-add-year-suffix="true"`, []string{"a", "d"}, []string{"(Doe 2001)", "(Doe 2003)"}},
		{"given names", `disambiguate-add-givenname="true" givenname-disambiguation-rule="all-names"`, []string{"a", "c"}, []string{"(Jane Doe 2001)", "(John Doe 2001)"}},
		{"given names by cite", `disambiguate-add-givenname="true"`, []string{"a", "c", "d"}, []string{"(Jane Doe 2001)", "(John Doe 2001)", "(Doe 2003)"}},
		{"initials that do not tell apart", `disambiguate-add-givenname="true" givenname-disambiguation-rule="all-names-with-initials" disambiguate-add-year-suffix="true"`, []string{"a", "c"}, []string{"(Doe 2001a)", "(Doe 2001b)"}},
		{"names", `et-al-min="2" et-al-use-first="1" disambiguate-add-names="true"`, []string{"e", "f"}, []string{"(Roe, Poe, et al. 2001)", "(Roe, Moe, et al. 2001)"}},
		{"names only where needed", `et-al-min="2" et-al-use-first="1" disambiguate-add-names="true" disambiguate-add-year-suffix="true"`, []string{"a", "b", "e"}, []string{"(Doe 2001a)", "(Doe 2001b)", "(Roe et al. 2001)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cites(t, authorDate(c.attributes), people, c.clusters...); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestCitations_DisambiguateCondition(t *testing.T) {
	style := styleText("", `<citation><layout><names variable="author"><name form="short"/></names><choose><if disambiguate="true"><text variable="title" prefix=" "/></if></choose></layout></citation>`)
	got := cites(t, style, people, "a", "d", "e")
	if want := []string{"Doe A", "Doe D", "Roe, Poe, Coe"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCitations_Collapse(t *testing.T) {
	suffixes := ` disambiguate-add-year-suffix="true"`
	for _, c := range []struct{ name, attributes, cluster, want string }{
		{"year", `collapse="year"`, "a;d", "(Doe 2001, 2003)"},
		{"year with a delimiter", `collapse="year" cite-group-delimiter="/"`, "a;d", "(Doe 2001/2003)"},
		{"year of different authors", `collapse="year"`, "a;e", "(Doe 2001; Roe, Poe, and Coe 2001)"},
		{"year suffix", `collapse="year-suffix" year-suffix-delimiter=","` + suffixes, "a;b;d", "(Doe 2001a,b, 2003)"},
		{"ranges of year suffixes", `collapse="year-suffix-ranged"` + suffixes, "a;b;g", "(Doe 2001a–c)"},
		{"a locator ends collapsing", `collapse="year" after-collapse-delimiter="; "`, "a@5;d", "(Doe 2001, 5; 2003)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cites(t, authorDate(c.attributes), people, c.cluster)[0]; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestCitations_CollapseNumbers(t *testing.T) {
	style := styleText("", `<citation collapse="citation-number"><sort><key variable="citation-number"/></sort><layout prefix="[" suffix="]" delimiter=", "><text variable="citation-number"/></layout></citation>`)
	got := cites(t, style, people, "a;b;c", "e;a;c;b", "c;a")
	if want := []string{"[1–3]", "[1–4]", "[1, 3]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCitations_Positions(t *testing.T) {
	style := styleText(`class="note"`, `<citation near-note-distance="2"><layout suffix="." delimiter="; "><choose>
<if position="ibid-with-locator"><text value="ibid at "/><text variable="locator"/></if>
<else-if position="ibid"><text value="ibid"/></else-if>
<else-if position="near-note"><text variable="title" suffix=" near"/></else-if>
<else-if position="subsequent"><text variable="title" suffix=" again, note "/><text variable="first-reference-note-number"/></else-if>
<else><text variable="title" suffix=" first"/></else></choose></layout></citation>`)
	got := cites(t, style, people, "a", "a", "a@3", "a@3", "b", "a", "b;c", "d", "e", "f", "b")
	want := []string{"A first.", "ibid.", "ibid at 3.", "ibid.", "B first.", "A near.", "B near; C first.", "D first.", "E first.", "F first.", "B again, note 5."}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCitations_NearNoteByDefault(t *testing.T) {
	style := styleText(`class="note"`, `<citation><layout><choose><if position="near-note"><text value="near"/></if><else><text variable="title"/></else></choose></layout></citation>`)
	got := cites(t, style, people, "a", "b", "c", "d", "e", "a", "f", "g", "b")
	if want := []string{"A", "B", "C", "D", "E", "near", "F", "G", "B"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCite_TellsNamesOfOneItemApart(t *testing.T) {
	p := mustProcessor(t, authorDate(`disambiguate-add-givenname="true" givenname-disambiguation-rule="all-names-with-initials"`))
	for authors, want := range map[string]string{
		`{"family":"Doe","given":"Jane"},{"family":"Doe","given":"Bob"}`: "(J. Doe and B. Doe)",
		`{"family":"Doe","given":"Jane"},{"family":"Roe","given":"Bob"}`: "(Doe and Roe)",
	} {
		items := mustItems(t, `[{"id":"a","type":"book","author":[`+authors+`]}]`)
		if got := p.Cite(csl.Cluster{Cites: []csl.Cite{{ID: "a"}}}, items).Plain(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCite_OptionsOfOneCite(t *testing.T) {
	p := mustProcessor(t, authorDate(""))
	items := mustItems(t, people)
	for _, c := range []struct {
		name string
		cite csl.Cite
		want string
	}{
		{"locator", csl.Cite{ID: "a", Locator: "12-13"}, "(Doe 2001, 12–13)"},
		{"prefix and suffix", csl.Cite{ID: "a", Prefix: "see ", Suffix: ", <i>passim</i>"}, "(see Doe 2001, <i>passim</i>)"},
		{"without the author", csl.Cite{ID: "a", SuppressAuthor: true}, "(2001)"},
		{"only the author", csl.Cite{ID: "a", AuthorOnly: true}, "Doe"},
		{"an item that is not there", csl.Cite{ID: "z"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := p.Cite(csl.Cluster{Cites: []csl.Cite{c.cite}}, items).HTML(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBibliography_Sort(t *testing.T) {
	list := `[
{"id":"1","type":"book","title":"Ärger 10","author":[{"family":"de Vries","given":"A"}],"issued":{"date-parts":[[2003]]},"volume":"10"},
{"id":"2","type":"book","title":"Zeit","author":[{"family":"Éluard","given":"P"}],"issued":{"date-parts":[[2001]]},"volume":"9"},
{"id":"3","type":"book","title":"Ärger 9","author":[{"family":"Doe","given":"J"}],"issued":{"date-parts":[[-44]]},"volume":"100"},
{"id":"4","type":"book","title":"Untitled"}]`
	for _, c := range []struct {
		name, keys string
		want       []string
	}{
		{"titles and numbers in them", `<key variable="title"/>`, []string{"3", "1", "4", "2"}},
		{"descending", `<key variable="title" sort="descending"/>`, []string{"2", "4", "1", "3"}},
		{"names, without a particle", `<key macro="author"/>`, []string{"3", "2", "1", "4"}},
		{"dates", `<key variable="issued"/>`, []string{"3", "2", "1", "4"}},
		{"numbers", `<key variable="volume"/>`, []string{"2", "1", "3", "4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			style := styleText("", `<macro name="author"><names variable="author"/></macro><citation><layout/></citation><bibliography><sort>`+c.keys+`</sort><layout><text variable="title"/></layout></bibliography>`)
			var got []string
			for _, e := range mustProcessor(t, style).Bibliography(mustItems(t, list)).Entries {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBibliography_SubsequentAuthorSubstitute(t *testing.T) {
	list := `[
{"id":"1","type":"book","title":"A","author":[{"family":"Doe"},{"family":"Roe"}]},
{"id":"2","type":"book","title":"B","author":[{"family":"Doe"},{"family":"Roe"}]},
{"id":"3","type":"book","title":"C","author":[{"family":"Doe"},{"family":"Poe"}]}]`
	for _, c := range []struct {
		rule string
		want []string
	}{
		{"complete-all", []string{"Doe, Roe A", "--- B", "Doe, Poe C"}},
		{"complete-each", []string{"Doe, Roe A", "---, --- B", "Doe, Poe C"}},
		{"partial-each", []string{"Doe, Roe A", "---, --- B", "---, Poe C"}},
		{"partial-first", []string{"Doe, Roe A", "---, Roe B", "---, Poe C"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			style := styleText("", `<citation><layout/></citation><bibliography subsequent-author-substitute="---" subsequent-author-substitute-rule="`+c.rule+`"><layout><names variable="author" suffix=" "/><text variable="title"/></layout></bibliography>`)
			if got := entries(t, style, list); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
