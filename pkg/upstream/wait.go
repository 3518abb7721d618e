package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait is the longest that a host's word holds calls back. A wrong header
// must not silence a caller for days.
const maxWait = time.Hour

// retryAfter reads Retry-After, which has seconds or a date (RFC 9110 section
// 10.2.3). A date counts from the answer's own Date, so that a clock that
// differs from ours doesn't matter. It returns 0 to maxWait.
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

// backOff reads Zotero's Backoff, which has seconds and may come with any
// answer. It returns 0 to maxWait.
func backOff(h http.Header) time.Duration {
	d, _ := seconds(strings.TrimSpace(h.Get("Backoff")))
	return d
}

// seconds reads a whole number of seconds, at most maxWait.
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

// roundUp returns d in whole seconds, at least one.
func roundUp(d time.Duration) time.Duration {
	return max((d + time.Second - 1).Truncate(time.Second), time.Second)
}
