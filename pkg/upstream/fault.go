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

// fault is a failed attempt: what the caller reads, and what the layers
// between do about it.
type fault struct {
	err     *library.Error
	outcome Outcome
	again   bool          // another attempt may do better
	broken  bool          // the host failed, for the breaker
	wait    time.Duration // what the host asked for, or 0
}

func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// statusError is the cause of an error that the host answered with. Text is
// for the log: cleaned, short, without the credential.
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

// StatusOf returns the HTTP status with which the host answered, if that is
// why err came about, else 0.
func StatusOf(err error) int {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.status
	}
	return 0
}

// HeaderOf returns the header of the answer whose status is [StatusOf], or an
// empty one.
func HeaderOf(err error) http.Header {
	if e := (*statusError)(nil); errors.As(err, &e) {
		return e.header.Clone()
	}
	return http.Header{}
}

// statusFault is the fault of an answer that is neither 2xx nor 304.
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

// wording returns what a caller reads about a status.
func (c *Client) wording(p *call, status int, text string) (*library.Error, Outcome) {
	name := c.options.Name
	switch {
	case refusesKey(p, status, text), status == http.StatusUnauthorized:
		return refusedKey(name), OutcomeRejected
	case status == http.StatusBadRequest:
		return library.Errorf(library.Invalid, "%s does not understand the request", name).
			WithHint("change the words or the filters of the request"), OutcomeRejected
	case status == http.StatusForbidden:
		return library.Errorf(library.Forbidden, "the API key may not do this at %s", name).
			WithHint("ask the library's owner for access, or use a key with the right to it"), OutcomeRejected
	case status == http.StatusNotFound, status == http.StatusGone:
		return library.Errorf(library.NotFound, "%s has nothing like this, or nothing that the API key may see", name).
			WithHint("take IDs from a search or a list"), OutcomeRejected
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return library.Errorf(library.Conflict, "it was changed at %s in the meantime, or is locked", name).
			WithHint("read it again, then decide"), OutcomeRejected
	case status == http.StatusRequestEntityTooLarge, status == http.StatusRequestURITooLong, status == http.StatusRequestHeaderFieldsTooLarge:
		return library.Errorf(library.TooLarge, "this is more than %s handles in one request", name).
			WithHint("ask for less at a time"), OutcomeRejected
	case status == http.StatusPreconditionRequired:
		return library.Errorf(library.Internal, "%s was asked without naming the version that was meant", name), OutcomeRejected
	case status == http.StatusTooManyRequests:
		return library.Errorf(library.RateLimited, "%s asks for fewer calls", name).
			WithHint("wait before asking again"), OutcomeRateLimited
	case status == http.StatusNotImplemented:
		return library.Errorf(library.Invalid, "%s can't do this", name), OutcomeRejected
	case status == http.StatusServiceUnavailable:
		return library.Errorf(library.Unavailable, "%s is down for the moment, perhaps for maintenance", name).
			WithHint("try again later"), OutcomeServerError
	case status >= 500:
		return library.Errorf(library.Unavailable, "%s failed on its side", name).WithHint("try again later"), OutcomeServerError
	case status >= 300 && status < 400:
		return library.Errorf(library.Unavailable, "%s pointed elsewhere, and that was not followed", name).
			WithHint("the administrator of this server should look at the configured address"), OutcomeRejected
	}
	return library.Errorf(library.Invalid, "%s refused the request", name), OutcomeRejected
}

// refusedKey is what the caller of a dead key reads.
func refusedKey(name string) *library.Error {
	return library.Errorf(library.Unauthenticated, "%s does not accept the API key: it was deleted, or never valid", name).
		WithHint("sign in again, or put a new key in the configuration")
}

// refusesKey reports whether an answer says that the credential itself is no
// good, on whatever path: Zotero answers 403 "Invalid key" everywhere, and
// 401 or 403 to the question which key this is.
func refusesKey(p *call, status int, text string) bool {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return false
	}
	return strings.HasSuffix(p.path, "/keys/current") ||
		status == http.StatusForbidden && strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "invalid key")
}

// excerpt returns the beginning of an answer's text for the log, without the
// credential, which a host might repeat.
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

// held is the fault of a call that was not sent, and why.
func held(err *library.Error) *fault { return &fault{err: err, outcome: OutcomeHeld} }
