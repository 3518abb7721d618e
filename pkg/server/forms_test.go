package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

func TestLocalForms_ExpireAndAreOfOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newLocalForms(nil)
		if err != nil {
			t.Fatal(err)
		}
		field, err := f.Form(nil, "undo a")
		if err != nil || f.CheckForm(nil, "undo a", field) != nil {
			t.Fatalf("%q %v", field, err)
		}
		other, err := newLocalForms(nil)
		if err != nil {
			t.Fatal(err)
		}
		for promise, err := range map[string]error{
			"something else": f.CheckForm(nil, "undo b", field), "nothing": f.CheckForm(nil, "undo a", ""), "another process": other.CheckForm(nil, "undo a", field),
		} {
			if library.CodeOf(err) != library.Forbidden {
				t.Errorf("%s: %v", promise, err)
			}
		}
		time.Sleep(formLife - time.Second)
		if err := f.CheckForm(nil, "undo a", field); err != nil {
			t.Errorf("within its time: %v", err)
		}
		time.Sleep(time.Second)
		if err := f.CheckForm(nil, "undo a", field); library.CodeOf(err) != library.Forbidden {
			t.Errorf("after its time: %v", err)
		}
	})
}

// TestForms_OfThePublicURLAreTaken holds that a public server takes the forms of its own
// pages without further settings, and no others.
func TestForms_OfThePublicURLAreTaken(t *testing.T) {
	f := newFixture(t, func(o *Options) {
		with(o, Options{Pages: &pageTools{}})
		o.PublicURL = "https://library.example.org"
		if c, ok := o.Catalog.(*catalog); ok {
			writing := *c
			writing.tools = append(slices.Clip(c.tools), tool.Definition{Name: "change", InputSchema: []byte(`{"type":"object"}`)})
			o.Catalog = &writing
		}
	})
	for origin, want := range map[string]string{"https://library.example.org": "too old", "https://evil.example": "did not come from a page", "": "did not come from a page"} {
		header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
		if origin != "" {
			header["Origin"] = origin
		}
		r := f.send(request{method: "POST", path: "/changes", header: header, body: "form=x&receipt=y"})
		if r.status != http.StatusForbidden || !strings.Contains(r.body, want) || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("from %q: %d %.600s", origin, r.status, r.body)
		}
	}
}
