package identity_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// FuzzAuthorization sends arbitrary Authorization headers. Only well-formed
// tokens reach the verifier; every other header gets a challenge that a strict
// client can parse and that contains no part of the header.
func FuzzAuthorization(f *testing.F) {
	for _, s := range []string{"", "Bearer", "Bearer ", "Bearer a", "bearer  a==", "Bearer a b", "Bearer =", "Basic eA==", "Bearer\ta", "Bearer a,b", "Bearer \u00e9", "Bearer a\r\nX: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		var seen []string
		g, err := identity.NewAuthenticator(identity.AuthenticatorOptions{Resource: resource, Issuers: []string{issuer}, Verifier: verify(func(token string) (*identity.Principal, error) {
			seen = append(seen, token)
			return nil, identity.BadToken(nil)
		})})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
		r.Header["Authorization"] = []string{header}
		p, c := g.Identify(r)
		if p != nil || c == nil || c.Status != http.StatusUnauthorized || c.Err.Code != library.Unauthenticated {
			t.Fatalf("%q: %+v %+v", header, p, c)
		}
		want := map[string]string{"resource_metadata": metadataURL, "scope": "library:read"}
		for name, value := range parse(t, c.Header) {
			if w, ok := want[name]; ok && w != value {
				t.Fatalf("%s is %s", name, value)
			}
		}
		for _, token := range seen {
			if token == "" || len(token) > 8<<10 || strings.ContainsAny(token, " ,\t\r\n\"\x00") || !strings.HasSuffix(strings.TrimRight(header, " "), " "+token) {
				t.Fatalf("%q gives the token %q", header, token)
			}
		}
	})
}

// FuzzChallenge returns arbitrary errors from the verifier. The challenge stays
// one that a strict client can parse, with the expected parameters.
func FuzzChallenge(f *testing.F) {
	for _, s := range []string{"", "no", `say "no"`, `back\slash`, "a\r\nSet-Cookie: b", `x", scope="library:write`, "\u00e9\u202e", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		g, err := identity.NewAuthenticator(identity.AuthenticatorOptions{Resource: resource, Issuers: []string{issuer}, Verifier: verify(func(string) (*identity.Principal, error) {
			return nil, library.Errorf(library.Unauthenticated, "%s", message)
		})})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
		r.Header.Set("Authorization", "Bearer a")
		_, c := g.Identify(r)
		got := parse(t, c.Header)
		if got["error"] != "invalid_token" || got["scope"] != "library:read" || got["resource_metadata"] != metadataURL {
			t.Fatalf("%q: %s", message, c.Header)
		}
	})
}
