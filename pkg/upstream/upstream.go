// Package upstream is the one HTTP client through which Stackroom reads from
// other people's servers. It asks one host, hardly ever twice for the same
// thing, and says plainly when that host can't answer.
//
// A call goes through these layers, and back through them in reverse:
//
//	cache      fresh answers; stale ones where nothing better can be had
//	coalesce   identical calls in flight are one call
//	retry      at most three attempts, never past the caller's deadline
//	queue      a few calls at a time for each credential, first come first served
//	breaker    a host that keeps failing is left alone for a while
//	wire       pinned host, bounded answer, no redirect followed
//
// What is particular to Zotero (the headers If-Modified-Since-Version,
// Last-Modified-Version and Backoff, the words "Invalid key") is documented at
// https://www.zotero.org/support/dev/web_api/v3/basics and does no harm
// elsewhere.
package upstream

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Options configure a [Client]. A zero value stands for the default that is
// named; only BaseURL has none.
type Options struct {
	// BaseURL is the only host that is asked: http or https, without user,
	// query or fragment; a path in it comes before the path of each request.
	BaseURL string
	// Name is what callers read in errors, for example "Zotero". The default
	// is "the upstream server".
	Name string
	// Header goes with every request to the host, for example
	// Zotero-API-Version and User-Agent. It holds no credential.
	Header http.Header
	// Transport carries the requests; the default is [NewTransport]. Wrap it
	// to trace. It must not follow redirects.
	Transport http.RoundTripper

	Timeout         time.Duration // of one call with all its attempts and waits; 30 s
	DownloadTimeout time.Duration // of one [Client.Download] to its last byte; 5 min
	Attempts        int           // at most, for one call; 3
	RetryBase       time.Duration // upper bound of the first wait between attempts, then doubled; 1 s

	MaxBytes   int64         // of one answer, decompressed; 32 MiB
	CacheBytes int64         // of all cached answers together; 64 MiB
	Fresh      time.Duration // how long an answer is given without asking again; 30 s
	// Keep is how long an answer may be given as stale after the host last
	// confirmed it, and renewed by a 304 after it was fetched whole; 24 h.
	Keep time.Duration

	PerCredential int // calls at a time for one credential; 5, Zotero's own limit
	Queue         int // calls that wait for their turn, for one credential; 200

	BreakerFailures int           // consecutive failures that open the breaker; 5
	BreakerOpen     time.Duration // how long it stays open; 60 s

	// BadKeyMemory is how long a credential that the host refused is refused
	// without asking; 10 min.
	BadKeyMemory time.Duration

	Hooks Hooks
}

// withDefaults returns o with its zero values filled in.
func (o Options) withDefaults() Options {
	fill(&o.Name, "the upstream server")
	fill(&o.Timeout, 30*time.Second)
	fill(&o.DownloadTimeout, 5*time.Minute)
	fill(&o.Attempts, 3)
	fill(&o.RetryBase, time.Second)
	fill(&o.MaxBytes, 32<<20)
	fill(&o.CacheBytes, 64<<20)
	fill(&o.Fresh, 30*time.Second)
	fill(&o.Keep, 24*time.Hour)
	fill(&o.PerCredential, 5)
	fill(&o.Queue, 200)
	fill(&o.BreakerFailures, 5)
	fill(&o.BreakerOpen, time.Minute)
	fill(&o.BadKeyMemory, 10*time.Minute)
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	return o
}

// fill sets *option to value if it is zero.
func fill[T comparable](option *T, value T) {
	if *option == *new(T) {
		*option = value
	}
}

// valid reports whether no number in o, which has its defaults, is negative.
func (o Options) valid() bool {
	return min(o.Timeout, o.DownloadTimeout, o.RetryBase, o.Fresh, o.Keep, o.BreakerOpen, o.BadKeyMemory) > 0 &&
		min(o.Attempts, o.PerCredential, o.Queue, o.BreakerFailures) > 0 &&
		min(o.MaxBytes, o.CacheBytes) > 0
}

// Client reads from one host. It is safe for concurrent use and keeps no
// goroutine of its own. Make one for each host and share it between callers:
// what belongs to a caller is kept under the credential of each request.
type Client struct {
	options Options
	base    *url.URL
	answers *answers
	flights *flights
	lanes   *lanes
	records *records
	breaker *breaker
}

// New returns a client for the host in o. Options that can't be meant are an
// error with code [library.Invalid] that names no address.
func New(o Options) (*Client, error) {
	o = o.withDefaults()
	if !o.valid() {
		return nil, library.Errorf(library.Invalid, "an option of the client for %s is negative", o.Name)
	}
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the address of %s is not usable", o.Name).
			WithHint("it looks like https://api.zotero.org: http or https and a host, without user, query or fragment").WithCause(err)
	}
	o.Header = o.Header.Clone()
	if o.Header == nil {
		o.Header = http.Header{}
	}
	return &Client{
		options: o,
		base:    base,
		answers: newAnswers(o.CacheBytes),
		flights: &flights{inProgress: map[key]*flight{}},
		lanes:   &lanes{byCredential: map[digest]*lane{}, width: int64(o.PerCredential), queue: o.Queue},
		records: newRecords(o.BadKeyMemory),
		breaker: newBreaker(o.BreakerFailures, o.BreakerOpen, o.Hooks),
	}, nil
}

// State says how a client's host fares.
type State struct {
	Host         string       // with port, as configured
	Breaker      BreakerState // never empty
	RetryIn      time.Duration
	LastSuccess  time.Time // when the host last answered, whatever it said; zero if never
	LastFailure  time.Time // when it last failed to; zero if never
	InFlight     int       // calls that are under way or wait
	CacheEntries int
	CacheBytes   int64
}

// State returns the client's state now. RetryIn is positive only while the
// breaker is open: then nothing is asked for so long.
func (c *Client) State() State {
	s := State{Host: c.base.Host, InFlight: c.lanes.users()}
	s.Breaker, s.RetryIn = c.breaker.state()
	s.LastSuccess, s.LastFailure = c.breaker.last()
	s.CacheEntries, s.CacheBytes = c.answers.size()
	return s
}

// parseBase reads a base URL, whose path it returns without a slash at its end.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errNotBase // err would repeat the address, and with it a password
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
