package telemetry

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"time"
)

// isPlain reports whether all attributes of a record are text, numbers and
// truths. Those are the lines of every call, and slog's own way to replace
// names costs more than all else that is done for observing one.
func isPlain(record slog.Record) bool {
	plain := true
	record.Attrs(func(a slog.Attr) bool {
		switch a.Value.Kind() {
		case slog.KindString, slog.KindBool, slog.KindInt64:
		case slog.KindFloat64:
			f := a.Value.Float64()
			plain = !math.IsNaN(f) && !math.IsInf(f, 0)
		default:
			plain = false
		}
		plain = plain && a.Key != ""
		return plain
	})
	return plain
}

// plainWriter writes plain records.
type plainWriter struct {
	w       io.Writer
	buffers sync.Pool // of *[]byte
}

func newPlainWriter(w io.Writer) *plainWriter {
	return &plainWriter{w: w, buffers: sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}}
}

// write writes a plain record as [NewLogger] says.
func (p *plainWriter) write(ctx context.Context, tracePrefix string, record slog.Record) error {
	held := p.buffers.Get().(*[]byte)
	b := (*held)[:0]
	b = append(b, '{')
	if !record.Time.IsZero() {
		b = append(b, `"time":"`...)
		b = append(record.Time.AppendFormat(b, time.RFC3339Nano), `",`...)
	}
	b = append(append(append(b, `"severity":"`...), severity(record.Level)...), '"')
	b = member(b, "message", record.Message)
	record.Attrs(func(a slog.Attr) bool {
		b = append(quote(append(b, ','), a.Key), ':')
		b = plainValue(b, a.Value)
		return true
	})
	b = around(ctx, b, tracePrefix)
	b = append(b, "}\n"...)
	_, err := p.w.Write(b)
	*held = b
	p.buffers.Put(held)
	return err
}

func plainValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindFloat64:
		return strconv.AppendFloat(b, v.Float64(), 'f', -1, 64)
	default:
		return quote(b, v.String())
	}
}

// around appends the request and the trace that ctx belongs to, if any.
func around(ctx context.Context, b []byte, tracePrefix string) []byte {
	if id := RequestID(ctx); id != "" {
		b = member(b, "request_id", id)
	}
	id, span, sampled := traceOf(ctx)
	if id == "" {
		return b
	}
	b = append(append(append(b, `,"logging.googleapis.com/trace":"`...), tracePrefix...), id...)
	b = append(append(append(b, `","logging.googleapis.com/spanId":"`...), span...), '"')
	return strconv.AppendBool(append(b, `,"logging.googleapis.com/trace_sampled":`...), sampled)
}

// turns lets one line after the other be written.
type turns struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements [io.Writer].
func (t *turns) Write(line []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w.Write(line)
}
