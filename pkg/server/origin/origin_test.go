package origin

import (
	"crypto/tls"
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
