package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// sealer makes a request state that a client can carry but not change: the
// revision of 2026-07-28 asks for integrity wherever the state decides
// something.
type sealer struct{ key []byte }

var errBroken = errors.New("the request state was changed on its way")

// close returns state with a seal on it.
func (s sealer) close(state string) string {
	return encode([]byte(state)) + "." + encode(s.sum(state))
}

// open returns the state that close was given, or an error if the seal does
// not fit.
func (s sealer) open(sealed string) (string, error) {
	body, mac, _ := strings.Cut(sealed, ".")
	state, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", errBroken
	}
	sum, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, s.sum(string(state))) {
		return "", errBroken
	}
	return string(state), nil
}

func (s sealer) sum(state string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(state))
	return h.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
