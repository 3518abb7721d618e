// Package seal hides and signs what the service hands out and wants back
// unread: tokens, codes, client IDs. What is sealed is text that only the
// processes that hold the same master secret can read, for one purpose and in
// one deployment, and that nobody can change.
//
// A sealed text is "sr_", the purpose, "_" and, in base64url, four bytes that
// name the key, twelve of nonce, and the AES-256-GCM ciphertext with its tag.
// Keys come from the master by HKDF-SHA256 (RFC 5869), one for each purpose.
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

// keySize is the length of AES-256 and HMAC keys; idSize that of a key's name.
const (
	keySize = 32
	idSize  = 4
)

var (
	// ErrUnknownKey says that a text was sealed under a master that the ring
	// does not hold: one that is no longer good, or one that this process has
	// not read yet, or none at all and the text is made up.
	ErrUnknownKey = errors.New("seal: sealed under a key that this ring does not hold")
	// ErrForged says that a text is not what was sealed for this purpose in
	// this deployment.
	ErrForged = errors.New("seal: not a text that was sealed for this")
)

// Ring is the set of master secrets: the first one seals, all of them open.
// It is safe for concurrent use.
type Ring struct {
	masters atomic.Pointer[[]*master]
}

// New returns a ring of master secrets of [MasterSize] bytes each, the current
// one first. Keep a former master until all that was sealed under it has
// expired.
func New(masters ...[]byte) (*Ring, error) {
	r := &Ring{}
	if err := r.Replace(masters...); err != nil {
		return nil, err
	}
	return r, nil
}

// Replace puts other masters in place of the ring's, the current one first.
// On an error, the ring stays as it is.
func (r *Ring) Replace(masters ...[]byte) error {
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
	r.masters.Store(&held)
	return nil
}

// current returns the master that seals.
func (r *Ring) current() *master { return (*r.masters.Load())[0] }

// find returns the master of a name, or nil.
func (r *Ring) find(id [idSize]byte) *master {
	for _, m := range *r.masters.Load() {
		if m.id == id {
			return m
		}
	}
	return nil
}

// master is one master secret and the keys that were derived from it so far.
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

// keys are what one purpose derives from one master.
type keys struct {
	aead  cipher.AEAD
	nonce []byte // makes the nonces of texts that are sealed alike each time
	mac   []byte // signs
}

// purpose returns the keys for a purpose. Purposes are few and ours, so all
// are kept.
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
