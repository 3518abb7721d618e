package rest

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// problem is an error response outside MCP (RFC 9457).
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

// problemCodes are the codes that a problem can have.
func problemCodes() []library.Code {
	return []library.Code{
		library.Invalid, library.NotFound, library.Unauthenticated, library.Forbidden, library.Conflict,
		library.TooLarge, library.RateLimited, library.Unavailable, library.Internal,
	}
}

// WriteProblem writes err as a problem with this status.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, err *library.Error) {
	p := problem{
		Type:       "about:blank",
		Title:      http.StatusText(status),
		Status:     status,
		Detail:     err.Message,
		Code:       err.Code,
		Hint:       err.Hint,
		RetryAfter: wire.RetrySeconds(err),
		RequestID:  telemetry.RequestID(r.Context()),
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	body, merr := json.Marshal(p)
	if merr != nil {
		body = []byte(`{}`)
	}
	wire.WriteJSON(w, status, problemType, body)
}

// WriteChallenge writes a challenge.
func WriteChallenge(w http.ResponseWriter, r *http.Request, c *identity.Challenge) {
	wire.SetChallenge(w.Header(), c)
	WriteProblem(w, r, c.Status, c.Err)
}
