package shelf

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
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

// hashKey writes the head of a hash in the alphabet of keys.
func hashKey(sum [sha256.Size]byte) string {
	n := binary.BigEndian.Uint64(sum[:])
	key := make([]byte, library.KeyLength)
	for i := range key {
		key[i] = library.KeyAlphabet[n%uint64(len(library.KeyAlphabet))]
		n /= uint64(len(library.KeyAlphabet))
	}
	return string(key)
}
