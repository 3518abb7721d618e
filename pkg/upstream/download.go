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

// maxHops is how many redirects on the pinned host a download follows.
const maxHops = 3

// Download returns a file as it comes: not cached, not decompressed, at most
// r.MaxBytes. The file ends with an error, never silently, if it is larger or
// breaks off. The caller closes it, within [Options.DownloadTimeout].
//
// A redirect on the pinned host is followed with the credential; one to
// another host, once, by a request that carries nothing of the caller. From
// https only https is reached; from http only this host or this machine
// besides, so that nobody can send us into an inner network. The header is
// that of the file, together with what the redirect said beyond it, such as
// Zotero-File-MD5.
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
	if err := c.refusal(p); err != nil {
		return nil, nil, err
	}
	own, cancel := context.WithCancelCause(ctx)
	own, stop := context.WithTimeoutCause(own, c.options.DownloadTimeout, errTimeout)
	end := func(cause error) { cancel(cause); stop() }
	f := newFlight(time.Now().Add(c.options.Timeout), end)
	f.expect(ctx)
	impatience := time.AfterFunc(c.options.Timeout, func() { cancel(errTimeout) })
	var file *file
	failed := c.retry(own, f, func(ctx context.Context) (failed *fault) {
		file, failed = c.open(ctx, f, p)
		return failed
	})
	if !impatience.Stop() && failed == nil {
		_ = file.body.Close()
		file.release()
		failed = c.networkFault(own, errTimeout, false)
	}
	if failed != nil {
		end(nil)
		return nil, nil, failed.err
	}
	file.ctx, file.end = own, end
	return file, file.header, nil
}

// file is a download under way.
type file struct {
	client  *Client
	ctx     context.Context // ends with the file, as a request's does with its body
	body    io.ReadCloser
	header  http.Header
	left    int64 // bytes that may still come
	limit   int64
	release func()
	end     func(cause error)
}

// Read implements [io.Reader]. Its errors are [*library.Error] and [io.EOF].
func (f *file) Read(b []byte) (int, error) {
	// One byte more than may come tells a file that just fits from one that
	// doesn't.
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

// open asks the host for a file and follows where it points.
func (c *Client) open(ctx context.Context, f *flight, p *call) (*file, *fault) {
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
			return c.opened(p, response, response.Header, release)
		}
		discard(response)
		release()
		target, failed := c.target(p, response)
		if failed != nil {
			return nil, failed
		}
		if !c.own(target) {
			return c.elsewhere(ctx, p, target, response.Header)
		}
		if hop == maxHops {
			return nil, held(library.Errorf(library.Unavailable, "%s points in circles", c.options.Name))
		}
		next := *p
		next.url = c.pinned(target)
		p = &next
	}
}

// ask sends p through the breaker.
func (c *Client) ask(ctx context.Context, p *call) (response *http.Response, failed *fault) {
	failed = c.guarded(func() (_ Outcome, f *fault) {
		response, f = c.send(ctx, p, "") //nolint:bodyclose // there is none with a fault; open closes it otherwise
		return OutcomeOK, f
	})
	return response, failed
}

// opened returns an answer's body as a file, if it isn't known to be too
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

// target returns where a redirect points, if it may be followed.
func (c *Client) target(p *call, r *http.Response) (*url.URL, *fault) {
	refused := c.statusFault(p, r, "")
	location, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.Header.Get("Location") == "" {
		return nil, refused
	}
	u := p.url.ResolveReference(location)
	if c.own(u) {
		return u, nil
	}
	encrypted := u.Scheme == "https"
	nearby := u.Scheme == "http" && c.base.Scheme == "http" && sameHost(u.Hostname(), c.base.Hostname())
	if u.User != nil || u.Hostname() == "" || !(encrypted || nearby) {
		return nil, refused
	}
	return u, nil
}

// pinned returns u at the configured host, whichever name of it u has.
func (c *Client) pinned(u *url.URL) *url.URL {
	v := *u
	v.Scheme, v.Host, v.Fragment = c.base.Scheme, c.base.Host, ""
	return &v
}

// elsewhere fetches a file from another host, with nothing of the caller and
// without a say in how the pinned host is treated.
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
	maps.DeleteFunc(said, func(name string, _ []string) bool {
		return strings.HasPrefix(name, "Content-") || name == "Location" || name == "Transfer-Encoding"
	})
	maps.Copy(header, said)
	return c.opened(p, response, header, func() {})
}

// storageFault is the fault of the host that keeps the files. Its refusals say
// nothing about the caller's key: the address it was asked for had expired.
func (c *Client) storageFault(status int) *fault {
	f := &fault{outcome: OutcomeNetwork, again: status >= 500 || status == http.StatusTooManyRequests}
	f.err = library.Errorf(library.Unavailable, "the storage to which %s pointed did not give the file", c.options.Name).WithHint("try again in a moment")
	if status == http.StatusNotFound {
		f.err = library.Errorf(library.NotFound, "the file is not in the storage to which %s pointed", c.options.Name).
			WithHint("its owner may not have uploaded it, or keeps it elsewhere")
	}
	return f
}
