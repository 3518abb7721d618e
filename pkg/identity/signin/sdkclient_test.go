package signin_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// serveMCP serves an MCP endpoint with one tool, which returns the caller,
// behind the deployment's authentication.
func (w *world) serveMCP() {
	w.t.Helper()
	server := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: identity.PrincipalFrom(ctx).Subject}}}, nil, nil
	})
	endpoint := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	for i, mux := range w.muxes {
		authenticator, err := identity.NewAuthenticator(identity.AuthenticatorOptions{
			Resource: w.issuer + "/mcp", Issuers: []string{w.issuer}, Verifier: w.nodes[i], Scopes: []identity.Scope{identity.Read, identity.Write},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, route := range authenticator.Routes() {
			mux.Handle(route.Method+" "+route.Path, route.Handler)
		}
		mux.HandleFunc("/mcp", func(rw http.ResponseWriter, r *http.Request) {
			p, challenge := authenticator.Identify(r)
			if challenge != nil {
				rw.Header().Set("WWW-Authenticate", challenge.Header)
				rw.WriteHeader(challenge.Status)
				return
			}
			endpoint.ServeHTTP(rw, r.WithContext(identity.WithPrincipal(r.Context(), p)))
		})
	}
}

// TestSDKClient_SignsIn gives the official Go client only the MCP URL.
func TestSDKClient_SignsIn(t *testing.T) {
	const redirect = "http://127.0.0.1:51234/callback"
	var document string
	site := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, document)
	}))
	t.Cleanup(site.Close)
	id := site.URL + "/client.json"
	document = `{"client_id":"` + id + `","client_name":"SDK","redirect_uris":["http://127.0.0.1/callback"],"grant_types":["authorization_code","refresh_token"]}`
	for promise, config := range map[string]auth.AuthorizationCodeHandlerConfig{
		"by a document": {ClientIDMetadataDocumentConfig: &auth.ClientIDMetadataDocumentConfig{URL: id}},
		"by registering": {DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "SDK", RedirectURIs: []string{redirect}, GrantTypes: []string{"authorization_code", "refresh_token"},
		}}},
		"by registering with a secret": {DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "SDK", RedirectURIs: []string{redirect}, TokenEndpointAuthMethod: "client_secret_basic",
		}}},
	} {
		t.Run(promise, func(t *testing.T) {
			w := newWorld(t, func(o *signin.Options) { o.Documents, o.Now = site.Client().Transport, nil })
			w.serveMCP()
			w.http.CheckRedirect = nil
			config.Client, config.RedirectURL = w.http, redirect
			config.AuthorizationCodeFetcher = func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
				to, err := signintest.NewPerson(ada, w.http.Transport).SignIn(ctx, args.URL)
				if err != nil {
					return nil, err
				}
				q := to.Query()
				return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
			}
			handler, err := auth.NewAuthorizationCodeHandler(&config)
			if err != nil {
				t.Fatal(err)
			}
			session, err := mcp.NewClient(&mcp.Implementation{Name: "client", Version: "1"}, nil).Connect(t.Context(),
				&mcp.StreamableClientTransport{Endpoint: w.issuer + "/mcp", HTTPClient: w.http, OAuthHandler: handler}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami"})
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := res.Content[0].(*mcp.TextContent); !ok || text.Text != "zotero:475425" {
				t.Errorf("%+v", res)
			}
		})
	}
}
