package upstream

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxErrorText is the most bytes read of an error's text.
const maxErrorText = 4 << 10

// ErrTimeout is the cause of an error if the host did not respond in time. The client
// cancels the call with it.
var ErrTimeout = errors.New("the client's own deadline passed")

// errAbandoned is the cause with which the client cancels a call for which no caller waits.
var errAbandoned = errors.New("all callers left")

// exchange sends p through the breaker and reads the whole response: 2xx, or
// 304 to a conditional request.
func (c *Client) exchange(ctx context.Context, p *call, condition string) (got *answer, failed *fault) {
	failed = c.withBreaker(func() (Outcome, *fault) {
		response, f := c.send(ctx, p, condition)
		if f == nil {
			got, f = c.read(ctx, p, response)
		}
		if f == nil && got.status == http.StatusNotModified {
			return OutcomeUnchanged, nil
		}
		return OutcomeOK, f
	})
	return got, failed
}

// withBreaker runs an exchange with the host through the breaker and reports it to
// the hooks.
func (c *Client) withBreaker(exchange func() (Outcome, *fault)) *fault {
	return c.breaker.through(c.options.Name, func() *fault {
		began := time.Now()
		outcome, f := exchange()
		took := time.Since(began)
		if f != nil {
			outcome = f.outcome
			// A call that left the queue late ran out of time because of the
			// queue, not the host.
			if outcome == OutcomeTimeout && took < c.options.Timeout/2 {
				f.broken = false
			}
		}
		c.options.Hooks.request(outcome, took)
		return f
	})
}

// send sends p and checks the head of the response. It returns a response with
// open body whose status is 2xx, 304 to a conditional request, or, for a raw
// call, a redirect.
func (c *Client) send(ctx context.Context, p *call, condition string) (*http.Response, *fault) {
	body, again, length := p.payload()
	request := (&http.Request{
		Method: p.method, URL: p.url, Host: p.url.Host, Header: p.wire(c.options.Header, condition),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: body, GetBody: again, ContentLength: length,
	}).WithContext(ctx)
	// The transport follows no redirect, so no header of a caller reaches
	// another host: http.Client would forward Zotero-API-Key.
	sent := time.Now()
	response, err := c.options.Transport.RoundTrip(request)
	if err != nil {
		return nil, c.networkFault(ctx, err, false)
	}
	answered(ctx, response.StatusCode)
	id := p.key.credential
	c.credentials.pause(id, max(backOff(response.Header), pauseOf(response)))
	switch status := response.StatusCode; {
	case status >= 200 && status < 300, p.raw && isRedirect(status), status == http.StatusNotModified && condition != "":
		c.credentials.accepted(id, sent)
		return response, nil
	case status == http.StatusNotModified:
		discard(response)
		return nil, &fault{
			err:     library.Errorf(library.Unavailable, "%s sent an unexpected 304 Not Modified", c.options.Name),
			outcome: OutcomeUnreadable, again: true,
		}
	}
	text := errorText(response)
	if rejectsKey(p, response.StatusCode, text) {
		c.credentials.rejected(id)
	} else if provesKey(response.StatusCode) {
		c.credentials.accepted(id, sent)
	}
	return nil, c.statusFault(p, response, text)
}

// pauseOf returns the pause that Retry-After requests. It counts only in 429
// and 503 responses.
func pauseOf(r *http.Response) time.Duration {
	if r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable {
		return retryAfter(r.Header, time.Now())
	}
	return 0
}

// provesKey reports whether a status shows that the host accepted the
// credential: a bad key is rejected on every path before anything else.
func provesKey(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}

// isRedirect reports whether a status is a redirect for GET.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// errorText reads the beginning of an error's text and closes the body.
func errorText(r *http.Response) string {
	defer r.Body.Close()
	// On a read error the status is enough.
	text, _ := io.ReadAll(io.LimitReader(r.Body, maxErrorText))
	return string(text)
}

// discard closes a response. It reads a short body to the end, so that the
// connection can be reused.
func discard(r *http.Response) { errorText(r) }

// read reads a whole response, within the call's limit, and validates it.
func (c *Client) read(ctx context.Context, p *call, r *http.Response) (*answer, *fault) {
	defer r.Body.Close()
	if r.ContentLength > p.limit {
		return nil, c.tooLarge(p.limit)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, p.limit+1))
	if err != nil {
		return nil, c.networkFault(ctx, err, true)
	}
	if int64(len(body)) > p.limit {
		return nil, c.tooLarge(p.limit)
	}
	if r.StatusCode == http.StatusOK {
		if f := c.checkContent(p, body); f != nil {
			return nil, f
		}
	}
	r.Header.Del("Set-Cookie") // session cookies must not be shared or cached
	now := time.Now()
	return &answer{status: r.StatusCode, header: r.Header, body: body, fetched: now, confirmed: now}, nil
}

// tooLarge returns the fault of a response beyond the limit.
func (c *Client) tooLarge(limit int64) *fault {
	return &fault{
		err: library.Errorf(library.TooLarge, "%s sent more than %d bytes", c.options.Name, limit).
			WithHint("ask for less at a time"),
		outcome: OutcomeTooLarge,
	}
}

// networkFault translates an error of the transport. Begun reports that the
// response had begun.
func (c *Client) networkFault(ctx context.Context, err error, begun bool) *fault {
	name := c.options.Name
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, ErrTimeout) {
			return &fault{
				err:     library.Errorf(library.Unavailable, "%s did not respond in time", name).WithHint("try again, or ask for less at a time").WithCause(ErrTimeout),
				outcome: OutcomeTimeout, broken: true,
			}
		}
		return &fault{err: library.AsError(ctx.Err()), outcome: OutcomeCancelled}
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // without the URL, which contains the caller's query
	}
	e := library.Errorf(library.Unavailable, "the connection to %s broke", name)
	hint := "try again in a moment"
	switch {
	case begun && isBroken(err):
		e = library.Errorf(library.Unavailable, "the response of %s ended early", name)
	case isCertificate(err):
		e = library.Errorf(library.Unavailable, "the certificate of %s can't be verified", name)
		hint = "ask the admin of this server to check its clock, its proxy and the configured address"
	case isUnreachable(err):
		e = library.Errorf(library.Unavailable, "%s can't be reached", name)
	}
	return &fault{err: e.WithHint("%s", hint).WithCause(err), outcome: OutcomeNetwork, again: true, broken: true}
}

// isBroken reports whether a response ended early or its compressed data is
// damaged.
func isBroken(err error) bool {
	corrupt := flate.CorruptInputError(0)
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

func isCertificate(err error) bool {
	e := (*tls.CertificateVerificationError)(nil)
	return errors.As(err, &e)
}

// isUnreachable reports whether no connection could be made.
func isUnreachable(err error) bool {
	if e := (*net.OpError)(nil); errors.As(err, &e) && e.Op == "dial" {
		return true
	}
	e := (*net.DNSError)(nil)
	return errors.As(err, &e)
}
