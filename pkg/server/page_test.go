package server

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestPage(t *testing.T) {
	f := newFixture(t, func(o *Options) {
		o.Name, o.Version, o.AllowedHosts = "The <Library>", "1.2.3", []string{"mcp.example.org"}
	})
	r := f.send(request{method: "GET", path: "/", header: map[string]string{"Host": "mcp.example.org", "X-Forwarded-Proto": "https"}})
	if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %v", r.status, r.header)
	}
	for _, want := range []string{
		"The &lt;Library&gt; 1.2.3", "https://mcp.example.org/mcp", "claude mcp add --transport http stackroom https://mcp.example.org/mcp",
		"claude_desktop_config.json", "ChatGPT", "Cursor", "VS Code", "gemini mcp add", "Says &lt;it&gt; again.", "/openapi.json",
		`name="viewport"`, "prefers-color-scheme: dark", `lang="en"`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(r.body, "<script") || strings.Contains(r.body, "/sse") {
		t.Error("the page has a script, or names a transport that is off")
	}
	if _, err := html.Parse(strings.NewReader(r.body)); err != nil {
		t.Error(err)
	}
}

func TestPagePolicyAllowsItsOwnStyleOnly(t *testing.T) {
	f := newFixture(t, nil)
	r := f.send(request{method: "GET", path: "/"})
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(r.body)
	if style == nil {
		t.Fatal("the page has no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	policy := r.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("policy %q doesn't fit the style", policy)
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(r.body, " style=") {
		t.Errorf("policy %q", policy)
	}
}

func TestPageShowsNoAddressThatAShellActsOn(t *testing.T) {
	p, err := newPage(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for host, good := range map[string]bool{
		"mcp.example.org": true, "127.0.0.1:8080": true, "[::1]:8080": true,
		"a;rm -rf ~": false, "a$(x)": false, "a`x`": false, "": false, "a/b": false, "a'b": false, strings.Repeat("a", 300): false,
	} {
		if isHost(host) != good {
			t.Errorf("isHost(%q) = %v", host, !good)
		}
	}
	p.options.PublicURL = "https://mcp.example.org/"
	if got := p.baseURL(nil); got != "https://mcp.example.org" {
		t.Errorf("baseURL = %q", got)
	}
}
