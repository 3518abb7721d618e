package csl_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

func TestParseStyle_Refuses(t *testing.T) {
	many := strings.Repeat(`<text value="x"/>`, 60_001)
	for _, c := range []struct{ name, style, want string }{
		{"nothing", "", "root"},
		{"another root", "<html/>", "root"},
		{"no XML", "not XML <", "XML"},
		{"a document type", `<!DOCTYPE style [<!ENTITY a "b">]><style/>`, "document type"},
		{"an entity", styleText("", `<citation><layout><text value="&a;"/></layout></citation>`), "entity"},
		{"too many elements", styleText("", `<citation><layout>`+many+`</layout></citation>`), "more than"},
		{"too deep", styleText("", strings.Repeat("<group>", 101)+strings.Repeat("</group>", 101)), "nested"},
		{"too large", styleText("", "<macro name='a'>"+strings.Repeat(" ", 5<<20)+"</macro>"), "bytes"},
		{"another encoding", `<?xml version="1.0" encoding="latin1"?><style/>`, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := csl.ParseStyle(strings.NewReader(c.style))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestNewProcessor_Refuses(t *testing.T) {
	var bomb strings.Builder
	for i := range 12 {
		fmt.Fprintf(&bomb, `<macro name="m%d">%s</macro>`, i, strings.Repeat(fmt.Sprintf(`<text macro="m%d"/>`, i+1), 10))
	}
	bomb.WriteString(`<macro name="m12"><text variable="title"/></macro>`)
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<macro name="m%d"><text macro="m%d"/></macro>`, i, i+1)
		}
		return b.String() + fmt.Sprintf(`<macro name="m%d"><text variable="title"/></macro>`, n)
	}
	layout := `<citation><layout><text macro="m0"/></layout></citation>`
	for _, c := range []struct{ name, content, want string }{
		{"a macro that calls itself", `<macro name="m0"><group><text macro="m0"/></group></macro>` + layout, "calls itself"},
		{"macros that call each other", `<macro name="m0"><text macro="m1"/></macro><macro name="m1"><choose><if type="book"><text macro="m0"/></if></choose></macro>` + layout, "calls itself"},
		{"a missing macro", layout, "missing"},
		{"a missing macro in a sort key", `<citation><sort><key macro="m"/></sort><layout/></citation>`, "missing"},
		{"macros that multiply", bomb.String() + layout, "multiply"},
		{"a long chain of macros", chain(80) + layout, "deep"},
		{"no layout", `<citation/>`, "layout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			style, err := csl.ParseStyle(strings.NewReader(styleText("", c.content)))
			if err == nil {
				_, err = csl.NewProcessor(style, mustLocale(t), csl.Options{})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
	if got := entry(t, "", `<text variable="title"/>`, doe); got != "The title of a book" {
		t.Errorf("a plain style gives %q", got)
	}
}

func TestNewProcessor_DependentStyle(t *testing.T) {
	style, err := csl.ParseStyle(strings.NewReader(`<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0"><info><title>Journal of Tests</title><id>http://example.org/jot</id><link href="http://example.org/styles/parent" rel="independent-parent"/></info></style>`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := style.Parent(), "parent"; got != want {
		t.Errorf("the parent is %q, want %q", got, want)
	}
	if _, err := csl.NewProcessor(style, mustLocale(t), csl.Options{}); err == nil || !strings.Contains(err.Error(), "depends on") {
		t.Errorf("the error is %v", err)
	}
}

func TestNewProcessor_Locales(t *testing.T) {
	for _, c := range []struct {
		name, attributes string
		options          csl.Options
		locale           string
		notices          int
	}{
		{"none", "", csl.Options{}, "en-US", 0},
		{"the style's", `default-locale="en-US"`, csl.Options{Locale: "de-DE"}, "en-US", 0},
		{"one that is not there", "", csl.Options{Locale: "tlh"}, "tlh", 1},
		{"forced", `default-locale="en-US"`, csl.Options{Locale: "de-DE", ForceLocale: true}, "de-DE", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			style, err := csl.ParseStyle(strings.NewReader(layoutText(c.attributes, `<text term="and"/><text variable="title"/>`)))
			if err != nil {
				t.Fatal(err)
			}
			p, err := csl.NewProcessor(style, mustLocale(t), c.options)
			if err != nil {
				t.Fatal(err)
			}
			if p.Locale() != c.locale || len(p.Notices()) != c.notices {
				t.Errorf("the locale is %q with notices %q", p.Locale(), p.Notices())
			}
		})
	}
}

func TestParseItems_Refuses(t *testing.T) {
	for _, text := range []string{"", "{}", `[{"id":"a"`, `[1]`, `["a"]`} {
		if items, err := csl.ParseItems([]byte(text)); err == nil {
			t.Errorf("%s gives %+v", text, items)
		}
	}
}

// Rendering must neither fail nor depend on what is not there.
func TestBibliography_OddItems(t *testing.T) {
	var names strings.Builder
	for i := range 500 {
		fmt.Fprintf(&names, `,{"family":"Name%d","given":"G"}`, i)
	}
	list := `[{"id":"none"},{"id":"odd","type":"no-such-type","title":"","author":[],"issued":{"date-parts":[[]]}},
{"id":"nulls","type":null,"title":null,"author":null,"issued":null},
{"id":"many","type":"book","author":[` + names.String()[1:] + `]},
{"id":"deep","type":"book","title":"` + strings.Repeat("<i>", 300) + `x"}]`
	p := mustProcessor(t, authorDate(`disambiguate-add-names="true" disambiguate-add-givenname="true" disambiguate-add-year-suffix="true"`))
	b := p.Bibliography(mustItems(t, list))
	for _, e := range b.Entries {
		if e.ID == "many" && strings.Count(e.Text.Plain(), "Name") != 500 {
			t.Errorf("%d of 500 names are there", strings.Count(e.Text.Plain(), "Name"))
		}
	}
}

func TestProcessor_ConcurrentUse(t *testing.T) {
	p := mustProcessor(t, authorDate(`disambiguate-add-givenname="true" disambiguate-add-year-suffix="true"`))
	items := mustItems(t, people)
	want := p.Bibliography(items).HTML()
	cluster := csl.Cluster{Cites: []csl.Cite{{ID: "a"}, {ID: "e"}}}
	wantCite := p.Cite(cluster, items).HTML()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if got := p.Bibliography(items).HTML(); got != want {
					t.Errorf("the bibliography is %q, want %q", got, want)
				}
				if got := p.Cite(cluster, items).HTML(); got != wantCite {
					t.Errorf("the citation is %q, want %q", got, wantCite)
				}
			}
		})
	}
	group.Wait()
}

func TestSession_KeepsItsItems(t *testing.T) {
	p := mustProcessor(t, authorDate(`disambiguate-add-year-suffix="true"`))
	s := p.Session(mustItems(t, people)[:2])
	for range 2 {
		if got, want := s.Cite(csl.Cluster{Cites: []csl.Cite{{ID: "b"}}}).Plain(), "(Doe 2001b)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := len(s.Bibliography().Entries); got != 2 {
		t.Errorf("the bibliography has %d entries", got)
	}
}
