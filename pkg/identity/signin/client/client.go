// Package client knows the programs that ask people to sign in: who they say
// they are and where people may be sent back to. A client is known by a
// document that it publishes (Client ID Metadata Document,
// draft-ietf-oauth-client-id-metadata-document) or because it registered (RFC
// 7591). Nothing is stored: a document is fetched, and a registration is sealed
// into the client ID that it gets.
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

// Client is a program that asks for sign-in. What it says of itself is not to
// be trusted.
type Client struct {
	ID   string
	Name string // one line of at most [MaxName] runes, never ""
	// Redirects are the redirect URIs that it may use, each of a form that
	// [ParseRedirect] takes.
	Redirects []string
	// Host is where its document lies, "" for a client that registered: the
	// only thing that is proven of a client.
	Host string
	// Method is how it authenticates at the token endpoint: [MethodNone],
	// [MethodPost] or [MethodBasic].
	Method string
	// Refreshes says whether it wants refresh tokens.
	Refreshes bool
}

// The ways to authenticate at the token endpoint (RFC 7591, section 2).
const (
	MethodNone  = "none"
	MethodPost  = "client_secret_post"
	MethodBasic = "client_secret_basic"
)

// Bounds of what clients say of themselves.
const (
	MaxName      = 80 // runes of a name that are shown
	maxRedirects = 20
)

// Allows reports whether people may be sent to a redirect URI.
func (c *Client) Allows(redirect Redirect) bool {
	return slices.ContainsFunc(c.Redirects, func(registered string) bool {
		r, ok := ParseRedirect(registered)
		return ok && r.Covers(redirect)
	})
}

// Digest returns what stands for a client ID in what is sealed for it: 16
// bytes of SHA-256 in base64url.
func Digest(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// metadata is what clients say of themselves (RFC 7591, section 2), be it in a
// document or when they register. Whatever has the wrong type is an error.
type metadata struct {
	ID            string          `json:"client_id"`
	Name          string          `json:"client_name"`
	Redirects     []string        `json:"redirect_uris"`
	Method        string          `json:"token_endpoint_auth_method"`
	Grants        []string        `json:"grant_types"`
	ResponseTypes []string        `json:"response_types"`
	Secret        json.RawMessage `json:"client_secret"`
}

// parseMetadata reads what a client says and checks what holds for all
// clients. Redirect URIs are for the caller to check.
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

// refreshes reports whether a client that says m wants refresh tokens. Many
// that use them don't list them, so only a list without them is a no.
func (m *metadata) refreshes() bool {
	return len(m.Grants) == 0 || slices.Contains(m.Grants, "refresh_token")
}

// cleanName returns a name that people can be shown: one line, nothing
// invisible, not longer than [MaxName] runes. A client without a name is
// called by what is known of it.
func cleanName(name, otherwise string) string {
	const most = 4096 // bytes worth looking at
	name = plaintext.Line(name[:min(len(name), most)])
	if r := []rune(name); len(r) > MaxName {
		name = strings.TrimSpace(string(r[:MaxName-1])) + "…"
	}
	if name == "" {
		return otherwise
	}
	return name
}
