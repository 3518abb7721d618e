package oidc_test

import (
	"net/url"
	"os"
	"testing"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestVerifier_AcceptsTokensOfOIDCProvider verifies tokens of the npm package
// oidc-provider, which .ci/clients/oidc-provider.mjs runs.
func TestVerifier_AcceptsTokensOfOIDCProvider(t *testing.T) {
	at := os.Getenv("STACKROOM_TEST_OIDC_ISSUER")
	if at == "" {
		t.Skip("STACKROOM_TEST_OIDC_ISSUER is not set to the URL of oidc-provider")
	}
	v, err := oidc.New(oidc.Options{Issuer: at, Audience: audience, Policy: teamPolicy})
	if err != nil {
		t.Fatal(err)
	}
	take := func(resource string) string {
		config := clientcredentials.Config{
			ClientID: "robot", ClientSecret: "robot-secret", TokenURL: at + "/token",
			Scopes: []string{"library:read"}, EndpointParams: url.Values{"resource": {resource}},
		}
		token, err := config.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return token.AccessToken
	}
	p, err := v.Verify(t.Context(), take(audience))
	if err != nil {
		t.Fatal(err)
	}
	if p.Libraries != nil || !p.May(identity.Write) { // librarians, by the policy
		t.Errorf("%+v", p)
	}
	if _, err := v.Verify(t.Context(), take("https://other.example.org/mcp")); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("R05: a token for another audience: %v", err)
	}
}
