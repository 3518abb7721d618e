package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// problem is an error answer outside MCP (RFC 9457), with what a program
// needs to decide what to do next.
type problem struct {
	Type       string       `json:"type"`
	Title      string       `json:"title"`
	Status     int          `json:"status"`
	Detail     string       `json:"detail,omitempty"`
	Code       library.Code `json:"code"`
	Hint       string       `json:"hint,omitempty"`
	RetryAfter int          `json:"retry_after,omitempty"` // seconds
	RequestID  string       `json:"request_id,omitempty"`
}

// problemType is the media type of a [problem].
const problemType = "application/problem+json"

// statusOf returns the HTTP status that stands for an error's code. Invalid
// is 422 and not 400: by the time an error has a code, the request could be
// read.
func statusOf(code library.Code) int {
	switch code {
	case library.Invalid:
		return http.StatusUnprocessableEntity
	case library.NotFound:
		return http.StatusNotFound
	case library.Unauthenticated:
		return http.StatusUnauthorized
	case library.Forbidden:
		return http.StatusForbidden
	case library.Conflict:
		return http.StatusConflict
	case library.TooLarge:
		return http.StatusRequestEntityTooLarge
	case library.RateLimited:
		return http.StatusTooManyRequests
	case library.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemCodes are the codes that a problem can have.
func problemCodes() []library.Code {
	return []library.Code{
		library.Invalid, library.NotFound, library.Unauthenticated, library.Forbidden, library.Conflict,
		library.TooLarge, library.RateLimited, library.Unavailable, library.Internal,
	}
}

// writeProblem answers with err under this status.
func writeProblem(w http.ResponseWriter, r *http.Request, status int, err *library.Error) {
	p := problem{
		Type:       "about:blank",
		Title:      http.StatusText(status),
		Status:     status,
		Detail:     err.Message,
		Code:       err.Code,
		Hint:       err.Hint,
		RetryAfter: retrySeconds(err),
		RequestID:  telemetry.RequestID(r.Context()),
	}
	h := w.Header()
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	body, merr := json.Marshal(p)
	if merr != nil {
		body = []byte(`{}`)
	}
	writeJSON(w, status, problemType, body)
}

// writeJSON answers with a body that is ready.
func writeJSON(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, not HTML; and the caller is gone if this fails: there is nobody to tell
}

// retrySeconds returns after how many whole seconds err says to try again, at
// least 1 if it says anything. Half a second too early is too early.
func retrySeconds(err *library.Error) int {
	if err.RetryAfter <= 0 {
		return 0
	}
	return int((err.RetryAfter + time.Second - 1) / time.Second)
}
