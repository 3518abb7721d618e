package signin

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The grant types of the token endpoint.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// tokens is the response of the token endpoint (RFC 6749, section 5.1).
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Seconds int64  `json:"expires_in"`
	Refresh string `json:"refresh_token,omitempty"`
	Scope   string `json:"scope"`
}

// tokenError is an error of the token endpoint (RFC 6749, section 5.2).
type tokenError struct {
	status      int
	code        string
	description string
	cause       error
}

func (p *tokenError) Error() string {
	if p.cause != nil {
		return p.code + ": " + p.description + ": " + p.cause.Error()
	}
	return p.code + ": " + p.description
}

func (p *tokenError) Unwrap() error { return p.cause }

// clientError returns an error that the client caused.
func clientError(code, description string, cause error) *tokenError {
	status := http.StatusBadRequest
	if code == invalidClient {
		status = http.StatusUnauthorized
	}
	return &tokenError{status, code, description, cause}
}

// serveToken serves POST /token.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	answer, err := s.exchange(w, r)
	if err != nil {
		s.failJSON(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, answer)
}

// exchange returns tokens for a code or a refresh token.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) (*tokens, error) {
	if err := readPost(w, r); err != nil {
		return nil, err
	}
	id, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	if !s.isOurResource(r.PostForm["resource"]) {
		return nil, clientError(invalidTarget, "resource must be "+s.options.Resource, nil)
	}
	switch r.PostForm.Get("grant_type") {
	case grantCode:
		return s.redeem(r.Context(), r.PostForm, id)
	case grantRefresh:
		return s.renew(r.Context(), r.PostForm, id)
	}
	return nil, clientError(unsupportedGrantType, "grant_type must be authorization_code or refresh_token", nil)
}

// readPost parses a form in the body. Only the parameter resource may be
// repeated. The query of the URL is ignored.
func readPost(w http.ResponseWriter, r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return clientError(invalidRequest, "the body must be a form", nil)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return clientError(invalidRequest, "the form can't be read", err)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return clientError(invalidRequest, "a parameter is repeated", nil)
		}
	}
	return nil
}

// authenticate returns the ID of the client that sends a request. A client that
// registered with a secret must send it; for other clients the code or token is
// the proof.
func (s *Server) authenticate(r *http.Request) (string, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if name, password, basic := r.BasicAuth(); basic {
		// Both are form-encoded first (RFC 6749, section 2.3.1).
		header, err := url.QueryUnescape(name)
		header2, err2 := url.QueryUnescape(password)
		if err != nil || err2 != nil || id != "" && id != header || secret != "" {
			return "", clientError(invalidClient, "the client authenticates in two ways", nil)
		}
		id, secret = header, header2
	} else if r.Header.Get("Authorization") != "" {
		return "", clientError(invalidClient, "the client's authentication method is not supported", nil)
	}
	if id == "" {
		return "", clientError(invalidClient, "client_id is missing", nil)
	}
	if client.IsDocument(id) {
		return id, nil // clients with a document have no secret; the code or token names the client
	}
	c, err := s.lookupRegistered(r.Context(), id)
	if err != nil {
		return "", clientError(invalidClient, "the client is not registered", err)
	}
	if c.Method != client.MethodNone && !s.registry.HasSecret(c, secret) {
		return "", clientError(invalidClient, "the client's secret is missing or wrong", nil)
	}
	return id, nil
}

// issue returns an access token for g, with a refresh token unless it is "".
func (s *Server) issue(g grant, refreshToken string) (*tokens, error) {
	t := access{grant: g, Expires: s.after(s.options.AccessTTL)}
	text, err := sealed(s.boxes.access, t)
	if err != nil {
		return nil, err
	}
	scope := string(identity.Read)
	if g.Write {
		scope += " " + string(identity.Write)
	}
	return &tokens{Access: text, Type: "Bearer", Seconds: int64(s.options.AccessTTL.Seconds()), Refresh: refreshToken, Scope: scope}, nil
}

// failJSON writes an error in the standard's form (RFC 6749, section 5.2).
func (s *Server) failJSON(w http.ResponseWriter, r *http.Request, err error) {
	p := (*tokenError)(nil)
	if !errors.As(err, &p) {
		e := library.AsError(err)
		p = &tokenError{http.StatusInternalServerError, serverError, e.Message, err}
		switch e.Code {
		case library.Unavailable:
			p.status, p.code = http.StatusServiceUnavailable, temporarilyUnavailable
			retryAfter(w, e)
		case library.RateLimited:
			p.status, p.code = http.StatusTooManyRequests, temporarilyUnavailable
			retryAfter(w, e)
		}
	}
	if p.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="stackroom"`)
	}
	s.options.Logger.InfoContext(r.Context(), "sign-in refused", "status", p.status, "error", err)
	s.writeJSON(w, p.status, map[string]string{"error": p.code, "error_description": p.description})
}

// writeJSON writes a response that must not be cached.
func (s *Server) writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "something went wrong inside the server", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the caller is gone
}

// unknownKey reports whether a value was sealed under a key that is not in the
// keyring.
func unknownKey(err error) bool { return errors.Is(err, seal.ErrUnknownKey) }
