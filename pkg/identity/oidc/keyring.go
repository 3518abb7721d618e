package oidc

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Ages of the keys.
const (
	fresh  = time.Hour        // older keys are fetched again in the background
	maxAge = 24 * time.Hour   // older keys are not used, even if the issuer does not respond
	pause  = 10 * time.Second // between fetches, so that tokens with made-up key IDs can't flood the issuer
)

// Bounds of waiting for keys, so that tokens with made-up key IDs can't block
// the server while the issuer does not respond.
const (
	maxWaiting = 64              // concurrent callers that have keys and wait for newer ones
	newKeyWait = 2 * time.Second // the longest wait of each
)

// keyring caches an issuer's keys. Concurrent callers share one fetch.
type keyring struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	held    *held         // result of the last successful fetch, or nil
	tried   time.Time     // when the last fetch started
	fault   error         // error of the last fetch, or nil
	running chan struct{} // closed when the running fetch ends; nil if none runs
	waiting int           // callers that have keys and wait for newer ones
}

// held is the result of one fetch. It is immutable.
type held struct {
	keys    []jose.JSONWebKey
	fetched time.Time
}

func newKeyring(issuer string, client *http.Client, now func() time.Time) *keyring {
	return &keyring{issuer: issuer, client: client, now: now}
}

// Reasons for rejecting a token, for the log.
var (
	errSignature = errors.New("oidc: no key of the issuer verifies the token")
	errIssuer    = errors.New("oidc: the token has another issuer")
	errClaims    = errors.New("oidc: the claims can't be read")
)

// open verifies a token's signature and issuer and returns its claims.
func (k *keyring) open(ctx context.Context, token *jwt.JSONWebToken, own *claims, all *map[string]any) error {
	h, err := k.current(ctx)
	if err != nil {
		return err
	}
	payload, ok := h.verify(token)
	if !ok {
		// The issuer may have rotated its keys. A caller within pause of the
		// last fetch already has the current ones.
		if h, err = k.next(ctx, h); err != nil {
			return err
		}
		if payload, ok = h.verify(token); !ok {
			return identity.BadToken(errSignature)
		}
	}
	if payload(own, all) != nil {
		return identity.BadToken(errClaims)
	}
	if own.Issuer != k.issuer {
		return identity.BadToken(errIssuer)
	}
	return nil
}

// verify verifies a token against the keys and returns a decoder of its claims.
func (h *held) verify(token *jwt.JSONWebToken) (payload func(...any) error, ok bool) {
	for _, key := range candidates(h.keys, token.Headers[0]) {
		if token.Claims(key.Key) == nil {
			return token.UnsafeClaimsWithoutVerification, true // the line above has verified it
		}
	}
	return nil, false
}

// current returns the cached keys. It fetches them first if there are none, or
// if they are older than maxAge.
func (k *keyring) current(ctx context.Context) (*held, error) {
	k.mu.Lock()
	h := k.held
	k.mu.Unlock()
	if h == nil {
		return k.next(ctx, nil)
	}
	switch age := k.now().Sub(h.fetched); {
	case age >= maxAge:
		return k.next(ctx, h)
	case age >= fresh:
		k.start()
	}
	return h, nil
}

// next returns keys newer than old, or old itself if it was fetched less than
// pause ago.
func (k *keyring) next(ctx context.Context, old *held) (*held, error) {
	over := true
	if running := k.start(); running != nil {
		var err error
		if over, err = k.wait(ctx, running, old); err != nil {
			return nil, err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.held; h != nil && (h != old || over && k.fault == nil) && k.now().Sub(h.fetched) < maxAge {
		return h, nil
	}
	return nil, library.Errorf(library.Unavailable, "the identity provider's keys are unavailable, so no token can be verified").
		WithHint("try again in a moment").WithRetryAfter(max(time.Second, pause-k.now().Sub(k.tried))).WithCause(k.fault)
}

// wait waits for the running fetch and reports whether it has ended. It returns
// false if too many callers wait, or if a caller with old keys has waited for
// newKeyWait.
func (k *keyring) wait(ctx context.Context, running <-chan struct{}, old *held) (over bool, err error) {
	most := fetchTime
	if old != nil {
		if !k.enter() {
			return false, nil
		}
		defer k.leave()
		most = newKeyWait
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-running:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, library.AsError(ctx.Err())
	}
}

// enter reports whether one more caller may wait for newer keys.
func (k *keyring) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting >= maxWaiting {
		return false
	}
	k.waiting++
	return true
}

func (k *keyring) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waiting--
}

// start starts a fetch unless one is running or started less than pause ago.
// The returned channel closes when the fetch ends; it is nil if there is
// nothing to wait for.
func (k *keyring) start() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running != nil {
		return k.running
	}
	now := k.now()
	if !k.tried.IsZero() && now.Sub(k.tried) < pause {
		return nil
	}
	done := make(chan struct{})
	k.tried, k.running = now, done
	go k.fetch(done)
	return done
}

// fetch fetches the keys for all callers, with a timeout of its own.
func (k *keyring) fetch(done chan struct{}) {
	keys, err := fetch(context.Background(), k.client, k.issuer)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = err
	if err == nil {
		k.held = &held{keys: keys, fetched: k.tried}
	}
	k.running = nil
	close(done)
}
