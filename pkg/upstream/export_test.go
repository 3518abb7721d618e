package upstream

import (
	"net/http"
	"time"
)

// Lanes returns how many credentials have a lane.
func Lanes(c *Client) int {
	c.lanes.mu.Lock()
	defer c.lanes.mu.Unlock()
	return len(c.lanes.byCredential)
}

// RetryAfter and BackOff are what a host's words are read by.
func RetryAfter(h http.Header, now time.Time) time.Duration { return retryAfter(h, now) }

// BackOff reads the header Backoff.
func BackOff(h http.Header) time.Duration { return backOff(h) }

// IsPage reports whether body is a web page.
func IsPage(body []byte) bool { return isPage(body) }
