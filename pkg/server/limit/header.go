package limit

import (
	"net/http"
	"strconv"
	"time"
)

// policyName is how the two header fields refer to each other. It is a String
// of Structured Fields (RFC 9651).
const policyName = "caller"

// Policy returns the value of the RateLimit-Policy field, or "" for no limit.
// The burst is a parameter of our own, prefixed as the draft asks.
func (l *Limiter) Policy() string {
	if l == nil {
		return ""
	}
	return l.policy
}

// WriteHeader sets the fields RateLimit-Policy, to policy, and RateLimit, and
// for a call that may not be made Retry-After, in whole seconds
// (draft-ietf-httpapi-ratelimit-headers-10; RFC 9110, section 10.2.3). Where
// there is no limit it sets nothing.
func (v Verdict) WriteHeader(h http.Header, policy string) {
	if v.Limit == 0 {
		return
	}
	reset := seconds(v.Reset)
	if !v.OK {
		// Both are to name the same moment (the draft, section 5).
		reset = seconds(v.RetryAfter)
		h["Retry-After"] = []string{strconv.Itoa(reset)}
	}
	state := make([]byte, 0, 32)
	state = append(state, `"`+policyName+`";r=`...)
	state = strconv.AppendInt(state, int64(v.Remaining), 10)
	state = append(state, ";t="...)
	state = strconv.AppendInt(state, int64(reset), 10)
	h["Ratelimit-Policy"] = []string{policy}
	h["Ratelimit"] = []string{string(state)}
}

// seconds returns d in whole seconds. It rounds up: who waits that long has
// waited long enough.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
