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

// How keys age.
const (
	fresh = time.Hour        // then they are fetched anew, while calls go on with them
	keep  = 24 * time.Hour   // then they are no longer trusted if the issuer doesn't answer
	pause = 10 * time.Second // between fetches, so that tokens with made-up key IDs can't flood the issuer
)

// How callers wait for keys, so that tokens with made-up key IDs can't hold up
// the server while the issuer does not answer.
const (
	maxWaiting = 64              // callers at once that have keys and wait for newer ones
	newKeyWait = 2 * time.Second // how long each of them waits
)

// keyring holds an issuer's keys. No fetch is made for a caller alone: all who
// need one wait for the same.
type keyring struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	held    *held         // what was fetched last, or nil
	tried   time.Time     // when a fetch began last
	fault   error         // why it failed, or nil
	running chan struct{} // closed when the fetch that runs is over; nil if none runs
	waiting int           // callers that have keys and wait for it
}

// held is what an issuer said. It does not change.
type held struct {
	keys    []jose.JSONWebKey
	fetched time.Time
}

func newKeyring(issuer string, client *http.Client, now func() time.Time) *keyring {
	return &keyring{issuer: issuer, client: client, now: now}
}

// Why a token is refused, for the log.
var (
	errSignature = errors.New("oidc: no key of the issuer verifies the token")
	errIssuer    = errors.New("oidc: the token is of another issuer")
	errClaims    = errors.New("oidc: the claims can't be read")
)

// open verifies a token's signature and issuer and reads its claims.
func (k *keyring) open(ctx context.Context, token *jwt.JSONWebToken, own *claims, all *map[string]any) error {
	h, err := k.current(ctx)
	if err != nil {
		return err
	}
	payload, ok := h.verify(token)
	if !ok {
		// The issuer may have taken a new key. Whoever comes within a pause of
		// the last fetch has seen the keys of now.
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

// verify returns what reads the claims of a token that one of the keys
// verifies.
func (h *held) verify(token *jwt.JSONWebToken) (payload func(...any) error, ok bool) {
	for _, key := range candidates(h.keys, token.Headers[0]) {
		if token.Claims(key.Key) == nil {
			return token.UnsafeClaimsWithoutVerification, true // the line above has verified it
		}
	}
	return nil, false
}

// current returns the keys at hand, fetched now if there are none or none that
// may still be trusted.
func (k *keyring) current(ctx context.Context) (*held, error) {
	k.mu.Lock()
	h := k.held
	k.mu.Unlock()
	if h == nil {
		return k.next(ctx, nil)
	}
	switch age := k.now().Sub(h.fetched); {
	case age >= keep:
		return k.next(ctx, h)
	case age >= fresh:
		k.start()
	}
	return h, nil
}

// next returns keys that are newer than old, or the same ones if those were
// fetched a moment ago.
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
	if h := k.held; h != nil && (h != old || over && k.fault == nil) && k.now().Sub(h.fetched) < keep {
		return h, nil
	}
	return nil, library.Errorf(library.Unavailable, "the identity provider gives no keys now, so nobody's token can be verified").
		WithHint("try again in a moment").WithRetryAfter(max(time.Second, pause-k.now().Sub(k.tried))).WithCause(k.fault)
}

// wait waits for the fetch that runs, and reports whether it is over: not if too
// many callers wait, nor if it takes too long for a caller who has old keys.
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

// start begins a fetch unless one runs or ran a moment ago, and returns what is
// closed when it is over; nil if there is nothing to wait for.
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

// fetch asks the issuer. It belongs to no caller, and ends by its own time.
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
