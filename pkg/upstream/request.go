package upstream

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxAddress bounds path and query of a request, in bytes, at what common web
// servers accept.
const maxAddress = 8 << 10

// errNotBase reports an invalid base URL without repeating it.
var errNotBase = errors.New("not a base URL")

// Request is a GET request.
type Request struct {
	// Path is the escaped path on the pinned host, with a leading slash
	// ("/users/1/tags/a%2Fb"). It can't leave the base URL.
	Path  string
	Query url.Values
	// Header is part of the cache key. If its Accept names application/json, a
	// response that is not JSON is an error. Credentials, conditions (If-…) and
	// Accept-Encoding in it are dropped: the client sets them.
	Header     http.Header
	Credential Credential
	// MaxBytes bounds the decompressed response; 0 is [Options.MaxBytes].
	MaxBytes int64
	// NoCache always sends a request, and caches nothing.
	NoCache bool
}

// Response is a response with a status of 2xx; every other status is an error.
// Header and Body are shared with other callers of the same credential: read
// only.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Stale reports that the host could not confirm the response, and Cause why,
	// with code [library.Unavailable] or [library.RateLimited].
	Stale bool
	Cause error
	// Age is the time since the host sent or confirmed the response.
	Age time.Duration
}

// key identifies a response: credential and request.
type key struct {
	credential digest
	request    string
}

// String returns k as one string: the credential's digest, then the request.
func (k key) String() string { return string(k.credential[:]) + k.request }

// call is a validated request.
type call struct {
	method     string
	body       []byte // of a change
	url        *url.URL
	path       string      // without the base URL's path
	header     http.Header // without the fields that the client sets
	credential Credential
	limit      int64
	cached     bool
	raw        bool // ask for an uncompressed response
	json, html bool // what the caller accepts
	key        key
}

// prepare validates r. An invalid request is an internal error, except for one
// that is too long.
func (c *Client) prepare(r Request) (*call, error) {
	address, err := c.address(r.Path, r.Query)
	if err != nil {
		return nil, err
	}
	if !validHeader(r.Credential.header()) {
		return nil, library.Errorf(library.Unauthenticated, "the credential for %s contains invalid characters", c.options.Name).
			WithHint("copy the key again, without spaces or line breaks")
	}
	p := &call{
		method: http.MethodGet, url: address, path: r.Path, header: ownHeader(r.Header, r.Credential),
		credential: r.Credential, limit: r.MaxBytes, cached: !r.NoCache,
	}
	if !validHeader(p.header) || r.MaxBytes < 0 {
		return nil, library.Errorf(library.Internal, "a request to %s is invalid", c.options.Name)
	}
	if p.limit == 0 {
		p.limit = c.options.MaxBytes
	}
	accept := p.header.Get("Accept")
	if accept == "" {
		accept = c.options.Header.Get("Accept")
	}
	accept = strings.ToLower(accept)
	p.json = strings.Contains(accept, "application/json")
	p.html = strings.Contains(accept, "text/html")
	p.key = key{credential: r.Credential.digest(), request: p.identity()}
	return p, nil
}

// address returns the URL of path and query on the pinned host.
func (c *Client) address(path string, query url.Values) (*url.URL, error) {
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") || climbs(path) {
		return nil, library.Errorf(library.Internal, "a request to %s has an invalid path", c.options.Name)
	}
	u := *c.base
	u.RawPath = c.base.EscapedPath() + path
	plain, err := url.PathUnescape(u.RawPath)
	if err != nil {
		return nil, library.Errorf(library.Internal, "a request to %s has an invalid path", c.options.Name).WithCause(err)
	}
	u.Path = plain
	u.RawQuery = query.Encode()
	if len(u.RequestURI()) > maxAddress {
		return nil, library.Errorf(library.TooLarge, "the query is longer than %s accepts", c.options.Name).
			WithHint("use fewer or shorter words, or request fewer items at a time")
	}
	return &u, nil
}

// climbs reports whether an escaped path has a segment "..", in any spelling,
// or can't be unescaped.
func climbs(path string) bool {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return true
	}
	for segment := range strings.SplitSeq(plain, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// ownHeader returns a copy of h without the fields that the client sets.
func ownHeader(h http.Header, credential Credential) http.Header {
	own := http.Header{}
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie", "Accept-Encoding":
			continue
		}
		if _, taken := credential.header()[name]; taken || strings.HasPrefix(name, "If-") {
			continue
		}
		own[name] = append(own[name], values...)
	}
	return own
}

// identity returns a text that identifies what p requests: calls with equal
// texts may share a response.
func (p *call) identity() string {
	b := make([]byte, 0, 256)
	b = append(b, p.url.RequestURI()...)
	for _, name := range slices.Sorted(maps.Keys(p.header)) {
		b = append(b, '\n')
		b = append(b, name...)
		for _, value := range p.header[name] {
			b = append(b, ' ')
			b = strconv.AppendQuote(b, value)
		}
	}
	b = append(b, '\n')
	return string(strconv.AppendInt(b, p.limit, 10))
}

// wire returns the header to send: the client's fields, the call's, then the
// credential's, which take precedence.
func (p *call) wire(own http.Header, condition string) http.Header {
	h := own.Clone()
	maps.Copy(h, p.header)
	maps.Copy(h, p.credential.header())
	if condition != "" {
		h.Set("If-Modified-Since-Version", condition)
	}
	if p.raw {
		h.Set("Accept-Encoding", "identity")
	}
	return h
}
