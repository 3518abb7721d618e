package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// registerTrivial adds one tool that does nothing.
func registerTrivial(s *mcp.Server) {
	mcp.AddTool(s, &mcp.Tool{Name: "echo", Description: "Says it again."}, func(_ context.Context, _ *mcp.CallToolRequest, in textInput) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Text}}}, nil, nil
	})
}

// BenchmarkCall measures tools/call through the whole edge. The yardstick is
// the SDK's own handler with the same tool in the same run; the difference is
// the cost of the edge.
func BenchmarkCall(b *testing.B) {
	bare := mcp.NewServer(&mcp.Implementation{Name: "trivial", Version: "1"}, nil)
	registerTrivial(bare)
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return bare }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	edge, err := New(Options{Catalog: &catalog{register: registerTrivial}, Logger: telemetry.NewLogger(io.Discard, slog.LevelInfo, telemetry.JSON)})
	if err != nil {
		b.Fatal(err)
	}
	for _, version := range []string{modern, legacy} {
		body := callWith(version, "echo", `{"text":"hello"}`)
		b.Run("bare/"+version, func(b *testing.B) { drive(b, sdk, version, body) })
		b.Run("edge/"+version, func(b *testing.B) { drive(b, edge.Handler(), version, body) })
	}
}

// drive sends the same request repeatedly, without a network.
func drive(b *testing.B, handler http.Handler, version, body string) {
	header := http.Header{}
	for name, value := range rpcHeader(version, body, nil) {
		header.Set(name, value)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/mcp", bytes.NewReader([]byte(body)))
		r.Header = header.Clone()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}
