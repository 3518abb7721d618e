package limit

import (
	"net/http"
	"strconv"
	"time"
)

// policyName links the two header fields. It is a String of Structured Fields
// (RFC 9651).
const policyName = "caller"

// WriteHeader sets the fields RateLimit-Policy and RateLimit when less than
// half of a burst is left, and for a rejected call Retry-After, in whole
// seconds (draft-ietf-httpapi-ratelimit-headers-10; RFC 9110, section 10.2.3).
// The draft lets a server omit the fields while much is left ("Performance
// Considerations"), which keeps most responses small. Without a limit it sets
// nothing. The burst is a parameter of our own, with a prefix as the draft
// requires.
func (l *Limiter) WriteHeader(h http.Header, v Decision) {
	if l == nil || v.Limit == 0 || v.OK && 2*v.Remaining >= l.burst {
		return
	}
	reset := seconds(v.Reset)
	if !v.OK {
		// Both fields must name the same time (the draft, section 5).
		reset = seconds(v.RetryAfter)
		h["Retry-After"] = []string{strconv.Itoa(reset)}
	}
	state := make([]byte, 0, 32)
	state = append(state, `"`+policyName+`";r=`...)
	state = strconv.AppendInt(state, int64(v.Remaining), 10)
	state = append(state, ";t="...)
	state = strconv.AppendInt(state, int64(reset), 10)
	h["Ratelimit-Policy"] = l.policy
	h["Ratelimit"] = []string{string(state)}
}

// seconds returns d in whole seconds, rounded up so that the wait is long
// enough.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
