package config

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
