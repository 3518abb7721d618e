package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Bounds of an issuer's responses.
const (
	fetchTime = 10 * time.Second
	maxBytes  = 1 << 20
	maxKeys   = 64
	minRSA    = 2048 // bits (RFC 7518 section 3.3)
)

// newClient returns a client for requests to an issuer. It follows no redirect,
// and returns an error for every response that is not a 200 of bounded size.
func newClient(transport http.RoundTripper, local bool) *http.Client {
	return &http.Client{
		Transport:     &bounded{next: transport, local: local},
		Timeout:       fetchTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded is the transport of newClient.
type bounded struct {
	next  http.RoundTripper
	local bool // the issuer is on this machine, so http is allowed
}

// RoundTrip implements [http.RoundTripper]. Its errors leave out the body,
// which go-oidc would quote in full.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !secure(r.URL, b.local) {
		return nil, errors.New("not https")
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close() // the body is not used
		return nil, statusError(res.StatusCode)
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxBytes)
	return res, nil
}

// statusError is an issuer's response with a status other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("HTTP status %d", int(e)) }

// secure reports whether keys may be fetched from u: over TLS, or from this
// machine if the issuer is on it too.
func secure(u *url.URL, local bool) bool {
	return u.Scheme == "https" || u.Scheme == "http" && local && loopback(u)
}

// loopback reports whether u is on this machine.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Differences between an issuer's own URL and the setting. Clients compare the
// two exactly (RFC 8414 section 3.3), so even a trailing slash counts.
var (
	errSlash       = errors.New("the issuer's URL differs from STACKROOM_OIDC_ISSUER in its trailing slash; they must be equal")
	errOtherIssuer = errors.New("the discovery document names another issuer")
)

// fetch reads an issuer's discovery document and key set.
func fetch(ctx context.Context, client *http.Client, issuer string) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, client), fetchTime)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, issuer)
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		if err = errOtherIssuer; strings.TrimSuffix(mismatch.Discovered, "/") == strings.TrimSuffix(issuer, "/") {
			err = errSlash
		}
	}
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	keys, err := fetchKeys(ctx, client, found.Keys)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return keys, nil
}

// fetchKeys reads a key set.
func fetchKeys(ctx context.Context, client *http.Client, address string) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("jwks_uri is not a URL")
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil {
		return nil, fmt.Errorf("not a key set: %w", err)
	}
	return usable(set.Keys)
}
