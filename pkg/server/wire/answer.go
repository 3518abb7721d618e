package wire

import (
	"net/http"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// NoStore is the value of Cache-Control for responses to one caller. It is
// shared: assign it whole, never append to it.
var NoStore = []string{"no-store, no-transform"}

// WriteJSON writes a complete JSON response.
func WriteJSON(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the caller has disconnected
}

// SetChallenge sets the headers of a challenge: WWW-Authenticate and
// Retry-After if it has them, and Cache-Control: no-store.
func SetChallenge(h http.Header, c *identity.Challenge) {
	h["Cache-Control"] = NoStore
	if c.Header != "" {
		h.Set("WWW-Authenticate", c.Header)
	}
	if seconds := RetrySeconds(c.Err); seconds > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
}

// RetrySeconds returns the wait of err in whole seconds, rounded up, or 0 if it
// has none.
func RetrySeconds(err *library.Error) int {
	if err.RetryAfter <= 0 {
		return 0
	}
	return int((err.RetryAfter + time.Second - 1) / time.Second)
}

// Message returns the message and hint of an error on one line.
func Message(err *library.Error) string {
	if err.Hint == "" {
		return err.Message
	}
	return err.Message + "; " + err.Hint
}
