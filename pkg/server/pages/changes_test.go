package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// changeable is the one library of a caller, which may be changed.
type changeable struct{ *changetest.Library }

func (c changeable) List(ctx context.Context) ([]library.Info, error) {
	info, err := c.Info(ctx)
	info.Name = "Home"
	return []library.Info{info}, err
}

func (c changeable) Open(context.Context, library.ID) (library.Reader, error) { return c.Library, nil }

// plainForms makes fields that say what the form does.
type plainForms struct{ err error }

func (f plainForms) Form(_ *http.Request, does string) (string, error) {
	return "field: " + does, f.err
}

func (f plainForms) CheckForm(_ *http.Request, does, field string) error {
	if field != "field: "+does {
		return library.Errorf(library.Forbidden, "this form belongs to another session")
	}
	return f.err
}

// changing is pages over a library that may be changed.
type changing struct {
	*site
	library *changetest.Library
	who     *identity.Principal // nil without sign-in
	allow   string
	forms   plainForms
}

func newChanging(t *testing.T) *changing {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	s := &changing{library: changetest.New(library.Local, librarytest.Works())}
	store := changetest.NewStore()
	tools, err := tool.NewCatalog(changeable{s.library}, tool.Options{Receipts: true, Writing: &tool.Writing{
		Plans: change.NewPlans(keys.Sealer("plan"), store, "https://a.example", nil), Journal: change.NewJournal(store, nil, nil), Confirm: tool.ConfirmAlways, Client: "the pages",
		Subject: func(ctx context.Context) string {
			if p := identity.PrincipalFrom(ctx); p != nil {
				return p.Subject
			}
			return ""
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.site = &site{t: t, tools: tools}
	s.pages, err = NewLibrary(LibraryOptions{Writes: true, Forms: &s.forms, Call: s.call, Allow: func(_ *http.Request, back string) (string, error) {
		if s.allow == "" {
			return "", nil
		}
		return s.allow + "?to=" + url.QueryEscape(back), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run serves a request as the server does, for s.who.
func (s *changing) run(method, address string, form url.Values) (*html.Node, int) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(form.Encode()))
	if s.who != nil {
		r = r.WithContext(identity.WithPrincipal(r.Context(), s.who))
	}
	w := httptest.NewRecorder()
	show := s.pages.Changes
	if name, ok := strings.CutPrefix(r.URL.Path, ChangesPath+"/"); ok {
		lib, id, _ := strings.Cut(name, "/")
		show = func(w http.ResponseWriter, r *http.Request) error { return s.pages.Receipt(w, r, lib, id) }
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := r.ParseForm(); err != nil {
			s.t.Fatal(err)
		}
		show = s.pages.Undo
	}
	if err := show(w, r); err != nil {
		s.t.Fatalf("%s: %v", address, err)
	}
	if policy := w.Header().Get("Referrer-Policy"); w.Code == 200 && policy != "same-origin" {
		s.t.Errorf("%s: browsers would not name the origin of its forms: %q", address, policy)
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return root, w.Code
}

// retitle changes the title of a work, as an assistant does.
func (s *changing) retitle(from, to string) (receipt string) {
	s.t.Helper()
	ctx := s.t.Context()
	if s.who != nil {
		ctx = identity.WithPrincipal(ctx, s.who)
	}
	var out struct{ Plan, Receipt string }
	call := func(name string, arguments any) {
		s.t.Helper()
		encoded, err := json.Marshal(arguments)
		if err != nil {
			s.t.Fatal(err)
		}
		raw, err := s.tools.Call(ctx, name, encoded)
		if err != nil || json.Unmarshal(raw, &out) != nil {
			s.t.Fatalf("%s: %v %s", name, err, raw)
		}
	}
	time.Sleep(2 * time.Millisecond) // another ID
	call("update_items", map[string]any{"ids": []string{"local/" + s.keyOf(from)}, "fields": map[string]string{"title": to}})
	call("apply_changes", map[string]any{"plan": out.Plan})
	return out.Receipt
}

func (s *changing) keyOf(title string) string {
	s.t.Helper()
	page, err := s.library.Items(s.t.Context(), s.library.Keys())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, it := range page.Items {
		if it.Fields["title"] == title {
			return it.ID.Key
		}
	}
	s.t.Fatalf("no work %q", title)
	return ""
}

func (s *changing) title(key string) any {
	return s.library.Object(library.ItemObject, key).Data["title"]
}

// posting returns the hidden fields of the forms that post.
func posting(root *html.Node) (out []url.Values) {
	for _, form := range all(root, "form") {
		if attribute(form, "method") != "post" {
			continue
		}
		fields := url.Values{}
		for _, in := range all(form, "input") {
			fields.Set(attribute(in, "name"), attribute(in, "value"))
		}
		out = append(out, fields)
	}
	return out
}

func TestChanges_WithoutSignInHaveNoName(t *testing.T) {
	s := newChanging(t)
	s.who = nil
	s.retitle(librarytest.TitleLight, "Optics")
	root, _ := s.run(http.MethodGet, "/changes", nil)
	if text := mainText(root); !strings.Contains(text, "Update 1 item") || strings.Contains(text, "by you") {
		t.Errorf("%s", text)
	}
}

func TestChanges_ShowsWorksAndReceipts(t *testing.T) {
	s := newChanging(t)
	s.who = &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Write}}
	receipt := s.retitle(librarytest.TitleLight, "Optics")
	root, status := s.run(http.MethodGet, "/changes", nil)
	text := mainText(root)
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	contains(t, text, "What tools did", "Update 1 item", "by you", "with the pages", "· Home "+librarytest.TitleLight+" 1 change, done", "Works", librarytest.TitleLight, "added", "Home")
	if to := linked(root, "Update 1 item"); to != "/changes/"+receipt {
		t.Errorf("the receipt links to %q", to)
	}
	shown, _ := s.run(http.MethodGet, "/changes/"+receipt, nil)
	contains(t, mainText(shown), "Byyou")
	if forms := posting(root); len(forms) != 1 || forms[0].Get("receipt") != receipt || forms[0].Get("form") == "" {
		t.Errorf("forms %v", forms)
	}
	root, _ = s.run(http.MethodGet, "/changes?show=works", nil)
	if text := mainText(root); strings.Contains(text, "What tools did") || linked(root, "Latest changes") != "/changes" {
		t.Errorf("works alone: %s", text)
	}
	root, _ = s.run(http.MethodGet, "/changes?show=receipts&since=24h&library=local", nil)
	if text := mainText(root); linked(root, librarytest.TitleLight) != "" || linked(root, "Latest changes") != "/changes?library=local&since=24h" {
		t.Errorf("receipts alone: %s", text)
	}
	for _, address := range []string{"/changes?library=Nowhere", "/changes?since=soon", "/changes?show=works&cursor=made-up"} {
		if root, status := s.run(http.MethodGet, address, nil); status < 400 || status >= 500 {
			t.Errorf("%s: %d %s", address, status, mainText(root))
		}
	}
}

func TestChanges_ListsEveryReceiptByLinks(t *testing.T) {
	s := newChanging(t)
	want := map[string]bool{}
	for i := range listedReceipts + 3 {
		want["/changes/"+s.retitle(librarytest.TitleLight, fmt.Sprint("Title ", i))] = true
	}
	seen := map[string]bool{}
	for address, parts := "/changes", 0; address != ""; parts++ {
		root, status := s.run(http.MethodGet, address, nil)
		if status != 200 || parts > 3 {
			t.Fatalf("%s: %d %s", address, status, mainText(root))
		}
		for _, a := range all(element(t, root, "receipts").Parent, "a") {
			if strings.HasPrefix(attribute(a, "href"), "/changes/") {
				seen[attribute(a, "href")] = true
			}
		}
		address = linked(root, "More receipts")
	}
	if len(seen) != len(want) {
		t.Errorf("%d of %d receipts", len(seen), len(want))
	}
}

func TestUndo_ShowsPlanAndTakesBack(t *testing.T) {
	s := newChanging(t)
	key := s.keyOf(librarytest.TitleLight)
	receipt := s.retitle(librarytest.TitleLight, "Optics")
	root, _ := s.run(http.MethodGet, "/changes/"+receipt, nil)
	contains(t, mainText(root), "Update 1 item", "Outcome", "done", "With", "the pages", librarytest.TitleLight, "Optics", "local/"+key)

	root, status := s.run(http.MethodPost, "/changes", posting(root)[0])
	if s.title(key) != "Optics" || status != 200 {
		t.Fatalf("%d: the title is %q before it was confirmed", status, s.title(key))
	}
	contains(t, mainText(root), "Take back: Update 1 item?", "Nothing is changed yet", "What it would change", "Optics", librarytest.TitleLight)
	if strings.Contains(mainText(root), "apply_changes") {
		t.Errorf("words for an assistant: %s", mainText(root))
	}
	confirm := posting(root)[0]
	root, _ = s.run(http.MethodPost, "/changes", confirm)
	if s.title(key) != librarytest.TitleLight {
		t.Fatalf("the title is %q: %s", s.title(key), mainText(root))
	}
	contains(t, mainText(root), "Undone", "done")
	undo := linked(root, "Receipt of these changes")
	s.library.Put(library.Object{Kind: library.ItemObject, Key: key, Version: 1 << 30, Data: library.Data{"itemType": "book", "title": "Later"}})
	root, _ = s.run(http.MethodPost, "/changes", confirm)
	if s.title(key) != "Later" || !strings.Contains(mainText(root), "carried out before") {
		t.Errorf("sent again: %q, %s", s.title(key), mainText(root))
	}

	root, _ = s.run(http.MethodGet, "/changes/"+receipt, nil)
	if contains(t, mainText(root), "done, taken back"); len(posting(root)) != 0 {
		t.Error("what was taken back can be taken back again")
	}
	root, _ = s.run(http.MethodGet, undo, nil)
	if to := linked(root, "The receipt that this one takes back"); to != "/changes/"+receipt || len(posting(root)) != 1 {
		t.Errorf("the undo leads to %q: %s", to, mainText(root))
	}
	// The undo was done, and something newer changed the work.
	root, status = s.run(http.MethodPost, "/changes", posting(root)[0])
	if status != http.StatusConflict || s.title(key) != "Later" || !strings.Contains(mainText(root), key) {
		t.Errorf("%d %s", status, mainText(root))
	}
}

func TestUndo_GoesOnWithWhatChangedMeanwhile(t *testing.T) {
	s := newChanging(t)
	key := s.keyOf(librarytest.TitleLight)
	root, _ := s.run(http.MethodGet, "/changes/"+s.retitle(librarytest.TitleLight, "Optics"), nil)
	root, _ = s.run(http.MethodPost, "/changes", posting(root)[0])
	o := s.library.Object(library.ItemObject, key)
	o.Version++
	o.Data["extra"] = "meanwhile"
	s.library.Put(o)
	root, _ = s.run(http.MethodPost, "/changes", posting(root)[0])
	if s.title(key) != "Optics" || len(posting(root)) != 1 {
		t.Fatalf("%q, %s", s.title(key), mainText(root))
	}
	contains(t, mainText(root), "Nothing was changed", "changed meanwhile")
	root, _ = s.run(http.MethodPost, "/changes", posting(root)[0])
	if contains(t, mainText(root), "Undone"); s.title(key) != librarytest.TitleLight {
		t.Errorf("%q", s.title(key))
	}
}

// TestChanges_AllowedWhereThePolicyLetsThem holds that a library that the server does not
// let be changed has no way to a session that changes it.
func TestChanges_AllowedWhereThePolicyLetsThem(t *testing.T) {
	s := newChanging(t)
	s.who, s.allow = &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Write}}, "/allow"
	receipt := s.retitle(librarytest.TitleLight, "Optics")
	s.who = &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read}}
	for _, writable := range []bool{true, false} {
		s.pages.options.Writable = func(lib string) bool { return lib == "local" && writable }
		for _, address := range []string{"/changes", "/changes?library=local", "/changes/" + receipt} {
			if root, _ := s.run(http.MethodGet, address, nil); (linked(root, "Allow changes in this browser") != "") != writable {
				t.Errorf("writable %t: %s leads to %q", writable, address, linked(root, "Allow changes in this browser"))
			}
		}
	}
	s.pages.options.Writable = func(string) bool { return true }
	s.pages.options.Writes = false
	if root, _ := s.run(http.MethodGet, "/changes", nil); linked(root, "Allow changes in this browser") != "" {
		t.Error("a server without tools that change leads to a session that changes")
	}
}

func TestShownIDs(t *testing.T) {
	libs := []libraryLine{{ID: "local"}, {ID: "group:1"}, {ID: "user:1"}}
	if all := shownIDs(libs); !slices.Equal(all, []string{"local", "group:1", "user:1"}) {
		t.Errorf("without a choice %q", all)
	}
	libs[1].Chosen = true
	if one := shownIDs(libs); !slices.Equal(one, []string{"group:1"}) {
		t.Errorf("of a choice %q", one)
	}
}

func TestUndo_IsOfferedForOwnReceiptsWhereWritingIsAllowed(t *testing.T) {
	s := newChanging(t)
	ada := &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Write}}
	s.who = ada
	key, receipt := s.keyOf(librarytest.TitleLight), s.retitle(librarytest.TitleLight, "Optics")
	root, _ := s.run(http.MethodGet, "/changes", nil)
	own := posting(root)[0]
	for promise, who := range map[string]*identity.Principal{
		"another member":     {Subject: "zotero:1002", Scopes: []identity.Scope{identity.Write}},
		"a reading browser":  {Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read}},
		"without a sign-in":  nil,
		"a similar subject":  {Subject: "zotero:100", Scopes: []identity.Scope{identity.Write}},
		"an unknown subject": {Scopes: []identity.Scope{identity.Write}},
	} {
		s.who = who
		for _, address := range []string{"/changes", "/changes/" + receipt} {
			if root, status := s.run(http.MethodGet, address, nil); status != 200 || len(posting(root)) != 0 {
				t.Errorf("%s at %s: %d %v", promise, address, status, posting(root))
			}
		}
	}
	s.who = &identity.Principal{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read}}
	if root, status := s.run(http.MethodPost, "/changes", own); status != http.StatusForbidden || !strings.Contains(mainText(root), "may only read") {
		t.Errorf("a form sent by a browser that may only read: %d %s", status, mainText(root))
	}
	s.allow = "/allow"
	for address, want := range map[string]string{"/changes?since=7d": "/allow?to=%2Fchanges%3Fsince%3D7d", "/changes/" + receipt: "/allow?to=" + url.QueryEscape("/changes/"+receipt)} {
		if root, _ := s.run(http.MethodGet, address, nil); linked(root, "Allow changes in this browser") != want {
			t.Errorf("%s leads to %q", address, linked(root, "Allow changes in this browser"))
		}
	}
	s.who, s.allow = ada, ""
	for promise, form := range map[string]url.Values{
		"no field":              {"receipt": {receipt}},
		"for another receipt":   {"form": own["form"], "receipt": {"local/01KB5D3F8Q7V2M4N6P8R0S2T4V"}},
		"for a plan":            {"form": own["form"], "receipt": {receipt}, "plan": {"plan_x"}},
		"no receipt":            {"form": own["form"]},
		"a made-up field":       {"form": {"x"}, "receipt": {receipt}},
		"another plan's button": {"form": {"field: " + undoing(receipt, "plan_a")}, "receipt": {receipt}, "plan": {"plan_b"}},
	} {
		if root, status := s.run(http.MethodPost, "/changes", form); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", promise, status, mainText(root))
		}
	}
	if s.title(key) != "Optics" {
		t.Errorf("the title is %q", s.title(key))
	}
}

