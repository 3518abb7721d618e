package tool

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// canned answers every search with the same ten hits, so that what is measured
// is this package and not a library.
func canned(b *testing.B) fleet {
	b.Helper()
	m := memory(library.Local, "Home", librarytest.Many(100))
	page, err := m.Search(b.Context(), library.Query{Text: "study river", Limit: 10})
	if err != nil {
		b.Fatal(err)
	}
	return fleet{still{m, page}}
}

// BenchmarkSearch measures the hot path, from its parts to a whole MCP call;
// yardstick is the same session with a tool that does nothing.
func BenchmarkSearch(b *testing.B) {
	arguments := json.RawMessage(`{"query":"study river","limit":10}`)
	c := catalogOf(b, canned(b), Options{})
	b.Run("decode", func(b *testing.B) {
		fields := sampleFields()
		for b.Loop() {
			_, _ = decode(fields, json.RawMessage(`{"text":"study","number":10}`))
		}
	})
	b.Run("call", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Call(b.Context(), "search", arguments); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("mcp", func(b *testing.B) {
		session := connectTo(b, c, nil)
		for b.Loop() {
			if _, err := session.CallTool(b.Context(), &mcp.CallToolParams{Name: "search", Arguments: arguments}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("yardstick", func(b *testing.B) {
		server := mcp.NewServer(&mcp.Implementation{Name: "bare", Version: "1"}, nil)
		server.AddTool(&mcp.Tool{Name: "search", InputSchema: json.RawMessage(`{"type":"object"}`)}, func(_ context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "ok"}}}, nil
		})
		here, there := mcp.NewInMemoryTransports()
		if _, err := server.Connect(b.Context(), there, nil); err != nil {
			b.Fatal(err)
		}
		session, err := mcp.NewClient(&mcp.Implementation{Name: "bench", Version: "1"}, nil).Connect(b.Context(), here, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer session.Close()
		for b.Loop() {
			if _, err := session.CallTool(b.Context(), &mcp.CallToolParams{Name: "search", Arguments: arguments}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// still is a library that gives one answer to every search.
type still struct {
	*librarytest.Memory
	page library.Page[library.Hit]
}

func (s still) Search(context.Context, library.Query) (library.Page[library.Hit], error) {
	return s.page, nil
}

// BenchmarkListTools measures tools/list. The caching hint is left out, since
// the client would answer from its own cache.
func BenchmarkListTools(b *testing.B) {
	c := catalogOf(b, canned(b), Options{})
	opts := c.ServerOptions()
	opts.SetCacheable = nil
	server := mcp.NewServer(&mcp.Implementation{Name: "stackroom", Version: "test"}, opts)
	c.Register(server)
	here, there := mcp.NewInMemoryTransports()
	if _, err := server.Connect(b.Context(), there, nil); err != nil {
		b.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "bench", Version: "1"}, nil).Connect(b.Context(), here, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	for b.Loop() {
		if _, err := session.ListTools(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
}
