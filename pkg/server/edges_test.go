package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestPreflight_IsCachedForTenMinutes(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.AllowedOrigins = []string{"https://app.example.org"} })
	r := f.send(request{method: http.MethodOptions, path: "/mcp", header: map[string]string{
		"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST",
	}})
	if got := r.header.Get("Access-Control-Max-Age"); got != "600" {
		t.Errorf("Access-Control-Max-Age is %q", got)
	}
}

// TestLog_NamesUpTo128Bytes holds the longest tool name of MCP.
func TestLog_NamesUpTo128Bytes(t *testing.T) {
	for length, shown := range map[int]bool{128: true, 129: false} {
		f := newFixture(t, nil)
		name := strings.Repeat("n", length)
		f.rpc(legacy, callWith(legacy, name, `{}`), nil)
		if got := strings.Contains(f.log.String(), `"target":"`+name+`"`); got != shown {
			t.Errorf("a name of %d bytes is in the log: %v", length, got)
		}
		if got := strings.Contains(f.log.String(), `"target":"?"`); got == shown {
			t.Errorf("a name of %d bytes is replaced: %v", length, got)
		}
	}
}
