package upstream

import (
	"net"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// CheckLink returns path and query of an address that the host itself gave,
// for example in a Link header, ready for a [Request]. The address must be on
// the pinned host and below the base URL; a relative one is. The names of
// this machine (localhost, 127.0.0.1, ::1) stand for each other, since
// Zotero's desktop app writes "localhost" wherever it listens. Anything else
// is an error with code [library.Unavailable] that doesn't repeat it.
func (c *Client) CheckLink(raw string) (path string, query url.Values, err error) {
	refused := library.Errorf(library.Unavailable, "%s pointed to an address that is not its own, and it was not followed", c.options.Name).
		WithHint("the list may be incomplete; the administrator of this server should look at the configured address")
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, refused // err would repeat the address
	}
	if u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") {
		u.Scheme, u.Host = c.base.Scheme, c.base.Host
	}
	if !c.own(u) {
		return "", nil, refused
	}
	rest, below := strings.CutPrefix(u.EscapedPath(), c.base.EscapedPath())
	if rest == "" {
		rest = "/"
	}
	if !below || !strings.HasPrefix(rest, "/") || climbs(rest) {
		return "", nil, refused
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, refused
	}
	return rest, query, nil
}

// own reports whether u is on the pinned host.
func (c *Client) own(u *url.URL) bool {
	return u.Scheme == c.base.Scheme && u.User == nil && port(u) == port(c.base) && sameHost(u.Hostname(), c.base.Hostname())
}

// sameHost reports whether two host names are the same machine for certain.
func sameHost(a, b string) bool {
	return a != "" && (strings.EqualFold(a, b) || loopback(a) && loopback(b))
}

// loopback reports whether host is a name of this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// port returns the port of u, also where it is left to the scheme.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
