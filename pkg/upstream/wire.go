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

// maxErrorText is how much of an error's text is read: enough to recognise it.
const maxErrorText = 4 << 10

// Causes with which the client itself ends a call's context.
var (
	errTimeout   = errors.New("the client's own deadline passed")
	errAbandoned = errors.New("every caller left")
)

// exchange sends p through the breaker and reads the answer whole: 2xx, or
// 304 if a condition was sent.
func (c *Client) exchange(ctx context.Context, p *call, condition string) (got *answer, failed *fault) {
	failed = c.guarded(func() (Outcome, *fault) {
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

// guarded runs an exchange with the host through the breaker and tells the
// hooks.
func (c *Client) guarded(exchange func() (Outcome, *fault)) *fault {
	return c.breaker.through(c.options.Name, func() *fault {
		began := time.Now()
		outcome, f := exchange()
		took := time.Since(began)
		if f != nil {
			outcome = f.outcome
			// A call that had its turn late ran out of time in our queue.
			if outcome == OutcomeTimeout && took < c.options.Timeout/2 {
				f.broken = false
			}
		}
		c.options.Hooks.request(outcome, took)
		return f
	})
}

// send puts p on the wire and judges the answer's head. It returns an answer
// whose body is open and whose status is 2xx, a 304 to a condition, or, for a
// raw call, a redirect.
func (c *Client) send(ctx context.Context, p *call, condition string) (*http.Response, *fault) {
	request := (&http.Request{
		Method: http.MethodGet, URL: p.url, Host: p.url.Host, Header: p.wire(c.options.Header, condition),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	// The transport follows no redirect, so that no header of a caller ever
	// reaches another host: http.Client would forward Zotero-API-Key.
	sent := time.Now()
	response, err := c.options.Transport.RoundTrip(request)
	if err != nil {
		return nil, c.networkFault(ctx, err, false)
	}
	answered(ctx, response.StatusCode)
	id := p.key.credential
	c.records.pause(id, max(backOff(response.Header), pauseOf(response)))
	switch status := response.StatusCode; {
	case status >= 200 && status < 300, p.raw && isRedirect(status), status == http.StatusNotModified && condition != "":
		c.records.accepted(id, sent)
		return response, nil
	case status == http.StatusNotModified:
		discard(response)
		return nil, &fault{
			err:     library.Errorf(library.Unavailable, "%s said that nothing changed, without being asked for changes", c.options.Name),
			outcome: OutcomeUnreadable, again: true,
		}
	}
	text := errorText(response)
	if refusesKey(p, response.StatusCode, text) {
		c.records.refused(id)
	} else if provesKey(response.StatusCode) {
		c.records.accepted(id, sent)
	}
	return nil, c.statusFault(p, response, text)
}

// pauseOf returns how long an answer asks to be left alone by Retry-After,
// which counts only where it goes with a refusal to answer now.
func pauseOf(r *http.Response) time.Duration {
	if r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable {
		return retryAfter(r.Header, time.Now())
	}
	return 0
}

// provesKey reports whether a status comes only after the host took the
// credential: a bad key is refused on every path before anything else.
func provesKey(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}

// isRedirect reports whether a status comes with another address to GET.
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
	// What can't be read is no text; the status says enough.
	text, _ := io.ReadAll(io.LimitReader(r.Body, maxErrorText))
	return string(text)
}

// discard gives up an answer. A short body is read, so that the connection can
// be used again.
func discard(r *http.Response) { errorText(r) }

// read reads an answer whole, within the call's limit, and looks whether it is
// one.
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
	r.Header.Del("Set-Cookie") // a session is nothing to share or keep
	now := time.Now()
	return &answer{status: r.StatusCode, header: r.Header, body: body, fetched: now, confirmed: now}, nil
}

// tooLarge is the fault of an answer past the limit.
func (c *Client) tooLarge(limit int64) *fault {
	return &fault{
		err: library.Errorf(library.TooLarge, "%s answered with more than %d bytes", c.options.Name, limit).
			WithHint("ask for less at a time"),
		outcome: OutcomeTooLarge,
	}
}

// networkFault puts an error of the transport into words. Begun says that the
// answer had begun.
func (c *Client) networkFault(ctx context.Context, err error, begun bool) *fault {
	name := c.options.Name
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, errTimeout) {
			return &fault{
				err:     library.Errorf(library.Unavailable, "%s did not answer in time", name).WithHint("try again, or ask for less at a time").WithCause(errTimeout),
				outcome: OutcomeTimeout, broken: true,
			}
		}
		return &fault{err: library.AsError(ctx.Err()), outcome: OutcomeCancelled}
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // without the address, which has the caller's words in it
	}
	e := library.Errorf(library.Unavailable, "the connection to %s broke", name)
	hint := "try again in a moment"
	switch {
	case begun && isBroken(err):
		e = library.Errorf(library.Unavailable, "the answer of %s broke off before its end", name)
	case isCertificate(err):
		e = library.Errorf(library.Unavailable, "the certificate of %s can't be verified", name)
		hint = "the administrator of this server should look at its clock, its proxy and the configured address"
	case isUnreachable(err):
		e = library.Errorf(library.Unavailable, "%s can't be reached", name)
	}
	return &fault{err: e.WithHint("%s", hint).WithCause(err), outcome: OutcomeNetwork, again: true, broken: true}
}

// isBroken reports whether an answer ended before its end, or is no longer
// what was compressed.
func isBroken(err error) bool {
	corrupt := flate.CorruptInputError(0)
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

func isCertificate(err error) bool {
	e := (*tls.CertificateVerificationError)(nil)
	return errors.As(err, &e)
}

// isUnreachable reports whether no connection came about.
func isUnreachable(err error) bool {
	if e := (*net.OpError)(nil); errors.As(err, &e) && e.Op == "dial" {
		return true
	}
	e := (*net.DNSError)(nil)
	return errors.As(err, &e)
}
