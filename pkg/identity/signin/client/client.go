// Package client identifies OAuth clients: their names and the redirect URIs
// that they may use. A client is known by a document that it publishes (Client
// ID Metadata Document, draft-ietf-oauth-client-id-metadata-document) or by
// registration (RFC 7591). The package stores nothing: it fetches documents,
// and seals a registration into the client ID.
package client

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Client is an OAuth client. Its metadata is untrusted.
type Client struct {
	ID   string
	Name string // one line of 1 to [MaxName] runes
	// Redirects are the redirect URIs that the client may use. [ParseRedirect]
	// accepts each of them.
	Redirects []string
	// Host is the host of its document, "" for a client that registered. It is
	// the only verified fact about a client.
	Host string
	// Method is its authentication method at the token endpoint: [MethodNone],
	// [MethodPost] or [MethodBasic].
	Method string
	// Refreshes reports whether it uses refresh tokens.
	Refreshes bool
}

// Authentication methods at the token endpoint (RFC 7591, section 2).
const (
	MethodNone  = "none"
	MethodPost  = "client_secret_post"
	MethodBasic = "client_secret_basic"
)

// Bounds of client metadata.
const (
	MaxName      = 80 // runes of a name that pages show
	maxRedirects = 20
)

// Allows reports whether the client may use a redirect URI.
func (c *Client) Allows(redirect Redirect) bool {
	return slices.ContainsFunc(c.Redirects, func(registered string) bool {
		r, ok := ParseRedirect(registered)
		return ok && r.Covers(redirect)
	})
}

// Digest returns the digest of a client ID, as stored in values sealed for the
// client: 16 bytes of SHA-256 in base64url.
func Digest(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// metadata is client metadata (RFC 7591, section 2) from a document or a
// registration. A member of the wrong type is an error.
type metadata struct {
	ID            string          `json:"client_id"`
	Name          string          `json:"client_name"`
	Redirects     []string        `json:"redirect_uris"`
	Method        string          `json:"token_endpoint_auth_method"`
	Grants        []string        `json:"grant_types"`
	ResponseTypes []string        `json:"response_types"`
	Secret        json.RawMessage `json:"client_secret"`
}

// parseMetadata parses client metadata and validates what applies to all
// clients. The caller validates the redirect URIs.
func parseMetadata(body []byte) (*metadata, error) {
	m := &metadata{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, library.Errorf(library.Invalid, "the client's metadata is not a JSON object of the expected form").WithCause(err)
	}
	switch {
	case len(m.Redirects) == 0:
		return nil, library.Errorf(library.Invalid, "the client's metadata has no redirect_uris")
	case len(m.Redirects) > maxRedirects:
		return nil, library.Errorf(library.TooLarge, "the client's metadata has more than %d redirect_uris", maxRedirects)
	case len(m.Grants) > 0 && !slices.Contains(m.Grants, "authorization_code"):
		return nil, library.Errorf(library.Invalid, "the client's grant_types lack authorization_code")
	case len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code"):
		return nil, library.Errorf(library.Invalid, "the client's response_types lack code")
	}
	return m, nil
}

// refreshes reports whether a client with metadata m uses refresh tokens. Many
// clients use them without listing the grant type, so only an explicit list
// without it counts as no.
func (m *metadata) refreshes() bool {
	return len(m.Grants) == 0 || slices.Contains(m.Grants, "refresh_token")
}

// cleanName returns a name that is safe to show: one line, no invisible
// characters, at most [MaxName] runes. A client without a name gets fallback.
func cleanName(name, otherwise string) string {
	const most = 4096 // bytes to look at
	name = plaintext.Line(name[:min(len(name), most)])
	if r := []rune(name); len(r) > MaxName {
		name = strings.TrimSpace(string(r[:MaxName-1])) + "…"
	}
	if name == "" {
		return otherwise
	}
	return name
}
