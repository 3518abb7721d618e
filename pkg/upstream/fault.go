package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// fault is a failed attempt: the caller's error, and how the client reacts to
// it.
type fault struct {
	err     *library.Error
	outcome Outcome
	again   bool          // a retry may succeed
	broken  bool          // counts as a failure of the host for the breaker
	wait    time.Duration // the wait that the host requested, or 0
}

func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// statusError is the cause of an error response. Text is for the log: cleaned,
// truncated, without the credential.
type statusError struct {
	status int
	header http.Header
	scope  string
	text   string
}

func (e *statusError) Error() string {
	s := fmt.Sprintf("status %d for %s", e.status, e.scope)
	if e.text != "" {
		s += ": " + e.text
	}
	return s
}

// StatusOf returns the HTTP status of the response that caused err, or 0.
func StatusOf(err error) int {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.status
	}
	return 0
}

// HeaderOf returns the header of the response that caused err, or an empty one.
func HeaderOf(err error) http.Header {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.header.Clone()
	}
	return http.Header{}
}

// statusFault returns the fault for a status other than 2xx and 304.
func (c *Client) statusFault(p *call, r *http.Response, text string) *fault {
	e, outcome := c.wording(p, r.StatusCode, text)
	f := &fault{outcome: outcome, broken: outcome == OutcomeServerError}
	switch r.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		f.again = true
	}
	if outcome == OutcomeServerError || outcome == OutcomeRateLimited {
		f.wait = retryAfter(r.Header, time.Now())
		e = e.WithRetryAfter(f.wait)
	}
	f.err = e.WithCause(&statusError{
		status: r.StatusCode, header: r.Header, scope: p.credential.String(), text: excerpt(text, p.credential),
	})
	return f
}

// wording returns the message and hint for a status.
func (c *Client) wording(p *call, status int, text string) (*library.Error, Outcome) {
	name := c.options.Name
	switch {
	case rejectsKey(p, status, text), status == http.StatusUnauthorized:
		return invalidKey(name), OutcomeRejected
	case status == http.StatusBadRequest:
		return library.Errorf(library.Invalid, "%s rejected the request as invalid", name).
			WithHint("change the words or the filters of the request"), OutcomeRejected
	case status == http.StatusForbidden:
		return library.Errorf(library.Forbidden, "the API key does not allow this at %s", name).
			WithHint("ask the library's owner for access, or use a key with the right to it"), OutcomeRejected
	case status == http.StatusNotFound, status == http.StatusGone:
		return library.Errorf(library.NotFound, "%s does not have this, or the API key may not see it", name).
			WithHint("use an ID from a search or a list"), OutcomeRejected
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return library.Errorf(library.Conflict, "it was changed at %s in the meantime, or is locked", name).
			WithHint("read it again, then decide"), OutcomeRejected
	case status == http.StatusRequestEntityTooLarge, status == http.StatusRequestURITooLong, status == http.StatusRequestHeaderFieldsTooLarge:
		return library.Errorf(library.TooLarge, "this is more than %s accepts in one request", name).
			WithHint("ask for less at a time"), OutcomeRejected
	case status == http.StatusPreconditionRequired:
		return library.Errorf(library.Internal, "the request to %s lacks the expected version", name), OutcomeRejected
	case status == http.StatusTooManyRequests:
		return library.Errorf(library.RateLimited, "%s limits the number of requests", name).
			WithHint("wait before trying again"), OutcomeRateLimited
	case status == http.StatusNotImplemented:
		return library.Errorf(library.Invalid, "%s does not support this", name), OutcomeRejected
	case status == http.StatusServiceUnavailable:
		return library.Errorf(library.Unavailable, "%s is temporarily unavailable, perhaps for maintenance", name).
			WithHint("try again later"), OutcomeServerError
	case status >= 500:
		return library.Errorf(library.Unavailable, "%s reported an internal error", name).WithHint("try again later"), OutcomeServerError
	case status >= 300 && status < 400:
		return library.Errorf(library.Unavailable, "%s sent a redirect, which is not followed", name).
			WithHint("ask the admin of this server to check the configured address"), OutcomeRejected
	}
	return library.Errorf(library.Invalid, "%s rejected the request", name), OutcomeRejected
}

// invalidKey returns the error for an invalid key.
func invalidKey(name string) *library.Error {
	return library.Errorf(library.Unauthenticated, "%s does not accept the API key: it was deleted or was never valid", name).
		WithHint("sign in again, or put a new key in the configuration")
}

// rejectsKey reports whether a response rejects the credential itself: Zotero
// returns 403 "Invalid key" on every path, and 401 or 403 on the path that
// describes the key.
func rejectsKey(p *call, status int, text string) bool {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return false
	}
	return strings.HasSuffix(p.path, "/keys/current") ||
		status == http.StatusForbidden && strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "invalid key")
}

// excerpt returns the beginning of a response's text for the log, without the
// credential, which the host may repeat.
func excerpt(text string, credential Credential) string {
	for _, values := range credential.header() {
		for _, value := range values {
			for word := range strings.FieldsSeq(value) {
				text = strings.ReplaceAll(text, word, "[secret]")
			}
		}
	}
	text, _ = plaintext.Cut(plaintext.Line(text), 200)
	return text
}

// held returns the fault of a call that was not sent.
func held(err *library.Error) *fault { return &fault{err: err, outcome: OutcomeHeld} }
