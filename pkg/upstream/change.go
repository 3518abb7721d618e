package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Change is a request with a body: it changes something at the host, except if it
// [Change.Reads].
type Change struct {
	Method string // POST, PUT, PATCH or DELETE
	Path   string // as in [Request]
	Query  url.Values
	// Header is as in [Request], but conditions (If-…) are sent.
	Header     http.Header
	Body       []byte
	Credential Credential
	// MaxBytes bounds the decompressed response; 0 is [Options.MaxBytes].
	MaxBytes int64
	// Once says that the host carries the change out at most once however often
	// it is sent, because of a condition or a token in the header. Only then is a
	// change sent again that the host may have carried out.
	Once bool
	// Reads says that the request changes nothing: a question that needs a body. It
	// ends with its context, and is sent again like that of [Client.Get].
	Reads bool
	// Affects is the beginning of the paths whose cached responses the change may
	// make wrong, for every credential. They are dropped.
	Affects string
}

// uncertain is the cause of an error after which the change may have been carried
// out.
type uncertain struct{ error }

func (u uncertain) Unwrap() error { return u.error }

// Uncertain reports whether the host may have carried out the change that failed
// with err. The caller has to look.
func Uncertain(err error) bool {
	u := uncertain{}
	return errors.As(err, &u)
}

// Send sends a change and returns the response. A request that the host certainly
// did not carry out is sent again, up to [Options.Attempts] times in all; one that
// it may have carried out only if the change says so with [Change.Once].
//
// If ctx ends before the change is sent, nothing happened. Once it is sent, Send
// waits for the response until [Options.Timeout], even if ctx ends, except if the
// request reads.
//
// Errors are as those of [Client.Get]; see [Uncertain]. A condition that does not
// hold (412) is [library.Conflict]. After an attempt whose outcome is not known, it
// may be the change itself that broke its condition: that error is uncertain too.
func (c *Client) Send(ctx context.Context, ch Change) (*Response, error) {
	p, err := c.prepareChange(ch)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, library.AsError(err)
	}
	if err := c.precheck(p); err != nil {
		return nil, err
	}
	waiting := context.WithoutCancel(ctx)
	if ch.Reads {
		waiting = ctx
	}
	own, stop := context.WithTimeoutCause(waiting, c.options.Timeout, ErrTimeout)
	defer stop()
	f := newFlight(time.Now().Add(c.options.Timeout), func(error) {})
	f.expect(ctx)
	var got *answer
	maybe := false // an attempt may have been carried out
	failed := c.retry(own, f, p.method, func(attempt context.Context) *fault {
		a, sent, failed := c.change(ctx, attempt, f, p)
		got = a
		if failed != nil && sent && !ch.Reads && mayHaveHappened(failed.outcome) {
			maybe = true
			failed.again = failed.again && ch.Once
		}
		return failed
	})
	if ch.Affects != "" && (failed == nil || maybe) {
		c.responses.dropBelow(c.base.EscapedPath() + ch.Affects)
	}
	switch {
	case failed == nil:
		return got.response(time.Now(), false), nil
	case maybe:
		return nil, failed.err.WithCause(uncertain{cause(failed.err)}).
			WithHint("%s may have carried it out: look before trying again", c.options.Name)
	}
	return nil, failed.err
}

// cause returns the cause of an error, or the error itself if it has none.
func cause(err *library.Error) error {
	if err.Cause != nil {
		return err.Cause
	}
	return err
}

// prepareChange validates a change. An invalid one is an internal error.
func (c *Client) prepareChange(ch Change) (*call, error) {
	switch ch.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return nil, library.Errorf(library.Internal, "a change at %s has an invalid method", c.options.Name)
	}
	p, err := c.prepare(Request{Path: ch.Path, Query: ch.Query, Header: ch.Header, Credential: ch.Credential, MaxBytes: ch.MaxBytes, NoCache: true})
	if err != nil {
		return nil, err
	}
	p.method, p.body = ch.Method, ch.Body
	for name, values := range ch.Header {
		if name = http.CanonicalHeaderKey(name); strings.HasPrefix(name, "If-") {
			maps.Copy(p.header, http.Header{name: values})
		}
	}
	if !validHeader(p.header) {
		return nil, library.Errorf(library.Internal, "a change at %s is invalid", c.options.Name)
	}
	return p, nil
}

// change makes one attempt. Until it is sent, it ends with the caller's context.
// Sent reports whether it had a connection to the host.
func (c *Client) change(caller, attempt context.Context, f *flight, p *call) (got *answer, sent bool, failed *fault) {
	waiting, stop := context.WithCancelCause(attempt)
	defer context.AfterFunc(caller, func() { stop(context.Cause(caller)) })()
	release, failed := c.enter(waiting, f, p)
	if failed != nil {
		return nil, false, failed
	}
	defer release()
	if err := caller.Err(); err != nil {
		return nil, false, &fault{err: library.AsError(err), outcome: OutcomeCancelled}
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(attempt, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	got, failed = c.exchange(traced, p, "")
	return got, connected.Load(), failed
}

// mayHaveHappened reports whether the host may have carried out a change that ended
// so after it was sent.
func mayHaveHappened(o Outcome) bool {
	switch o {
	case OutcomeRejected, OutcomeRateLimited, OutcomeHeld:
		return false
	}
	return true
}

// payload returns the body of a call as a request has it.
func (p *call) payload() (body io.ReadCloser, again func() (io.ReadCloser, error), length int64) {
	if len(p.body) == 0 {
		return nil, nil, 0
	}
	again = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }
	body, _ = again()
	return body, again, int64(len(p.body))
}
