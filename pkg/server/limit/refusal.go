package limit

import (
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// busyDelay is how long callers are asked to wait when everything is in use.
// Most calls take far less.
const busyDelay = time.Second

// TooOften returns the error for a call that a limiter refused. Its wait is
// that of the Retry-After header.
func TooOften(v Verdict) *library.Error {
	wait := seconds(v.RetryAfter)
	return library.Errorf(library.RateLimited, "too many calls in a short time").
		WithHint("wait %d s before the next one; ask for more in fewer calls", wait).
		WithRetryAfter(time.Duration(wait) * time.Second)
}

// Busy returns the error for a call beyond the number that runs at once.
func Busy() *library.Error {
	return library.Errorf(library.Unavailable, "the server is running as many calls as it can at once").
		WithHint("try again in a second").WithRetryAfter(busyDelay)
}

// BusyBodies returns the error for a large body that finds no memory.
func BusyBodies() *library.Error {
	return library.Errorf(library.Unavailable, "the server is reading as many large requests as it can at once").
		WithHint("try again in a second, or ask for less at a time").WithRetryAfter(busyDelay)
}
