package signin

import (
	"encoding/json"
	"net/http"

	"github.com/rs/cors"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
)

// The paths of the endpoints.
const (
	pathAuthorize = "/authorize"
	pathCallback  = "/callback"
	pathToken     = "/token"
	pathRegister  = "/register"
	pathRevoke    = "/revoke"
)

// metadataPaths are the paths of the metadata: the one that RFC 8414 defines
// for an issuer without a path, and the one for an issuer with the path of the
// MCP endpoint, which some clients use. There is no OpenID Connect metadata:
// this server issues no ID tokens and has no public keys.
var metadataPaths = []string{
	"/.well-known/oauth-authorization-server",
	"/.well-known/oauth-authorization-server/mcp",
}

// metadata is the metadata of the authorization server (RFC 8414, section 2).
type metadata struct {
	Issuer            string           `json:"issuer"`
	Authorization     string           `json:"authorization_endpoint"`
	Token             string           `json:"token_endpoint"`
	Registration      string           `json:"registration_endpoint"`
	Revocation        string           `json:"revocation_endpoint"`
	Scopes            []identity.Scope `json:"scopes_supported"`
	Responses         []string         `json:"response_types_supported"`
	Modes             []string         `json:"response_modes_supported"`
	Grants            []string         `json:"grant_types_supported"`
	TokenMethods      []string         `json:"token_endpoint_auth_methods_supported"`
	RevocationMethods []string         `json:"revocation_endpoint_auth_methods_supported"`
	Challenges        []string         `json:"code_challenge_methods_supported"`
	Documents         bool             `json:"client_id_metadata_document_supported"`
	IssParameter      bool             `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	Resources         []string         `json:"protected_resources"`                            // RFC 9728, section 4
}

func (s *Server) metadataRoutes() []identity.Route {
	issuer := s.options.Issuer
	scopes := []identity.Scope{identity.Read}
	if s.options.Writes {
		scopes = append(scopes, identity.Write)
	}
	body, err := json.Marshal(metadata{
		Issuer: issuer, Authorization: issuer + pathAuthorize, Token: issuer + pathToken,
		Registration: issuer + pathRegister, Revocation: issuer + pathRevoke,
		Scopes:    scopes,
		Responses: []string{"code"}, Modes: []string{"query"}, Grants: []string{grantCode, grantRefresh},
		TokenMethods:      []string{client.MethodNone, client.MethodPost, client.MethodBasic},
		RevocationMethods: []string{client.MethodNone, client.MethodPost, client.MethodBasic},
		Challenges:        []string{"S256"}, Documents: true, IssParameter: true,
		Resources: []string{s.options.Resource, identity.ReadOnlyResource(s.options.Resource)},
	})
	if err != nil {
		return nil // strings marshal
	}
	h := allowAllOrigins(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(body) // net/http omits the body of a response to HEAD
	}))
	var routes []identity.Route
	for _, path := range metadataPaths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			routes = append(routes, identity.Route{Method: method, Path: path, Handler: h})
		}
	}
	return routes
}

// allowAllOrigins allows requests to h from pages of every origin, for clients that
// run in a browser. h uses no cookies that such a page could abuse.
func allowAllOrigins(h http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: []string{"*"},
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"},
		MaxAge:         600, // seconds
	}).Handler(h)
}
