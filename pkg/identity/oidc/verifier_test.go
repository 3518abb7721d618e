package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/go-jose/go-jose/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

var _ identity.Verifier = (*oidc.Verifier)(nil)

func TestVerify_AcceptsTokenOfIssuer(t *testing.T) {
	i := newIssuer(t)
	p, err := i.verifier("").Verify(t.Context(), i.token(nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := "oidc:" + strings.TrimPrefix(i.URL, "http://") + ":248289761001"; p.Subject != want {
		t.Errorf("subject %s", p.Subject)
	}
	if !p.May(identity.Read) || p.May(identity.Write) || p.Libraries != nil || !p.Credential.Anonymous() || !p.Expires.Equal(i.clock().Add(time.Hour)) {
		t.Errorf("%+v", p)
	}
}

func TestVerify_ChecksClaims(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	at := func(d time.Duration) int64 { return i.clock().Add(d).Unix() }
	for _, c := range []struct {
		promise string
		changes map[string]any
		good    bool
	}{
		{"audience as a string", map[string]any{"aud": audience}, true},
		{"audience in a list", map[string]any{"aud": []string{"other", audience}}, true},
		{"R11 audience with a trailing slash and capitals", map[string]any{"aud": "HTTPS://Library.Example.ORG/mcp/"}, true},
		{"R05 another audience", map[string]any{"aud": "https://other.example.org/mcp"}, false},
		{"R05 audience of the same host", map[string]any{"aud": "https://library.example.org"}, false},
		{"R05 no audience", map[string]any{"aud": nil}, false},
		{"R05 another issuer", map[string]any{"iss": "https://accounts.google.com"}, false},
		{"R05 no issuer", map[string]any{"iss": nil}, false},
		{"the issuer with an extra slash", map[string]any{"iss": i.URL + "/"}, false},
		{"expired within the leeway", map[string]any{"exp": at(-59 * time.Second)}, true},
		{"expired", map[string]any{"exp": at(-61 * time.Second)}, false},
		{"without an expiry", map[string]any{"exp": nil}, false},
		{"an expiry that is not a time", map[string]any{"exp": "tomorrow"}, false},
		{"valid within the leeway", map[string]any{"nbf": at(59 * time.Second)}, true},
		{"valid later", map[string]any{"nbf": at(61 * time.Second)}, false},
		{"issued in the future", map[string]any{"iat": at(61 * time.Second)}, false},
		{"no subject", map[string]any{"sub": nil}, false},
		{"a subject of 256 characters", map[string]any{"sub": strings.Repeat("a", 256)}, false},
		{"bound to a key", map[string]any{"cnf": map[string]any{"jkt": "0ZcOCORZNYy"}}, false},
	} {
		token := i.token(c.changes)
		p, err := v.Verify(t.Context(), token)
		switch {
		case c.good && err != nil:
			t.Errorf("%s: %v", c.promise, err)
		case !c.good && (p != nil || library.CodeOf(err) != library.Unauthenticated || library.AsError(err).Message != identity.BadToken(nil).Message):
			t.Errorf("%s: %+v, %v", c.promise, p, err)
		case !c.good && strings.Contains(err.Error(), token[20:40]):
			t.Errorf("%s: the error contains the token: %v", c.promise, err)
		}
	}
	if got := i.fetches(); got != 1 {
		t.Errorf("%d fetches for cached keys", got)
	}
}

// TestVerify_ForTheEndpointThatNeverWrites holds that a token for that endpoint alone
// is marked.
func TestVerify_ForTheEndpointThatNeverWrites(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	for _, c := range []struct {
		audience any
		readOnly bool
	}{
		{audience, false}, {audience + "/readonly", true}, {[]string{audience + "/readonly", audience}, false},
	} {
		p, err := v.Verify(t.Context(), i.token(map[string]any{"aud": c.audience}))
		if err != nil || p.ReadOnly != c.readOnly {
			t.Errorf("%v: %+v, %v", c.audience, p, err)
		}
	}
}

func TestVerify_RejectsOtherSignatures(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(i.signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	own := jose.SigningKey{Algorithm: jose.ES256, Key: i.signer}
	header := map[jose.HeaderKey]any{"kid": i.keyID}
	good := i.token(nil)
	parts := strings.Split(good, ".")
	text := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payload, err := json.Marshal(i.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	for promise, token := range map[string]string{
		"an unknown key":                i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: other}, header, i.claims(nil)),
		"an unknown key without an ID":  i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: other}, nil, i.claims(nil)),
		"the public key as an HMAC key": i.sign(jose.SigningKey{Algorithm: jose.HS256, Key: public}, header, i.claims(nil)),
		"no signature":                  text(`{"alg":"none"}`) + "." + text(string(payload)) + ".",
		"no signature with a key ID":    text(`{"alg":"none","kid":"first"}`) + "." + parts[1] + "." + parts[2],
		"a key in the header":           i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: other, KeyID: i.keyID}}, nil, i.claims(nil)),
		"changed claims":                parts[0] + "." + text(strings.Replace(string(payload), "248289761001", "1", 1)) + "." + parts[2],
		"a truncated signature":         good[:len(good)-4],
		"a logout token":                i.sign(own, map[jose.HeaderKey]any{"kid": i.keyID, "typ": "logout+jwt"}, i.claims(nil)),
		"a type that is not a string":   i.sign(own, map[jose.HeaderKey]any{"kid": i.keyID, "typ": 7}, i.claims(nil)),
		"not a JWT":                     "P9NiFoyLeZu2bZNvvuQPDWsd",
		"nothing":                       "",
		"four parts":                    good + ".x",
		"encrypted":                     "e30." + parts[1] + "." + parts[1] + "." + parts[1] + "." + parts[1],
		"JSON form":                     `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		if p, err := v.Verify(t.Context(), token); p != nil || library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("%s: %+v, %v", promise, p, err)
		}
	}
	for promise, header := range map[string]map[jose.HeaderKey]any{
		"no key ID":            {"typ": "JWT"},
		"no type":              {"kid": i.keyID},
		"the type in full":     {"kid": i.keyID, "typ": "application/at+jwt"},
		"the type in capitals": {"kid": i.keyID, "typ": "AT+JWT"},
	} {
		if _, err := v.Verify(t.Context(), i.sign(own, header, i.claims(nil))); err != nil {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func TestVerify_SupportsListedAlgorithms(t *testing.T) {
	i := newIssuer(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.publish(key.Public(), "rsa")
	v := i.verifier("")
	payload, err := json.Marshal(i.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		if _, err := v.Verify(t.Context(), oidctest.SignIDToken(key, "rsa", alg, string(payload))); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestVerify_IgnoresUnsuitableKeys(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for promise, key := range map[string]jose.JSONWebKey{
		"too short":            {Key: weak.Public(), KeyID: "k", Use: "sig"},
		"for encryption":       {Key: strong.Public(), KeyID: "k", Use: "enc"},
		"for another key type": {Key: strong.Public(), KeyID: "k", Algorithm: "ES256"},
		"a private key":        {Key: strong, KeyID: "k", Use: "sig"},
		"a symmetric key":      {Key: []byte(strings.Repeat("k", 32)), KeyID: "k", Use: "sig"},
	} {
		i := newIssuer(t)
		serveKeys(t, i, key)
		signer, alg := crypto.Signer(strong), jose.RS256
		if promise == "too short" {
			signer = weak
		}
		token := i.sign(jose.SigningKey{Algorithm: alg, Key: signer}, map[jose.HeaderKey]any{"kid": "k"}, i.claims(nil))
		if p, err := i.verifier("").Verify(t.Context(), token); p != nil || err == nil {
			t.Errorf("%s: %+v", promise, p)
		}
	}
}

// serveKeys makes the issuer publish a key unchanged, beside one of an unknown
// type.
func serveKeys(t *testing.T, i *issuer, key jose.JSONWebKey) {
	t.Helper()
	b, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	own, server := i.server, `{"keys":[{"kty":"LATTICE","kid":"x"},`+string(b)+`]}`
	i.misbehave(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			fmt.Fprint(w, server)
			return
		}
		own.ServeHTTP(w, r)
	})
}

func TestSubject_IsUniqueAndSafeToLog(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	seen := map[string]string{}
	for _, sub := range []string{
		"248289761001", "auth0|5f7c8ec7c33c6c004bbafe82", "ada@example.org", "00u1a2b3c4:d",
		strings.Repeat("a", 65), strings.Repeat("a", 66), "a b", "a\nlevel=error", "\u202eada", "a#b", "#" + strings.Repeat("0", 32), "Ada", "ada",
	} {
		p, err := v.Verify(t.Context(), i.token(map[string]any{"sub": sub}))
		if err != nil {
			t.Fatalf("%q: %v", sub, err)
		}
		if other, taken := seen[p.Subject]; taken {
			t.Errorf("%q and %q both give %s", sub, other, p.Subject)
		}
		seen[p.Subject] = sub
		if len(p.Subject) > 120 || strings.ContainsFunc(p.Subject, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q gives %q", sub, p.Subject)
		}
	}
}

func TestNew_ValidatesOptions(t *testing.T) {
	for promise, o := range map[string]oidc.Options{
		"no issuer":                 {Audience: audience},
		"an issuer over http":       {Issuer: "http://login.example.org", Audience: audience},
		"an issuer with a query":    {Issuer: "https://login.example.org/?tenant=a", Audience: audience},
		"an issuer with a fragment": {Issuer: "https://login.example.org/#a", Audience: audience},
		"an issuer with a user":     {Issuer: "https://hunter2@login.example.org", Audience: audience},
		"no audience":               {Issuer: "https://login.example.org"},
		"an invalid policy":         {Issuer: "https://login.example.org", Audience: audience, Policy: "hunter2"},
	} {
		v, err := oidc.New(o)
		if v != nil || library.CodeOf(err) != library.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	i := newIssuer(f)
	v := i.verifier("")
	good := i.token(nil)
	parts := strings.Split(good, ".")
	for _, s := range []string{good, "", "..", good + ".", parts[0] + ".." + parts[2], "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := v.Verify(context.Background(), token)
		if (err == nil) != (p != nil) {
			t.Fatalf("%+v, %v", p, err)
		}
		// The last letter of a Base64 signature has spare bits, so several
		// texts encode one signature; the signed parts are the issuer's in
		// every case.
		if p != nil && !strings.HasPrefix(token, parts[0]+"."+parts[1]+".") {
			t.Fatalf("%q is accepted", token)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	i := newIssuer(b)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	i.publish(key.Public(), "rsa")
	v := i.verifier("")
	for name, token := range map[string]string{
		"ES256": i.token(nil),
		"RS256": i.sign(jose.SigningKey{Algorithm: jose.RS256, Key: key}, map[jose.HeaderKey]any{"kid": "rsa"}, i.claims(nil)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
