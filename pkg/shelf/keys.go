package shelf

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// newKey returns a key that taken does not know, made from the parts: equal
// parts give an equal key as long as it is free, which keeps the keys of a
// library that is built at each start.
func newKey(taken func(key string) (bool, error), parts ...string) (string, error) {
	for try := 0; ; try++ {
		key := hashKey(digest(append(parts, strconv.Itoa(try))...))
		if used, err := taken(key); err != nil || !used {
			return key, err
		}
	}
}

// digest returns a hash of the parts that tells ("ab","c") from ("a","bc").
func digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.AppendUvarint(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// The form of the keys that a shelf makes. The alphabet lacks the characters
// that people confuse (0, 1, O).
const (
	keyAlphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
	keyLength   = 8
)

// hashKey writes the head of a hash in the alphabet of keys.
func hashKey(sum [sha256.Size]byte) string {
	n := binary.BigEndian.Uint64(sum[:])
	key := make([]byte, keyLength)
	for i := range key {
		key[i] = keyAlphabet[n%uint64(len(keyAlphabet))]
		n /= uint64(len(keyAlphabet))
	}
	return string(key)
}
