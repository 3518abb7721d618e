package oidc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func down(w http.ResponseWriter, _ *http.Request) { http.Error(w, "hunter2", http.StatusBadGateway) }

func TestKeyring_RetriesIssuerDownAtStart(t *testing.T) {
	i := newIssuer(t)
	i.misbehave(down)
	v := i.verifier("")
	for range 3 {
		_, err := v.Verify(t.Context(), i.token(nil))
		e := library.AsError(err)
		if e == nil || e.Code != library.Unavailable || e.RetryAfter <= 0 || strings.Contains(e.Error(), "hunter2") {
			t.Fatalf("%v", err)
		}
	}
	if err := v.Ready(t.Context()); library.CodeOf(err) != library.Unavailable {
		t.Errorf("ready: %v", err)
	}
	if got := i.askedFor("/.well-known/openid-configuration"); got != 1 {
		t.Errorf("%d requests at once to an issuer that is down", got)
	}
	i.misbehave(nil)
	i.pass(10 * time.Second)
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("after it recovered: %v", err)
	}
	if err := v.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
}

func TestKeyring_FollowsKeyRotation(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	old := i.token(nil)
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	i.rotate("second")
	i.pass(time.Minute)
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("the removed key: %v", err)
	}
}

func TestKeyring_MadeUpKeyIDsDoNotFloodIssuer(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	if err := v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.pass(time.Minute)
	for n := range 200 {
		token := i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: i.signer}, map[jose.HeaderKey]any{"kid": fmt.Sprint(n)}, i.claims(nil))
		if _, err := v.Verify(t.Context(), token); library.CodeOf(err) != library.Unauthenticated {
			t.Fatal(err)
		}
	}
	if got := i.fetches(); got != 2 {
		t.Errorf("%d fetches", got)
	}
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("a valid token meanwhile: %v", err)
	}
	i.misbehave(down)
	i.pass(time.Minute)
	unknown := i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: i.signer}, map[jose.HeaderKey]any{"kid": "x"}, i.claims(nil))
	for range 3 {
		if _, err := v.Verify(t.Context(), unknown); library.CodeOf(err) != library.Unavailable {
			t.Errorf("an unknown key while the issuer is down: %v", err)
		}
	}
}

// hanging is a network that can stop responding.
type hanging struct{ hangs atomic.Bool }

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.hangs.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestKeyring_HangingKeySetDelaysNoKnownKey(t *testing.T) {
	i, network := newIssuer(t), &hanging{}
	v, err := oidc.New(oidc.Options{Issuer: i.URL, Audience: audience, Now: i.clock, Transport: network})
	if err != nil {
		t.Fatal(err)
	}
	good := i.token(nil)
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	network.hangs.Store(true)
	i.pass(time.Minute)
	start := time.Now()
	var wg sync.WaitGroup
	var refused atomic.Int64
	for n := range 100 {
		unknown := i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: i.signer}, map[jose.HeaderKey]any{"kid": fmt.Sprint(n)}, i.claims(nil))
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), unknown); library.CodeOf(err) != library.Unavailable {
				t.Errorf("an unknown key: %v", err)
			}
			if time.Since(start) < time.Second {
				refused.Add(1)
			}
		})
	}
	for range 10 {
		if _, err := v.Verify(t.Context(), good); err != nil {
			t.Errorf("a valid token: %v", err)
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("valid tokens took %v", took)
	}
	wg.Wait()
	if took := time.Since(start); took > 5*time.Second || refused.Load() != 36 {
		t.Errorf("others took %v; %d were rejected at once", took, refused.Load())
	}
}

func TestKeyring_ConcurrentCallersShareOneFetch(t *testing.T) {
	i := newIssuer(t)
	v, token := i.verifier(""), i.token(nil)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := i.fetches(); got != 1 {
		t.Errorf("%d fetches", got)
	}
}

func TestKeyring_RefreshesAndExpiresKeys(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier("")
	good := func() error {
		_, err := v.Verify(t.Context(), i.token(nil))
		return err
	}
	if err := good(); err != nil {
		t.Fatal(err)
	}
	i.misbehave(down)
	for range 23 {
		i.pass(time.Hour)
		if err := good(); err != nil {
			t.Fatalf("calls fail while the issuer is down: %v", err)
		}
	}
	i.pass(time.Hour)
	if err := good(); library.CodeOf(err) != library.Unavailable {
		t.Errorf("keys older than a day: %v", err)
	}
	i.misbehave(nil)
	i.pass(time.Minute)
	if err := good(); err != nil {
		t.Errorf("after it recovered: %v", err)
	}
}

func TestKeyring_RejectsInvalidKeySets(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request to another host")
	}))
	defer elsewhere.Close()
	const document = `{"issuer":"%s","jwks_uri":"%s"}`
	for promise, answer := range map[string]func(i *issuer, w http.ResponseWriter, r *http.Request){
		"a redirect": func(_ *issuer, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		},
		"another issuer": func(i *issuer, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, document, "https://login.example.org", i.URL+"/keys")
		},
		"keys over http": func(i *issuer, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, document, i.URL, "http://keys.example.org/")
		},
		"keys in a file": func(i *issuer, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, document, i.URL, "file:///etc/passwd")
		},
		"keys nowhere": func(i *issuer, w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, document, i.URL, "") },
		"no keys": func(i *issuer, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				fmt.Fprint(w, `{"keys":[]}`)
				return
			}
			fmt.Fprintf(w, document, i.URL, i.URL+"/keys")
		},
		"too many keys": func(i *issuer, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				key := `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
				fmt.Fprint(w, `{"keys":[`+strings.Repeat(key+",", 64)+key+`]}`)
				return
			}
			fmt.Fprintf(w, document, i.URL, i.URL+"/keys")
		},
		"too much": func(i *issuer, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, document, i.URL, strings.Repeat("a", 2<<20))
		},
		"a page":  func(_ *issuer, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hunter2") },
		"nothing": func(*issuer, http.ResponseWriter, *http.Request) {},
	} {
		i := newIssuer(t)
		i.misbehave(func(w http.ResponseWriter, r *http.Request) { answer(i, w, r) })
		err := i.verifier("").Ready(t.Context())
		if library.CodeOf(err) != library.Unavailable || len(err.Error()) > 1000 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func TestKeyring_ComparesIssuerExactly(t *testing.T) {
	i := newIssuer(t)
	i.server.SetIssuer(i.URL + "/") // as Auth0's
	err := i.verifier("").Ready(t.Context())
	if library.CodeOf(err) != library.Unavailable || !strings.Contains(err.Error(), "STACKROOM_OIDC_ISSUER") {
		t.Errorf("a missing slash: %v", err)
	}
	v, err := oidc.New(oidc.Options{Issuer: i.URL + "/", Audience: audience, Now: i.clock})
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), i.token(map[string]any{"iss": i.URL + "/"}))
	if err != nil || strings.Contains(p.Subject, "/") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := v.Verify(t.Context(), i.token(nil)); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a token without the slash: %v", err)
	}
}
