package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream/public"
)

// Documents fetches metadata documents of clients whose ID is a URL. Callers
// can name any URL, so it fetches only from public addresses, with short
// timeouts and small limits, and follows no redirects. Each caller and each
// site has a share of the concurrent fetches, so that documents that hang do
// not block others. While a site does not respond, its last valid document
// stays in use.
type Documents struct {
	http    *http.Client
	now     func() time.Time
	good    *documentCache
	bad     *cache.Cache[*kept]
	flights singleflight.Group
	shares  *shares
}

// Bounds of a fetch.
const (
	fetchTimeout = 5 * time.Second
	maxDocument  = 64 << 10
	freshDefault = 5 * time.Minute // lifetime without cache headers
	freshMost    = time.Hour       // maximal lifetime
	failedFor    = 10 * time.Second
	maxFailed    = 1024           // failures that are cached
	staleMost    = 24 * time.Hour // how long an expired document is used while its site fails
	staleWait    = time.Second    // how long a request then waits for a newer one
	shareWait    = time.Second    // how long a fetch waits for its share
)

// kept is the result of a fetch.
type kept struct {
	client *Client
	err    error
	until  time.Time // when it is fetched again
	stale  time.Time // when it is dropped
}

// NewTransport returns the transport of documents: to port 443 of public addresses.
func NewTransport() *http.Transport { return public.NewTransport(fetchTimeout, 443) }

// NewDocuments returns a fetcher. The transport is [NewTransport] except in tests.
func NewDocuments(transport http.RoundTripper, now func() time.Time) *Documents {
	return &Documents{
		http: &http.Client{
			Transport:     transport,
			Timeout:       fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now:    now,
		good:   newDocumentCache(),
		bad:    cache.New[*kept](maxFailed),
		shares: newShares(),
	}
}

// IsDocument reports whether a client ID has the form of a document URL.
func IsDocument(id string) bool { return strings.HasPrefix(id, "https://") }

// Get returns the client whose ID is a URL, from its document. Caller is the
// address of the request, "" if unknown. The error has the code Invalid for an
// invalid URL or document, Unavailable for a document that can't be fetched; it
// contains neither.
func (d *Documents) Get(ctx context.Context, id, caller string) (*Client, error) {
	u, err := documentURL(id)
	if err != nil {
		return nil, err
	}
	if k, ok := d.bad.Get(id); ok && d.now().Before(k.until) {
		return nil, k.err
	}
	before := d.good.get(id)
	if before != nil && d.now().Before(before.until) {
		return before.client, nil
	}
	if before != nil && !d.now().Before(before.stale) {
		before = nil
	}
	// A caller may disconnect; the fetch continues for the others.
	flight := d.flights.DoChan(id, func() (any, error) {
		k := d.fetch(context.WithoutCancel(ctx), id, u.Host, caller)
		d.keep(id, k)
		return k, nil
	})
	return d.await(ctx, flight, before)
}

// await returns the result of a fetch, or the earlier document if the site does
// not respond in time.
func (d *Documents) await(ctx context.Context, flight <-chan singleflight.Result, before *kept) (*Client, error) {
	var slow <-chan time.Time
	if before != nil {
		timer := time.NewTimer(staleWait)
		defer timer.Stop()
		slow = timer.C
	}
	select {
	case <-ctx.Done():
		return nil, library.AsError(ctx.Err())
	case <-slow:
		return before.client, nil
	case result := <-flight:
		k, _ := result.Val.(*kept)
		if before != nil && library.CodeOf(k.err) == library.Unavailable {
			return before.client, nil
		}
		return k.client, k.err
	}
}

// documentURL parses a client ID that is a URL (section 3 of the draft).
func documentURL(id string) (*url.URL, error) {
	u, err := url.Parse(id)
	if err != nil || len(id) > maxRedirect || strings.ContainsFunc(id, unfit) || u.Scheme != "https" || u.User != nil || !plainHost(u) ||
		u.Path == "" || u.Path == "/" || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return nil, library.Errorf(library.Invalid, "the client's ID is not the https URL of a document")
	}
	return u, nil
}

// keep caches the result of a fetch. If the site does not respond, the earlier
// document stays and is fetched again after [failedFor]; an invalid document
// removes it.
func (d *Documents) keep(id string, k *kept) {
	switch {
	case k.err == nil && d.now().Before(k.until):
		d.bad.Remove(id)
		d.good.set(id, k)
	case k.err == nil: // no caching
		d.good.remove(id)
	case library.CodeOf(k.err) == library.Unavailable:
		if !d.good.postpone(id, k.until) && d.now().Before(k.until) {
			d.bad.Set(id, k)
		}
	default:
		d.good.remove(id)
		d.bad.Set(id, k)
	}
}

// fetch fetches and parses a document.
func (d *Documents) fetch(ctx context.Context, id, host, caller string) *kept {
	leave, ok := d.shares.enter(ctx, site(host), caller)
	if !ok {
		return &kept{err: unreachable(errors.New("client: too many documents at once"))}
	}
	defer leave()
	body, header, err := d.get(ctx, id)
	if err != nil {
		return &kept{err: unreachable(err), until: d.now().Add(failedFor)}
	}
	c, err := parseDocument(body, id, host)
	if err != nil {
		return &kept{err: err, until: d.now().Add(failedFor)}
	}
	until := d.now().Add(freshness(header))
	return &kept{client: c, until: until, stale: until.Add(staleMost)}
}

func unreachable(cause error) error {
	return library.Errorf(library.Unavailable, "the client's metadata document can't be fetched").
		WithHint("try again; if the error persists, report it to the client's developer").WithRetryAfter(failedFor).WithCause(cause)
}

// get returns the body of a document.
func (d *Documents) get(ctx context.Context, id string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "stackroom")
	res, err := d.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("client: document with status %d", res.StatusCode)
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && (!strings.HasPrefix(media, "application/") || !strings.HasSuffix(media, "+json")) {
		return nil, nil, errors.New("client: document that is not JSON")
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return nil, nil, err
	}
	if len(body) > maxDocument {
		return nil, nil, errors.New("client: document that is too long")
	}
	return body, res.Header, nil
}

// parseDocument parses the document at a URL.
func parseDocument(body []byte, id, host string) (*Client, error) {
	m, err := parseMetadata(body)
	if err != nil {
		return nil, err
	}
	c := &Client{ID: id, Name: cleanName(m.Name, ""), Host: host, Method: MethodNone, Refreshes: m.refreshes()}
	switch {
	case m.ID != id:
		return nil, library.Errorf(library.Invalid, "the client_id in the client's document differs from its URL")
	case c.Name == "":
		return nil, library.Errorf(library.Invalid, "the client's document has no client_name")
	case m.Method != "" && m.Method != MethodNone || len(m.Secret) > 0:
		return nil, library.Errorf(library.Invalid, "the client's document has a token_endpoint_auth_method that this server does not support for clients with a document")
	}
	// Unsupported URIs, such as another app's scheme, are skipped.
	for _, uri := range m.Redirects {
		if _, ok := ParseRedirect(uri); ok {
			c.Redirects = append(c.Redirects, uri)
		}
	}
	if len(c.Redirects) == 0 {
		return nil, library.Errorf(library.Invalid, "the client's document has no valid redirect URI")
	}
	return c, nil
}
