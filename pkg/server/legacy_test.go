package server

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// newLegacyFixture starts an edge with the HTTP+SSE transport.
func newLegacyFixture(t *testing.T) *fixture {
	return newFixture(t, func(o *Options) { o.LegacySSE = true })
}

func TestLegacySSE_ServesSDKClient(t *testing.T) {
	f := newLegacyFixture(t)
	progress := make(chan float64, 10)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) { progress <- r.Params.Progress },
	})
	session, err := client.Connect(t.Context(), &mcp.SSEClientTransport{Endpoint: f.http.URL + "/sse"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hi"}})
	if err != nil || result.Content[0].(*mcp.TextContent).Text != "hi" {
		t.Errorf("echo = %v, %v", result, err)
	}
	params := &mcp.CallToolParams{Name: "progress"}
	params.SetProgressToken("p")
	if _, err := session.CallTool(t.Context(), params); err != nil {
		t.Error(err)
	}
	if got := <-progress; got != 1 {
		t.Errorf("progress = %v", got)
	}
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "panic"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("panic = %v", err)
	}
}

func TestLegacySSE_Stream(t *testing.T) {
	f := newLegacyFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.http.URL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := f.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("X-Accel-Buffering") != "no" || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("headers %v", res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	var endpoint string
	for endpoint == "" && lines.Scan() {
		endpoint, _ = strings.CutPrefix(lines.Text(), "data: ")
		if !strings.HasPrefix(endpoint, "/sse?") {
			endpoint = ""
		}
	}
	say := func(body string) reply {
		return f.send(request{path: endpoint, body: body, header: map[string]string{"Content-Type": "application/json"}})
	}
	if r := say("["); r.status != 400 || r.decode(t).Error.Code != -32700 {
		t.Errorf("not JSON: got %d %s", r.status, r.body)
	}
	if r := say(strings.Repeat("[", 100)); r.status != 413 {
		t.Errorf("a bomb: got %d %s", r.status, r.body)
	}
	if r := f.send(request{path: "/sse?sessionid=unknown", body: "{}", header: map[string]string{"Content-Type": "application/json"}}); r.status != 404 || r.decode(t).Error == nil {
		t.Errorf("an unknown session: got %d %s", r.status, r.body)
	}
	say(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	say(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	if r := say(toolCall(legacy, "wait")); r.status != 202 {
		t.Errorf("a call: got %d %s", r.status, r.body)
	}
	<-f.started
	cancel() // the caller disconnects
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
}
