package upstream

import (
	"net/http"
	"time"
)

// Queues returns the number of credentials with a queue.
func Queues(c *Client) int {
	c.queues.mu.Lock()
	defer c.queues.mu.Unlock()
	return len(c.queues.byCredential)
}

// RetryAfter parses the header Retry-After.
func RetryAfter(h http.Header, now time.Time) time.Duration { return retryAfter(h, now) }

// BackOff parses the header Backoff.
func BackOff(h http.Header) time.Duration { return backOff(h) }

// IsPage reports whether body is a web page.
func IsPage(body []byte) bool { return isPage(body) }
