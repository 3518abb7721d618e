package seal

import "crypto/rand"

// Sealer seals data of any length for one purpose, bound to where the data is
// kept. It is safe for concurrent use.
type Sealer struct {
	ring    *Keyring
	purpose string
}

// Sealer returns a sealer for a purpose, a short lower-case word. It shares keys
// with the [Box] of the same purpose, so give it a purpose of its own.
func (r *Keyring) Sealer(purpose string) *Sealer { return &Sealer{ring: r, purpose: purpose} }

// Seal returns plain sealed: four bytes that name the key, twelve of nonce, and
// the AES-256-GCM ciphertext with its tag. [Sealer.Open] needs the same bound,
// which is not part of the result. Under one master and purpose it is good for
// 2^32 calls (NIST SP 800-38D, section 8.3).
func (s *Sealer) Seal(plain, bound []byte) ([]byte, error) {
	m := s.ring.current()
	k, err := m.purpose(s.purpose)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, idSize+nonceSize, overhead+len(plain))
	copy(raw, m.id[:])
	_, _ = rand.Read(raw[idSize:]) // crypto/rand never fails
	return k.aead.Seal(raw, raw[idSize:], plain, bound), nil
}

// Open returns what was sealed, in the memory of sealed, which it overwrites.
// Its error is [ErrUnknownKey] or [ErrForged].
func (s *Sealer) Open(sealed, bound []byte) ([]byte, error) {
	if len(sealed) < overhead {
		return nil, ErrForged
	}
	m := s.ring.find([idSize]byte(sealed))
	if m == nil {
		return nil, ErrUnknownKey
	}
	k, err := m.purpose(s.purpose)
	if err != nil {
		return nil, err
	}
	ciphertext := sealed[idSize+nonceSize:]
	plain, err := k.aead.Open(ciphertext[:0], sealed[idSize:idSize+nonceSize], ciphertext, bound)
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}
