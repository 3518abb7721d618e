package identity_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

func TestR11_SameResourceIgnoresSpelling(t *testing.T) {
	for _, c := range []struct {
		promise string
		url     string
		same    bool
	}{
		{"itself", resource, true},
		{"R11 a trailing slash", resource + "/", true},
		{"R11 an upper-case host", "https://LIBRARY.Example.ORG/mcp", true},
		{"R11 an upper-case scheme", "HTTPS://library.example.org/mcp", true},
		{"the default port", "https://library.example.org:443/mcp", true},
		{"another port", "https://library.example.org:8443/mcp", false},
		{"another scheme", "http://library.example.org/mcp", false},
		{"another host", "https://library.example.org.evil.example/mcp", false},
		{"another path", "https://library.example.org/mcp/x", false},
		{"an upper-case path", "https://library.example.org/MCP", false},
		{"no path", "https://library.example.org", false},
		{"two trailing slashes", resource + "//", false},
		{"a query", resource + "?a=b", false},
		{"a fragment", resource + "#a", false},
		{"an empty fragment", resource + "#", false},
		{"a user", "https://user@library.example.org/mcp", false},
		{"no URL", "library.example.org/mcp", false},
		{"nothing", "", false},
	} {
		if identity.SameResource(c.url, resource) != c.same || identity.SameResource(resource, c.url) != c.same {
			t.Errorf("%s: %s: same is %v", c.promise, c.url, !c.same)
		}
	}
	if identity.SameResource("", "") {
		t.Error("the empty URL is a resource")
	}
}

func FuzzSameResource(f *testing.F) {
	for _, s := range []string{resource, resource + "/", "HTTPS://library.example.org:443/mcp", "https://[::1]:8080/mcp", "https://a%2fb/mcp", "https:///mcp", "\x00", "https://a/%zz"} {
		f.Add(s, resource)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		same := identity.SameResource(a, b)
		if same != identity.SameResource(b, a) {
			t.Fatal("a is b, but b is not a")
		}
		if !same {
			return
		}
		x, errX := url.Parse(a)
		y, errY := url.Parse(b)
		if errX != nil || errY != nil || !strings.EqualFold(x.Hostname(), y.Hostname()) || !strings.EqualFold(x.Scheme, y.Scheme) {
			t.Fatalf("%q is %q", a, b)
		}
	})
}
