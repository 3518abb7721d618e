package telemetry

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// Trace is a caller's trace and the span that made the request.
type Trace struct {
	ID      string // 32 lower-case hexadecimal digits, or "" if there is no trace
	Span    string // 16 lower-case hexadecimal digits, or "" if not known
	Sampled bool
}

// The lengths of IDs in hexadecimal digits (W3C Trace Context, section 3.2).
const (
	traceDigits = 32
	spanDigits  = 16
)

// TraceFrom returns the trace in a request's headers: from traceparent (W3C Trace
// Context) or else from X-Cloud-Trace-Context (Google Cloud's older form,
// "TRACE/SPAN;o=1" with a decimal span). It ignores any other form, and returns
// the zero Trace without a valid one. A trace labels log lines; no decision may
// depend on it.
func TraceFrom(h http.Header) Trace {
	if v := h["Traceparent"]; len(v) == 1 {
		if t, ok := parseTraceparent(v[0]); ok {
			return t
		}
	}
	if v := h["X-Cloud-Trace-Context"]; len(v) == 1 {
		if t, ok := parseCloudTrace(v[0]); ok {
			return t
		}
	}
	return Trace{}
}

// parseTraceparent reads "00-<trace>-<span>-<flags>". Versions after 00 may have
// more fields after the flags; ff is no version.
func parseTraceparent(s string) (Trace, bool) {
	const length = 2 + 1 + traceDigits + 1 + spanDigits + 1 + 2
	if len(s) < length || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return Trace{}, false
	}
	version, trace, span, flags := s[:2], s[3:35], s[36:52], s[53:55]
	switch {
	case !isHex(version) || version == "ff" || !isHex(flags):
		return Trace{}, false
	case len(s) > length && (version == "00" || s[length] != '-'):
		return Trace{}, false
	case !isID(trace) || !isID(span):
		return Trace{}, false
	}
	bits, err := hex.DecodeString(flags)
	return Trace{ID: trace, Span: span, Sampled: err == nil && bits[0]&1 == 1}, true
}

// parseCloudTrace reads "<trace>/<decimal span>;o=<sampled>"; only the trace is
// required.
func parseCloudTrace(s string) (Trace, bool) {
	s, options, _ := strings.Cut(s, ";")
	trace, span, _ := strings.Cut(s, "/")
	if len(trace) != traceDigits || !isID(trace) {
		return Trace{}, false
	}
	t := Trace{ID: trace, Sampled: options == "o=1"}
	if n, err := strconv.ParseUint(span, 10, 64); err == nil && n != 0 {
		t.Span = hex.EncodeToString(binary.BigEndian.AppendUint64(nil, n))
	}
	return t, true
}

// isHex reports whether s has only lower-case hexadecimal digits.
func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isID reports whether s is a valid ID: hexadecimal and not all zeros.
func isID(s string) bool { return isHex(s) && strings.Trim(s, "0") != "" }
