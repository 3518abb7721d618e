package csl_test

import (
	"testing"
)

const (
	doe   = `{"id":"a","type":"book","title":"The title of a book","author":[{"family":"Doe","given":"Jane Ann"}],"issued":{"date-parts":[[2001,3,4]]}}`
	three = `{"id":"a","type":"book","title":"T","author":[{"family":"Doe","given":"Jane Ann"},{"family":"Roe","given":"Jean-Luc"},{"family":"de Vries","given":"Jan"}]}`
)

func TestBibliography_Names(t *testing.T) {
	for _, c := range []struct{ name, attributes, layout, item, want string }{
		{"full", "", `<names variable="author"><name and="text"/></names>`, three, "Jane Ann Doe, Jean-Luc Roe, and Jan de Vries"},
		{"symbol without comma", "", `<names variable="author"><name and="symbol" delimiter-precedes-last="never"/></names>`, three, "Jane Ann Doe, Jean-Luc Roe &amp; Jan de Vries"},
		{"first inverted", "", `<names variable="author"><name name-as-sort-order="first"/></names>`, three, "Doe, Jane Ann, Jean-Luc Roe, Jan de Vries"},
		{"initials", "", `<names variable="author"><name initialize-with=". " name-as-sort-order="all"/></names>`, three, "Doe, J. A., Roe, J.-L., Vries, J. de"},
		{"initials without hyphen", `initialize-with-hyphen="false"`, `<names variable="author"><name initialize-with="." name-as-sort-order="all"/></names>`, three, "Doe, J.A., Roe, J.L., Vries, J. de"},
		{"initials of names that a hyphen joins", "", `<names variable="author"><name initialize-with=". "/></names>`, `{"id":"a","type":"book","author":[{"family":"Kim","given":"Ji-hoon"}]}`, "J. Kim"},
		{"particle stays", `demote-non-dropping-particle="never"`, `<names variable="author"><name name-as-sort-order="all" initialize-with=""/></names>`, three, "Doe, JA, Roe, J-L, de Vries, J"},
		{"short", "", `<names variable="author"><name form="short" delimiter="/"/></names>`, three, "Doe/Roe/de Vries"},
		{"count", "", `<names variable="author"><name form="count"/></names>`, three, "3"},
		{"et al.", "", `<names variable="author"><name et-al-min="3" et-al-use-first="1"/></names>`, three, "Jane Ann Doe et al."},
		{"et al. below the minimum", "", `<names variable="author"><name et-al-min="4" et-al-use-first="1"/></names>`, three, "Jane Ann Doe, Jean-Luc Roe, Jan de Vries"},
		{"et al. with the last", "", `<names variable="author"><name form="short" et-al-min="3" et-al-use-first="1" et-al-use-last="true"/></names>`, three, "Doe … de Vries"},
		{"et al. in italics", "", `<names variable="author"><name et-al-min="3" et-al-use-first="1"/><et-al term="and others" font-style="italic"/></names>`, three, "Jane Ann Doe <i>and others</i>"},
		{"institution", "", `<names variable="author"><name initialize-with="."/></names>`, `{"id":"a","type":"book","author":[{"literal":"World Health Organization"}]}`, "World Health Organization"},
		{"suffix", "", `<names variable="author"><name name-as-sort-order="all"/></names>`, `{"id":"a","type":"book","author":[{"family":"King","given":"Martin","suffix":"Jr."}]}`, "King, Martin, Jr."},
		{"family name first in Chinese", "", `<names variable="author"/>`, `{"id":"a","type":"book","author":[{"family":"王","given":"小明"}]}`, "王小明"},
		{"label in the plural", "", `<names variable="editor"><name form="short" and="text"/><label form="short" prefix=" (" suffix=")"/></names>`, `{"id":"a","type":"book","editor":[{"family":"A"},{"family":"B"}]}`, "A and B (eds.)"},
		{"label in the singular", "", `<names variable="editor"><label form="short" suffix=" "/><name form="short"/></names>`, `{"id":"a","type":"book","editor":[{"family":"A"}]}`, "ed. A"},
		{"substitute", "", `<names variable="author"><substitute><names variable="editor"/><text variable="title"/></substitute></names><text variable="title" prefix=": "/>`, `{"id":"a","type":"book","title":"T"}`, "T"},
		{"substitute editors", "", `<names variable="author"><name form="short"/><label form="short" prefix=", "/><substitute><names variable="editor"/></substitute></names>`, `{"id":"a","type":"book","editor":[{"family":"A"}]}`, "A, ed."},
		{"name parts", "", `<names variable="author"><name><name-part name="family" font-variant="small-caps" text-case="uppercase"/></name></names>`, doe, `Jane Ann <span style="font-variant:small-caps;">DOE</span>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := entry(t, c.attributes, c.layout, c.item); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBibliography_Dates(t *testing.T) {
	issued := func(date string) string { return `{"id":"a","type":"book","issued":` + date + `}` }
	text := `<date variable="issued" form="text"/>`
	for _, c := range []struct{ name, layout, date, want string }{
		{"text", text, `{"date-parts":[[2001,3,4]]}`, "March 4, 2001"},
		{"text without a day", text, `{"date-parts":[["2001","3"]]}`, "March 2001"},
		{"numeric", `<date variable="issued" form="numeric"/>`, `{"date-parts":[[2001,3,4]]}`, "03/04/2001"},
		{"only the year", `<date variable="issued" form="text" date-parts="year"/>`, `{"date-parts":[[2001,3,4]]}`, "2001"},
		{"range of days", text, `{"date-parts":[[2001,3,4],[2001,3,6]]}`, "March 4–6, 2001"},
		{"range of months", text, `{"date-parts":[[2001,3],[2001,5]]}`, "March–May 2001"},
		{"range of years", text, `{"date-parts":[[2001],[2003]]}`, "2001–2003"},
		{"before Christ", text, `{"date-parts":[[-44]]}`, "44BC"},
		{"early", text, `{"date-parts":[[79]]}`, "79AD"},
		{"season", text, `{"date-parts":[[2001]],"season":2}`, "Summer 2001"},
		{"literal", text, `{"literal":"long ago"}`, "long ago"},
		{"raw", text, `{"raw":"4 March 2001"}`, "March 4, 2001"},
		{"raw range", text, `{"raw":"2001/2003"}`, "2001–2003"},
		{"ordinal day", `<date variable="issued"><date-part name="day" form="ordinal"/></date>`, `{"date-parts":[[2001,3,22]]}`, "22nd"},
		{"short year and month", `<date variable="issued" delimiter=" "><date-part name="month" form="short"/><date-part name="year" form="short"/></date>`, `{"date-parts":[[2001,3,22]]}`, "Mar. 01"},
		{"missing", `<date variable="issued"/>`, `{}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := entry(t, "", c.layout, issued(c.date)); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBibliography_NumbersAndPages(t *testing.T) {
	item := func(fields string) string { return `{"id":"a","type":"book",` + fields + `}` }
	pages := `<label variable="page" form="short" suffix=" "/><text variable="page"/>`
	for _, c := range []struct{ name, attributes, layout, item, want string }{
		{"ordinal", "", `<number variable="edition" form="ordinal"/>`, item(`"edition":"2"`), "2nd"},
		{"ordinal of eleven", "", `<number variable="edition" form="ordinal"/>`, item(`"edition":11`), "11th"},
		{"long ordinal", "", `<number variable="edition" form="long-ordinal"/>`, item(`"edition":"1"`), "first"},
		{"roman", "", `<number variable="volume" form="roman"/>`, item(`"volume":"14"`), "xiv"},
		{"list", "", `<number variable="volume"/>`, item(`"volume":"2,4 & 6-8"`), "2,4 &amp; 6–8"},
		{"numeric", "", `<choose><if is-numeric="edition"><text value="yes"/></if><else><text value="no"/></else></choose>`, item(`"edition":"second"`), "no"},
		{"one page", "", pages, item(`"page":"12"`), "p. 12"},
		{"pages", "", pages, item(`"page":"12-14"`), "pp. 12–14"},
		{"listed pages", "", pages, item(`"page":"12, 14"`), "pp. 12, 14"},
		{"expanded", `page-range-format="expanded"`, pages, item(`"page":"321-28"`), "pp. 321–328"},
		{"minimal", `page-range-format="minimal"`, pages, item(`"page":"321-328"`), "pp. 321–8"},
		{"minimal to two digits", `page-range-format="minimal-two"`, pages, item(`"page":"321-328"`), "pp. 321–28"},
		{"chicago below a hundred", `page-range-format="chicago"`, pages, item(`"page":"71-72"`), "pp. 71–72"},
		{"chicago from a hundred", `page-range-format="chicago"`, pages, item(`"page":"100-104"`), "pp. 100–104"},
		{"chicago to nine", `page-range-format="chicago"`, pages, item(`"page":"107-108"`), "pp. 107–8"},
		{"chicago beyond", `page-range-format="chicago"`, pages, item(`"page":"321-328"`), "pp. 321–28"},
		{"chicago with four digits", `page-range-format="chicago-15"`, pages, item(`"page":"1496-1504"`), "pp. 1496–1504"},
		{"volumes in the plural", "", `<label variable="number-of-volumes" form="short" plural="always"/>`, item(`"number-of-volumes":"1"`), ""},
		{"label that is always plural", "", `<label variable="page" form="short" plural="always"/>`, item(`"page":"1"`), "pp."},
		{"label that is never plural", "", `<label variable="page" form="short" plural="never"/>`, item(`"page":"1-2"`), "p."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := entry(t, c.attributes, c.layout, c.item); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBibliography_TextAndPunctuation(t *testing.T) {
	titled := func(title string) string {
		return `{"id":"a","type":"book","title":"` + title + `","publisher":"P."}`
	}
	for _, c := range []struct{ name, layout, item, want string }{
		{"title case", `<text variable="title" text-case="title"/>`, titled("the art of war and the use-case of of"), "The Art of War and the Use-Case of Of"},
		{"title case leaves other languages", `<text variable="title" text-case="title"/>`, `{"id":"a","type":"book","language":"de","title":"die Kunst des Krieges"}`, "die Kunst des Krieges"},
		{"sentence case", `<text variable="title" text-case="sentence"/>`, titled("The Art of War"), "The art of war"},
		{"no case", `<text variable="title" text-case="lowercase"/>`, titled(`The <span class=\"nocase\">ART</span> of War`), "the ART of war"},
		{"capitalize first", `<text variable="title" text-case="capitalize-first"/>`, titled("ünder one"), "Ünder one"},
		{"capitalize all", `<text variable="title" text-case="capitalize-all"/>`, titled("one two"), "One Two"},
		{"rich text", `<text variable="title"/>`, titled("<i>a</i> <b>b</b> <sc>c</sc> H<sub>2</sub>O x<sup>2</sup>"), `<i>a</i> <b>b</b> <span style="font-variant:small-caps;">c</span> H<sub>2</sub>O x<sup>2</sup>`},
		{"italics flip", `<text variable="title" font-style="italic"/>`, titled("On <i>Homo sapiens</i>"), `<i>On <span style="font-style:normal;">Homo sapiens</span></i>`},
		{"quotation marks flip", `<text variable="title" quotes="true"/>`, titled(`On \"being\" so`), "“On ‘being’ so”"},
		{"comma within quotation marks", `<group delimiter=", "><text variable="title" quotes="true"/><text variable="publisher"/></group>`, titled("On"), "“On,” P."},
		{"no second full stop", `<group delimiter=". " suffix="."><text variable="title"/><text variable="publisher"/></group>`, titled("Why?"), "Why? P."},
		{"group without variables", `<group><text term="in" suffix=" "/><text variable="container-title"/></group><text variable="publisher"/>`, titled("T"), "P."},
		{"escaped", `<text variable="title"/>`, titled("a &lt; b & <script>alert(1)</script>"), "a &amp;lt; b &amp; &lt;script&gt;alert(1)&lt;/script&gt;"},
		{"strip periods", `<text variable="title"/><text term="edition" form="short" strip-periods="true"/>`, titled("2 "), "2 ed"},
		{"superscript", `<text variable="title" vertical-align="sup"/>`, titled("1"), "<sup>1</sup>"},
		{"superscript characters", `<text variable="title"/>`, titled("x²"), "x<sup>2</sup>"},
		{"display", `<text variable="title" display="block"/><text variable="publisher" display="indent"/>`, titled("T"), "<div class=\"csl-block\">T</div>\n<div class=\"csl-indent\">P.</div>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := entry(t, "", c.layout, c.item); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBibliography_SecondFieldAlign(t *testing.T) {
	style := styleText("", `<citation><layout/></citation><bibliography second-field-align="flush" hanging-indent="true" line-spacing="2" entry-spacing="0"><layout suffix="."><text variable="citation-number" suffix=") "/><text variable="title"/></layout></bibliography>`)
	b := mustProcessor(t, style).Bibliography(mustItems(t, "["+doe+"]"))
	if got, want := b.Entries[0].Text.HTML(), "\n    <div class=\"csl-left-margin\">1) </div><div class=\"csl-right-inline\">The title of a book.</div>\n  "; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if b.SecondFieldAlign != "flush" || !b.HangingIndent || b.LineSpacing != 2 || b.EntrySpacing != 0 {
		t.Errorf("the layout is %+v", b)
	}
}
