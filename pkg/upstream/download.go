package upstream

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxHops is the most redirects on the pinned host in one download.
const maxHops = 3

// Download returns a file as a stream: not cached, not decompressed, at most
// r.MaxBytes. If the file is larger or the connection breaks, reading ends with
// an error, never silently. The caller must close it within
// [Options.DownloadTimeout].
//
// A redirect on the pinned host is followed with the credential. A redirect to
// another host is followed once, without any header of the caller: from https
// only to https, and from http only on the same host or on this machine, so
// that a host can't redirect requests into a private network. The header is the
// file's, with the fields of the redirect responses, such as Zotero-File-MD5.
func (c *Client) Download(ctx context.Context, r Request) (io.ReadCloser, http.Header, error) {
	r.NoCache = true
	p, err := c.prepare(r)
	if err != nil {
		return nil, nil, err
	}
	p.raw = true
	if err := ctx.Err(); err != nil {
		return nil, nil, library.AsError(err)
	}
	if err := c.precheck(p); err != nil {
		return nil, nil, err
	}
	own, cancel := context.WithCancelCause(ctx)
	own, stop := context.WithTimeoutCause(own, c.options.DownloadTimeout, ErrTimeout)
	end := func(cause error) { cancel(cause); stop() }
	f := newFlight(time.Now().Add(c.options.Timeout), end)
	f.expect(ctx)
	impatience := time.AfterFunc(c.options.Timeout, func() { cancel(ErrTimeout) })
	var file *file
	failed := c.retry(own, f, p.method, func(ctx context.Context) (failed *fault) {
		file, failed = c.open(ctx, f, p)
		return failed
	})
	if !impatience.Stop() && failed == nil {
		_ = file.body.Close()
		file.release()
		failed = c.networkFault(own, ErrTimeout, false)
	}
	if failed != nil {
		end(nil)
		return nil, nil, failed.err
	}
	file.ctx, file.end = own, end
	return file, file.header, nil
}

// file is a running download.
type file struct {
	client  *Client
	ctx     context.Context // ends when the file is closed, as for a response body
	body    io.ReadCloser
	header  http.Header
	left    int64 // remaining bytes
	limit   int64
	release func()
	end     func(cause error)
}

// Read implements [io.Reader]. Its errors are [*library.Error] and [io.EOF].
func (f *file) Read(b []byte) (int, error) {
	// Reading one byte beyond the limit distinguishes a file of exactly that
	// size from a larger one.
	if int64(len(b)) > f.left+1 {
		b = b[:f.left+1]
	}
	n, err := f.body.Read(b)
	f.left -= int64(n)
	if f.left < 0 {
		f.left = 0
		return n - 1, f.client.tooLarge(f.limit).err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, f.client.networkFault(f.ctx, err, true).err
	}
	return n, err
}

// Close implements [io.Closer].
func (f *file) Close() error {
	err := f.body.Close()
	f.release()
	f.end(nil)
	return err
}

// open requests a file and follows redirects.
func (c *Client) open(ctx context.Context, f *flight, p *call) (*file, *fault) {
	said := http.Header{} // of redirects
	for hop := 0; ; hop++ {
		release, failed := c.enter(ctx, f, p)
		if failed != nil {
			return nil, failed
		}
		response, failed := c.ask(ctx, p)
		if failed != nil {
			release()
			return nil, failed
		}
		if response.StatusCode < 300 {
			maps.Copy(response.Header, said)
			return c.opened(p, response, response.Header, release)
		}
		discard(response)
		release()
		maps.Copy(said, ofRedirect(response.Header))
		target, failed := c.target(p, response)
		if failed != nil {
			return nil, failed
		}
		if !c.own(target) {
			return c.elsewhere(ctx, p, target, said)
		}
		if hop == maxHops {
			return nil, held(library.Errorf(library.Unavailable, "%s redirects too often", c.options.Name))
		}
		next := *p
		next.url = c.pinned(target)
		p = &next
	}
}

// ask sends p through the breaker.
func (c *Client) ask(ctx context.Context, p *call) (response *http.Response, failed *fault) {
	failed = c.withBreaker(func() (_ Outcome, f *fault) {
		response, f = c.send(ctx, p, "") //nolint:bodyclose // there is none with a fault; open closes it otherwise
		return OutcomeOK, f
	})
	return response, failed
}

// opened returns a response's body as a file, unless its announced size is too
// large.
func (c *Client) opened(p *call, r *http.Response, header http.Header, release func()) (*file, *fault) {
	if r.ContentLength > p.limit {
		_ = r.Body.Close()
		release()
		return nil, c.tooLarge(p.limit)
	}
	header.Del("Set-Cookie")
	return &file{client: c, body: r.Body, header: header, left: p.limit, limit: p.limit, release: release}, nil
}

// target returns the target of a redirect, if it may be followed.
func (c *Client) target(p *call, r *http.Response) (*url.URL, *fault) {
	rejected := c.statusFault(p, r, "")
	location, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.Header.Get("Location") == "" {
		return nil, rejected
	}
	u := p.url.ResolveReference(location)
	if c.own(u) {
		return u, nil
	}
	encrypted := u.Scheme == "https"
	nearby := u.Scheme == "http" && c.base.Scheme == "http" && sameHost(u.Hostname(), c.base.Hostname())
	if u.User != nil || u.Hostname() == "" || !(encrypted || nearby) {
		return nil, rejected
	}
	return u, nil
}

// pinned returns u on the configured host, under any of the host's names.
func (c *Client) pinned(u *url.URL) *url.URL {
	v := *u
	v.Scheme, v.Host, v.Fragment = c.base.Scheme, c.base.Host, ""
	return &v
}

// elsewhere fetches a file from another host, without any header of the caller.
// The result does not affect the state of the pinned host.
func (c *Client) elsewhere(ctx context.Context, p *call, target *url.URL, said http.Header) (*file, *fault) {
	request := (&http.Request{
		Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{"Accept-Encoding": {"identity"}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	response, err := c.options.Transport.RoundTrip(request)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, c.networkFault(ctx, err, false)
	case err != nil:
		failed := c.storageFault(http.StatusBadGateway)
		failed.err = failed.err.WithCause(err)
		return nil, failed
	}
	if response.StatusCode < 200 || response.StatusCode >= 300 {
		discard(response)
		return nil, c.storageFault(response.StatusCode)
	}
	header := response.Header.Clone()
	maps.Copy(header, said)
	return c.opened(p, response, header, func() {})
}

// ofRedirect returns the fields of a redirect response that concern the file.
func ofRedirect(h http.Header) http.Header {
	h = h.Clone()
	maps.DeleteFunc(h, func(name string, _ []string) bool {
		return strings.HasPrefix(name, "Content-") || name == "Location" || name == "Transfer-Encoding" || name == "Date"
	})
	return h
}

// storageFault returns the fault of the host that stores the files. Its 403
// does not concern the caller's key: the URL has expired.
func (c *Client) storageFault(status int) *fault {
	f := &fault{outcome: OutcomeNetwork, again: status >= 500 || status == http.StatusTooManyRequests}
	f.err = library.Errorf(library.Unavailable, "the file storage of %s did not return the file", c.options.Name).WithHint("try again in a moment")
	if status == http.StatusNotFound {
		f.err = library.Errorf(library.NotFound, "the file is not in the file storage of %s", c.options.Name).
			WithHint("its owner may not have uploaded it, or may store it elsewhere")
	}
	return f
}
