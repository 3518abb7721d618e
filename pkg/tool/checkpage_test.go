package tool

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// pages are web pages by address. It keeps which were asked.
type pages struct {
	byAddress map[string]string
	mu        sync.Mutex
	asked     map[string]bool
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked[r.URL.String()] = true
	p.mu.Unlock()
	body, ok := p.byAddress[r.URL.String()]
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
	if !ok {
		res.StatusCode = http.StatusNotFound
	}
	return res, nil
}

func TestCheckReferences_WebPages(t *testing.T) {
	p := &pages{asked: map[string]bool{}, byAddress: map[string]string{
		"https://tides.example/night": `<meta property="og:title" content="How tides work at night"><meta name="author" content="Ada Lovelace"><meta property="article:published_time" content="2019-05-04">`,
		"https://tides.example/moved": `<title>Welcome to our new site</title>`,
		"https://tides.example/app":   `<script>render()</script>`,
	}}
	registry := resolvetest.New(t)
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL, Pages: p})
	if err != nil {
		t.Fatal(err)
	}
	c := connectTo(t, catalogOf(t, fleet{quotable()}, Options{Registries: r}), nil)
	out := c.check(t, map[string]any{"bibliography": `
@online{same,  author={Lovelace, Ada}, title={How Tides Work at Night}, date={2019-05-04}, url={https://tides.example/night}}
@online{year,  author={Lovelace, Ada}, title={How Tides Work at Night}, date={2017}, url={https://tides.example/night}}
@online{moved, author={Lovelace, Ada}, title={How tides work by day}, date={2019}, url={https://tides.example/moved}}
@online{gone,  author={Lovelace, Ada}, title={How tides work at dusk}, date={2019}, url={https://tides.example/gone}}
@online{app,   author={Lovelace, Ada}, title={How tides work at dawn}, date={2019}, url={https://tides.example/app}}
@online{local, author={Lovelace, Ada}, title={How tides work at home}, date={2019}, url={file:///etc/passwd}}`})
	want := map[string][2]string{
		"same": {verdictFound, ""}, "year": {verdictDiffers, ""}, "moved": {verdictNotChecked, "another title"}, "gone": {verdictNotChecked, "does not exist"},
		"app": {verdictNotChecked, "no metadata"}, "local": {verdictNotChecked, "not the address"},
	}
	if len(out.References) != len(want) {
		t.Fatalf("%+v", out)
	}
	for _, line := range out.References {
		w := want[line.Label]
		if line.Verdict != w[0] || !strings.Contains(line.Reason, w[1]) || (line.Source == "web page at tides.example") != (w[1] == "") || line.Identifier != "" {
			t.Errorf("%s: %+v", line.Label, line)
		}
		if line.Label == "year" && (len(line.Differences) != 1 || line.Differences[0].Known != "2019") {
			t.Errorf("%s: %+v", line.Label, line.Differences)
		}
	}
	if asked := strings.Join(out.Asked, "\n"); !strings.Contains(asked, "web page: 3 addresses answered, 3 not: The page or file does not exist") {
		t.Errorf("asked: %s", asked)
	}
	text := c.check(t, map[string]any{"text": "# References\n\nLovelace, A. (2019). How tides work at night. https://tides.example/night."})
	if len(text.References) != 1 || text.References[0].Verdict != verdictFound {
		t.Errorf("free text: %+v", text.References)
	}
}

// One check asks ten pages at most, and says so of the others.
func TestCheckReferences_WebPagesAreBounded(t *testing.T) {
	p := &pages{asked: map[string]bool{}}
	r, err := resolve.New(resolve.Options{Names: []string{"datacite"}, BaseURL: resolvetest.New(t).URL, Pages: p})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range resolve.MaxCalls + 3 {
		fmt.Fprintf(&text, "@online{k%d, title={A page about tide number %d}, url={https://tides.example/%d}}\n", i, i, i)
	}
	out := connectTo(t, catalogOf(t, fleet{quotable()}, Options{Registries: r}), nil).check(t, map[string]any{"bibliography": text.String()})
	if len(p.asked) != resolve.MaxCalls || !strings.Contains(strings.Join(out.Asked, "\n"), "web page: 0 addresses answered, 13 not") {
		t.Errorf("%d pages were asked: %q", len(p.asked), out.Asked)
	}
}

// TestCheckReferences_AsksTheTranslationServer has a translation server for one of two
// pages and for one of two books that no registry has.
func TestCheckReferences_AsksTheTranslationServer(t *testing.T) {
	p := &pages{asked: map[string]bool{}, byAddress: map[string]string{"https://tides.example/dawn": `<meta property="og:title" content="How tides work at dawn">`}}
	registry := resolvetest.New(t,
		resolvetest.Work{URL: "https://tides.example/night", Title: "How tides work at night", Authors: []string{"Lovelace, Ada"}, Year: 2019},
		resolvetest.Work{ISBN: "9780131103627", Type: "book", Title: "All about tides", Authors: []string{"Lovelace, Ada"}, Year: 2001})
	r, err := resolve.New(resolve.Options{
		Names: []string{"crossref"}, BaseURL: registry.URL, Pages: p, TranslationServer: registry.URL + "/translation",
		Public: func(context.Context, *url.URL) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	out := connectTo(t, catalogOf(t, fleet{quotable()}, Options{Registries: r}), nil).check(t, map[string]any{"bibliography": `
@online{night, author={Lovelace, Ada}, title={How Tides Work at Night}, date={2019}, url={https://tides.example/night}}
@online{dawn,  author={Lovelace, Ada}, title={How Tides Work at Dawn}, url={https://tides.example/dawn}}
@book{book,    author={Lovelace, Ada}, title={All About Tides}, date={2001}, isbn={9780131103627}}
@incollection{part, author={Lovelace, Ada}, title={A part}, booktitle={All About Tides}, date={2001}, isbn={9780131103627}}
@book{none,    author={Lovelace, Ada}, title={Nothing About Tides}, date={2001}, isbn={9780140449136}}`})
	want := map[string][2]string{
		"night": {verdictFound, "translation server, for the web page at tides.example"}, "dawn": {verdictFound, "web page at tides.example"},
		"book": {verdictFound, "translation server"}, "part": {verdictFound, "translation server"}, "none": {verdictNotChecked, ""},
	}
	for _, line := range out.References {
		if got := [2]string{line.Verdict, line.Source}; got != want[line.Label] {
			t.Errorf("%s: %+v", line.Label, line)
		}
	}
	asked := strings.Join(out.Asked, "\n")
	for _, s := range []string{"translation server: 2 identifiers answered", "translation server: 1 addresses answered, 1 not: The translation server has no translator", "web page: 1 addresses answered"} {
		if len(out.References) != len(want) || !strings.Contains(asked, s) {
			t.Errorf("%q is missing in %s", s, asked)
		}
	}
}
