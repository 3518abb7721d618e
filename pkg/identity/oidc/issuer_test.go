package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
)

const audience = "https://library.example.org/mcp"

// issuer is an identity provider on loopback: go-oidc's test server, which also
// counts requests and can misbehave.
type issuer struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	server *oidctest.Server
	signer crypto.Signer
	keyID  string
	asked  map[string]int
	answer http.HandlerFunc // replaces the server's response; nil for the real one
	now    time.Time
}

func newIssuer(t testing.TB) *issuer {
	i := &issuer{t: t, server: &oidctest.Server{}, asked: map[string]int{}, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.server.SetIssuer(i.URL)
	i.rotate("first")
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked[r.URL.Path]++
	if i.answer != nil {
		i.answer(w, r)
		return
	}
	i.server.ServeHTTP(w, r)
}

// rotate replaces the issuer's key.
func (i *issuer) rotate(keyID string) {
	i.t.Helper()
	key, err := newKey()
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signer, i.keyID = key, keyID
	i.server.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: keyID, Algorithm: string(jose.ES256)}}
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// misbehave replaces the issuer's responses; nil restores them.
func (i *issuer) misbehave(answer http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

// publish adds a public key to the issuer's key set.
func (i *issuer) publish(key crypto.PublicKey, keyID string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.server.PublicKeys = append(i.server.PublicKeys, oidctest.PublicKey{PublicKey: key, KeyID: keyID})
}

// fetches returns the number of requests for the key set.
func (i *issuer) fetches() int { return i.askedFor("/keys") }

func (i *issuer) askedFor(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// clock returns the test's time.
func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) pass(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = i.now.Add(d)
}

// claims returns the claims of a valid token, with changes; a nil value removes
// a claim.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := i.clock()
	c := map[string]any{
		"iss": i.URL, "aud": audience, "sub": "248289761001",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

// token returns a token with changed claims.
func (i *issuer) token(changes map[string]any) string {
	i.t.Helper()
	return i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: i.signer}, map[jose.HeaderKey]any{"kid": i.keyID, "typ": "at+jwt"}, i.claims(changes))
}

func (i *issuer) sign(key jose.SigningKey, header map[jose.HeaderKey]any, claims map[string]any) string {
	i.t.Helper()
	signer, err := jose.NewSigner(key, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		i.t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// verifier returns a verifier of the issuer's tokens.
func (i *issuer) verifier(policy string) *oidc.Verifier {
	i.t.Helper()
	v, err := oidc.New(oidc.Options{Issuer: i.URL, Audience: audience, Policy: policy, Now: i.clock})
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}
