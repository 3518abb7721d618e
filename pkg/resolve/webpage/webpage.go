// Package webpage reads the work that a web page describes from the page's own
// metadata: Highwire Press tags (citation_title …), JSON-LD of schema.org, Dublin
// Core, and last OpenGraph.
//
// Callers and libraries choose the address, so a page is fetched from public
// addresses only, with bounds on bytes, time and redirects, without cookies, and no
// script of it runs.
package webpage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream/public"
)

// Bounds of a page.
const (
	timeout      = 10 * time.Second // with all redirects
	dialTimeout  = 5 * time.Second
	maxPage      = 2 << 20 // bytes that are read of a page; metadata stands at its beginning
	maxRedirects = 5
	maxAddress   = 2_000       // bytes
	maxParallel  = 4           // pages and files of one Fetcher at the same time
	fileTimeout  = time.Minute // of a file, with all redirects
)

// Fetcher fetches pages and PDF files. It is safe for concurrent use.
type Fetcher struct {
	http    *http.Client
	files   *http.Client
	agent   string
	running chan struct{}
}

// NewTransport returns the transport of pages: to ports 80 and 443 of public
// addresses.
func NewTransport() *http.Transport { return public.NewTransport(dialTimeout, 80, 443) }

// New returns a fetcher that names itself as agent. The transport is [NewTransport]
// except in tests.
func New(transport http.RoundTripper, agent string) *Fetcher {
	return &Fetcher{
		http:    &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: redirect},
		files:   &http.Client{Transport: transport, Timeout: fileTimeout, CheckRedirect: redirect},
		agent:   agent,
		running: make(chan struct{}, maxParallel),
	}
}

// Parse returns the address of a page, without its fragment. It fails with
// [library.Invalid] for what is no http or https URL of a host, has a user or a
// password, or is longer than 2,000 bytes.
func Parse(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(address) > maxAddress || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Hostname() == "" {
		return nil, library.Errorf(library.Invalid, "this is not the address of a web page").WithHint("give an http or https URL")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// redirect follows a redirect to another page, but from https to http.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("webpage: more than %d redirects", maxRedirects)
	}
	if _, err := Parse(req.URL.String()); err != nil {
		return err
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errors.New("webpage: a redirect from https to http")
	}
	req.Header.Del("Referer") // an address may say what only its reader should know
	return nil
}

// Item returns the work that a page describes. Its field "url" is the address.
//
// It fails with [library.Invalid] for an address that [Parse] refuses,
// for one that leads to no HTML page, and for a page without title;
// [library.NotFound] if the page does not exist; and [library.Unavailable] if it
// can't be read now.
func (f *Fetcher) Item(ctx context.Context, address string) (*library.Item, error) {
	u, err := Parse(address)
	if err != nil {
		return nil, err
	}
	var body []byte
	var contentType string
	err = f.get(ctx, f.http, u, "text/html, application/xhtml+xml;q=0.9", func(res *http.Response) error {
		contentType = res.Header.Get("Content-Type")
		if !isHTML(contentType) {
			return library.Errorf(library.Invalid, "the address leads to a file that is no HTML page")
		}
		var err error
		if body, err = io.ReadAll(io.LimitReader(res.Body, maxPage)); err != nil {
			return unreachable(err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	it, err := Read(body, contentType)
	if err != nil {
		return nil, err
	}
	it.Fields["url"] = u.String()
	return it, nil
}

// get requests an address, and has the answer read if its status is 200.
func (f *Fetcher) get(ctx context.Context, client *http.Client, u *url.URL, accept string, read func(*http.Response) error) error {
	select {
	case f.running <- struct{}{}:
		defer func() { <-f.running }()
	case <-ctx.Done():
		return library.AsError(ctx.Err())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return library.Errorf(library.Invalid, "this is not the address of a web page").WithCause(err)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", f.agent)
	res, err := client.Do(req)
	if err != nil {
		return unreachable(withoutAddress(err))
	}
	defer res.Body.Close()
	if err := statusError(res.StatusCode); err != nil {
		return err
	}
	return read(res)
}

// withoutAddress returns the cause of an error of [http.Client]: the address of a
// page is not for the log.
func withoutAddress(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func unreachable(cause error) error {
	return library.Errorf(library.Unavailable, "the address could not be read").
		WithHint("its host may be down, or not public; try again later").WithCause(cause)
}

// statusError returns the error for an answer with a status other than 200, or nil.
func statusError(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return library.Errorf(library.NotFound, "the page or file does not exist")
	}
	return library.Errorf(library.Unavailable, "the host of the address answered with status %d", status).
		WithHint("it may not let programs read it")
}

func isHTML(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "text/html" || media == "application/xhtml+xml")
}
