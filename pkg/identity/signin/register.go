package signin

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxRegistration is the longest registration, in bytes.
const maxRegistration = 32 << 10

// register serves POST /register (RFC 7591).
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		s.failJSON(w, r, clientError("invalid_client_metadata", "the metadata can't be read or is too long", err))
		return
	}
	c, secret, err := s.registry.Register(body)
	if err != nil {
		code := "invalid_client_metadata"
		if errors.Is(err, client.ErrRedirect) {
			code = "invalid_redirect_uri"
		}
		s.failJSON(w, r, clientError(code, library.AsError(err).Message, err))
		return
	}
	answer, err := echo(body)
	if err != nil {
		s.failJSON(w, r, err)
		return
	}
	maps.Copy(answer, s.describe(c))
	answer["client_id_issued_at"] = s.options.Now().Unix()
	if secret != "" {
		answer["client_secret"], answer["client_secret_expires_at"] = secret, 0 // never expires
	}
	s.writeJSON(w, http.StatusCreated, answer)
}

// echo returns the client's metadata for the response (section 3.2.1). It
// leaves out members that the server sets, and addresses that are not web
// addresses, because a page that shows the response may render them as links.
func echo(body []byte) (map[string]any, error) {
	said := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, clientError("invalid_client_metadata", "the metadata is not a JSON object", err)
	}
	answer := map[string]any{}
	for _, name := range []string{
		"scope", "contacts", "software_id", "software_version", "software_statement", "application_type",
	} {
		if value, ok := said[name]; ok {
			answer[name] = value
		}
	}
	for _, name := range []string{"client_uri", "logo_uri", "tos_uri", "policy_uri"} {
		if value := said[name]; isWebAddress(value) {
			answer[name] = value
		}
	}
	return answer, nil
}

// isWebAddress reports whether a JSON value is an absolute https or http URL
// without a user.
func isWebAddress(value json.RawMessage) bool {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// describe returns the metadata that the server uses of a client.
func (s *Server) describe(c *client.Client) map[string]any {
	grants := []string{grantCode}
	if c.Refreshes {
		grants = append(grants, grantRefresh)
	}
	return map[string]any{
		"client_id": c.ID, "client_name": c.Name, "redirect_uris": c.Redirects, "grant_types": grants, "response_types": []string{"code"},
		"token_endpoint_auth_method": c.Method,
		"registration_client_uri":    s.options.Issuer + pathRegister + "?" + url.Values{"client_id": {c.ID}}.Encode(),
	}
}

// registered serves GET /register?client_id=…, a client's
// registration_client_uri. It returns what the client ID contains.
func (s *Server) registered(w http.ResponseWriter, r *http.Request) {
	c, err := s.lookupRegistered(r.Context(), r.URL.Query().Get("client_id"))
	if err != nil {
		s.failJSON(w, r, clientError(invalidClient, "the client is not registered", err))
		return
	}
	s.writeJSON(w, http.StatusOK, s.describe(c))
}
