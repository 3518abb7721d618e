package styles_test

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
)

func item(t testing.TB, text string) csl.Item {
	t.Helper()
	items, err := csl.ParseItems([]byte("[" + text + "]"))
	if err != nil {
		t.Fatal(err)
	}
	return items[0]
}

const (
	article = `{"id":"1","type":"article-journal","title":"Notes on testing","container-title":"Journal of Tests","container-title-short":"J. Tests","volume":"12","issue":"3","page":"321-328","DOI":"10.5555/12345678","author":[{"family":"Doe","given":"Jane Ann"},{"family":"Roe","given":"Richard"}],"issued":{"date-parts":[[2021,5,4]]}}`
	book    = `{"id":"2","type":"book","title":"The art of the test","publisher":"Test Press","publisher-place":"Oxford","edition":"2","author":[{"family":"Poe","given":"Pat"}],"issued":{"date-parts":[[1999]]}}`
	chapter = `{"id":"3","type":"chapter","title":"On doubles","container-title":"Test handbook","publisher":"Test Press","publisher-place":"Oxford","page":"10-20","author":[{"family":"Moe","given":"Max"}],"editor":[{"family":"Poe","given":"Pat"}],"issued":{"date-parts":[[2005]]}}`
)

func TestBuiltIn_Entries(t *testing.T) {
	for name, want := range map[string][3]string{
		"acm": {
			"[1] Jane Ann Doe and Richard Roe. 2021. Notes on testing. *J. Tests* 12, 3 (May 2021), 321–328. https://doi.org/10.5555/12345678",
			"[1] Pat Poe. 1999. *The art of the test* (2nd ed.). Test Press, Oxford.",
			"[1] Max Moe. 2005. On doubles. In *Test handbook*, Pat Poe (ed.). Test Press, Oxford, 10–20.",
		},
		"ama": {
			"1. Doe JA, Roe R. Notes on testing. *J Tests*. 2021;12(3):321-328. doi:10.5555/12345678",
			"1. Poe P. *The Art of the Test*. 2nd ed. Test Press; 1999.",
			"1. Moe M. On doubles. In: Poe P, ed. *Test Handbook*. Test Press; 2005:10-20.",
		},
		"apa": {
			"Doe, J. A., & Roe, R. (2021). Notes on testing. *Journal of Tests*, *12*(3), 321–328. https://doi.org/10.5555/12345678",
			"Poe, P. (1999). *The art of the test* (2nd ed.). Test Press.",
			"Moe, M. (2005). On doubles. In P. Poe (Ed.), *Test handbook* (pp. 10–20). Test Press.",
		},
		"chicago-author-date": {
			"Doe, Jane Ann, and Richard Roe. 2021. “Notes on Testing.” *Journal of Tests* 12 (3): 321–28. https://doi.org/10.5555/12345678.",
			"Poe, Pat. 1999. *The Art of the Test*. 2nd ed. Test Press.",
			"Moe, Max. 2005. “On Doubles.” In *Test Handbook*, edited by Pat Poe. Test Press.",
		},
		"chicago-notes": {
			"Doe, Jane Ann, and Richard Roe. “Notes on Testing.” *Journal of Tests* 12, no. 3 (2021): 321–28. https://doi.org/10.5555/12345678.",
			"Poe, Pat. *The Art of the Test*. 2nd ed. Test Press, 1999.",
			"Moe, Max. “On Doubles.” In *Test Handbook*, edited by Pat Poe. Test Press, 2005.",
		},
		"harvard": {
			"Doe, J.A. and Roe, R. (2021) “Notes on testing,” *Journal of Tests*, 12(3), pp. 321–328. Available at: https://doi.org/10.5555/12345678.",
			"Poe, P. (1999) *The art of the test*. 2nd ed. Oxford: Test Press.",
			"Moe, M. (2005) “On doubles,” in P. Poe (ed.) *Test handbook*. Oxford: Test Press, pp. 10–20.",
		},
		"ieee": {
			"[1] J. A. Doe and R. Roe, “Notes on testing,” *J. Tests*, vol. 12, no. 3, pp. 321–328, May 2021, doi: 10.5555/12345678.",
			"[1] P. Poe, *The art of the test*, 2nd ed. Oxford: Test Press, 1999.",
			"[1] M. Moe, “On doubles,” in *Test handbook*, P. Poe, Ed., Oxford: Test Press, 2005, pp. 10–20.",
		},
		"mla": {
			"Doe, Jane Ann, and Richard Roe. “Notes on Testing.” *Journal of Tests*, vol. 12, no. 3, May 2021, pp. 321–28, https://doi.org/10.5555/12345678.",
			"Poe, Pat. *The Art of the Test*. 2nd ed., Test Press, 1999.",
			"Moe, Max. “On Doubles.” *Test Handbook*, edited by Pat Poe, Test Press, 2005, pp. 10–20.",
		},
		"nature": {
			"1. Doe, J. A. & Roe, R. Notes on testing. *J. Tests* **12**, 321–328 (2021).",
			"1. Poe, P. *The Art of the Test*. (Test Press, Oxford, 1999).",
			"1. Moe, M. On doubles. in *Test handbook* (ed. Poe, P.) 10–20 (Test Press, Oxford, 2005).",
		},
		"vancouver": {
			"1. Doe JA, Roe R. Notes on testing. J Tests. 2021 May 4;12(3):321–8. doi:10.5555/12345678",
			"1. Poe P. The art of the test. 2nd ed. Oxford: Test Press; 1999.",
			"1. Moe M. On doubles. In: Poe P, editor. Test handbook. Oxford: Test Press; 2005. p. 10–20.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := processor(t, styles.New(), name)
			for i, text := range []string{article, book, chapter} {
				b := p.Bibliography([]csl.Item{item(t, text)})
				got := strings.ReplaceAll(b.Entries[0].Text.Markdown(), `\`, "")
				if got != want[i] {
					t.Errorf("\ngot  %s\nwant %s", got, want[i])
				}
			}
		})
	}
}

func TestBuiltIn_Citations(t *testing.T) {
	items := []csl.Item{item(t, article), item(t, book)}
	clusters := []csl.Cluster{
		{Cites: []csl.Cite{{ID: "1", Locator: "322"}, {ID: "2"}}, Note: 1},
		{Cites: []csl.Cite{{ID: "1", Locator: "325"}}, Note: 2},
	}
	for name, want := range map[string][2]string{
		"acm":                 {"[1:322, 2]", "[1:325]"},
		"ama":                 {"1(p322),2", "1(p325)"},
		"apa":                 {"(Doe & Roe, 2021, p. 322; Poe, 1999)", "(Doe & Roe, 2021, p. 325)"},
		"chicago-author-date": {"(Doe and Roe 2021, 322; Poe 1999)", "(Doe and Roe 2021, 325)"},
		"chicago-notes": {
			"Jane Ann Doe and Richard Roe, “Notes on Testing,” Journal of Tests 12, no. 3 (2021): 322, https://doi.org/10.5555/12345678; Pat Poe, The Art of the Test, 2nd ed. (Test Press, 1999).",
			"Doe and Roe, “Notes on Testing,” 325.",
		},
		"harvard":   {"(Poe, 1999; Doe and Roe, 2021, p. 322)", "(Doe and Roe, 2021, p. 325)"},
		"ieee":      {"[1, p. 322], [2]", "[1, p. 325]"},
		"mla":       {"(Doe and Roe 322; Poe)", "(Doe and Roe 325)"},
		"nature":    {"1,2", "1"},
		"vancouver": {"(1,2)", "(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := processor(t, styles.New(), name).Citations(clusters, items)
			for i := range want {
				if got := doc.Citations[i].Plain(); got != want[i] {
					t.Errorf("\ngot  %s\nwant %s", got, want[i])
				}
			}
		})
	}
}

func TestBuiltIn_Languages(t *testing.T) {
	library := styles.New()
	found, err := library.Find(t.Context(), "apa")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{
		"de-DE": "Doe & Roe, 2021, S. 322", "fr-FR": "Doe & Roe, 2021, p. 322", "es-ES": "Doe & Roe, 2021, p. 322", "zh-CN": "Doe & Roe, 2021, 页 322",
	} {
		p, err := csl.NewProcessor(found.Style, library, csl.Options{Locale: code, ForceLocale: true})
		if err != nil {
			t.Fatal(err)
		}
		got := p.Cite(csl.Cluster{Cites: []csl.Cite{{ID: "1", Locator: "322"}}}, []csl.Item{item(t, article)}).Plain()
		if len(p.Notices()) != 0 || !strings.Contains(got, want) {
			t.Errorf("%s gives %q with notices %q, want %q", code, got, p.Notices(), want)
		}
	}
}
