package server

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// finding is how a call ended, as the log has it.
type finding struct {
	outcome string // "ok", "error"
	code    string // a [library.Code], or "protocol" for a JSON-RPC error, or ""
	level   slog.Level
	cause   error // shown only where it is not the caller's own mistake
}

// find says how a call ended, from the error before it was put into words.
func find(result mcp.Result, cause error) finding {
	if cause == nil {
		r, ok := result.(*mcp.CallToolResult)
		if !ok || r == nil || !r.IsError {
			return finding{outcome: "ok"}
		}
		if cause = r.GetError(); cause == nil {
			return finding{outcome: "error"}
		}
	}
	if wire := (*jsonrpc.Error)(nil); errors.As(cause, &wire) && wire.Code != 0 && wire.Code != jsonrpc.CodeInternalError {
		return finding{outcome: "error", code: "protocol"}
	}
	f := finding{outcome: "error", code: string(library.CodeOf(cause))}
	switch library.Code(f.code) {
	case library.Internal:
		f.level, f.cause = slog.LevelError, cause
	case library.Unavailable, library.RateLimited:
		f.level, f.cause = slog.LevelWarn, cause
	}
	if errors.Is(cause, context.Canceled) && !errors.Is(cause, errAbandoned) {
		f.level = slog.LevelInfo // the caller left: nobody's fault
	}
	return f
}

// observe writes a call's line: what was called, how it ended and how long it
// took, but never with which arguments.
func (c *calls) observe(ctx context.Context, f finding, method string, req mcp.Request, elapsed time.Duration) {
	if f.outcome == "ok" && isChatter(method) {
		f.level = slog.LevelDebug
	}
	c.write(ctx, f, method, target(req), elapsed)
}

// write writes a call's line.
func (c *calls) write(ctx context.Context, f finding, method, target string, elapsed time.Duration) {
	if !c.logger.Enabled(ctx, f.level) {
		return
	}
	// Not by the logger, which looks up the place in the code at each line.
	line := slog.NewRecord(time.Now(), f.level, "call", 0)
	if c.slow > 0 && elapsed > c.slow {
		line.AddAttrs(slog.Bool("slow", true))
	}
	line.AddAttrs(slog.String("method", method))
	if target != "" {
		line.AddAttrs(slog.String("target", target))
	}
	line.AddAttrs(slog.String("outcome", f.outcome), slog.Float64("duration_ms", float64(elapsed.Microseconds())/1000))
	if f.code != "" {
		line.AddAttrs(slog.String("code", f.code))
	}
	if f.cause != nil {
		line.AddAttrs(slog.String("error", f.cause.Error()))
	}
	if e := (*panicError)(nil); errors.As(f.cause, &e) {
		line.AddAttrs(slog.String("stack", string(e.stack)))
	}
	_ = c.logger.Handler().Handle(ctx, line) // as the logger does
}

// isChatter reports whether a method is one that clients send all the time
// without anybody asking for anything.
func isChatter(method string) bool {
	return method == "ping" || strings.HasPrefix(method, "notifications/")
}

// target returns the name of the tool or prompt that a request is for. A
// resource's URI says what somebody reads, so it stays out of the log.
func target(req mcp.Request) string {
	switch params := req.GetParams().(type) {
	case *mcp.CallToolParamsRaw:
		if params != nil {
			return logName(params.Name)
		}
	case *mcp.GetPromptParams:
		if params != nil {
			return logName(params.Name)
		}
	}
	return ""
}

// maxLogName is the length in bytes of the longest tool name that MCP knows
// (2025-11-25, tools, "Tool Names").
const maxLogName = 128

// logName returns a name as it may stand in the log: "?" unless it has a
// tool name's form, because a caller can put anything there.
func logName(name string) string {
	if !isToken(name, maxLogName) {
		return "?"
	}
	return name
}

// isToken reports whether s has 1 to limit characters, all of them letters,
// digits, "_", "-" or ".".
func isToken(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
