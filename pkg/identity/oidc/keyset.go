package oidc

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// usable returns the keys of a set that can verify tokens. It leaves out
// others, as RFC 7517 section 5 requires: issuers also publish encryption keys
// and new kinds of keys.
func usable(all []json.RawMessage) ([]jose.JSONWebKey, error) {
	var keys []jose.JSONWebKey
	for _, raw := range all {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && verifies(&key) {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) == 0:
		return nil, errors.New("the key set has no key that can verify tokens")
	case len(keys) > maxKeys:
		return nil, errors.New("the key set has too many keys")
	}
	return keys, nil
}

// verifies reports whether a key can verify signatures: a public signing key of
// an accepted type and strength.
func verifies(key *jose.JSONWebKey) bool {
	if !key.IsPublic() || !key.Valid() || key.Use != "" && key.Use != "sig" {
		return false
	}
	if weak, ok := key.Key.(*rsa.PublicKey); ok && weak.N.BitLen() < minRSA {
		return false
	}
	return key.Algorithm == "" || slices.Contains(algorithms, jose.SignatureAlgorithm(key.Algorithm))
}

// candidates returns the keys that may have signed a token with this header:
// the one it names, or all if it names none.
func candidates(keys []jose.JSONWebKey, h jose.Header) []jose.JSONWebKey {
	var fit []jose.JSONWebKey
	for _, key := range keys {
		if (h.KeyID == "" || key.KeyID == h.KeyID) && (key.Algorithm == "" || key.Algorithm == h.Algorithm) {
			fit = append(fit, key)
		}
	}
	return fit
}
