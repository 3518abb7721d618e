package client

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Registry registers clients (RFC 7591) without storing them: it seals the
// metadata into the client ID. So every process knows every client, and the
// same metadata gives the same ID.
type Registry struct {
	box *seal.Box
}

// NewRegistry returns the registry of the deployment with this issuer.
func NewRegistry(ring *seal.Keyring, issuer string) *Registry {
	return &Registry{box: ring.Box("client", issuer)}
}

// record is the content of a client ID.
type record struct {
	Name      string   `json:"n,omitempty"`
	Redirects []string `json:"r"`
	Method    string   `json:"m"`
	Refreshes bool     `json:"f,omitempty"`
}

// maxRecord is the longest record, in bytes: a client ID is part of URLs in
// browsers.
const maxRecord = 2048

// ErrRedirect marks errors about a redirect URI, which have their own code in
// RFC 7591.
var ErrRedirect = errors.New("client: redirect URI")

// Register parses the body of a registration request. The client's secret is ""
// unless it authenticates with one. Errors have the code Invalid or TooLarge,
// with [ErrRedirect] as the cause if a redirect URI is invalid.
func (r *Registry) Register(body []byte) (c *Client, secret string, err error) {
	m, err := parseMetadata(body)
	if err != nil {
		return nil, "", err
	}
	for _, uri := range m.Redirects {
		if _, ok := ParseRedirect(uri); !ok {
			return nil, "", library.Errorf(library.Invalid, "a redirect URI must be https, http to this machine, or the scheme of a known app").WithCause(ErrRedirect)
		}
	}
	if m.Method == "" {
		// The standard's default is a secret. But clients that omit the method
		// usually don't support one, and PKCE protects all of them.
		m.Method = MethodNone
	}
	if !slices.Contains([]string{MethodNone, MethodPost, MethodBasic}, m.Method) {
		return nil, "", library.Errorf(library.Invalid, "token_endpoint_auth_method must be none, client_secret_post or client_secret_basic")
	}
	plain, err := json.Marshal(record{cleanName(m.Name, ""), m.Redirects, m.Method, m.refreshes()})
	if err != nil {
		return nil, "", err
	}
	if len(plain) > maxRecord {
		return nil, "", library.Errorf(library.TooLarge, "the client's name and redirect URIs together are longer than %d bytes", maxRecord)
	}
	id, err := r.box.SealDeterministic(plain)
	if err != nil {
		return nil, "", err
	}
	if c, err = r.Lookup(id); err != nil {
		return nil, "", err
	}
	if c.Method == MethodNone {
		return c, "", nil
	}
	secret, err = r.secret(id)
	return c, secret, err
}

// Lookup returns the client with an ID. The error has the code Invalid for an
// ID that was not issued here; its cause is [seal.ErrUnknownKey] if the ID was
// sealed under an unknown key.
func (r *Registry) Lookup(id string) (*Client, error) {
	plain, err := r.box.Open(id)
	if err != nil {
		return nil, unknown(err)
	}
	var m record
	if err := json.Unmarshal(plain, &m); err != nil {
		return nil, unknown(err)
	}
	return &Client{ID: id, Name: cleanName(m.Name, "A client without a name"), Redirects: m.Redirects, Method: m.Method, Refreshes: m.Refreshes}, nil
}

func unknown(cause error) error {
	return library.Errorf(library.Invalid, "this client is not registered").
		WithHint("remove the server from the client and add it again, so that it registers again").WithCause(cause)
}

// secret returns a client's secret. It is derived from the client ID and not
// stored.
func (r *Registry) secret(id string) (string, error) {
	mac, err := r.box.Sign(id)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(mac), nil
}

// HasSecret reports whether secret is the secret of a client that Lookup
// returned.
func (r *Registry) HasSecret(c *Client, secret string) bool {
	want, err := r.secret(c.ID)
	return err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(secret)) == 1
}
