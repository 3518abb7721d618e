package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// nonceSize is the size of an AES-GCM nonce in bytes (NIST SP 800-38D).
const nonceSize = 12

// overhead is the number of bytes that sealing adds.
const overhead = idSize + nonceSize + 16

// MaxSealed is the longest text, in bytes, that [Box.Open] accepts.
const MaxSealed = 16 << 10

// Box seals and opens texts for one purpose in one deployment. It is safe for
// concurrent use.
type Box struct {
	keys   *Keyring
	name   string
	prefix string
	bound  []byte // additional data of each ciphertext
}

// Box returns a box for a purpose and a deployment. The purpose is a short
// lower-case word; a text sealed for one purpose does not open for another. The
// deployment names issuer and audience.
func (k *Keyring) Box(purpose, deployment string) *Box {
	return &Box{keys: k, name: purpose, prefix: "sr_" + purpose + "_", bound: []byte(purpose + "\x00" + deployment)}
}

// Seal returns plain sealed; each call returns a different text. One master
// secret and purpose may seal 2^32 texts (NIST SP 800-38D, section 8.3).
func (b *Box) Seal(plain []byte) (string, error) {
	return b.seal(plain, func(nonce []byte, _ *keys) { _, _ = rand.Read(nonce) }) // crypto/rand never fails
}

// SealDeterministic returns plain sealed deterministically: the same plain gives the
// same text under the same master secret, so that two texts reveal whether
// their contents are equal.
func (b *Box) SealDeterministic(plain []byte) (string, error) {
	return b.seal(plain, func(nonce []byte, k *keys) {
		mac := hmac.New(sha256.New, k.nonce)
		mac.Write(b.bound)
		mac.Write([]byte{0})
		mac.Write(plain)
		copy(nonce, mac.Sum(nil))
	})
}

func (b *Box) seal(plain []byte, fill func(nonce []byte, k *keys)) (string, error) {
	m := b.keys.current()
	k, err := m.purpose(b.name)
	if err != nil {
		return "", err
	}
	raw := make([]byte, idSize+nonceSize, overhead+len(plain))
	copy(raw, m.id[:])
	fill(raw[idSize:], k)
	raw = k.aead.Seal(raw, raw[idSize:idSize+nonceSize], plain, b.bound)
	return b.prefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// Open returns the plain text of a sealed one. Its error is [ErrUnknownKey] or
// [ErrForged].
func (b *Box) Open(sealed string) ([]byte, error) {
	m, raw, err := b.split(sealed)
	if err != nil {
		return nil, err
	}
	k, err := m.purpose(b.name)
	if err != nil {
		return nil, err
	}
	plain, err := k.aead.Open(nil, raw[idSize:idSize+nonceSize], raw[idSize+nonceSize:], b.bound)
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// Sign returns a 32-byte MAC of a sealed text under the master secret that
// sealed it: a secret that belongs to the text and is not stored. Sign does not
// verify the text, so open it first. Errors are those of [Box.Open].
func (b *Box) Sign(sealed string) ([]byte, error) {
	m, _, err := b.split(sealed)
	if err != nil {
		return nil, err
	}
	k, err := m.purpose(b.name)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, k.mac)
	mac.Write(b.bound)
	mac.Write([]byte{0})
	mac.Write([]byte(sealed))
	return mac.Sum(nil), nil
}

// split returns the master secret that sealed a text, and the text's bytes.
func (b *Box) split(sealed string) (*master, []byte, error) {
	encoded, ok := strings.CutPrefix(sealed, b.prefix)
	if !ok || len(sealed) > MaxSealed {
		return nil, nil, ErrForged
	}
	// Strict: reject non-canonical encodings of the same bytes.
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) < overhead || strings.ContainsAny(encoded, "\r\n") {
		return nil, nil, ErrForged
	}
	m := b.keys.find([idSize]byte(raw))
	if m == nil {
		return nil, nil, ErrUnknownKey
	}
	return m, raw, nil
}
