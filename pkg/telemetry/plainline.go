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

// plainWriter writes plain records: all of whose attributes are text, numbers
// and truths. Those are the lines of every call, and slog's own way to replace
// names costs more than all else that is done for observing one.
type plainWriter struct {
	w       io.Writer
	buffers sync.Pool // of *[]byte
}

func newPlainWriter(w io.Writer) *plainWriter {
	return &plainWriter{w: w, buffers: sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}}
}

// write writes a record as [NewLogger] says, and reports whether it is plain;
// if not, nothing was written.
func (p *plainWriter) write(ctx context.Context, tracePrefix string, record *slog.Record) (plain bool, err error) {
	held := p.buffers.Get().(*[]byte)
	defer p.buffers.Put(held)
	b := (*held)[:0]
	b = append(b, '{')
	if !record.Time.IsZero() {
		b = append(b, `"time":"`...)
		b = append(record.Time.AppendFormat(b, time.RFC3339Nano), `",`...)
	}
	b = append(append(append(b, `"severity":"`...), severity(record.Level)...), '"')
	b = member(b, "message", record.Message)
	plain = true
	record.Attrs(func(a slog.Attr) bool {
		b = append(quote(append(b, ','), a.Key), ':')
		if b, plain = plainValue(b, a.Value); a.Key == "" {
			plain = false
		}
		return plain
	})
	if plain {
		b = around(ctx, b, tracePrefix)
		b = append(b, "}\n"...)
		_, err = p.w.Write(b)
	}
	*held = b
	return plain, err
}

// plainValue appends a value, and reports whether it is plain.
func plainValue(b []byte, v slog.Value) ([]byte, bool) {
	switch v.Kind() {
	case slog.KindString:
		return quote(b, v.String()), true
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool()), true
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10), true
	case slog.KindFloat64:
		f := v.Float64()
		return strconv.AppendFloat(b, f, 'f', -1, 64), !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return b, false
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
