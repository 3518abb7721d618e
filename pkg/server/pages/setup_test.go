package pages

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// front returns the page of a server on loopback, requested with these headers.
func front(t *testing.T, header map[string]string, change func(*Options)) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	o := Options{Name: "Stackroom", Version: "dev", Tools: []tool.Definition{{Name: "echo", Title: "Echo", Description: "Says <it> again."}}}
	if change != nil {
		change(&o)
	}
	s, err := NewSetup(o)
	if err != nil {
		t.Fatal(err)
	}
	local := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
	r := httptest.NewRequestWithContext(local, http.MethodGet, "http://127.0.0.1:8080/", nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if host := header["Host"]; host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	if err := s.Write(w, r); err != nil {
		t.Fatal(err)
	}
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, root
}

// element returns the element with this ID.
func element(t *testing.T, root *html.Node, id string) *html.Node {
	t.Helper()
	for n := range root.Descendants() {
		if attribute(n, "id") == id {
			return n
		}
	}
	t.Fatalf("the page has no #%s", id)
	return nil
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf returns the text of an element.
func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// linkOf returns the target of the only link in an element.
func linkOf(t *testing.T, n *html.Node) *url.URL {
	t.Helper()
	for c := range n.Descendants() {
		if c.Data == "a" {
			u, err := url.Parse(attribute(c, "href"))
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	t.Fatal("no link")
	return nil
}

func TestSetup_DescribesClients(t *testing.T) {
	r, root := front(t, map[string]string{"Host": "mcp.example.org", "X-Forwarded-Proto": "https"}, func(o *Options) {
		o.Name, o.Version = "The <Library>", "1.2.3"
	})
	const address = "https://mcp.example.org/mcp"
	if got := textOf(element(t, root, "url")); got != address {
		t.Errorf("the address is %q", got)
	}
	for id, want := range map[string]string{
		"claude": address, "chatgpt": address, "claude-code": "claude mcp add --transport http stackroom " + address + "\n",
		"cursor": `"url": "` + address + `"`, "vscode": `"type": "http"`, "gemini": "gemini mcp add --scope user --transport http stackroom " + address,
		"tools": "Says <it> again.", "sign-in": "None is needed",
	} {
		if got := textOf(element(t, root, id)); !strings.Contains(got, want) || strings.Contains(got, tokenHere) {
			t.Errorf("#%s lacks %q: %s", id, want, got)
		}
	}
	for _, want := range []string{"The &lt;Library&gt; 1.2.3", `href="/openapi.json"`, `href="/health"`, `name="viewport"`} {
		if !strings.Contains(r.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"/sse", "claude_desktop_config.json", "can't reach", "stackroom stdio"} {
		if strings.Contains(r.Body.String(), not) {
			t.Errorf("the page has %q", not)
		}
	}
}

func TestSetup_AllowsScriptByHash(t *testing.T) {
	r, _ := front(t, nil, func(o *Options) { o.Name = "<script>alert(1)</script>" })
	if strings.Count(r.Body.String(), "<script") != 1 {
		t.Fatalf("the page has %d scripts, want one", strings.Count(r.Body.String(), "<script"))
	}
	_, script, _ := strings.Cut(r.Body.String(), "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if policy := r.Header().Get("Content-Security-Policy"); !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q lacks %q", policy, want)
	}
}

func TestSetup_OnLaptop(t *testing.T) {
	r, root := front(t, nil, func(o *Options) { o.LegacySSE = true })
	for _, id := range []string{"claude", "chatgpt"} {
		if got := textOf(element(t, root, id)); !strings.Contains(got, "can't reach an address on your computer") {
			t.Errorf("#%s: %s", id, got)
		}
	}
	if got := textOf(element(t, root, "claude-desktop")); !strings.Contains(got, `"command": "stackroom"`) || !strings.Contains(r.Body.String(), "/sse") {
		t.Errorf("#claude-desktop: %s", got)
	}
	if got := textOf(element(t, root, "sign-in")); !strings.Contains(got, "your own computer") {
		t.Errorf("#sign-in: %s", got)
	}
}

func TestSetup_LinksContainWholeSetup(t *testing.T) {
	const address = "https://mcp.example.org/mcp"
	for way, headers := range map[SignIn][2]string{
		SignInZotero: {"", ""},
		SignInToken:  {"Bearer YOUR_TOKEN", "Bearer ${input:stackroom-token}"},
	} {
		_, root := front(t, nil, func(o *Options) { o.Signed, o.SignIn, o.PublicURL = true, way, "https://mcp.example.org/" })
		type server struct {
			Name, Type, URL string
			Headers         map[string]string
			Inputs          []struct {
				ID, Type string
				Password bool
			}
		}
		check := func(client string, text []byte, want server, header string) {
			t.Helper()
			var got server
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatalf("%s: %s: %v", client, text, err)
			}
			if got.Name != want.Name || got.Type != want.Type || got.URL != address || got.Headers["Authorization"] != header {
				t.Errorf("%s with %s: %s", client, way, text)
			}
			if asks := len(got.Inputs) == 1 && got.Inputs[0].Password && "${input:"+got.Inputs[0].ID+"}" == strings.TrimPrefix(header, "Bearer "); asks != strings.Contains(header, "${") {
				t.Errorf("%s with %s asks for a token: %t", client, way, asks)
			}
		}
		u := linkOf(t, element(t, root, "cursor"))
		config, err := base64.StdEncoding.DecodeString(u.Query().Get("config"))
		if err != nil || u.Scheme != "cursor" || u.Host != "anysphere.cursor-deeplink" || u.Path != "/mcp/install" || u.Query().Get("name") != "stackroom" {
			t.Errorf("%s: %v", u, err)
		}
		check("cursor", config, server{}, headers[0])
		u = linkOf(t, element(t, root, "vscode"))
		install, err := url.PathUnescape(u.RawQuery) // like decodeURIComponent
		if err != nil || u.Scheme != "vscode" || u.Opaque != "mcp/install" {
			t.Errorf("%s: %v", u, err)
		}
		check("vscode", []byte(install), server{Name: "stackroom", Type: "http"}, headers[1])
		if text := textOf(element(t, root, "vscode")); !strings.Contains(text, "code --add-mcp '"+install+"'") {
			t.Errorf("the command differs from the link: %s", text)
		}
	}
}

func TestSetup_ShowsWhereTokenGoes(t *testing.T) {
	_, root := front(t, nil, func(o *Options) { o.Signed, o.SignIn, o.PublicURL = true, SignInToken, "https://mcp.example.org" })
	for id, want := range map[string]string{
		"sign-in": "personal access token", "claude": "request headers", "chatgpt": "can't use this server",
		"claude-code": `claude mcp add --transport http stackroom https://mcp.example.org/mcp --header "Authorization: Bearer YOUR_TOKEN"`,
		"cursor":      `"Authorization": "Bearer YOUR_TOKEN"`, "vscode": "asks for the token",
		"gemini": `gemini mcp add --scope user --transport http --header "Authorization: Bearer YOUR_TOKEN" stackroom https://mcp.example.org/mcp`,
	} {
		if got := textOf(element(t, root, id)); !strings.Contains(got, want) {
			t.Errorf("#%s lacks %q: %s", id, want, got)
		}
	}
}

func TestSetup_DescribesSignIn(t *testing.T) {
	for way, want := range map[SignIn]string{
		SignInOIDC: "organisation's sign-in page", SignInZotero: "opens Zotero", SignInNone: "must authenticate",
	} {
		_, root := front(t, nil, func(o *Options) { o.Signed, o.SignIn = true, way })
		if got := textOf(element(t, root, "sign-in")); !strings.Contains(got, want) {
			t.Errorf("%q: %s", way, got)
		}
	}
}

func TestSetup_LinksToPersonalAccessTokens(t *testing.T) {
	for way, want := range map[SignIn]bool{SignInNone: false, SignInToken: false, SignInOIDC: true, SignInZotero: true} {
		w, _ := front(t, nil, func(o *Options) { o.Signed, o.SignIn = true, way })
		if got := strings.Contains(w.Body.String(), `href="/account/tokens"`); got != want {
			t.Errorf("%q: a link to the tokens: %t, want %t", way, got, want)
		}
	}
}

func TestSetup_SaysWhoReadsTheSharedLibrary(t *testing.T) {
	for _, shared := range []bool{false, true} {
		_, root := front(t, nil, func(o *Options) { o.Signed, o.SignIn, o.Shared = true, SignInZotero, shared })
		if got := textOf(element(t, root, "sign-in")); strings.Contains(got, "Everyone who signs in may also read") != shared || !strings.Contains(got, "exactly the libraries that you can access") {
			t.Errorf("shared %t: %s", shared, got)
		}
	}
}

func TestSetup_ShowsLibrariesOnlyLocally(t *testing.T) {
	infos := []library.Info{{Name: "Private <b>\u202e papers", Items: 1}, {Name: "More", Items: 42}, {Name: "Far away", Items: -1}}
	list := func(o *Options) {
		o.Libraries = func(context.Context) ([]library.Info, error) { return infos, nil }
	}
	_, root := front(t, nil, list)
	if got := textOf(element(t, root, "libraries")); !strings.Contains(got, "Private <b> papers · 1 work\n") || !strings.Contains(got, "More · 42 works") || !strings.Contains(got, "Far away · size unknown") {
		t.Errorf("#libraries: %q", got)
	}
	for promise, header := range map[string]map[string]string{
		"under another host name":   {"Host": "mcp.example.org"},
		"through a proxy":           {"X-Forwarded-For": "192.0.2.1"},
		"through a modern proxy":    {"Forwarded": "for=192.0.2.1"},
		"through a proxy of a host": {"X-Forwarded-Host": "mcp.example.org"},
		"through a cache":           {"Via": "1.1 x"},
	} {
		if r, _ := front(t, header, list); strings.Contains(r.Body.String(), "Private") || strings.Contains(r.Body.String(), `id="libraries"`) {
			t.Errorf("%s, the page names libraries", promise)
		}
	}
	if r, _ := front(t, nil, func(o *Options) { list(o); o.Signed = true }); strings.Contains(r.Body.String(), "Private") {
		t.Error("the page of a server with sign-in names libraries")
	}
	_, root = front(t, nil, func(o *Options) {
		o.Libraries = func(context.Context) ([]library.Info, error) { return nil, errors.New("the secret of the fixture") }
	})
	if got := textOf(element(t, root, "libraries")); !strings.Contains(got, "can't be listed right now") || strings.Contains(got, "secret") {
		t.Errorf("#libraries: %q", got)
	}
}

func TestSetup_BoundsTheListOfLibraries(t *testing.T) {
	long := strings.Repeat("x", 200)
	_, root := front(t, nil, func(o *Options) {
		o.Libraries = func(context.Context) ([]library.Info, error) { return []library.Info{{Name: long, Items: 1}}, nil }
	})
	if got := textOf(element(t, root, "libraries")); strings.Count(got, "x") > 120 || strings.Count(got, "x") < 100 {
		t.Errorf("a name of 200 characters: %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, root := front(t, nil, func(o *Options) {
			o.Libraries = func(ctx context.Context) ([]library.Info, error) { // returns only when its context ends
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		if took := time.Since(start); took != 2*time.Second || !strings.Contains(textOf(element(t, root, "libraries")), "can't be listed") {
			t.Errorf("the page waited %v", took)
		}
	})
}

// TestSetup_ListsLikelyClientsFirst holds that a laptop's page begins with programs on
// it, and a team's with those that sign in over the internet.
func TestSetup_ListsLikelyClientsFirst(t *testing.T) {
	const laptop, public = "http://127.0.0.1:8080/mcp", "https://mcp.example.org/mcp"
	for _, c := range []struct {
		address string
		signIn  SignIn
		want    string
	}{
		{laptop, SignInNone, "claude-desktop claude-code cursor vscode gemini claude chatgpt"},
		{laptop, SignInToken, "claude-code cursor vscode gemini claude chatgpt"},
		{public, SignInNone, "claude claude-code chatgpt cursor vscode gemini"},
		{public, SignInZotero, "claude claude-code chatgpt cursor vscode gemini"},
	} {
		var ids []string
		for _, shown := range clients(c.address, c.signIn) {
			ids = append(ids, shown.ID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s with %q: %s", c.address, c.signIn, got)
		}
	}
}

// TestSetup_HasExamplesOfTheReadme holds that both name the same questions.
func TestSetup_HasExamplesOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, root := front(t, nil, nil)
	list := textOf(element(t, root, "examples").Parent)
	if len(examples()) != 10 {
		t.Errorf("%d examples", len(examples()))
	}
	for _, question := range examples() {
		if !strings.Contains(string(readme), "- "+question+"\n") || !strings.Contains(list, question) {
			t.Errorf("README and page do not both have %q", question)
		}
	}
}
