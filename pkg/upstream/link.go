package upstream

import (
	"net"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// CheckLink returns path and query of a URL that the host sent, for example in
// a Link header, for use in a [Request]. The URL must be on the pinned host and
// below the base URL, or relative. The names of this machine (localhost,
// 127.0.0.1, ::1) are equivalent, because Zotero's desktop app writes
// "localhost" on every interface. For any other URL the error has code
// [library.Unavailable] and does not repeat it.
func (c *Client) CheckLink(raw string) (path string, query url.Values, err error) {
	rejected := library.Errorf(library.Unavailable, "%s sent a link to another host, which is not followed", c.options.Name).
		WithHint("the list may be incomplete; ask the admin of this server to check the configured address")
	u, err := url.Parse(raw)
	if err != nil {
		return "", nil, rejected // err would repeat the URL
	}
	if u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") {
		u.Scheme, u.Host = c.base.Scheme, c.base.Host
	}
	if !c.own(u) {
		return "", nil, rejected
	}
	rest, below := strings.CutPrefix(u.EscapedPath(), c.base.EscapedPath())
	if rest == "" {
		rest = "/"
	}
	if !below || !strings.HasPrefix(rest, "/") || climbs(rest) {
		return "", nil, rejected
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, rejected
	}
	return rest, query, nil
}

// own reports whether u is on the pinned host.
func (c *Client) own(u *url.URL) bool {
	return u.Scheme == c.base.Scheme && u.User == nil && port(u) == port(c.base) && sameHost(u.Hostname(), c.base.Hostname())
}

// sameHost reports whether two host names certainly name one machine.
func sameHost(a, b string) bool {
	return a != "" && (strings.EqualFold(a, b) || loopback(a) && loopback(b))
}

// loopback reports whether host is a name of this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// port returns the port of u, or the default of its scheme.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
