package server

import (
	"crypto/rand"
	"net/http"
)

// maxRequestID is the length in bytes of the longest request ID that is taken
// over from a caller.
const maxRequestID = 64

// requestID returns the caller's X-Request-Id if it is fit to stand in logs
// and headers, and a new one otherwise.
func requestID(h http.Header) string {
	if v := h["X-Request-Id"]; len(v) == 1 && isToken(v[0], maxRequestID) {
		return v[0]
	}
	return newRequestID()
}

// newRequestID returns an ID that nobody else has: 26 characters, 130 bits.
func newRequestID() string { return rand.Text() }
