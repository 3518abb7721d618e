package limit

import (
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// busyDelay is the wait for callers when the server is full. Most calls take
// far less.
const busyDelay = time.Second

// RateExceeded returns the error for a call that a limiter rejected. Its wait is
// that of the Retry-After header.
func RateExceeded(v Decision) *library.Error {
	wait := seconds(v.RetryAfter)
	return library.Errorf(library.RateLimited, "too many calls in a short time").
		WithHint("wait %d s before the next call; request more with fewer calls", wait).
		WithRetryAfter(time.Duration(wait) * time.Second)
}

// Busy returns the error for a call beyond the bound of [InFlight].
func Busy() *library.Error {
	return library.Errorf(library.Unavailable, "the server is running as many calls as it can at once").
		WithHint("try again in a second").WithRetryAfter(busyDelay)
}

// BusyBodies returns the error for a large body beyond the memory for bodies.
func BusyBodies() *library.Error {
	return library.Errorf(library.Unavailable, "the server is reading as many large requests as it can at once").
		WithHint("try again in a second, or request less at a time").WithRetryAfter(busyDelay)
}
