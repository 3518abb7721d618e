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

// Bounds of what is taken from an issuer.
const (
	fetchTime = 10 * time.Second
	maxBytes  = 1 << 20
	maxKeys   = 64
	minRSA    = 2048 // bits (RFC 7518 section 3.3)
)

// newClient returns a client that reads from an issuer: it follows no
// redirect, and takes no answer that is not a bounded 200.
func newClient(transport http.RoundTripper, local bool) *http.Client {
	return &http.Client{
		Transport:     &bounded{next: transport, local: local},
		Timeout:       fetchTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded is the transport of that client.
type bounded struct {
	next  http.RoundTripper
	local bool // the issuer is on this machine, where http will do
}

// RoundTrip implements [http.RoundTripper]. Errors say nothing of the body,
// which go-oidc would quote at any length.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !secure(r.URL, b.local) {
		return nil, errors.New("not https")
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close() // nothing of it is wanted
		return nil, statusError(res.StatusCode)
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxBytes)
	return res, nil
}

// statusError is a response of the issuer that is not 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("HTTP status %d", int(e)) }

// secure reports whether keys may be fetched from u: over TLS, or from this
// machine if the issuer is on it too.
func secure(u *url.URL, local bool) bool {
	return u.Scheme == "https" || u.Scheme == "http" && local && loopback(u)
}

// loopback reports whether a URL is of this machine.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// What an issuer can say of itself that is not what the settings say. Clients
// compare the two letter by letter too (RFC 8414 section 3.3), so there is no
// making light of a slash.
var (
	errSlash    = errors.New("the issuer writes itself with another slash at its end; STACKROOM_OIDC_ISSUER must be the same letter by letter")
	errStranger = errors.New("the discovery document is of another issuer")
)

// fetch asks an issuer where its keys are, and for them.
func fetch(ctx context.Context, client *http.Client, issuer string) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, client), fetchTime)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, issuer)
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		if err = errStranger; strings.TrimSuffix(mismatch.Discovered, "/") == strings.TrimSuffix(issuer, "/") {
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
