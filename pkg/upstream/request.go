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

// maxAddress is the most bytes that path and query of a request have: what
// common web servers take in a request line.
const maxAddress = 8 << 10

// errNotBase says that an address can't be a base URL. It doesn't repeat it.
var errNotBase = errors.New("not a base URL")

// Request is one GET.
type Request struct {
	// Path is the path on the pinned host, escaped as on the wire, with a
	// slash before it ("/users/1/tags/a%2Fb"). It can't leave the base URL.
	Path  string
	Query url.Values
	// Header is part of what identifies an answer in the cache. With an
	// Accept that names application/json, an answer that is no JSON is an
	// error. Credentials, conditions (If-…) and Accept-Encoding in it are
	// dropped: they are the client's own.
	Header     http.Header
	Credential Credential
	// MaxBytes bounds the answer, decompressed; 0 is [Options.MaxBytes].
	MaxBytes int64
	// NoCache asks the host in any case, and keeps nothing of the answer.
	NoCache bool
}

// Response is an answer with a status of 2xx: everything else is an error.
// Header and Body are shared with other callers of the same credential: read
// only.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Stale says that the host could not be asked whether this still holds, and
	// Cause why, with code [library.Unavailable] or [library.RateLimited].
	Stale bool
	Cause error
	// Age is how long ago the host sent or confirmed this.
	Age time.Duration
}

// key identifies an answer: for whom and to what.
type key struct {
	credential digest
	request    string
}

// call is a request that has been checked.
type call struct {
	url        *url.URL
	path       string      // without the base URL's, as asked
	header     http.Header // as asked, without what is the client's own
	credential Credential
	limit      int64
	cached     bool
	raw        bool // don't let the host compress
	json, html bool // what the caller can read
	key        key
}

// prepare checks r. A request that can't be meant is a mistake of ours, save
// one that grew too long.
func (c *Client) prepare(r Request) (*call, error) {
	address, err := c.address(r.Path, r.Query)
	if err != nil {
		return nil, err
	}
	if !validHeader(r.Credential.header()) {
		return nil, library.Errorf(library.Unauthenticated, "the credential for %s holds characters that none has", c.options.Name).
			WithHint("copy the key again, without spaces or line breaks")
	}
	p := &call{
		url: address, path: r.Path, header: ownHeader(r.Header, r.Credential),
		credential: r.Credential, limit: r.MaxBytes, cached: !r.NoCache,
	}
	if !validHeader(p.header) || r.MaxBytes < 0 {
		return nil, library.Errorf(library.Internal, "a request to %s was put together wrongly", c.options.Name)
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
		return nil, library.Errorf(library.Internal, "a request to %s has a path that can't be meant", c.options.Name)
	}
	u := *c.base
	u.RawPath = c.base.EscapedPath() + path
	plain, err := url.PathUnescape(u.RawPath)
	if err != nil {
		return nil, library.Errorf(library.Internal, "a request to %s has a path that can't be meant", c.options.Name).WithCause(err)
	}
	u.Path = plain
	u.RawQuery = query.Encode()
	if len(u.RequestURI()) > maxAddress {
		return nil, library.Errorf(library.TooLarge, "the question is longer than %s takes", c.options.Name).
			WithHint("ask with fewer or shorter words, or for fewer items at a time")
	}
	return &u, nil
}

// climbs reports whether an escaped path has a segment that leads upwards, in
// any spelling, or can't be unescaped.
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

// ownHeader returns a copy of h without what only the client sets.
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

// identity spells out what p asks for, so that two calls with the same text
// may have the same answer.
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

// wire returns the header that goes on the wire: the client's, the call's and
// the credential's, which nothing overrides.
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
