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

// levelNotice is the level of audit events, Cloud Logging's NOTICE.
const levelNotice = slog.LevelInfo + 2

// Option changes what [NewLogger] makes.
type Option func(*handler)

// TraceProject sets the Google Cloud project that holds the traces, so that
// Cloud Logging links a line to its trace. Without it a line has the bare trace
// ID.
func TraceProject(id string) Option {
	return func(h *handler) {
		h.tracePrefix = ""
		if id != "" {
			h.tracePrefix = "projects/" + id + "/traces/"
		}
	}
}

// NewLogger returns a logger that writes lines of at least this level to w,
// each with the request ID and the trace of its context. In [JSON], level,
// message, time and trace have the names that Cloud Logging reads: severity,
// message, time, logging.googleapis.com/trace and /spanId
// (https://cloud.google.com/logging/docs/structured-logging). Every format but
// [Text] is JSON.
//
// Do not open a group on the logger: Cloud Logging reads these names only at the
// top of a line. Groups as attributes are fine.
//
// If w is a [*Lines], it is flushed after each warning and error, so that a
// crash does not lose the lines before it.
func NewLogger(w io.Writer, level slog.Leveler, format Format, options ...Option) *slog.Logger {
	return slog.New(newHandler(w, level, format, options...))
}

func newHandler(w io.Writer, level slog.Leveler, format Format, options ...Option) *handler {
	h := &handler{}
	h.lines, _ = w.(*Lines)
	if format == Text {
		h.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	} else {
		h.Handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: cloudNames})
	}
	for _, option := range options {
		option(h)
	}
	return h
}

// HTTPRequest returns Cloud Logging's httpRequest group for a request that was
// answered. The URL is the path alone: a query may hold anything.
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
	tracePrefix string // before a trace ID
	lines       *Lines // flushed after warnings; nil if w is none
}

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	record.AddAttrs(contextAttrs(ctx, make([]slog.Attr, 0, 5), h.tracePrefix)...)
	err := h.Handler.Handle(ctx, record)
	if h.lines != nil && record.Level >= slog.LevelWarn {
		err = errors.Join(err, h.lines.Flush())
	}
	return err
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
	case level < levelNotice:
		return "INFO"
	case level < slog.LevelWarn:
		return "NOTICE"
	case level < slog.LevelError:
		return "WARNING"
	}
	return "ERROR"
}
