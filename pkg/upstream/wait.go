package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait bounds the waits that a host can request, so that a wrong header does
// not block callers for days.
const maxWait = time.Hour

// retryAfter parses Retry-After: seconds or a date (RFC 9110 section 10.2.3). A
// date is relative to the response's Date, so that clock differences don't
// matter. It returns 0 to maxWait.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if d, ok := seconds(value); ok {
		return d
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return min(max(at.Sub(now), 0), maxWait)
}

// backOff parses Zotero's Backoff: seconds, in any response. It returns 0 to
// maxWait.
func backOff(h http.Header) time.Duration {
	d, _ := seconds(strings.TrimSpace(h.Get("Backoff")))
	return d
}

// seconds parses a whole number of seconds, at most maxWait.
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(maxWait/time.Second) {
		return maxWait, true
	}
	return time.Duration(n) * time.Second, true
}

// roundUp returns d rounded up to whole seconds, at least one.
func roundUp(d time.Duration) time.Duration {
	return max((d + time.Second - 1).Truncate(time.Second), time.Second)
}
