// Package page writes the pages that people see: plain HTML and CSS in one
// frame, which need no script, under a policy that lets nothing else run. They read
// well on a phone, in the dark, by keyboard and through a screen reader.
//
// A body may use these classes: card (a box), wrong (beside card: bad news),
// soft (small print), actions (a row of buttons), button (a link that looks like
// one), plain (beside it or on a button: not the main one), address (a URL in a
// textarea), copy (one click selects it whole), row (fields side by side), results
// (a list of works), chips (a list of short links), notices, chart (an SVG of bars),
// swatch (an SVG of a colour), text (a text of several lines), passage (a long mark),
// edits (a table of fields before and after), list (a table of four columns, on a
// phone two lines a row), counts (a table of names and numbers), together (not broken
// into lines), pager (links to the parts before and after).
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed layout.html
var layoutHTML string

//go:embed page.css
var style string

//go:embed copy.js
var copyScript string

// Page is one page, ready to be written any number of times and by any number
// of goroutines.
type Page struct {
	layout *template.Template
	policy string // the Content-Security-Policy, but for form-action
}

// New returns a page. Its body is the source of an html/template, without
// functions of its own, that stands inside the layout's <main> below the
// heading, where Data is what [Options] give. The name is the template's, for
// its errors.
func New(name, body string) (*Page, error) {
	layout, err := template.New(name).Parse(layoutHTML)
	if err != nil {
		return nil, err
	}
	if _, err := layout.New("body").Parse(body); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return &Page{
		layout: layout,
		policy: "default-src 'none'; img-src 'self'; style-src " + source(style) + "; base-uri 'none'; frame-ancestors 'none'; form-action ",
	}, nil
}

// source returns what stands for an inline style or script in a policy: its
// hash (CSP level 3, hash-source).
func source(inline string) string {
	sum := sha256.Sum256([]byte(inline))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Options are what one answer with a page has of its own.
type Options struct {
	Status int    // of HTTP; 0 is 200
	Title  string // the page's title and its only <h1>; any text
	// FormAction are the sources, beside the page's own origin, that a form on
	// the page may send to, be it by a redirect: "https://www.zotero.org",
	// "cursor:" (CSP level 3, form-action). Empty but not nil allows the own
	// origin alone; nil allows no form.
	FormAction []string
	// Posts has browsers name the origin of the page when a form posts, which they do
	// not for pages that withhold their referrer. Other sites still get none.
	Posts bool
	// Copy puts a button beside each address and copy of the body, by the one
	// script that there is. Everything works without it.
	Copy bool
	// Nav are the pages that the header links to; empty has the front page alone.
	Nav  []Link
	Data any // for the body
}

// Link is a link to another page of the server.
type Link struct {
	Text, URL string
	Current   bool // the page that has the link
}

// content is what the layout shows.
type content struct {
	Title  string
	Style  template.CSS
	Script template.JS
	Nav    []Link
	Data   any
}

// Write answers with the page. On an error of the template or of a source of
// FormAction, nothing has been written.
func (p *Page) Write(w http.ResponseWriter, o Options) error {
	action, err := formAction(o.FormAction)
	if err != nil {
		return err
	}
	shown := content{Title: o.Title, Style: template.CSS(style), Nav: o.Nav, Data: o.Data} //nolint:gosec // our own file, the same for everybody
	policy := p.policy + action
	if o.Copy {
		shown.Script = template.JS(copyScript) //nolint:gosec // as above
		policy += "; script-src " + source(copyScript)
	}
	var body bytes.Buffer
	if err := p.layout.Execute(&body, shown); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if o.Posts {
		h.Set("Referrer-Policy", "same-origin")
	}
	if o.Status != 0 {
		w.WriteHeader(o.Status)
	}
	_, _ = w.Write(body.Bytes()) // if this fails, the caller is gone
	return nil
}

// formAction returns the value of the directive form-action.
func formAction(sources []string) (string, error) {
	if sources == nil {
		return "'none'", nil
	}
	for _, s := range sources {
		// Anything else would end the source, the directive or the policy.
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ';' || r == ',' || r == '\'' }) {
			return "", fmt.Errorf("page: %q is no source of form-action", s)
		}
	}
	return strings.Join(append([]string{"'self'"}, sources...), " "), nil
}
