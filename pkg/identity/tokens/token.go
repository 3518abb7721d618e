package tokens

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

// The form of a token is
//
//	srt_<id>_<secret><checksum>
//
// with an ID of 16 characters, a secret of 52 (256 random bits) and a checksum
// of 7 (CRC-32 of all before it), of a to z and 2 to 7. Secret scanners find
// it by srt_[a-z2-7]{16}_[a-z2-7]{59} and by the checksum know it from chance.
const (
	prefix      = "srt_"
	idBytes     = 10
	secretBytes = 32
	idLength    = 16
	bodyLength  = 52
	sumLength   = 7
	tokenLength = len(prefix) + idLength + 1 + bodyLength + sumLength
)

// encode writes bytes in letters and digits that nobody has to escape.
func encode(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// mint returns a new token and its ID.
func mint() (token, id string) {
	b := make([]byte, idBytes+secretBytes)
	_, _ = rand.Read(b) // never fails; the program ends if the system has no randomness
	id = encode(b[:idBytes])
	unsummed := prefix + id + "_" + encode(b[idBytes:])
	return unsummed + checksum(unsummed), id
}

// checksum returns the checksum of a token that has none yet.
func checksum(unsummed string) string {
	return encode(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(unsummed))))
}

// idOf returns the ID in a token, or "" if it has not the form of one.
func idOf(token string) string {
	if len(token) != tokenLength || !strings.HasPrefix(token, prefix) || token[len(prefix)+idLength] != '_' {
		return ""
	}
	unsummed, sum := token[:tokenLength-sumLength], token[tokenLength-sumLength:]
	id := token[len(prefix) : len(prefix)+idLength]
	if checksum(unsummed) != sum || !validID(id) {
		return ""
	}
	return id
}

// validID reports whether s has the form of a token's ID.
func validID(s string) bool {
	return len(s) == idLength && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// digest is what the server keeps of a token.
type digest [sha256.Size]byte

// hashPrefix names the hash in a record, so that another may follow.
const hashPrefix = "sha256:"

// digestOf hashes a token. One round of SHA-256 without salt is enough: with
// 256 random bits there is nothing to guess and no two tokens are alike. A slow
// hash protects passwords, which people choose; here it would only let anybody
// keep the server busy.
func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// String returns the form that stands in a record.
func (d digest) String() string { return hashPrefix + hex.EncodeToString(d[:]) }

// parseDigest reads what [digest.String] writes.
func parseDigest(s string) (d digest, ok bool) {
	digits, ok := strings.CutPrefix(s, hashPrefix)
	if !ok || len(digits) != hex.EncodedLen(len(d)) || strings.ToLower(digits) != digits {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(digits))
	return d, err == nil
}
