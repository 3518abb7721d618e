package upstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Upload posts the parts of a body, one after the other, to an address that the host
// gave for it, such as one of its file storage. It sends none of the caller's headers.
// The address is https and leads to a public host, or http and on the pinned host or
// its machine; any other is an error, so that a host can't lead uploads into a private
// network. The storage must do the same with a body that is posted twice: an attempt
// without a response is repeated.
//
// The result does not affect the state of the pinned host. An error with the code
// [library.Unavailable] says when to retry.
func (c *Client) Upload(ctx context.Context, address, contentType string, parts ...[]byte) error {
	u, transport, err := c.storage(address)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return library.AsError(err)
	}
	own, stop := context.WithTimeoutCause(ctx, c.options.DownloadTimeout, ErrTimeout)
	defer stop()
	f := newFlight(time.Now().Add(c.options.DownloadTimeout), func(error) { stop() })
	f.expect(ctx)
	failed := c.retry(own, f, http.MethodPost, func(ctx context.Context) *fault {
		return c.post(ctx, transport, u, contentType, parts)
	})
	if failed != nil {
		return failed.err
	}
	return nil
}

// storage returns where an upload goes and the transport that may carry it there.
func (c *Client) storage(address string) (*url.URL, http.RoundTripper, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, nil, c.noStorage()
	}
	switch {
	case c.own(u):
		return c.pinned(u), c.options.Transport, nil
	case u.Scheme == "http" && c.base.Scheme == "http" && sameHost(u.Hostname(), c.base.Hostname()):
		return u, c.options.Transport, nil
	case u.Scheme == "https":
		return u, c.options.Storage, nil
	}
	return nil, nil, c.noStorage()
}

func (c *Client) noStorage() error {
	return library.Errorf(library.Unavailable, "%s gave an address for a file that is not one of a file storage", c.options.Name)
}

// post makes one attempt of an upload.
func (c *Client) post(ctx context.Context, transport http.RoundTripper, u *url.URL, contentType string, parts [][]byte) *fault {
	length := int64(0)
	for _, part := range parts {
		length += int64(len(part))
	}
	body := func() (io.ReadCloser, error) {
		readers := make([]io.Reader, len(parts))
		for i, part := range parts {
			readers[i] = bytes.NewReader(part)
		}
		return io.NopCloser(io.MultiReader(readers...)), nil
	}
	first, _ := body()
	response, err := transport.RoundTrip((&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{"Content-Type": {contentType}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: first, GetBody: body, ContentLength: length,
	}).WithContext(ctx))
	if err != nil && ctx.Err() != nil {
		return c.networkFault(ctx, err, false)
	}
	if err != nil {
		failed := c.uploadFault(http.StatusBadGateway)
		failed.err = failed.err.WithCause(err)
		return failed
	}
	defer func() { _ = response.Body.Close() }()
	discard(response)
	if response.StatusCode < 200 || response.StatusCode >= 300 {
		return c.uploadFault(response.StatusCode)
	}
	return nil
}

// uploadFault returns the fault of a storage that did not take a file.
func (c *Client) uploadFault(status int) *fault {
	f := &fault{outcome: OutcomeNetwork, again: status >= 500 || status == http.StatusTooManyRequests}
	f.err = library.Errorf(library.Unavailable, "the file storage of %s did not take the file", c.options.Name).WithHint("try again in a moment").
		WithCause(&statusError{status: status, scope: "no credential"})
	return f
}
