package telemetry

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of an audit event. Items beyond them are counted and not listed.
const (
	maxAuditItems     = 100
	maxAuditLibraries = 20
	maxAuditName      = 64 // bytes of a name that a caller sends
)

// touched lists the items and libraries that a call gave its caller.
type touched struct {
	items     []string // at most maxAuditItems
	libraries []string // at most maxAuditLibraries, each once
	total     int      // of items
	closed    bool     // the event is written; what an abandoned call adds is dropped
}

// add adds items "library/KEY" and libraries "library".
func (t *touched) add(items []string) {
	if t.closed {
		return
	}
	t.items = slices.Grow(t.items, min(len(items), maxAuditItems-len(t.items)))
	last := "" // most lists are of one library
	for _, item := range items {
		lib, _, isItem := strings.Cut(item, "/")
		if lib != last {
			t.addLibrary(lib)
			last = lib
		}
		if !isItem {
			continue
		}
		t.total++
		if len(t.items) < maxAuditItems {
			t.items = append(t.items, item)
		}
	}
}

func (t *touched) addLibrary(lib string) {
	if len(t.libraries) < maxAuditLibraries && !slices.Contains(t.libraries, lib) {
		t.libraries = append(t.libraries, lib)
	}
}

// newAuditor returns the handler that writes audit events, or nil if o keeps no
// audit. An event is a log line at [levelNotice].
func newAuditor(o Options) *handler {
	if o.Audit == nil {
		return nil
	}
	return newHandler(o.Audit, levelNotice, JSON, TraceProject(o.Project))
}

// audit writes the event of a call. The caller holds the call's lock.
func (c *Call) audit(o *Outcome, took time.Duration) {
	h := c.telemetry.auditor
	record := slog.NewRecord(c.begun.UTC(), levelNotice, "audit", 0)
	record.AddAttrs(contextAttrs(c.ctx, c.event(o, took), h.tracePrefix)...)
	c.telemetry.Handle(h.Handler.Handle(c.ctx, record))
}

// auditSending writes the event of works that were sent.
func (t *Telemetry) auditSending(ctx context.Context, s *Sending) {
	record := slog.NewRecord(time.Now().UTC(), levelNotice, "audit", 0)
	record.AddAttrs(
		slog.String("log_type", "audit"), slog.String("principal", "background"), slog.String("sent_to", s.To),
		list("libraries", []string{s.Library}), slog.Int("items_total", s.Works), slog.Int("characters", s.Chars))
	t.Handle(t.auditor.Handler.Handle(ctx, record))
}

// event returns the event of a call: who, what and when, never the words of a
// query nor what was found.
func (c *Call) event(o *Outcome, took time.Duration) []slog.Attr {
	op := &c.operation
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("log_type", "audit"),
		slog.String("principal", cmp.Or(op.Principal, "anonymous")),
		slog.String("client", clean(op.ClientName)),
		slog.String("method", closed(knownMethods, op.Method)))
	if op.isTool() {
		attrs = append(attrs, slog.String("tool", toolName(op.Tool)))
	}
	attrs = append(attrs,
		list("libraries", c.touched.libraries),
		list("items", c.touched.items),
		slog.Int("items_total", c.touched.total),
		slog.String("outcome", o.Status))
	if len(c.receipts) > 0 {
		attrs = append(attrs, list("receipts", c.receipts))
	}
	if c.sentTo != "" {
		attrs = append(attrs, slog.String("sent_to", c.sentTo))
	}
	if o.Code != "" {
		attrs = append(attrs, slog.String("code", o.Code))
	}
	return append(attrs, slog.Float64("duration_ms", float64(took.Microseconds())/1000))
}

// list returns an attribute that JSON writes as a list, also where it is empty.
func list(name string, values []string) slog.Attr {
	if values == nil {
		values = []string{}
	}
	return slog.Any(name, values)
}

// clean returns a name that a client gives itself without unprintable
// characters, at most maxAuditName bytes long. It returns "unknown" if nothing
// remains.
func clean(name string) string {
	if isPlainName(name) {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if r == utf8.RuneError || !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxAuditName {
			break
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "unknown"
	}
	return b.String()
}

// toolName returns a tool's name, or "?" for a name that no tool can have: a
// caller can send any text.
func toolName(name string) string {
	if isPlainName(name) {
		return name
	}
	return "?"
}

// isPlainName reports whether a name is short and has only letters, digits, "_",
// "-" and ".".
func isPlainName(s string) bool {
	if s == "" || len(s) > maxAuditName {
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
