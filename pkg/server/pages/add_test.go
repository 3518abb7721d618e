package pages

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// shown serves a page for s.who.
func (s *changing) shown(show func(w http.ResponseWriter, r *http.Request) error) (root *html.Node, w *httptest.ResponseRecorder) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/works/local/x", nil)
	if s.who != nil {
		r = r.WithContext(identity.WithPrincipal(r.Context(), s.who))
	}
	w = httptest.NewRecorder()
	if err := show(w, r); err != nil {
		s.t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	return root, w
}

// TestWork_OffersToAddAFile holds who gets the form of a work's page, and who the way to
// it.
func TestWork_OffersToAddAFile(t *testing.T) {
	s := newChanging(t)
	s.allow = "/allow"
	key := s.keyOf(librarytest.TitleLight)
	writer := &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Write}}
	reader := &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read}}
	for promise, c := range map[string]struct {
		who         *identity.Principal
		rights      tool.FileRights
		none        bool // the server adds no files
		fixed       bool // the server does not let the library be changed
		form, allow bool
	}{
		"without sign-in":          {rights: tool.FileRights{Stored: true, May: true}, form: true},
		"a session that changes":   {who: writer, rights: tool.FileRights{Stored: true, May: true}, form: true},
		"a session that reads":     {who: reader, rights: tool.FileRights{Stored: true}, allow: true},
		"a library that is fixed":  {who: reader, rights: tool.FileRights{Stored: true}, fixed: true},
		"a library of others":      {who: writer, rights: tool.FileRights{Stored: true}},
		"a library without files":  {who: reader},
		"a server that stays away": {who: writer, none: true},
	} {
		s.who = c.who
		s.pages.options.MaxFileBytes = 31 << 20
		s.pages.options.Writable = func(lib string) bool { return lib == "local" && !c.fixed }
		s.pages.options.FileRights = func(_ *http.Request, lib string) (tool.FileRights, error) {
			if lib != "local" {
				t.Errorf("asked for %q", lib)
			}
			return c.rights, nil
		}
		if c.none {
			s.pages.options.FileRights = nil
		}
		root, w := s.shown(func(w http.ResponseWriter, r *http.Request) error { return s.pages.Work(w, r, "local", key) })
		forms := posting(root)
		if (len(forms) == 1) != c.form || (linked(root, "Allow changes in this browser") != "") != c.allow {
			t.Errorf("%s: forms %v, %q", promise, forms, linked(root, "Allow changes in this browser"))
		}
		if policy := w.Header().Get("Referrer-Policy"); c.form && policy != "same-origin" {
			t.Errorf("%s: browsers would not name the origin of the form: %q", promise, policy)
		}
		if c.form && (forms[0].Get("form") != "field: add a file to local/"+key || !strings.Contains(mainText(root), "at most 31 MB") || !strings.Contains(w.Body.String(), `action="/works/local/`+key+`" enctype="multipart/form-data"`)) {
			t.Errorf("%s: %v %s", promise, forms, mainText(root))
		}
	}
}

func TestCheckAdding(t *testing.T) {
	s := newChanging(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/works/local/A", nil)
	for field, ok := range map[string]bool{"field: add a file to local/A": true, "field: add a file to local/B": false, "field: " + undoing("local/A", ""): false, "": false} {
		if err := s.pages.CheckAdding(r, "local/A", field); (err == nil) != ok || !ok && library.CodeOf(err) != library.Forbidden {
			t.Errorf("%q: %v", field, err)
		}
	}
	reads := r.WithContext(identity.WithPrincipal(r.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Read}}))
	if err := s.pages.CheckAdding(reads, "local/A", "field: add a file to local/A"); library.CodeOf(err) != library.Forbidden || !strings.Contains(err.Error(), "may only read") {
		t.Errorf("a session that reads: %v", err)
	}
}

// TestAdded_SaysWhatBecameOfTheFile shows each outcome, with the way back.
func TestAdded_SaysWhatBecameOfTheFile(t *testing.T) {
	s := newChanging(t)
	const receipt = "local/01KB5D3F8Q7V2M4N6P8R0S2T4V"
	for status, want := range map[string]string{
		"done": "File added", "refused": "Nothing was changed", "partly": "The file is not stored", "stopped": "Stopped before the end",
	} {
		result := `{"status":"` + status + `","title":"Add 1 PDF file","receipt":"` + receipt + `","changes":[{"id":"local/NEW00001","name":"A <b>work</b>","after":{"title":"PDF"},"outcome":"` + status + `"}],"notices":["a <i>notice</i>"]}`
		root, w := s.shown(func(w http.ResponseWriter, r *http.Request) error {
			return s.pages.Added(w, r, "local/A", json.RawMessage(result), nil)
		})
		contains(t, mainText(root), want, "A <i>notice</i>.", "A <b>work</b>")
		if wrong := strings.Contains(w.Body.String(), `role="alert"`); w.Code != 200 || wrong != (status != "done") {
			t.Errorf("%s: %d, wrong %t", status, w.Code, wrong)
		}
		if forms := posting(root); len(forms) != 1 || forms[0].Get("receipt") != receipt || forms[0].Get("form") != "field: "+undoing(receipt, "") || linked(root, "The work") != "/works/local/A" || linked(root, "Receipt of these changes") != "/changes/"+url.PathEscape("local")+"/01KB5D3F8Q7V2M4N6P8R0S2T4V" {
			t.Errorf("%s: %v %s", status, forms, mainText(root))
		}
	}
	_, w := s.shown(func(w http.ResponseWriter, r *http.Request) error {
		return s.pages.Added(w, r, "local/A", nil, library.Errorf(library.Conflict, "the work has this file already"))
	})
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "The work has this file already.") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
