package page

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"math"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// write writes a page and returns what a browser gets.
func write(t *testing.T, body string, o Options) *httptest.ResponseRecorder {
	t.Helper()
	p, err := New("test", body)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := p.Write(w, o); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryPageIsFramedAndLocked(t *testing.T) {
	w := write(t, `<p>Hello {{.}}</p>`, Options{Status: 403, Title: "No entry", Data: "you"})
	if w.Code != 403 {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Length": strconv.Itoa(w.Body.Len()),
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	body := w.Body.String()
	for _, want := range []string{
		`<html lang="en">`, `name="viewport"`, "<title>No entry · Stackroom</title>", "<h1>No entry</h1>", "<p>Hello you</p>",
		`<main id="main"`, "<header>", "<footer>", `href="#main"`, "prefers-color-scheme: dark",
	} {
		if strings.Count(body, want) != 1 {
			t.Errorf("the page has %q %d times", want, strings.Count(body, want))
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, "http://") || strings.Contains(body, "https://") {
		t.Errorf("the page runs or loads something: %s", body)
	}
	if got := write(t, "", Options{Title: "Stackroom"}); !strings.Contains(got.Body.String(), "<title>Stackroom</title>") || got.Code != 200 {
		t.Errorf("the front page: %d %s", got.Code, got.Body)
	}
}

func TestPages_NameTheirOriginWhereFormsPost(t *testing.T) {
	if got := write(t, "", Options{Posts: true}).Header()["Referrer-Policy"]; len(got) != 1 || got[0] != "same-origin" {
		t.Errorf("the policy is %q", got)
	}
}

func TestThePolicyAllowsItsOwnStyleOnly(t *testing.T) {
	w := write(t, "", Options{Title: "x"})
	found := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(w.Body.String())
	if found == nil {
		t.Fatal("the page has no style")
	}
	sum := sha256.Sum256([]byte(found[1]))
	want := "default-src 'none'; img-src 'self'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
	if got := w.Header()["Content-Security-Policy"]; len(got) != 1 || got[0] != want {
		t.Errorf("policy %q, want %q", got, want)
	}
}

func TestFormsGoOnlyWhereTheyAreMeantTo(t *testing.T) {
	p, err := New("test", `<form method="post"></form>`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sources []string
		want    string // "" is an error
	}{
		{nil, "'none'"},
		{[]string{}, "'self'"},
		{[]string{"https://www.zotero.org", "http://127.0.0.1:*", "cursor:"}, "'self' https://www.zotero.org http://127.0.0.1:* cursor:"},
		{[]string{""}, ""},
		{[]string{"https://a.example; script-src *"}, ""},
		{[]string{"https://a.example,x"}, ""},
		{[]string{"'unsafe-inline'"}, ""},
		{[]string{"https://a.example https://b.example"}, ""},
		{[]string{"https://a.example\r\nX: y"}, ""},
		{[]string{"https://bücher.example"}, ""},
	} {
		w := httptest.NewRecorder()
		err := p.Write(w, Options{Title: "x", FormAction: c.sources})
		policy := w.Header().Get("Content-Security-Policy")
		if c.want == "" && (err == nil || policy != "" || w.Body.Len() > 0) || c.want != "" && (err != nil || !strings.HasSuffix(policy, "; form-action "+c.want)) {
			t.Errorf("%q: %v, policy %q", c.sources, err, policy)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	hostile := `</title><script>alert(1)</script>" onload="x`
	w := write(t, `<p title="{{.}}">{{.}}</p><a href="{{.}}">x</a>`, Options{Title: hostile, Data: "javascript:alert(1)" + hostile})
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "script" {
			t.Error("the page has a script")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") && a.Key == "href" {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
}

func TestAPageThatCantBeMadeWritesNothing(t *testing.T) {
	if _, err := New("broken", "{{.x"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a body that is no template: %v", err)
	}
	p, err := New("test", "<p>{{.Missing}}</p>")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := p.Write(w, Options{Title: "x", Data: struct{}{}}); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("error %v, wrote %v %s", err, w.Header(), w.Body)
	}
	if _, err := New("test", template.HTMLEscapeString("<p>")); err != nil {
		t.Errorf("plain text: %v", err)
	}
}

// TestColoursCanBeRead holds every pair of colours that meet in the style to
// WCAG 2.2: 4.5 for text (1.4.3), 3 for the edges of controls and focus
// (1.4.11).
func TestColoursCanBeRead(t *testing.T) {
	roots := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(style, -1)
	if len(roots) != 2 {
		t.Fatalf("%d colour schemes, want light and dark", len(roots))
	}
	for i, scheme := range []string{"light", "dark"} {
		colours := map[string]string{}
		for _, c := range regexp.MustCompile(`--(\w+): #([0-9a-f]{6});`).FindAllStringSubmatch(roots[i][1], -1) {
			colours[c[1]] = c[2]
		}
		for _, pair := range []struct {
			over, under string
			least       float64
		}{
			{"ink", "paper", 4.5}, {"ink", "card", 4.5}, {"soft", "paper", 4.5}, {"soft", "card", 4.5},
			{"accent", "paper", 4.5}, {"accent", "card", 4.5}, {"paper", "accent", 4.5},
			{"edge", "paper", 3}, {"edge", "card", 3}, {"wrong", "card", 3}, {"wrong", "paper", 3},
		} {
			a, b := luminance(t, colours[pair.over]), luminance(t, colours[pair.under])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < pair.least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", scheme, pair.over, pair.under, ratio, pair.least)
			}
		}
	}
}

// luminance returns the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(colour, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	channel := func(shift int) float64 {
		v := float64(n>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
