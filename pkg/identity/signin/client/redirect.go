package client

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Redirect is where a client wants people to be sent back to.
type Redirect struct {
	URI      string
	Host     string // what people are shown: "claude.ai", "localhost", "cursor://anysphere.cursor-mcp"
	Loopback bool   // a program on the person's own machine: nobody vouches for it
	Private  bool   // an app opens it, by a scheme of its own
	// Source is the URI's origin as a source of the Content-Security-Policy.
	Source string

	parsed *url.URL
}

// maxRedirect is the length of the longest redirect URI.
const maxRedirect = 1024

// loopbackHosts are the hosts of http redirect URIs (RFC 8252, section 7.3).
// The standard names the two addresses; Claude Code and Gemini CLI use the
// name.
var loopbackHosts = []string{"127.0.0.1", "[::1]", "localhost"}

// privateSchemes are the schemes of apps that take redirects in no other way,
// each with the only authority that belongs to the app. OAuth for MCP knows
// https and loopback only, so this list is closed: a scheme that anybody could
// name could be anybody's.
var privateSchemes = map[string]string{
	"cursor": "anysphere.cursor-mcp",
}

// ParseRedirect reads a redirect URI and reports whether it is of a form that
// people may be sent to: https, http to this machine, or an app's own scheme.
func ParseRedirect(s string) (Redirect, bool) {
	if len(s) > maxRedirect || strings.ContainsFunc(s, unfit) {
		return Redirect{}, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || u.User != nil || !plainHost(u) || ours(u.RawQuery) {
		return Redirect{}, false
	}
	r := Redirect{URI: s, Host: u.Host, Source: u.Scheme + "://" + u.Host, parsed: u}
	host := strings.TrimSuffix(u.Host, ":"+u.Port())
	switch {
	case !strings.HasPrefix(s, u.Scheme+"://"): // upper case, which the exact comparisons to come would not expect
		return Redirect{}, false
	case u.Scheme == "https":
		return r, true
	case u.Scheme == "http" && slices.Contains(loopbackHosts, host):
		r.Loopback = true
		if host == "[::1]" { // the policy's grammar has no IPv6 addresses
			r.Source = "http:"
		}
		return r, true
	case privateSchemes[u.Scheme] != "" && privateSchemes[u.Scheme] == u.Host:
		r.Private, r.Host, r.Source = true, r.Source, u.Scheme+":"
		return r, true
	}
	return Redirect{}, false
}

// unfit reports characters that no URI has (RFC 3986), and "#": a redirect URI
// has no fragment.
func unfit(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("#\"<>\\^`{|}", r)
}

// plainHost reports whether the host is a name or address without any of the
// marks that a URI may have there but a policy, a header or an eye could
// misread.
func plainHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.Is6() && ip.Zone() == ""
	}
	return host != "" && !strings.HasSuffix(u.Host, ":") && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}

// ours reports whether a query has a parameter that we add to it, or can't be
// read.
func ours(query string) bool {
	values, err := url.ParseQuery(query)
	return err != nil || values.Has("code") || values.Has("state") || values.Has("iss") || values.Has("error") || values.Has("error_description")
}

// Covers reports whether a client that registered r may use asked: the same
// text, except that a program on the person's machine listens on whatever port
// is free (RFC 8252, section 7.3).
func (r Redirect) Covers(asked Redirect) bool {
	if r.URI == asked.URI {
		return true
	}
	return r.Loopback && asked.Loopback && r.parsed.Hostname() == asked.parsed.Hostname() &&
		r.parsed.EscapedPath() == asked.parsed.EscapedPath() && r.parsed.RawQuery == asked.parsed.RawQuery &&
		r.parsed.ForceQuery == asked.parsed.ForceQuery
}

// With returns the URI with parameters added to its query.
func (r Redirect) With(parameters url.Values) string {
	u := *r.parsed
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += parameters.Encode()
	return u.String()
}
