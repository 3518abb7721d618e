package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// only is the one library of a caller.
type only struct{ *librarytest.Memory }

func (o only) List(ctx context.Context) ([]library.Info, error) {
	info, err := o.Info(ctx)
	return []library.Info{info}, err
}

func (o only) Open(_ context.Context, id library.ID) (library.Reader, error) {
	if id != library.Local {
		return nil, library.Errorf(library.NotFound, "no such library")
	}
	return o.Memory, nil
}

// site is the pages over a library in memory.
type site struct {
	t     *testing.T
	pages *Library
	tools *tool.Catalog
	fail  error             // of every tool
	fake  map[string]string // answers of tools, by name
}

func newSite(t *testing.T, works []librarytest.Work) *site {
	t.Helper()
	tools, err := tool.NewCatalog(only{librarytest.NewMemory(library.Info{ID: library.Local, Name: "Home"}, works)}, tool.Options{ResultChars: ResultSize, ResultBytes: ResultSize})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, tools: tools}
	s.pages, err = NewLibrary(LibraryOptions{
		SignIn: func(back string) string { return "/sign-in?to=" + url.QueryEscape(back) },
		Call:   s.call,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// call runs a tool for a page.
func (s *site) call(r *http.Request, name string, arguments any) (json.RawMessage, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	if answer := s.fake[name]; answer != "" {
		return json.RawMessage(answer), nil
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	return s.tools.Call(r.Context(), name, encoded)
}

// get returns the page at an address and its status.
func (s *site) get(address string) (*html.Node, int) {
	s.t.Helper()
	address, _, _ = strings.Cut(address, "#")
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	w := httptest.NewRecorder()
	show := map[string]func(http.ResponseWriter, *http.Request) error{
		SearchPath: s.pages.Search, CollectionsPath: s.pages.Collections, TagsPath: s.pages.Tags, LibrariesPath: s.pages.Libraries,
		ChangesPath: s.pages.Changes,
	}[r.URL.Path]
	if rest, ok := strings.CutPrefix(r.URL.Path, WorksPath); ok {
		lib, key, _ := strings.Cut(rest, "/")
		show = func(w http.ResponseWriter, r *http.Request) error { return s.pages.Work(w, r, lib, key) }
	}
	if err := show(w, r); err != nil {
		s.t.Fatalf("%s: %v", address, err)
	}
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	return root, w.Code
}

// workOf returns the address of the page of the work with a title.
func (s *site) workOf(title string) string {
	s.t.Helper()
	root, _ := s.get(SearchPath + "?sort=title&q=" + url.QueryEscape(`"`+title+`"`))
	for _, a := range all(root, "a") {
		if textOf(a) == title {
			address, _, _ := strings.Cut(attribute(a, "href"), "?")
			return address
		}
	}
	s.t.Fatalf("no result is %q: %s", title, textOf(root))
	return ""
}

// all returns the elements of a name.
func all(root *html.Node, name string) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			out = append(out, n)
		}
	}
	return out
}

// main returns the text of the page without the frame.
func mainText(root *html.Node) string {
	var parts []string
	for _, n := range all(root, "main") {
		parts = append(parts, strings.Fields(textOf(n))...)
	}
	return strings.Join(parts, " ")
}

// linked returns the target of the link with a text, or "".
func linked(root *html.Node, text string) string {
	for _, a := range all(root, "a") {
		if strings.Join(strings.Fields(textOf(a)), " ") == text {
			return attribute(a, "href")
		}
	}
	return ""
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
}
