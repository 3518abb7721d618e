package wire

import (
	"crypto/rand"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxRequestID is the longest request ID that the server accepts from a caller,
// in bytes.
const maxRequestID = 64

// RequestID returns the caller's X-Request-Id if it is safe in logs and
// headers, else a new ID, and whether it is the caller's: callers can repeat an
// ID or use another caller's.
func RequestID(h http.Header) (id string, callers bool) {
	if v := h["X-Request-Id"]; len(v) == 1 && plaintext.IsToken(v[0], maxRequestID) {
		return v[0], true
	}
	return NewRequestID(), false
}

// NewRequestID returns a random ID of 26 characters, 130 bits.
func NewRequestID() string { return rand.Text() }
