package upstream_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// BenchmarkGet measures a request for 10 kB of JSON on loopback: cached,
// uncached, and, as the yardstick, with a plain http.Client over the same
// transport.
func BenchmarkGet(b *testing.B) {
	body := append(append([]byte(`["`), bytes.Repeat([]byte("x"), 10_000)...), `"]`...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	b.Cleanup(server.Close)
	transport := upstream.NewTransport()
	b.Cleanup(transport.CloseIdleConnections)
	client, err := upstream.New(upstream.Options{BaseURL: server.URL, Transport: transport})
	if err != nil {
		b.Fatal(err)
	}
	for name, noCache := range map[string]bool{"cached": false, "uncached": true} {
		b.Run(name, func(b *testing.B) {
			r := asJSON("/users/1/items")
			r.Query, r.NoCache = map[string][]string{"q": {"words"}, "limit": {"25"}}, noCache
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Get(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare", func(b *testing.B) {
		bare := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/users/1/items?limit=25&q=words", nil)
			if err != nil {
				b.Fatal(err)
			}
			response, err := bare.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadAll(response.Body); err != nil {
				b.Fatal(err)
			}
			response.Body.Close()
		}
	})
}
