package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// request is a validated authorization request.
type request struct {
	Client    string `json:"c"` // digest of its ID
	Name      string `json:"n"` // of the client, for Zotero's page and the member's
	Redirect  string `json:"r"`
	State     string `json:"s,omitempty"`
	Challenge string `json:"p"`           // PKCE, S256
	Write     bool   `json:"w,omitempty"` // library:write and library:read; otherwise library:read only
	Reading   bool   `json:"o,omitempty"` // for the endpoint that never writes alone
	Refreshes bool   `json:"f,omitempty"`
}

// form is the hidden field of the consent form: the request and the browser
// that received it.
type form struct {
	request
	Browser string `json:"b"` // digest of the browser's cookie
	Expires int64  `json:"x"` // seconds since 1970, here and below
}

// login is the cookie of a person who is at Zotero's page.
type login struct {
	request
	Ticket  zoteroauth.Ticket `json:"t"`
	Mark    string            `json:"m"` // the parameter s of the callback's URL
	Expires int64             `json:"x"`
}

// grant is what a person granted to a client: the content of every token.
type grant struct {
	User    int64  `json:"u"`
	Key     string `json:"k"` // at Zotero
	Write   bool   `json:"w,omitempty"`
	Reading bool   `json:"o,omitempty"` // for the endpoint that never writes alone
	Family  string `json:"f"`           // names the sign-in
	Client  string `json:"c"`           // digest of the client's ID
}

// code is an authorization code.
type code struct {
	grant
	Name      string `json:"n,omitempty"` // of the client
	Redirect  string `json:"r"`
	Challenge string `json:"p"`
	Refreshes bool   `json:"s,omitempty"`
	Expires   int64  `json:"x"`
}

// note is what the ledger keeps of a sign-in for the member, sealed.
type note struct {
	Name  string `json:"n"` // of the client
	Write bool   `json:"w,omitempty"`
}

// access is an access token.
type access struct {
	grant
	Expires int64 `json:"x"`
}

// refresh is a refresh token. Each has one successor, of the next generation.
type refresh struct {
	grant
	Generation int   `json:"g"`
	Expires    int64 `json:"x"`
}

// errExpired reports a genuine sealed value that has expired.
var errExpired = errors.New("signin: expired")

// sealed returns v sealed in a box.
func sealed(box *seal.Box, v any) (string, error) {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false) // the value is never shown, and cookies are small
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return box.Seal(plain.Bytes())
}

// unseal opens a sealed value and decodes it into v.
func (s *Server) unseal(ctx context.Context, box *seal.Box, text string, v any) error {
	plain, err := s.open(ctx, box, text)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// open opens a sealed value. If its key is unknown, open loads newer keys once.
func (s *Server) open(ctx context.Context, box *seal.Box, text string) ([]byte, error) {
	plain, err := box.Open(text)
	if errors.Is(err, seal.ErrUnknownKey) {
		s.options.UnknownKey(ctx)
		return box.Open(text)
	}
	return plain, err
}

// after returns the time d from now, in seconds since 1970.
func (s *Server) after(d time.Duration) int64 { return s.options.Now().Add(d).Unix() }

// over reports whether a time, in seconds since 1970, has passed.
func (s *Server) over(expires int64) bool { return s.options.Now().Unix() >= expires }
