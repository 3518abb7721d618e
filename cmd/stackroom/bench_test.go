package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/server"
	servermcp "github.com/stackroom-mcp/stackroom/pkg/server/mcp"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// BenchmarkCall measures a call of search through the program without the
// network, in the express lane and through the SDK. The yardstick is a server of
// the SDK with a tool that does nothing.
func BenchmarkCall(b *testing.B) {
	c, err := config.Load([]string{"STACKROOM_DATA=" + b.TempDir(), "RATE_LIMIT_MAX=0", "STACKROOM_RESOLVERS=none"})
	if err != nil {
		b.Fatal(err)
	}
	libs, err := openLibraries(b.Context(), &libraryOptions{config: c, zotero: upstream.Hooks{}, logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer libs.embedded.Close()
	edge := func(express bool) http.Handler {
		o, err := serverOptions(b.Context(), &app{config: c, libs: libs, auth: &authentication{}, observing: &observing{}}, nil, telemetry.NewLogger(io.Discard, slog.LevelInfo, telemetry.JSON))
		if err != nil {
			b.Fatal(err)
		}
		if !express {
			o.Catalog = withoutExpress{o.Catalog}
		}
		s, err := server.New(o)
		if err != nil {
			b.Fatal(err)
		}
		return s.Handler()
	}
	bare := mcp.NewServer(&mcp.Implementation{Name: "bare", Version: "1"}, nil)
	type in struct {
		Query string `json:"query"`
	}
	mcp.AddTool(bare, &mcp.Tool{Name: "search"}, func(_ context.Context, _ *mcp.CallToolRequest, _ in) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "ok"}}}, nil, nil
	})
	queries := strings.Fields("light attention causality computable helix species prices evolution entropy language")
	for _, lane := range []struct {
		name string
		h    http.Handler
	}{
		{"express", edge(true)},
		{"sdk", edge(false)},
		{"yardstick", mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return bare }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})},
	} {
		b.Run(lane.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w := httptest.NewRecorder()
				lane.h.ServeHTTP(w, modernSearch(queries[i%len(queries)]))
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

// withoutExpress is a catalogue without the express lane.
type withoutExpress struct{ servermcp.Catalog }

// Definitions implements the catalogue.
func (c withoutExpress) Definitions() []tool.Definition {
	all := c.Catalog.Definitions()
	for i := range all {
		all[i].Complete = false
	}
	return all
}

// modernSearch returns a call of search as a client of 2026-07-28 sends it.
func modernSearch(query string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search",`+
		`"arguments":{"query":%q},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, query)))
	for name, value := range map[string]string{
		"Accept": "application/json, text/event-stream", "Content-Type": "application/json",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search",
	} {
		r.Header.Set(name, value)
	}
	return r
}
