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

// The grants that the token endpoint takes.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// tokens is the answer of the token endpoint (RFC 6749, section 5.1).
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Seconds int64  `json:"expires_in"`
	Refresh string `json:"refresh_token,omitempty"`
	Scope   string `json:"scope"`
}

// problem is an error of the token endpoint, in the standard's words.
type problem struct {
	status int
	code   string
	says   string
	cause  error
}

func (p *problem) Error() string {
	if p.cause != nil {
		return p.code + ": " + p.says + ": " + p.cause.Error()
	}
	return p.code + ": " + p.says
}

func (p *problem) Unwrap() error { return p.cause }

// refuse returns a problem that is the client's.
func refuse(code, says string, cause error) *problem {
	status := http.StatusBadRequest
	if code == invalidClient {
		status = http.StatusUnauthorized
	}
	return &problem{status, code, says, cause}
}

// giveTokens answers POST /token.
func (s *Server) giveTokens(w http.ResponseWriter, r *http.Request) {
	answer, err := s.exchange(w, r)
	if err != nil {
		s.failJSON(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, answer)
}

// exchange gives tokens for a code or a refresh token.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) (*tokens, error) {
	if err := readPost(w, r); err != nil {
		return nil, err
	}
	id, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	if !s.isOurs(r.PostForm["resource"]) {
		return nil, refuse(invalidTarget, "resource must be "+s.options.Resource, nil)
	}
	switch r.PostForm.Get("grant_type") {
	case grantCode:
		return s.redeem(r.Context(), r.PostForm, id)
	case grantRefresh:
		return s.renew(r.Context(), r.PostForm, id)
	}
	return nil, refuse(unsupportedGrantType, "grant_type must be authorization_code or refresh_token", nil)
}

// readPost reads a form from the body, where no parameter but resource may be
// there twice. The query of the URL counts for nothing.
func readPost(w http.ResponseWriter, r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return refuse(invalidRequest, "the body must be a form", nil)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return refuse(invalidRequest, "the form can't be read", err)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return refuse(invalidRequest, "a parameter is there twice", nil)
		}
	}
	return nil
}

// authenticate returns the ID of the client that makes a request. A client
// that registered for a secret must have it; of all others the code or token
// that they have is the proof.
func (s *Server) authenticate(r *http.Request) (string, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if name, password, basic := r.BasicAuth(); basic {
		// Both are encoded as in a form first (RFC 6749, section 2.3.1).
		header, err := url.QueryUnescape(name)
		header2, err2 := url.QueryUnescape(password)
		if err != nil || err2 != nil || id != "" && id != header || secret != "" {
			return "", refuse(invalidClient, "the client names itself twice", nil)
		}
		id, secret = header, header2
	} else if r.Header.Get("Authorization") != "" {
		return "", refuse(invalidClient, "the client authenticates in a way that is not known here", nil)
	}
	if id == "" {
		return "", refuse(invalidClient, "client_id is missing", nil)
	}
	if client.IsDocument(id) {
		return id, nil // documents are for clients without a secret; the code or token names its client
	}
	c, err := s.lookupRegistered(r.Context(), id)
	if err != nil {
		return "", refuse(invalidClient, "the client is not registered here", err)
	}
	if c.Method != client.MethodNone && !s.registry.HasSecret(c, secret) {
		return "", refuse(invalidClient, "the client's secret is missing or wrong", nil)
	}
	return id, nil
}

// issue returns an access token for g, beside a refresh token or "".
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

// failJSON answers with an error in the standard's form (RFC 6749, section
// 5.2).
func (s *Server) failJSON(w http.ResponseWriter, r *http.Request, err error) {
	p := (*problem)(nil)
	if !errors.As(err, &p) {
		e := library.AsError(err)
		p = &problem{http.StatusInternalServerError, serverError, e.Message, err}
		switch e.Code {
		case library.Unavailable:
			p.status, p.code = http.StatusServiceUnavailable, temporarily
			retryAfter(w, e)
		case library.RateLimited:
			p.status, p.code = http.StatusTooManyRequests, temporarily
			retryAfter(w, e)
		}
	}
	if p.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="stackroom"`)
	}
	s.options.Logger.InfoContext(r.Context(), "sign-in refused", "status", p.status, "error", err)
	s.writeJSON(w, p.status, map[string]string{"error": p.code, "error_description": p.says})
}

// writeJSON answers with what no cache may keep.
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
	_, _ = w.Write(body) // the caller is gone if this fails; there is nobody to tell
}

// unknownKey reports whether something was sealed under a key that is not
// held.
func unknownKey(err error) bool { return errors.Is(err, seal.ErrUnknownKey) }
