package csl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// testLocale has the terms that the tests use.
const testLocale = `<locale xmlns="http://purl.org/net/xbiblio/csl" version="1.0" xml:lang="en-US">
<style-options punctuation-in-quote="true"/>
<date form="text"><date-part name="month" suffix=" "/><date-part name="day" suffix=", "/><date-part name="year"/></date>
<date form="numeric"><date-part name="month" form="numeric-leading-zeros" suffix="/"/><date-part name="day" form="numeric-leading-zeros" suffix="/"/><date-part name="year"/></date>
<terms>
<term name="and">and</term><term name="et-al">et al.</term><term name="and others">and others</term>
<term name="ibid">ibid.</term><term name="in">in</term><term name="no date" form="short">n.d.</term><term name="circa" form="short">c.</term>
<term name="open-quote">“</term><term name="close-quote">”</term><term name="open-inner-quote">‘</term><term name="close-inner-quote">’</term>
<term name="page-range-delimiter">–</term>
<term name="page" form="short"><single>p.</single><multiple>pp.</multiple></term>
<term name="chapter"><single>chapter</single><multiple>chapters</multiple></term>
<term name="volume" form="short"><single>vol.</single><multiple>vols.</multiple></term>
<term name="edition" form="short">ed.</term>
<term name="editor"><single>editor</single><multiple>editors</multiple></term>
<term name="editor" form="short"><single>ed.</single><multiple>eds.</multiple></term>
<term name="translator" form="short"><single>tran.</single><multiple>trans.</multiple></term>
<term name="editor" form="verb">edited by</term>
<term name="ordinal">th</term><term name="ordinal-01">st</term><term name="ordinal-02">nd</term><term name="ordinal-03">rd</term>
<term name="ordinal-11" match="last-two-digits">th</term><term name="ordinal-12" match="last-two-digits">th</term><term name="ordinal-13" match="last-two-digits">th</term>
<term name="long-ordinal-01">first</term>
<term name="month-01">January</term><term name="month-02">February</term><term name="month-03">March</term><term name="month-05">May</term><term name="month-06">June</term>
<term name="month-01" form="short">Jan.</term><term name="month-03" form="short">Mar.</term>
<term name="season-02">Summer</term>
<term name="ad">AD</term><term name="bc">BC</term>
</terms></locale>`

// oneLocale is a locale source with one locale.
type oneLocale struct{ locale *csl.Locale }

func (o oneLocale) Locale(code string) (*csl.Locale, bool) {
	return o.locale, code == o.locale.Code()
}

func mustLocale(t testing.TB) oneLocale {
	t.Helper()
	l, err := csl.ParseLocale(strings.NewReader(testLocale))
	if err != nil {
		t.Fatal(err)
	}
	return oneLocale{l}
}

// styleText makes a style of an opening tag's attributes and its content.
func styleText(attributes, content string) string {
	if !strings.Contains(attributes, "class=") {
		attributes += ` class="in-text"`
	}
	return `<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" ` + attributes +
		`><info><title>Test</title><id>test</id></info>` + content + `</style>`
}

// layoutText makes a style whose bibliography and citations have one layout.
func layoutText(attributes, layout string) string {
	return styleText(attributes, `<citation><layout>`+layout+`</layout></citation><bibliography><layout>`+layout+`</layout></bibliography>`)
}

func mustProcessor(t testing.TB, style string) *csl.Processor {
	t.Helper()
	s, err := csl.ParseStyle(strings.NewReader(style))
	if err != nil {
		t.Fatal(err)
	}
	p, err := csl.NewProcessor(s, mustLocale(t), csl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustItems(t testing.TB, text string) []csl.Item {
	t.Helper()
	items, err := csl.ParseItems([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// entry renders one item with a layout.
func entry(t testing.TB, attributes, layout, item string) string {
	t.Helper()
	b := mustProcessor(t, layoutText(attributes, layout)).Bibliography(mustItems(t, "["+item+"]"))
	if len(b.Entries) != 1 {
		return ""
	}
	return strings.TrimSpace(b.Entries[0].Text.HTML())
}

// entries renders the bibliography of items.
func entries(t testing.TB, style, items string) []string {
	t.Helper()
	var out []string
	for _, e := range mustProcessor(t, style).Bibliography(mustItems(t, items)).Entries {
		out = append(out, strings.TrimSpace(e.Text.HTML()))
	}
	return out
}

// cites renders clusters of those items that they cite, each given as "a;b@12" (item a, then item b at
// page 12); in note styles, each in a note of its own.
func cites(t testing.TB, style, items string, clusters ...string) []string {
	t.Helper()
	p := mustProcessor(t, style)
	cited := map[string]bool{}
	var list []csl.Cluster
	for i, c := range clusters {
		cluster := csl.Cluster{Note: i + 1}
		for part := range strings.SplitSeq(c, ";") {
			id, locator, _ := strings.Cut(part, "@")
			cluster.Cites = append(cluster.Cites, csl.Cite{ID: id, Locator: locator})
			cited[id] = true
		}
		list = append(list, cluster)
	}
	known := slices.DeleteFunc(mustItems(t, items), func(it csl.Item) bool { return !cited[it.ID] })
	var out []string
	for _, text := range p.Citations(list, known).Citations {
		out = append(out, text.HTML())
	}
	return out
}