func TestUndo_IsNotOfferedForWhatWasRefused(t *testing.T) {
	s := newChanging(t)
	s.library.Refuse = func(library.Edit) *library.Error { return library.Errorf(library.Forbidden, "never") }
	receipt := s.retitle(librarytest.TitleLight, "Optics")
	root, _ := s.run(http.MethodGet, "/changes/"+receipt, nil)
	if contains(t, mainText(root), "Outcomerefused", "refused: never"); len(posting(root)) != 0 {
		t.Errorf("forms %v", posting(root))
	}
}

func TestReceipt_Unknown(t *testing.T) {
	s := newChanging(t)
	for address, want := range map[string]int{"/changes/local/01KB5D3F8Q7V2M4N6P8R0S2T4V": 404, "/changes/group:9/01KB5D3F8Q7V2M4N6P8R0S2T4V": 404, "/changes/local/x": 422} {
		if root, status := s.run(http.MethodGet, address, nil); status != want {
			t.Errorf("%s: %d %s", address, status, mainText(root))
		}
	}
}

func TestChanges_WithoutReceipts(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, status := s.get("/changes?show=receipts")
	if text := mainText(root); status != 200 || strings.Contains(text, "What tools did") || !strings.Contains(text, librarytest.TitleLight) || len(all(root, "select")) != 2 {
		t.Errorf("%d %s", status, text)
	}
	if _, err := NewLibrary(LibraryOptions{Call: s.call, Writes: true}); err == nil {
		t.Error("pages that write without forms")
	}
}

func TestReceipt_ShowsLibraryTextAsText(t *testing.T) {
	s := newChanging(t)
	receipt := s.retitle(librarytest.TitleLight, hostileText)
	root, _ := s.run(http.MethodGet, "/changes/"+receipt, nil)
	plan, _ := s.run(http.MethodPost, "/changes", posting(root)[0])
	for _, page := range []*html.Node{root, plan} {
		contains(t, mainText(page), `hostilemark">`, `' onmouseover='alert(4)`)
		for n := range page.Descendants() {
			if n.Data == "script" || n.Data == "img" || attribute(n, "onmouseover") != "" {
				t.Errorf("library text became <%s>", n.Data)
			}
		}
	}
}
