package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The examples of W3C Trace Context and of Google Cloud's documentation.
const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

func TestTraceFrom(t *testing.T) {
	full := Trace{ID: traceID, Span: spanID, Sampled: true}
	for _, test := range []struct {
		name, traceparent, cloud string
		want                     Trace
	}{
		{"none", "", "", Trace{}},
		{"traceparent", "00-" + traceID + "-" + spanID + "-01", "", full},
		{"not sampled", "00-" + traceID + "-" + spanID + "-00", "", Trace{ID: traceID, Span: spanID}},
		{"a later version with more fields", "01-" + traceID + "-" + spanID + "-01-more", "", full},
		{"cloud", "", traceID + "/1;o=1", Trace{ID: traceID, Span: "0000000000000001", Sampled: true}},
		{"cloud, trace only", "", traceID, Trace{ID: traceID}},
		{"cloud, large span", "", traceID + "/18446744073709551615;o=0", Trace{ID: traceID, Span: "ffffffffffffffff"}},
		{"both", "00-" + traceID + "-" + spanID + "-01", "105445aa7843bc8bf206b12000100000/1", full},
		{"a broken traceparent beside cloud", "00-x", traceID, Trace{ID: traceID}},
		{"version ff", "ff-" + traceID + "-" + spanID + "-01", "", Trace{}},
		{"version 00 with more fields", "00-" + traceID + "-" + spanID + "-01-more", "", Trace{}},
		{"upper case", "00-" + strings.ToUpper(traceID) + "-" + spanID + "-01", "", Trace{}},
		{"a trace of zeros", "00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", "", Trace{}},
		{"a span of zeros", "00-" + traceID + "-" + strings.Repeat("0", 16) + "-01", "", Trace{}},
		{"too short", "00-" + traceID + "-" + spanID + "-0", "", Trace{}},
		{"not hexadecimal", "00-" + traceID + "-" + spanID + "-zz", "", Trace{}},
		{"hostile cloud", "", "<script>/1;o=1", Trace{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			if test.traceparent != "" {
				h.Set("traceparent", test.traceparent)
			}
			if test.cloud != "" {
				h.Set("X-Cloud-Trace-Context", test.cloud)
			}
			if got := TraceFrom(h); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzTraceFrom(f *testing.F) {
	f.Add("00-"+traceID+"-"+spanID+"-01", traceID+"/1;o=1")
	f.Add("", traceID+"/;")
	f.Add("00-----", "/")
	f.Fuzz(func(t *testing.T, traceparent, cloud string) {
		got := TraceFrom(http.Header{"Traceparent": {traceparent}, "X-Cloud-Trace-Context": {cloud}})
		if got.ID != "" && (len(got.ID) != traceDigits || !isHex(got.ID)) || got.Span != "" && (len(got.Span) != spanDigits || !isHex(got.Span)) {
			t.Errorf("got %+v", got)
		}
		if got.ID == "" && got != (Trace{}) {
			t.Errorf("a span without a trace: %+v", got)
		}
	})
}

func TestRequestInContext(t *testing.T) {
	ctx := t.Context()
	if RequestID(ctx) != "" || requestOf(ctx) != (Request{}) {
		t.Error("an empty context has a request")
	}
	trace := Trace{ID: traceID}
	ctx = WithRequestID(WithRequest(ctx, Request{ID: "a", Trace: trace}), "b")
	if RequestID(ctx) != "b" || requestOf(ctx).Trace != trace {
		t.Errorf("got %+v", requestOf(ctx))
	}
}

// line logs one line and reads it back.
func line(ctx context.Context, t *testing.T, level slog.Level, options ...Option) map[string]any {
	t.Helper()
	var b bytes.Buffer
	NewLogger(&b, slog.LevelDebug, JSON, options...).With("k", 1).Log(ctx, level, "hello", "a", slog.GroupValue(slog.String("msg", "x")))
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatalf("%s: %v", b.String(), err)
	}
	return m
}

func TestCloudLoggingNames(t *testing.T) {
	ctx := WithRequest(t.Context(), Request{ID: "r1", Trace: Trace{ID: traceID, Span: spanID, Sampled: true}})
	m := line(ctx, t, slog.LevelInfo, TraceProject("my-project"))
	for name, want := range map[string]any{
		"severity": "INFO", "message": "hello", "request_id": "r1", "k": 1.0,
		"logging.googleapis.com/trace":         "projects/my-project/traces/" + traceID,
		"logging.googleapis.com/spanId":        spanID,
		"logging.googleapis.com/trace_sampled": true,
	} {
		if m[name] != want {
			t.Errorf("%s = %v, want %v", name, m[name], want)
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, m["time"].(string)); err != nil || at.IsZero() {
		t.Errorf("time = %v", m["time"])
	}
	if group := m["a"].(map[string]any); group["msg"] != "x" {
		t.Errorf("a name within a group is changed: %v", group)
	}
	for _, old := range []string{"level", "msg"} {
		if _, ok := m[old]; ok {
			t.Errorf("%s is still there", old)
		}
	}
	if m := line(ctx, t, slog.LevelInfo); m["logging.googleapis.com/trace"] != traceID {
		t.Errorf("without a project: trace = %v", m["logging.googleapis.com/trace"])
	}
	given := WithRequest(t.Context(), Request{ID: "theirs", Given: true})
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelError} {
		if m := line(given, t, level); m["request_id"] != "theirs" || m["request_id_from"] != "caller" {
			t.Errorf("%v: a caller's request ID is %v from %v", level, m["request_id"], m["request_id_from"])
		}
	}
	if m := line(ctx, t, slog.LevelInfo); m["request_id_from"] != nil {
		t.Errorf("our own request ID is from %v", m["request_id_from"])
	}
	if m := line(t.Context(), t, slog.LevelInfo); m["request_id"] != nil || m["logging.googleapis.com/trace"] != nil {
		t.Errorf("without a request: %v", m)
	}
}

func TestSeverity(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "DEBUG", slog.LevelInfo: "INFO", slog.LevelInfo + 1: "INFO", slog.LevelInfo + 2: "NOTICE", slog.LevelWarn: "WARNING", slog.LevelError: "ERROR", slog.LevelError + 4: "ERROR",
	} {
		if got := line(t.Context(), t, level)["severity"]; got != want {
			t.Errorf("%v: severity = %v, want %s", level, got, want)
		}
	}
}

func TestTextFormat(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(&b, slog.LevelWarn, Text)
	ctx := WithRequestID(t.Context(), "r1")
	l.InfoContext(ctx, "quiet")
	l.WarnContext(ctx, "loud")
	if got := b.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "level=WARN msg=loud request_id=r1") {
		t.Errorf("got %q", got)
	}
}

func TestHTTPRequest(t *testing.T) {
	var b bytes.Buffer
	r := httptest.NewRequest(http.MethodPost, "/sse?sessionid=secret", nil)
	NewLogger(&b, slog.LevelInfo, JSON).LogAttrs(t.Context(), slog.LevelInfo, "request", HTTPRequest(r, 404, 12, 1500*time.Microsecond))
	want := `"httpRequest":{"requestMethod":"POST","requestUrl":"/sse","status":404,"responseSize":"12","latency":"0.001500s","protocol":"HTTP/1.1"}`
	if got := b.String(); !strings.Contains(got, want) || strings.Contains(got, "secret") {
		t.Errorf("got %s", got)
	}
}

// TestNewLogger_FlushesWarnings holds that a crash after a warning loses no line.
func TestNewLogger_FlushesWarnings(t *testing.T) {
	behind := &log{}
	lines := NewLines(behind)
	defer lines.Close()
	logger := NewLogger(lines, slog.LevelInfo, JSON).With("k", 1)
	for range 10 {
		logger.InfoContext(t.Context(), "routine")
	}
	logger.WarnContext(t.Context(), "broken", "error", errors.New("gone"))
	events := behind.events(t)
	if len(events) != 11 || events[10]["severity"] != "WARNING" || events[10]["error"] != "gone" {
		t.Errorf("%d lines, the last %v", len(events), events[len(events)-1])
	}
}

func BenchmarkLine(b *testing.B) {
	l := NewLogger(io.Discard, slog.LevelInfo, JSON)
	ctx := WithRequest(b.Context(), Request{ID: "0123456789abcdef", Trace: Trace{ID: traceID, Span: spanID}})
	b.ReportAllocs()
	for b.Loop() {
		l.LogAttrs(ctx, slog.LevelInfo, "call", slog.String("method", "tools/call"), slog.String("target", "search"), slog.String("outcome", "ok"), slog.Float64("duration_ms", 1.25))
	}
}

// requestOf returns the request that ctx belongs to, or the zero Request.
func requestOf(ctx context.Context) Request {
	if r, ok := ctx.Value(requestKey{}).(*received); ok {
		return r.Request
	}
	return Request{}
}
