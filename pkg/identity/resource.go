package identity

import (
	"net/url"
	"strings"
)

// SameResource reports whether two URLs name one resource (RFC 8707). Letter
// case of scheme and host, a port that is the scheme's own, and a slash at the
// end make no difference, because clients write them as they like; everything
// else does. What is not an absolute http or https URL, or has a user or a
// fragment, names nothing.
func SameResource(a, b string) bool {
	x, ok := canonical(a)
	y, okay := canonical(b)
	return ok && okay && x == y
}

// canonical returns the one form of a resource's URL.
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
