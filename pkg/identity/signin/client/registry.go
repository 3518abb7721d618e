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

// Registry registers clients (RFC 7591) and keeps none: what a client said is
// sealed into its ID. So every process knows it, and the same metadata get the
// same ID.
type Registry struct {
	box *seal.Box
}

// NewRegistry returns the registry of a deployment, which its issuer names.
func NewRegistry(ring *seal.Keyring, issuer string) *Registry {
	return &Registry{box: ring.Box("client", issuer)}
}

// record is what a client ID hides.
type record struct {
	Name      string   `json:"n,omitempty"`
	Redirects []string `json:"r"`
	Method    string   `json:"m"`
	Refreshes bool     `json:"f,omitempty"`
}

// maxRecord is the length of the longest record: a client ID travels in URLs
// of people's browsers.
const maxRecord = 2048

// ErrRedirect marks errors about a redirect URI, which have a code of their
// own in RFC 7591.
var ErrRedirect = errors.New("client: redirect URI")

// Register reads the body of a registration request. The client's secret is ""
// unless it authenticates with one. Errors have the code Invalid or TooLarge,
// with [ErrRedirect] as the cause where a redirect URI is at fault.
func (r *Registry) Register(body []byte) (c *Client, secret string, err error) {
	m, err := parseMetadata(body)
	if err != nil {
		return nil, "", err
	}
	for _, uri := range m.Redirects {
		if _, ok := ParseRedirect(uri); !ok {
			return nil, "", library.Errorf(library.Invalid, "a redirect URI is neither https, nor http to this machine, nor one of a known app").WithCause(ErrRedirect)
		}
	}
	if m.Method == "" {
		// The standard's default is a secret. Clients that don't ask for one
		// are rather those that don't know of any, and PKCE binds all.
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

// Lookup returns the client that has an ID. The error has the code Invalid for
// an ID that was not given out here, and its cause is [seal.ErrUnknownKey] if
// the key that it names is not known.
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
	return library.Errorf(library.Invalid, "this client is not registered here").
		WithHint("remove the server from the client and add it again, so that the client registers anew").WithCause(cause)
}

// secret returns the secret of a client: made from its ID each time, kept
// nowhere.
func (r *Registry) secret(id string) (string, error) {
	mac, err := r.box.Sign(id)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(mac), nil
}

// HasSecret reports whether secret is that of a client that was looked up.
func (r *Registry) HasSecret(c *Client, secret string) bool {
	want, err := r.secret(c.ID)
	return err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(secret)) == 1
}
