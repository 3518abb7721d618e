package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// stdio serves a fixture on pipes and returns the caller's ends.
func stdio(t *testing.T) (f *fixture, in io.WriteCloser, out io.ReadCloser, done chan error) {
	t.Helper()
	f = &fixture{t: t, log: &logBuffer{}, started: make(chan struct{}, 1), ended: make(chan error, 1)}
	serverIn, in := io.Pipe()
	out, serverOut := io.Pipe()
	done = make(chan error, 1)
	o := Options{Catalog: &catalog{options: fixtureOptions(), register: f.register}, Logger: telemetry.NewLogger(f.log, slog.LevelInfo, telemetry.JSON)}
	go func() { done <- Stdio(t.Context(), o, serverIn, serverOut) }()
	return f, in, out, done
}

func TestStdio(t *testing.T) {
	f, in, out, done := stdio(t)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: out, Writer: in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hi"}})
	if err != nil || result.Content[0].(*mcp.TextContent).Text != "hi" {
		t.Errorf("echo = %v, %v", result, err)
	}
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "panic"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("panic = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-f.started
		cancel()
	}()
	if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "wait"}); err == nil {
		t.Error("the cancelled call succeeded")
	}
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the tool's context ended with %v", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Stdio = %v", err)
	}
	if log := f.log.String(); !strings.Contains(log, `"target":"echo","outcome":"ok"`) || !strings.Contains(log, `"request_id":"`) {
		t.Errorf("the log lacks the call:\n%s", log)
	}
}

func TestStdioEndsWithItsContext(t *testing.T) {
	f := &fixture{t: t}
	serverIn, _ := io.Pipe()
	_, serverOut := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Stdio(ctx, Options{Catalog: &catalog{options: fixtureOptions(), register: f.register}}, serverIn, serverOut); err != nil {
		t.Errorf("Stdio = %v", err)
	}
	if err := Stdio(ctx, Options{}, nil, nil); err == nil {
		t.Error("stdio without a catalogue is served")
	}
}
