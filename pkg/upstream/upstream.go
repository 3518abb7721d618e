// Package upstream is the HTTP client through which Stackroom reads from
// external services. A client sends requests to one host, avoids repeated
// requests, and reports clearly why the host can't respond.
//
// A call passes these layers, and its response passes them in reverse:
//
//	cache      fresh responses; stale ones if the host fails
//	coalesce   identical calls in flight share one request
//	retry      at most three attempts, within the caller's deadline
//	queue      a few concurrent calls per credential, first in, first out
//	breaker    pauses requests to a host that keeps failing
//	wire       pinned host, bounded response, no redirects
//
// The parts specific to Zotero (the headers If-Modified-Since-Version,
// Last-Modified-Version and Backoff, the text "Invalid key") are documented at
// https://www.zotero.org/support/dev/web_api/v3/basics and are harmless for
// other hosts.
package upstream

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream/public"
)

// Options configures a [Client]. A zero value stands for the default that the
// comment names; only BaseURL is required.
type Options struct {
	// BaseURL is the URL of the only host to which requests go: http or https,
	// without user, query or fragment. Its path is a prefix of the path of each
	// request.
	BaseURL string
	// Name is the host's name in errors, for example "Zotero". The default is
	// "the upstream server".
	Name string
	// Header is sent with every request, for example Zotero-API-Version and
	// User-Agent. It contains no credential.
	Header http.Header
	// Transport sends the requests; the default is [NewTransport]. Wrap it to
	// trace requests. It must not follow redirects.
	Transport http.RoundTripper
	// Storage sends uploads to other hosts; the default connects to port 443 of public
	// addresses only ([public.NewTransport]).
	Storage http.RoundTripper

	Timeout         time.Duration // of one call with all attempts and waits; 30 s
	DownloadTimeout time.Duration // of one [Client.Download] to its last byte; 5 min
	Attempts        int           // attempts per call; 3
	RetryBase       time.Duration // maximal first wait between attempts, then doubled; 1 s

	MaxBytes   int64         // of one response, decompressed; 32 MiB
	CacheBytes int64         // of all cached responses; 64 MiB
	Fresh      time.Duration // how long a cached response is returned without a request; 30 s
	// MaxStale is the time for which a response may be returned as stale after the
	// host last confirmed it, and after which it is fetched whole instead of
	// confirmed by a 304; 24 h.
	MaxStale time.Duration

	PerCredential int // concurrent calls per credential; 5, Zotero's limit
	Queue         int // waiting calls per credential; 200

	BreakerFailures int           // consecutive failures that open the breaker; 5
	BreakerOpen     time.Duration // how long the breaker stays open; 60 s

	// BadKeyTTL is the time for which a credential that the host rejected is
	// not sent; 10 min.
	BadKeyTTL time.Duration

	Hooks Hooks
}

// withDefaults returns o with defaults for its zero values.
func (o Options) withDefaults() Options {
	fill(&o.Name, "the upstream server")
	fill(&o.Timeout, 30*time.Second)
	fill(&o.DownloadTimeout, 5*time.Minute)
	fill(&o.Attempts, 3)
	fill(&o.RetryBase, time.Second)
	fill(&o.MaxBytes, 32<<20)
	fill(&o.CacheBytes, 64<<20)
	fill(&o.Fresh, 30*time.Second)
	fill(&o.MaxStale, 24*time.Hour)
	fill(&o.PerCredential, 5)
	fill(&o.Queue, 200)
	fill(&o.BreakerFailures, 5)
	fill(&o.BreakerOpen, time.Minute)
	fill(&o.BadKeyTTL, 10*time.Minute)
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	if o.Storage == nil {
		o.Storage = public.NewTransport(storageTimeout, 443)
	}
	return o
}

// storageTimeout bounds connecting to a file storage, and its response to a file.
const storageTimeout = 30 * time.Second

// fill sets *option to value if it is zero.
func fill[T comparable](option *T, value T) {
	if *option == *new(T) {
		*option = value
	}
}

// valid reports whether no number in o is negative.
func (o Options) valid() bool {
	return min(o.Timeout, o.DownloadTimeout, o.RetryBase, o.Fresh, o.MaxStale, o.BreakerOpen, o.BadKeyTTL) > 0 &&
		min(o.Attempts, o.PerCredential, o.Queue, o.BreakerFailures) > 0 &&
		min(o.MaxBytes, o.CacheBytes) > 0
}

// Client sends requests to one host. It is safe for concurrent use and has no
// background goroutine. Create one per host and share it between callers: state
// is separate for each credential.
type Client struct {
	options     Options
	base        *url.URL
	responses   *responseCache
	flights     *flights
	queues      *queues
	credentials *credentialStates
	breaker     *breaker
}

// New returns a client for the host in o. For invalid options, the error has
// code [library.Invalid] and names no URL.
func New(o Options) (*Client, error) {
	o = o.withDefaults()
	if !o.valid() {
		return nil, library.Errorf(library.Invalid, "an option of the client for %s is negative", o.Name)
	}
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the address of %s is invalid", o.Name).
			WithHint("expected an address such as https://api.zotero.org: http or https and a host, without user, query or fragment").WithCause(err)
	}
	o.Header = o.Header.Clone()
	if o.Header == nil {
		o.Header = http.Header{}
	}
	return &Client{
		options:     o,
		base:        base,
		responses:   newResponseCache(o.CacheBytes),
		flights:     &flights{inProgress: map[key]*flight{}},
		queues:      &queues{byCredential: map[digest]*queue{}, width: int64(o.PerCredential), queue: o.Queue},
		credentials: newCredentialStates(o.BadKeyTTL),
		breaker:     newBreaker(o.BreakerFailures, o.BreakerOpen, o.Hooks),
	}, nil
}

// State describes the state of a client and its host.
type State struct {
	Host         string       // with port, as configured
	Breaker      BreakerState // never empty
	RetryIn      time.Duration
	LastSuccess  time.Time // last response of the host, with any status; zero if none
	LastFailure  time.Time // last failure of the host; zero if none
	InFlight     int       // running and waiting calls
	CacheEntries int
	CacheBytes   int64
}

// State returns the current state. RetryIn is positive only while the breaker
// is open: no request is sent for that time.
func (c *Client) State() State {
	s := State{Host: c.base.Host, InFlight: c.queues.users()}
	s.Breaker, s.RetryIn = c.breaker.state()
	s.LastSuccess, s.LastFailure = c.breaker.last()
	s.CacheEntries, s.CacheBytes = c.responses.size()
	return s
}

// parseBase parses a base URL. It returns the path without a trailing slash.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errNotBase // err would repeat the URL with its password
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || climbs(u.EscapedPath()) {
		return nil, errNotBase
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	u.Path, err = url.PathUnescape(path)
	u.RawPath = path
	return u, err
}
