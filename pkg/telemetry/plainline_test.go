package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// theLongWay writes a record as slog does.
func theLongWay(t *testing.T, record slog.Record) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := slog.NewJSONHandler(&b, &slog.HandlerOptions{ReplaceAttr: cloudNames}).Handle(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	return parsed(t, b.Bytes())
}

func parsed(t *testing.T, line []byte) map[string]any {
	t.Helper()
	if bytes.Count(line, []byte("\n")) != 1 || !bytes.HasSuffix(line, []byte("\n")) {
		t.Fatalf("not one line: %q", line)
	}
	var object map[string]any
	if err := json.Unmarshal(line, &object); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return object
}

func TestPlainLinesAreThoseOfSlog(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 120_000_000, time.UTC)
	for name, test := range map[string]struct {
		level slog.Level
		at    time.Time
		attrs []any
		plain bool
	}{
		"a call":       {slog.LevelInfo, at, []any{"method", "tools/call", "slow", true, "duration_ms", 12.345, "n", 7}, true},
		"nothing":      {slog.LevelWarn, at, nil, true},
		"no time":      {slog.LevelError, time.Time{}, []any{"n", math.MinInt64}, true},
		"hostile text": {slog.LevelDebug, at, []any{"k\"\n", "\"\\\n\x00\x7f\xff\u2028<&>", "large", 1e300, "small", 1e-9}, true},
		"an error":     {slog.LevelWarn, at, []any{"error", errors.New("gone")}, false},
		"a duration":   {slog.LevelInfo, at, []any{"took", time.Second}, false},
		"no number":    {slog.LevelInfo, at, []any{"n", math.NaN()}, false},
		"a group":      {slog.LevelInfo, at, []any{slog.Group("g", "a", 1)}, false},
	} {
		record := slog.NewRecord(test.at, test.level, "call \"it\"", 0)
		record.Add(test.attrs...)
		var b bytes.Buffer
		plain, err := newPlainWriter(&b).write(t.Context(), "", &record)
		if err != nil {
			t.Fatal(err)
		}
		if plain != test.plain || !plain && b.Len() > 0 {
			t.Errorf("%s: plain: %v, written: %q", name, plain, b.Bytes())
		}
		if !plain {
			continue
		}
		if got, want := parsed(t, b.Bytes()), theLongWay(t, record); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%v\n%v", name, got, want)
		}
	}
}

func TestBothWaysWriteToOnePlaceInTurn(t *testing.T) {
	behind := &log{}
	lines := NewLines(behind)
	logger := NewLogger(lines, slog.LevelInfo, JSON, TraceProject("p"))
	ctx := WithRequest(t.Context(), Request{ID: "r1", Trace: Trace{ID: traceID, Span: spanID, Sampled: true}})
	logger.InfoContext(ctx, "plain", "n", 1)
	logger.WarnContext(ctx, "long", "error", errors.New("gone"))
	behind.mu.Lock()
	written := behind.b.String()
	behind.mu.Unlock()
	if strings.Count(written, "\n") != 2 {
		t.Errorf("after a warning, this is written: %q", written)
	}
	for _, e := range behind.events(t) {
		if e["request_id"] != "r1" || e["logging.googleapis.com/trace"] != "projects/p/traces/"+traceID || e["logging.googleapis.com/trace_sampled"] != true {
			t.Errorf("line %v", e)
		}
	}
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
}
