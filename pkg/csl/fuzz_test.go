package csl_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

func FuzzParseStyle(f *testing.F) {
	for _, seed := range []string{
		exampleStyle, authorDate(`collapse="year" disambiguate-add-names="true"`),
		layoutText("", `<names variable="author"><name et-al-min="1"/><substitute><names variable="editor"/></substitute></names>`),
		layoutText(`page-range-format="chicago"`, `<label variable="page"/><number variable="page" form="ordinal"/><date variable="issued" form="text"/>`),
		styleText(`class="note"`, `<macro name="m"><text macro="m"/></macro><citation><layout><text macro="m"/></layout></citation>`),
		styleText("", `<locale xml:lang="en"><terms><term name="and">und</term></terms></locale><citation><layout><text term="and"/></layout></citation>`),
	} {
		f.Add(seed)
	}
	items := mustItems(f, people)
	locale := mustLocale(f)
	f.Fuzz(func(_ *testing.T, text string) {
		style, err := csl.ParseStyle(strings.NewReader(text))
		if err != nil {
			return
		}
		p, err := csl.NewProcessor(style, locale, csl.Options{})
		if err != nil {
			return
		}
		p.Bibliography(items).HTML()
		p.Citations([]csl.Cluster{{Cites: []csl.Cite{{ID: "a"}, {ID: "e", Locator: "1-2"}}, Note: 1}, {Cites: []csl.Cite{{ID: "a"}}, Note: 2}}, items)
	})
}

func FuzzParseLocale(f *testing.F) {
	f.Add(testLocale)
	f.Add(`<locale xml:lang="de"><terms><term name="ordinal-01" match="whole-number" gender-form="feminine">.</term></terms></locale>`)
	f.Add(`<locale><date form="text"><date-part name="month" form="x"/></date><style-options limit-day-ordinals-to-day-1="true"/></locale>`)
	style, err := csl.ParseStyle(strings.NewReader(layoutText("", `<date variable="issued" form="text"/><number variable="edition" form="ordinal"/><names variable="author"><name and="text"/><label/></names>`)))
	if err != nil {
		f.Fatal(err)
	}
	items := mustItems(f, people)
	f.Fuzz(func(_ *testing.T, text string) {
		locale, err := csl.ParseLocale(strings.NewReader(text))
		if err != nil {
			return
		}
		p, err := csl.NewProcessor(style, oneLocale{locale}, csl.Options{Locale: locale.Code()})
		if err != nil {
			return
		}
		p.Bibliography(items)
	})
}

func FuzzParseItems(f *testing.F) {
	f.Add(people)
	f.Add(exampleItems)
	f.Add(`[{"id":1,"type":"book","volume":"1-2 & 3","page":"1, 4-6","issued":{"raw":"circa 1900/1910"},"note":"DOI: 10.1/x\nissued: 2001"}]`)
	f.Add(`[{"id":"a","issued":{"date-parts":[["2001","13","99"],[-1]],"season":"9","circa":1},"author":[{"family":"de la \"X\"","given":"A.-B., jr","suffix":"III","comma-suffix":true}]}]`)
	p := mustProcessor(f, authorDate(`disambiguate-add-names="true" disambiguate-add-givenname="true" disambiguate-add-year-suffix="true" collapse="year-suffix-ranged"`))
	full := mustProcessor(f, layoutText("", `<names variable="author"><name initialize-with=". " name-as-sort-order="all"/></names><text variable="title" text-case="title"/><number variable="volume" form="ordinal"/><label variable="page"/><text variable="page"/><date variable="issued" form="text"/>`))
	f.Fuzz(func(_ *testing.T, text string) {
		items, err := csl.ParseItems([]byte(text))
		if err != nil || len(items) > 50 {
			return
		}
		p.Bibliography(items).HTML()
		full.Bibliography(items).HTML()
		var cites []csl.Cite
		for _, it := range items {
			cites = append(cites, csl.Cite{ID: it.ID, Locator: it.ID})
		}
		p.Citations([]csl.Cluster{{Cites: cites}, {Cites: cites}}, items)
	})
}

func FuzzRichText(f *testing.F) {
	for _, seed := range []string{`a <i>b <b>c</i> d</b>`, `"quotes 'within' quotes"`, `it's <span class="nocase">NASA</span> 'n' so`, `<sc>a</sc>: <sub>1</sub>?`, "«guillemets» “and” „others“", "<i></i><", "x²ª"} {
		f.Add(seed)
	}
	p := mustProcessor(f, layoutText("", `<text variable="title" quotes="true" font-style="italic" text-case="title" suffix=", "/><text variable="title" text-case="sentence" prefix="(" suffix=")."/>`))
	f.Fuzz(func(t *testing.T, title string) {
		encoded, err := json.Marshal(title)
		if err != nil {
			return
		}
		items := mustItems(t, `[{"id":"a","type":"book","title":`+string(encoded)+`}]`)
		for _, e := range p.Bibliography(items).Entries {
			html, markdown := e.Text.HTML(), e.Text.Markdown()
			e.Text.Runs()
			if !utf8.ValidString(html) || !utf8.ValidString(markdown) {
				t.Errorf("%q gives %q and %q", title, html, markdown)
			}
			if strings.Count(html, "<i>") != strings.Count(html, "</i>") || strings.Contains(html, "<script") {
				t.Errorf("%q gives %q", title, html)
			}
		}
	})
}
