// Package seal encrypts and authenticates values that clients carry for the
// service: tokens, codes, client IDs. Only processes with the same master
// secret can read a sealed text, and only for its purpose and deployment;
// changes to it are detected.
//
// A sealed text is "sr_", the purpose, "_" and, in base64url, a key ID of four
// bytes, a nonce of twelve, and the AES-256-GCM ciphertext with its tag.
// HKDF-SHA256 (RFC 5869) derives one key for each purpose from the master
// secret.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// MasterSize is the length of a master secret in bytes.
const MasterSize = 32

// keySize is the length of AES-256 and HMAC keys, idSize the length of a key
// ID, in bytes.
const (
	keySize = 32
	idSize  = 4
)

var (
	// ErrUnknownKey reports a text sealed under a master secret that is not in
	// the keyring: it is retired, this process has not read it yet, or the text
	// is made up.
	ErrUnknownKey = errors.New("seal: sealed under a key that is not in the keyring")
	// ErrForged reports a text that was not sealed for this purpose and
	// deployment, or was changed.
	ErrForged = errors.New("seal: not sealed for this purpose and deployment")
)

// Keyring is a set of master secrets: the first one seals, all of them open. It is
// safe for concurrent use.
type Keyring struct {
	masters atomic.Pointer[[]*master]
}

// New returns a keyring of master secrets of [MasterSize] bytes each, the
// current one first. Keep a former secret until every text sealed under it has
// expired.
func New(masters ...[]byte) (*Keyring, error) {
	k := &Keyring{}
	if err := k.Replace(masters...); err != nil {
		return nil, err
	}
	return k, nil
}

// Replace replaces the master secrets, the current one first. On an error, the
// keyring does not change.
func (k *Keyring) Replace(masters ...[]byte) error {
	if len(masters) == 0 {
		return errors.New("seal: no master secret")
	}
	held := make([]*master, 0, len(masters))
	for _, secret := range masters {
		m, err := newMaster(secret)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(held, func(o *master) bool { return o.id == m.id }) {
			continue // the same secret twice
		}
		held = append(held, m)
	}
	k.masters.Store(&held)
	return nil
}

// current returns the secret that seals.
func (k *Keyring) current() *master { return (*k.masters.Load())[0] }

// find returns the secret with an ID, or nil.
func (k *Keyring) find(id [idSize]byte) *master {
	for _, m := range *k.masters.Load() {
		if m.id == id {
			return m
		}
	}
	return nil
}

// master is a master secret with the keys derived from it so far.
type master struct {
	id     [idSize]byte
	secret []byte // the pseudorandom key of HKDF
	keys   sync.Map
}

func newMaster(secret []byte) (*master, error) {
	if len(secret) != MasterSize {
		return nil, errors.New("seal: a master secret has 32 bytes")
	}
	extracted, err := hkdf.Extract(sha256.New, secret, []byte("stackroom seal 1"))
	if err != nil {
		return nil, err
	}
	m := &master{secret: extracted}
	name, err := hkdf.Expand(sha256.New, extracted, "name", idSize)
	if err != nil {
		return nil, err
	}
	copy(m.id[:], name)
	return m, nil
}

// keys are the keys of one purpose, derived from one master secret.
type keys struct {
	aead  cipher.AEAD
	nonce []byte // derives the nonces of deterministic sealing
	mac   []byte // signs
}

// purpose returns the keys for a purpose. All are cached: the set of purposes
// is small and fixed.
func (m *master) purpose(name string) (*keys, error) {
	if k, ok := m.keys.Load(name); ok {
		return k.(*keys), nil
	}
	expanded, err := hkdf.Expand(sha256.New, m.secret, "purpose "+name, 3*keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(expanded[:keySize])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	k, _ := m.keys.LoadOrStore(name, &keys{aead: aead, nonce: expanded[keySize : 2*keySize], mac: expanded[2*keySize:]})
	return k.(*keys), nil
}
