package origin

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestPolicy_WithoutLoopback(t *testing.T) {
	p := NewPolicy(nil, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://mcp.example.org/mcp", nil)
	if err != nil {
		t.Fatal(err)
	}
	if rejected := p.Check(r, false); rejected != nil {
		t.Errorf("no loopback, no list: %v", rejected)
	}
	r.Header.Set("Origin", "http://mcp.example.org")
	if p.Check(r, false) == nil {
		t.Error("a page of the same name is allowed, though the name proves nothing")
	}
	r.Header.Set("Origin", "http://localhost:1")
	if p.Check(r, false) == nil {
		t.Error("a page on the visitor's machine may call a public server")
	}
}

func TestBaseURL_HasNoShellCharacters(t *testing.T) {
	for host, good := range map[string]bool{
		"mcp.example.org": true, "127.0.0.1:8080": true, "[::1]:8080": true,
		"a;rm -rf ~": false, "a$(x)": false, "a`x`": false, "": false, "a/b": false, "a'b": false, strings.Repeat("a", 300): false,
	} {
		want := "http://localhost"
		if good {
			want = "http://" + host
		}
		if got := BaseURL("", &http.Request{Host: host}); got != want {
			t.Errorf("host %q: %q", host, got)
		}
	}
	for _, r := range []*http.Request{
		{Host: "a.example", TLS: &tls.ConnectionState{}}, {Host: "a.example", Header: http.Header{"X-Forwarded-Proto": {"https"}}},
	} {
		if got := BaseURL("", r); got != "https://a.example" {
			t.Errorf("over TLS: %q", got)
		}
	}
	if got := BaseURL("https://mcp.example.org/", &http.Request{Host: "evil.example"}); got != "https://mcp.example.org" {
		t.Errorf("with a public URL: %q", got)
	}
}

func TestOwnPage(t *testing.T) {
	const public = "https://library.example.org"
	for _, c := range []struct {
		promise, public, host string
		loopback              bool
		origin, site          []string
		own                   bool
	}{
		{"the public URL", public, "library.example.org", false, []string{public}, []string{"same-origin"}, true},
		{"a browser without Sec-Fetch-Site", public, "library.example.org", false, []string{"https://Library.example.org"}, nil, true},
		{"another site", public, "library.example.org", false, []string{"https://evil.example"}, []string{"cross-site"}, false},
		{"another site, an old browser", public, "library.example.org", false, []string{"https://evil.example"}, nil, false},
		{"a sibling", public, "library.example.org", false, []string{public}, []string{"same-site"}, false},
		{"typed by the person", public, "library.example.org", false, []string{public}, []string{"none"}, false},
		{"two values", public, "library.example.org", false, []string{public}, []string{"same-origin", "cross-site"}, false},
		{"a sandboxed frame", public, "library.example.org", false, []string{"null"}, nil, false},
		{"no origin", public, "library.example.org", false, nil, []string{"same-origin"}, false},
		{"two origins", public, "library.example.org", false, []string{public, public}, nil, false},
		{"not encrypted", public, "library.example.org", false, []string{"http://library.example.org"}, nil, false},
		{"an extension", public, "library.example.org", false, []string{"moz-extension://library.example.org"}, nil, false},
		{"this machine", "", "127.0.0.1:8080", true, []string{"http://127.0.0.1:8080"}, []string{"same-origin"}, true},
		{"this machine beside a public URL", public, "localhost:8080", true, []string{"http://localhost:8080"}, nil, true},
		{"another server of this machine", "", "127.0.0.1:8080", true, []string{"http://127.0.0.1:3000"}, nil, false},
		{"another name of this machine", "", "127.0.0.1:8080", true, []string{"http://localhost:8080"}, nil, false},
		{"DNS rebinding", "", "evil.example:8080", true, []string{"http://evil.example:8080"}, []string{"same-origin"}, false},
		{"a name that proves nothing", "", "library.example.org", false, []string{public}, []string{"same-origin"}, false},
	} {
		ctx := t.Context()
		if c.loopback {
			ctx = context.WithValue(ctx, http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/changes", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host, r.Header["Origin"], r.Header["Sec-Fetch-Site"] = c.host, c.origin, c.site
		if own := NewPolicy(nil, nil).OwnPage(r, c.public); own != c.own {
			t.Errorf("%s: %v", c.promise, own)
		}
	}
}
