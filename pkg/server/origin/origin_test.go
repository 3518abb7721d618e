package origin

import (
	"net/http"
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
