package csl_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

const exampleStyle = `<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">
<info><title>Example</title><id>example</id></info>
<citation><layout prefix="(" suffix=")" delimiter="; ">
  <group delimiter=" "><names variable="author"><name form="short" and="text"/></names><date variable="issued"><date-part name="year"/></date></group>
</layout></citation>
<bibliography><layout suffix=".">
  <group delimiter=". "><names variable="author"/><text variable="title" font-style="italic"/><date variable="issued" form="text"/></group>
</layout></bibliography>
</style>`

const exampleItems = `[{"id":"knuth","type":"book","title":"The TeXbook",
  "author":[{"family":"Knuth","given":"Donald E."}],"issued":{"date-parts":[[1984]]}}]`

// exampleProcessor joins the style with a locale.
func exampleProcessor() (*csl.Processor, []csl.Item) {
	style, err := csl.ParseStyle(strings.NewReader(exampleStyle))
	if err != nil {
		log.Fatal(err)
	}
	locale, err := csl.ParseLocale(strings.NewReader(testLocale))
	if err != nil {
		log.Fatal(err)
	}
	processor, err := csl.NewProcessor(style, oneLocale{locale}, csl.Options{})
	if err != nil {
		log.Fatal(err)
	}
	items, err := csl.ParseItems([]byte(exampleItems))
	if err != nil {
		log.Fatal(err)
	}
	return processor, items
}

func ExampleProcessor_Bibliography() {
	processor, items := exampleProcessor()
	for _, entry := range processor.Bibliography(items).Entries {
		fmt.Println(entry.Text.Markdown())
	}
	// Output: Donald E. Knuth. *The TeXbook*. 1984.
}

func ExampleProcessor_Cite() {
	processor, items := exampleProcessor()
	fmt.Println(processor.Cite(csl.Cluster{Cites: []csl.Cite{{ID: "knuth"}}}, items).Plain())
	// Output: (Knuth 1984)
}

func ExampleProcessor_Citations() {
	processor, items := exampleProcessor()
	document := processor.Citations([]csl.Cluster{
		{Cites: []csl.Cite{{ID: "knuth", Prefix: "see "}}},
		{Cites: []csl.Cite{{ID: "knuth", SuppressAuthor: true}}},
	}, items)
	for _, citation := range document.Citations {
		fmt.Println(citation.HTML())
	}
	fmt.Println(document.Bibliography.Entries[0].Text.HTML())
	// Output:
	// (see Knuth 1984)
	// (1984)
	// Donald E. Knuth. <i>The TeXbook</i>. 1984.
}
