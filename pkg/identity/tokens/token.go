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

// A token has the form
//
//	srt_<id>_<secret><checksum>
//
// with an ID of 16 characters, a secret of 52 (256 random bits) and a checksum
// of 7 (CRC-32 of everything before it), in the alphabet a-z and 2-7. Secret
// scanners match srt_[a-z2-7]{16}_[a-z2-7]{59} and confirm a match by its
// checksum.
const (
	prefix      = "srt_"
	idBytes     = 10
	secretBytes = 32
	idLength    = 16
	bodyLength  = 52
	sumLength   = 7
	tokenLength = len(prefix) + idLength + 1 + bodyLength + sumLength
)

// encode encodes bytes in letters and digits that never need escaping.
func encode(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// mint returns a new token and its ID.
func mint() (token, id string) {
	b := make([]byte, idBytes+secretBytes)
	_, _ = rand.Read(b) // never fails: the program exits if the system has no randomness
	id = encode(b[:idBytes])
	unsummed := prefix + id + "_" + encode(b[idBytes:])
	return unsummed + checksum(unsummed), id
}

// checksum returns the checksum of a token without one.
func checksum(unsummed string) string {
	return encode(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(unsummed))))
}

// idOf returns the ID in a token, or "" if the token is malformed.
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

// validID reports whether s is a well-formed token ID.
func validID(s string) bool {
	return len(s) == idLength && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// digest is the hash of a token.
type digest [sha256.Size]byte

// hashPrefix names the hash in a record, so that records can move to another.
const hashPrefix = "sha256:"

// digestOf hashes a token. One round of SHA-256 without salt is enough: 256
// random bits can't be guessed, and no two tokens are equal. A slow hash
// protects passwords that people choose; here it would only let callers waste
// the server's processor time.
func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// String returns the form in records.
func (d digest) String() string { return hashPrefix + hex.EncodeToString(d[:]) }

// parseDigest parses the output of [digest.String].
func parseDigest(s string) (d digest, ok bool) {
	digits, ok := strings.CutPrefix(s, hashPrefix)
	if !ok || len(digits) != hex.EncodedLen(len(d)) || strings.ToLower(digits) != digits {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(digits))
	return d, err == nil
}
