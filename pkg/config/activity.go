package config

import "strings"

// KeepsActivity reports whether a server over HTTP keeps what its callers did: where
// people can see their own on a page, and where the process or a bucket keeps it.
func (c *Config) KeepsActivity() bool {
	if c.Service != "" && c.StateBucket == "" { // an instance of Cloud Run keeps nothing
		return false
	}
	switch c.Auth {
	case "tokens":
		return c.PublicURL != ""
	case "oidc":
		return c.OIDCClientID != ""
	case "zotero":
		return true
	}
	return c.LocalOnly() && c.Service == ""
}

// maxPrincipal is the longest name of a principal, in bytes.
const maxPrincipal = 512

// validPrincipal accepts the name of a principal: a kind and a name.
func validPrincipal(s string) bool {
	kind, name, ok := strings.Cut(s, ":")
	return ok && kind != "" && name != "" && len(s) <= maxPrincipal && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// UnknownAdmins returns the admins that no caller can be with this sign-in, because
// its principals are of another kind.
func (c *Config) UnknownAdmins() (unknown []string) {
	kinds := map[string]string{"tokens": "token:", "oidc": "oidc:", "zotero": "zotero:"}
	for _, name := range c.Admins {
		if kind := kinds[c.Auth]; kind == "" || !strings.HasPrefix(name, kind) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
