package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// Format is how log lines are written.
type Format string

// The formats.
const (
	JSON Format = "json" // one object a line, in Cloud Logging's field names
	Text Format = "text" // key=value, for people
)

// Option changes what [NewLogger] makes.
type Option func(*handler)

// TraceProject says in which Google Cloud project traces lie, so that Cloud
// Logging can link a line to its trace. Without it the bare trace ID is
// written.
func TraceProject(id string) Option {
	return func(h *handler) { h.tracePrefix = tracePrefix(id) }
}

// tracePrefix is what stands before the ID of a trace that lies in a project.
func tracePrefix(project string) string {
	if project == "" {
		return ""
	}
	return "projects/" + project + "/traces/"
}

// NewLogger returns a logger that writes lines of at least this level to w,
// each with the request ID and trace of its context. In [JSON], level, message
// and trace have the names that Cloud Logging understands: severity, message,
// time, logging.googleapis.com/trace and /spanId
// (https://cloud.google.com/logging/docs/structured-logging). Every format but
// [Text] is JSON.
//
// Don't open a group on the logger itself: the names above count only at the
// top of a line. Groups as attributes are fine.
//
// A [*Lines] is flushed after each warning and error, so that what comes
// before a crash is there to be read.
func NewLogger(w io.Writer, level slog.Leveler, format Format, options ...Option) *slog.Logger {
	h := &handler{}
	if h.lines, _ = w.(*Lines); h.lines == nil { // which has its own turns
		w = &turns{w: w}
	}
	if format == Text {
		h.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	} else {
		h.Handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: cloudNames})
		h.plain = newPlainWriter(w)
	}
	for _, option := range options {
		option(h)
	}
	return slog.New(h)
}

// HTTPRequest returns Cloud Logging's httpRequest group for an answered
// request. The URL is the path alone: what stands in a query is the caller's.
func HTTPRequest(r *http.Request, status int, size int64, latency time.Duration) slog.Attr {
	return slog.Group("httpRequest",
		slog.String("requestMethod", r.Method),
		slog.String("requestUrl", r.URL.Path),
		slog.Int("status", status),
		slog.String("responseSize", strconv.FormatInt(size, 10)),
		slog.String("latency", strconv.FormatFloat(latency.Seconds(), 'f', 6, 64)+"s"),
		slog.String("protocol", r.Proto),
	)
}

// handler adds the request and the trace of a line's context to the line.
type handler struct {
	slog.Handler
	tracePrefix string
	plain       *plainWriter // for lines that are plain JSON; nil if none are
	lines       *Lines       // to be flushed; nil if there is nothing to flush
}

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	err := h.write(ctx, record)
	if h.lines != nil && record.Level >= slog.LevelWarn {
		err = errors.Join(err, h.lines.Flush())
	}
	return err
}

// write writes a line, the short way if it can go that way.
func (h *handler) write(ctx context.Context, record slog.Record) error {
	if h.plain != nil {
		if plain, err := h.plain.write(ctx, h.tracePrefix, &record); plain {
			return err
		}
	}
	if id := RequestID(ctx); id != "" {
		record.AddAttrs(slog.String("request_id", id))
	}
	if id, span, sampled := traceOf(ctx); id != "" {
		record.AddAttrs(
			slog.String("logging.googleapis.com/trace", h.tracePrefix+id),
			slog.String("logging.googleapis.com/spanId", span),
			slog.Bool("logging.googleapis.com/trace_sampled", sampled),
		)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{Handler: h.Handler.WithAttrs(attrs), tracePrefix: h.tracePrefix, lines: h.lines}
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{Handler: h.Handler.WithGroup(name), tracePrefix: h.tracePrefix, lines: h.lines}
}

// cloudNames gives slog's own attributes the names that Cloud Logging reads.
func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		if level, ok := a.Value.Any().(slog.Level); ok {
			return slog.String("severity", severity(level))
		}
	}
	return a
}

// severity returns Cloud Logging's word for a level.
func severity(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "DEBUG"
	case level < slog.LevelWarn:
		return "INFO"
	case level < slog.LevelError:
		return "WARNING"
	}
	return "ERROR"
}
