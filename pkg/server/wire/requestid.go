package wire

import (
	"crypto/rand"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxRequestID is the length in bytes of the longest request ID that is taken
// from a caller.
const maxRequestID = 64

// RequestID returns the caller's X-Request-Id if it may stand in logs and
// headers, and a new ID otherwise, and whether it is the caller's: a caller can
// send the same one twice, or another's.
func RequestID(h http.Header) (id string, callers bool) {
	if v := h["X-Request-Id"]; len(v) == 1 && plaintext.IsToken(v[0], maxRequestID) {
		return v[0], true
	}
	return NewRequestID(), false
}

// NewRequestID returns a random ID of 26 characters, 130 bits.
func NewRequestID() string { return rand.Text() }
