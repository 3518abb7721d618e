package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// nonceSize is that of AES-GCM (NIST SP 800-38D).
const nonceSize = 12

// overhead is what a sealed text has before and behind what it hides.
const overhead = idSize + nonceSize + 16

// MaxSealed is the length of the longest text that [Box.Open] looks at.
const MaxSealed = 16 << 10

// Box seals and opens for one purpose in one deployment. It is safe for
// concurrent use.
type Box struct {
	ring   *Ring
	name   string
	prefix string
	bound  []byte // what each ciphertext is bound to
}

// Box returns a box for a purpose, a short lower-case word that tells apart
// what may not stand for each other, in a deployment, which says who seals and
// for whom: the issuer, the audience.
func (r *Ring) Box(purpose, deployment string) *Box {
	return &Box{ring: r, name: purpose, prefix: "sr_" + purpose + "_", bound: []byte(purpose + "\x00" + deployment)}
}

// Seal returns plain sealed, each time as another text. Under one master and
// purpose it is good for 2^32 texts (NIST SP 800-38D, section 8.3).
func (b *Box) Seal(plain []byte) (string, error) {
	return b.seal(plain, func(nonce []byte, _ *keys) { _, _ = rand.Read(nonce) }) // crypto/rand never fails
}

// SealAlike returns plain sealed, each time as the same text under the same
// master: whoever has two of them sees whether they hide the same.
func (b *Box) SealAlike(plain []byte) (string, error) {
	return b.seal(plain, func(nonce []byte, k *keys) {
		mac := hmac.New(sha256.New, k.nonce)
		mac.Write(b.bound)
		mac.Write([]byte{0})
		mac.Write(plain)
		copy(nonce, mac.Sum(nil))
	})
}

func (b *Box) seal(plain []byte, fill func(nonce []byte, k *keys)) (string, error) {
	m := b.ring.current()
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

// Open returns what was sealed. Its error is [ErrUnknownKey] or [ErrForged].
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

// Sign returns 32 bytes that only the master that sealed a text can make for
// it: a secret that belongs to the text and is stored nowhere. The text need
// not be genuine, so open it first. Errors are those of [Box.Open].
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

// split returns the master that a text names and the text's bytes.
func (b *Box) split(sealed string) (*master, []byte, error) {
	encoded, ok := strings.CutPrefix(sealed, b.prefix)
	if !ok || len(sealed) > MaxSealed {
		return nil, nil, ErrForged
	}
	// Strict: of the texts that decode alike, only the one that was made is good.
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) < overhead || strings.ContainsAny(encoded, "\r\n") {
		return nil, nil, ErrForged
	}
	m := b.ring.find([idSize]byte(raw))
	if m == nil {
		return nil, nil, ErrUnknownKey
	}
	return m, raw, nil
}
