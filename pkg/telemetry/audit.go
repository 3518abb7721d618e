package telemetry

import (
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of an audit event. What is beyond is counted, not listed.
const (
	maxAuditItems     = 100
	maxAuditLibraries = 20
	maxAuditName      = 64 // bytes of a name that a caller gave
)

// touched are the items and libraries that a call gave something of.
type touched struct {
	items     []string // at most maxAuditItems
	libraries []string // at most maxAuditLibraries, each once
	total     int      // of items
	closed    bool     // the event is written: a call that went on is too late
}

// add adds items "library/KEY" and libraries "library".
func (t *touched) add(items []string) {
	if t.closed {
		return
	}
	t.items = slices.Grow(t.items, min(len(items), maxAuditItems-len(t.items)))
	last := "" // library, of which most have one only
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

// auditor writes audit events, each a line of JSON in Cloud Logging's names.
type auditor struct {
	w           io.Writer
	tracePrefix string
	buffers     sync.Pool // of *[]byte
}

// newAuditor returns the auditor that o asks for, or nil.
func newAuditor(o Options) *auditor {
	if o.Audit == nil {
		return nil
	}
	return &auditor{w: o.Audit, tracePrefix: tracePrefix(o.Project), buffers: sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}}
}

// write writes the event of a call. The caller holds the call's lock.
func (a *auditor) write(c *Call, o *Outcome, took time.Duration) {
	held := a.buffers.Get().(*[]byte)
	b := a.event((*held)[:0], c, o, took)
	if _, err := a.w.Write(b); err != nil {
		c.telemetry.Handle(err)
	}
	*held = b
	a.buffers.Put(held)
}

// event appends the event of a call. It has who, what and when, never with
// which words or what was found.
func (a *auditor) event(b []byte, c *Call, o *Outcome, took time.Duration) []byte {
	op := &c.operation
	b = append(b, `{"time":"`...)
	b = c.begun.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","severity":"NOTICE","message":"audit","log_type":"audit"`...)
	principal := op.Principal
	if principal == "" {
		principal = "anonymous"
	}
	b = member(b, "principal", principal)
	b = member(b, "client", clean(op.ClientName))
	b = member(b, "method", closed(knownMethods, op.Method))
	if op.isTool() {
		b = member(b, "tool", toolName(op.Tool))
	}
	if op.Library != "" {
		c.touched.addLibrary(op.Library)
	}
	b = list(b, "libraries", c.touched.libraries)
	b = list(b, "items", c.touched.items)
	b = append(b, `,"items_total":`...)
	b = strconv.AppendInt(b, int64(c.touched.total), 10)
	b = member(b, "outcome", o.Status)
	if o.Code != "" {
		b = member(b, "code", o.Code)
	}
	b = append(b, `,"duration_ms":`...)
	b = strconv.AppendFloat(b, float64(took.Microseconds())/1000, 'f', -1, 64)
	b = around(c.ctx, b, a.tracePrefix)
	return append(b, "}\n"...)
}

// member appends a member whose value is fit for JSON or made so.
func member(b []byte, name, value string) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return quote(b, value)
}

// list appends a member that is a list.
func list(b []byte, name string, values []string) []byte {
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, v)
	}
	return append(b, ']')
}

// isPlain has the bytes that stand in a JSON string as they are.
var isPlain = func() (plain [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// quote appends s as a JSON string. What is no plain text is written with
// escapes, so that a line stays a line.
func quote(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0 // nearly always all of it
	for plain < len(s) && isPlain[s[plain]] {
		plain++
	}
	b = append(b, s[:plain]...)
	for i := plain; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c < ' ' || c == 0x7f:
				b = append(b, '\\', 'u', '0', '0')
				b = hex.AppendEncode(b, []byte{c})
			default:
				b = append(b, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += n
	}
	return append(b, '"')
}

// clean returns a name that a client gave itself, fit to be shown: what is
// printable of it, within bounds, and "unknown" if that is nothing.
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

// toolName returns a tool's name, or "?" for what has not the form of one,
// because a caller can ask for anything.
func toolName(name string) string {
	if isPlainName(name) {
		return name
	}
	return "?"
}

// isPlainName reports whether a name is short and of letters, digits, "_", "-"
// and ".".
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
