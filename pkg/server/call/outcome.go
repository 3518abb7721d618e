package call

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Outcome is the outcome of a call, for the log and for telemetry.
type Outcome struct {
	Failed bool
	Code   string // a [library.Code], or "protocol" for a JSON-RPC error, or ""
	Level  slog.Level
	Cause  error // set unless the caller caused the failure
}

// OutcomeOf returns the outcome of a call that ended with err, which may be
// nil.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Outcome{}
	}
	o := Outcome{Failed: true, Code: string(library.CodeOf(err))}
	switch library.Code(o.Code) {
	case library.Internal:
		o.Level, o.Cause = slog.LevelError, err
	case library.Unavailable, library.RateLimited:
		o.Level, o.Cause = slog.LevelWarn, err
	}
	if errors.Is(err, context.Canceled) && !errors.Is(err, errAbandoned) {
		o.Level = slog.LevelInfo // the caller disconnected
	}
	return o
}

// Log writes the line of a call: method, target (a tool or prompt, or ""),
// outcome and duration, never its arguments.
func (r *Runner) Log(ctx context.Context, o Outcome, method, target string, elapsed time.Duration) {
	logger := r.options.Logger
	if !logger.Enabled(ctx, o.Level) {
		return
	}
	// Not with the logger's methods, which look up the caller's position at
	// each line.
	line := slog.NewRecord(time.Now(), o.Level, "call", 0)
	if slow := r.options.SlowCall; slow > 0 && elapsed > slow {
		line.AddAttrs(slog.Bool("slow", true))
	}
	line.AddAttrs(slog.String("method", method))
	if target != "" {
		line.AddAttrs(slog.String("target", logName(target)))
	}
	status := "ok"
	if o.Failed {
		status = "error"
	}
	line.AddAttrs(slog.String("outcome", status), slog.Float64("duration_ms", float64(elapsed.Microseconds())/1000))
	if o.Code != "" {
		line.AddAttrs(slog.String("code", o.Code))
	}
	if o.Cause != nil {
		line.AddAttrs(slog.String("error", o.Cause.Error()))
	}
	if e := (*PanicError)(nil); errors.As(o.Cause, &e) {
		line.AddAttrs(slog.String("stack", string(e.Stack)))
	}
	_ = logger.Handler().Handle(ctx, line) // the logger ignores this error too
}

// maxLogName is the length in bytes of the longest tool name (MCP 2025-11-25,
// tools, "Tool Names").
const maxLogName = 128

// logName returns name if it has the form of a tool's name, and otherwise "?":
// a caller can send any text as a name.
func logName(name string) string {
	if !plaintext.IsToken(name, maxLogName) {
		return "?"
	}
	return name
}

// Telemetry returns the outcome as telemetry records it.
func (o Outcome) Telemetry() telemetry.Outcome {
	t := telemetry.Outcome{Status: telemetry.StatusOK, Code: o.Code, Err: o.Cause}
	if o.Failed {
		t.Status = telemetry.StatusToolError
	}
	return t
}
