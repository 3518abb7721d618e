package client

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Redirect is a client's redirect URI.
type Redirect struct {
	URI      string
	Host     string // name for people: "claude.ai", "localhost", "cursor://anysphere.cursor-mcp"
	Loopback bool   // a program on the person's own machine, which can't be verified
	Private  bool   // an app with its own URI scheme
	// Source is the URI's origin as a source in the Content-Security-Policy.
	Source string

	parsed *url.URL
}

// maxRedirect is the longest redirect URI, in bytes.
const maxRedirect = 1024

// loopbackHosts are the hosts of http redirect URIs. RFC 8252, section 7.3,
// names the two addresses; Claude Code and Gemini CLI use localhost.
var loopbackHosts = []string{"127.0.0.1", "[::1]", "localhost"}

// privateSchemes are the URI schemes of apps that support no other redirect,
// each with the authority of the app. OAuth for MCP defines https and loopback
// only, so this list is closed: any program can claim a private scheme.
var privateSchemes = map[string]string{
	"cursor": "anysphere.cursor-mcp",
}

// ParseRedirect parses a redirect URI and reports whether its form is allowed:
// https, http to this machine, or a known app's own scheme.
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
	case !strings.HasPrefix(s, u.Scheme+"://"): // upper case would break later exact comparisons
		return Redirect{}, false
	case u.Scheme == "https":
		return r, true
	case u.Scheme == "http" && slices.Contains(loopbackHosts, host):
		r.Loopback = true
		if host == "[::1]" { // the grammar of the policy has no IPv6 addresses
			r.Source = "http:"
		}
		return r, true
	case privateSchemes[u.Scheme] != "" && privateSchemes[u.Scheme] == u.Host:
		r.Private, r.Host, r.Source = true, r.Source, u.Scheme+":"
		return r, true
	}
	return Redirect{}, false
}

// unfit reports characters that RFC 3986 does not allow, and "#": a redirect
// URI has no fragment.
func unfit(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("#\"<>\\^`{|}", r)
}

// plainHost reports whether the host is a name or address without the special
// characters that RFC 3986 allows there, which a policy, a header or a person
// could misread.
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

// ours reports whether a query is invalid or has a parameter that the server
// adds.
func ours(query string) bool {
	values, err := url.ParseQuery(query)
	return err != nil || values.Has("code") || values.Has("state") || values.Has("iss") || values.Has("error") || values.Has("error_description")
}

// Covers reports whether a client that registered r may use asked. They must be
// equal, except for the port of a loopback URI (RFC 8252, section 7.3).
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
