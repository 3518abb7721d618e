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

// newTrivial returns an MCP server with one tool that does nothing.
func newTrivial() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "trivial", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "echo", Description: "Says it again."}, func(_ context.Context, _ *mcp.CallToolRequest, in textInput) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Text}}}, nil, nil
	})
	return s
}

// BenchmarkCall measures tools/call through the whole edge, its yardstick
// being the SDK's own handler with the same tool in the same run. The edge's
// share is the difference.
func BenchmarkCall(b *testing.B) {
	bare := newTrivial()
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return bare }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	edge, err := New(Options{MCP: newTrivial(), Logger: telemetry.NewLogger(io.Discard, slog.LevelInfo, telemetry.JSON)})
	if err != nil {
		b.Fatal(err)
	}
	for _, version := range []string{modern, legacy} {
		body := callWith(version, "echo", `{"text":"hello"}`)
		b.Run("bare/"+version, func(b *testing.B) { drive(b, sdk, version, body) })
		b.Run("edge/"+version, func(b *testing.B) { drive(b, edge.Handler(), version, body) })
	}
}

// drive sends the same request again and again, without a network.
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

// BenchmarkReadEnvelope measures the look into a body before the SDK's; the
// yardstick is what the SDK itself does first, which is to read it all.
func BenchmarkReadEnvelope(b *testing.B) {
	body := []byte(withProgress(callWith(modern, "search", `{"query":"causal inference in observational studies","limit":10,"tags":["method","review"]}`)))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, refused := readEnvelope(body); refused != nil {
			b.Fatal(refused.err)
		}
	}
}
