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

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Documents fetches the documents of clients whose ID is the URL of one.
// Anybody may name any URL, so it goes to public addresses only, for a short
// time, for few bytes, and never where a redirect points. Callers and sites that
// name documents that hang take their own share of the fetches and no more, and
// a document that was good before is used on while its site does not answer.
type Documents struct {
	http    *http.Client
	now     func() time.Time
	good    *documentCache
	bad     *otter.Cache[string, *kept]
	flights singleflight.Group
	shares  *shares
}

// Bounds of fetching.
const (
	fetchTimeout = 5 * time.Second
	maxDocument  = 64 << 10
	freshDefault = 5 * time.Minute // without a word in the answer
	freshMost    = time.Hour       // whatever the answer says
	failedFor    = 10 * time.Second
	maxFailed    = 1024           // failures that are remembered
	staleMost    = 24 * time.Hour // how long after its time a good document is used while its site fails
	staleWait    = time.Second    // how long a request waits for a newer one then
	shareWait    = time.Second    // how long a fetch waits for its turn
)

// kept is what came of a fetch.
type kept struct {
	client *Client
	err    error
	until  time.Time // when it is asked for again
	stale  time.Time // when it is no longer used in any case
}

// NewDocuments returns a fetcher. The transport is [NewPublicTransport] unless
// a test has its own.
func NewDocuments(transport http.RoundTripper, now func() time.Time) *Documents {
	return &Documents{
		http: &http.Client{
			Transport:     transport,
			Timeout:       fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now:    now,
		good:   newDocumentCache(),
		bad:    otter.Must(&otter.Options[string, *kept]{MaximumSize: maxFailed}),
		shares: newShares(),
	}
}

// IsDocument reports whether a client ID is to be the URL of a document.
func IsDocument(id string) bool { return strings.HasPrefix(id, "https://") }

// Get returns the client whose ID is a URL, from its document. Caller is the
// address of the one who asks, "" if it is not known. The error has the code
// Invalid for a URL or document that is not good, Unavailable for one that
// can't be read now; it names neither.
func (d *Documents) Get(ctx context.Context, id, caller string) (*Client, error) {
	u, err := documentURL(id)
	if err != nil {
		return nil, err
	}
	if k, ok := d.bad.GetIfPresent(id); ok && d.now().Before(k.until) {
		return nil, k.err
	}
	before := d.good.get(id)
	if before != nil && d.now().Before(before.until) {
		return before.client, nil
	}
	if before != nil && !d.now().Before(before.stale) {
		before = nil
	}
	// A caller may leave; the fetch is for all who wait.
	flight := d.flights.DoChan(id, func() (any, error) {
		k := d.fetch(context.WithoutCancel(ctx), id, u.Host, caller)
		d.keep(id, k)
		return k, nil
	})
	return d.await(ctx, flight, before)
}

// await returns what comes of a fetch, or the document before it if the site
// does not answer in time.
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

// documentURL reads a client ID that is a URL (section 3 of the draft).
func documentURL(id string) (*url.URL, error) {
	u, err := url.Parse(id)
	if err != nil || len(id) > maxRedirect || strings.ContainsFunc(id, unfit) || u.Scheme != "https" || u.User != nil || !plainHost(u) ||
		u.Path == "" || u.Path == "/" || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return nil, library.Errorf(library.Invalid, "the client's ID is not the https URL of a document")
	}
	return u, nil
}

// keep remembers what came of a fetch. A document whose site does not answer
// stays as it was, and is asked for again after [failedFor]; one that is no
// longer good goes.
func (d *Documents) keep(id string, k *kept) {
	switch {
	case k.err == nil && d.now().Before(k.until):
		d.bad.Invalidate(id)
		d.good.set(id, k)
	case k.err == nil: // not to be kept
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

// fetch gets a document and reads it.
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
	return library.Errorf(library.Unavailable, "the document that describes the client can't be read").
		WithHint("try again; if it goes on, tell the client's maker").WithRetryAfter(failedFor).WithCause(cause)
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

// parseDocument reads the document at a URL.
func parseDocument(body []byte, id, host string) (*Client, error) {
	m, err := parseMetadata(body)
	if err != nil {
		return nil, err
	}
	c := &Client{ID: id, Name: cleanName(m.Name, ""), Host: host, Method: MethodNone, Refreshes: m.refreshes()}
	switch {
	case m.ID != id:
		return nil, library.Errorf(library.Invalid, "the client's document is about another client_id than its address")
	case c.Name == "":
		return nil, library.Errorf(library.Invalid, "the client's document has no client_name")
	case m.Method != "" && m.Method != MethodNone || len(m.Secret) > 0:
		return nil, library.Errorf(library.Invalid, "the client's document asks for a way of authenticating that this server does not have for clients with a document")
	}
	// One URI that is not for us, such as another app's scheme, spoils only itself.
	for _, uri := range m.Redirects {
		if _, ok := ParseRedirect(uri); ok {
			c.Redirects = append(c.Redirects, uri)
		}
	}
	if len(c.Redirects) == 0 {
		return nil, library.Errorf(library.Invalid, "the client's document has no redirect URI that people may be sent to")
	}
	return c, nil
}
