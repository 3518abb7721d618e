package csl_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// benchmarkWorks are 1,000 made-up works of the usual types.
func benchmarkWorks() []csl.Item {
	families := []string{"Adams", "Brown", "Castillo", "Dubois", "Eriksson", "Fischer", "Garcia", "Huang", "Ito", "Jensen"}
	given := []string{"Anna Maria", "Ben J.", "Chloé", "David", "Elif", "Franz", "Grace", "Hiro", "Inês", "Jo"}
	types := []string{"article-journal", "book", "chapter", "paper-conference", "thesis", "report", "webpage"}
	items := make([]csl.Item, 1000)
	for i := range items {
		authors := make([]csl.Name, 1+i%4)
		for k := range authors {
			authors[k] = csl.Name{Family: families[(i+k*3)%10], Given: given[(i/10+k)%10]}
		}
		items[i] = csl.Item{
			ID: "work-" + itoa(i), Type: types[i%len(types)],
			Text: map[string]string{
				"title": "A study of the <i>growth</i> of things, part " + itoa(i), "container-title": "Journal of Studies",
				"volume": itoa(1 + i%40), "issue": itoa(1 + i%12), "page": itoa(i+1) + "-" + itoa(i+20), "publisher": "The Press",
				"publisher-place": "London", "DOI": "10.1000/" + itoa(i), "URL": "https://example.org/" + itoa(i),
			},
			Names: map[string][]csl.Name{"author": authors, "editor": {{Family: "King", Given: "Ed"}}},
			Dates: map[string]csl.Date{"issued": {From: csl.DateParts{Year: 1980 + i%40, Month: 1 + i%12}}},
		}
	}
	return items
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func benchmarkProcessor(b *testing.B, name string) *csl.Processor {
	folder := fixtures(b)
	locales := &localeFolder{filepath.Join(folder, "locales"), map[string]*csl.Locale{}}
	p, err := csl.NewProcessor(parseStyleFile(b, filepath.Join(folder, "styles", name)), locales, csl.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkBibliography renders a bibliography of 1,000 works in a small style.
func BenchmarkBibliography(b *testing.B) {
	p := mustProcessor(b, authorDate(`disambiguate-add-names="true" disambiguate-add-givenname="true" disambiguate-add-year-suffix="true"`))
	items := benchmarkWorks()
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range p.Bibliography(items).Entries {
			_ = e.Text.HTML()
		}
	}
}

// BenchmarkOfficial renders a bibliography of 1,000 works in official styles,
// as citeproc-js does for the ratio that TestSpeed holds.
func BenchmarkOfficial(b *testing.B) {
	for _, name := range []string{"apa.csl", "chicago-author-date.csl", "ieee.csl", "nature.csl"} {
		b.Run(name, func(b *testing.B) {
			p := benchmarkProcessor(b, name)
			items := benchmarkWorks()
			b.ReportAllocs()
			for b.Loop() {
				for _, e := range p.Bibliography(items).Entries {
					_ = e.Text.HTML()
				}
			}
		})
	}
}

// BenchmarkOfficialCite renders one citation in APA.
func BenchmarkOfficialCite(b *testing.B) {
	p := benchmarkProcessor(b, "apa.csl")
	items := benchmarkWorks()[:1]
	b.ReportAllocs()
	for b.Loop() {
		_ = p.Cite(csl.Cluster{Cites: []csl.Cite{{ID: items[0].ID, Locator: "12"}}}, items).HTML()
	}
}
