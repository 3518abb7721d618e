package bucket

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Options configure a [Bucket]. Zero values stand for the defaults.
type Options struct {
	Name string // the bucket's name; required
	// Endpoint is the URL of an emulator, which gets no credentials. "" is
	// Cloud Storage with the Application Default Credentials of the machine.
	Endpoint string
	// MaxBytes is the size of the largest object, read or written; 16 MiB.
	MaxBytes int64
	// Timeout bounds one call with its retries; 30 s.
	Timeout time.Duration
	// Attempts is how often a request is sent at most; 4.
	Attempts uint
	// RetryBase is the longest wait before the first retry; 250 ms.
	RetryBase time.Duration
	// Transport carries the requests; nil is [upstream.NewTransport].
	Transport http.RoundTripper
	Hooks     upstream.Hooks // Cache is not called
}

// serviceURL is Cloud Storage.
const serviceURL = "https://storage.googleapis.com"

// scope lets a process read and write objects, and nothing else
// (https://cloud.google.com/storage/docs/oauth-scopes).
const scope = "https://www.googleapis.com/auth/devstorage.read_write"

// Bucket is a bucket in Cloud Storage. It is safe for concurrent use.
type Bucket struct {
	options Options
	http    *http.Client
	tokens  *tokens // nil for an emulator
	breaker *breaker
}

// Open returns a bucket. It finds the credentials of the machine but makes no
// request to the bucket. The error has the code Invalid or Unavailable.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	o = o.withDefaults()
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || o.Name == "" {
		return nil, library.Errorf(library.Invalid, "a bucket needs a name and the URL of its service")
	}
	b := &Bucket{options: o, breaker: newBreaker(o.Hooks), http: &http.Client{
		Transport:     o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if o.Endpoint != serviceURL {
		return b, nil
	}
	// The token source outlives ctx and must not wait without end.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, &http.Client{Transport: o.Transport, Timeout: tokenTimeout})
	credentials, err := google.FindDefaultCredentials(ctx, scope)
	if err != nil {
		return nil, noCredentials(err)
	}
	b.tokens = newTokens(credentials.TokenSource)
	return b, nil
}

func (o Options) withDefaults() Options {
	o.Endpoint = strings.TrimSuffix(o.Endpoint, "/")
	if o.Endpoint == "" {
		o.Endpoint = serviceURL
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 16 << 20
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Attempts == 0 {
		o.Attempts = 4
	}
	if o.RetryBase <= 0 {
		o.RetryBase = 250 * time.Millisecond
	}
	if o.Transport == nil {
		o.Transport = upstream.NewTransport()
	}
	return o
}

// tokenTimeout bounds one request for an access token.
const tokenTimeout = 10 * time.Second

// tokens returns access tokens. An [oauth2.TokenSource] knows no context: here
// a caller stops waiting when its own ends, and one request serves all callers.
type tokens struct {
	source oauth2.TokenSource
	busy   chan struct{} // holds one value while no request for a token runs
}

func newTokens(source oauth2.TokenSource) *tokens {
	t := &tokens{source: source, busy: make(chan struct{}, 1)}
	t.busy <- struct{}{}
	return t
}

// get returns a token for the header Authorization.
func (t *tokens) get(ctx context.Context) (*oauth2.Token, error) {
	select {
	case <-t.busy:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type result struct {
		token *oauth2.Token
		err   error
	}
	done := make(chan result, 1)
	go func() {
		token, err := t.source.Token() // cached until shortly before its expiry
		t.busy <- struct{}{}
		done <- result{token, err}
	}()
	select {
	case r := <-done:
		return r.token, r.err
	case <-ctx.Done():
		return nil, errors.Join(errors.New("bucket: no access token in time"), ctx.Err())
	}
}
