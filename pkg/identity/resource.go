package identity

import (
	"net/url"
	"strings"
)

// SameResource reports whether two URLs name one resource (RFC 8707). It
// ignores the letter case of scheme and host, the scheme's default port and a
// trailing slash, because clients vary in these; every other difference counts.
// A URL names no resource if it is not absolute, not http or https, or has a
// user or a fragment.
func SameResource(a, b string) bool {
	x, ok := canonical(a)
	y, okay := canonical(b)
	return ok && okay && x == y
}

// canonical returns the canonical form of a resource's URL.
func canonical(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil || strings.Contains(s, "#") {
		return "", false
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if scheme != "https" && scheme != "http" {
		return "", false
	}
	if port == "443" && scheme == "https" || port == "80" && scheme == "http" {
		port = ""
	}
	return strings.Join([]string{scheme, host, port, strings.TrimSuffix(u.EscapedPath(), "/"), u.RawQuery}, "\n"), true
}
