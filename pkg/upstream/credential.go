package upstream

import (
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// Credential authenticates a request to the host. It prints and logs as its
// scope, never as its secret. The zero value is anonymous.
type Credential struct {
	scope  string
	secret *secret // a pointer, so that no format verb prints it
}

// secret holds the header of a credential.
type secret struct {
	header http.Header
	digest digest
}

// digest identifies a credential without revealing it: a SHA-256 over header
// names and values. The zero digest is the anonymous credential.
type digest [sha256.Size]byte

// NewCredential returns a credential that is sent as header, for example
// Zotero-API-Key. Scope is a stable name for logs without a secret:
// "zotero:key#0". Credentials with equal headers are equal, even with different
// scopes. An empty header is the anonymous credential.
func NewCredential(scope string, header http.Header) Credential {
	c := Credential{scope: scope}
	if len(header) == 0 {
		return c
	}
	canonical := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			canonical.Add(name, value)
		}
	}
	c.secret = &secret{header: canonical, digest: digestOf(canonical)}
	return c
}

// digestOf hashes header. Each part is prefixed with its length, so that
// different headers never hash the same bytes.
func digestOf(header http.Header) digest {
	var b []byte
	part := func(s string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		part(name)
		b = binary.BigEndian.AppendUint64(b, uint64(len(header[name])))
		for _, value := range header[name] {
			part(value)
		}
	}
	return sha256.Sum256(b)
}

// Anonymous reports whether c has no header.
func (c Credential) Anonymous() bool { return c.secret == nil }

// String returns the scope of c, or "anonymous".
func (c Credential) String() string {
	if c.scope == "" {
		if c.secret == nil {
			return "anonymous"
		}
		return "credential"
	}
	return c.scope
}

// GoString returns the scope too: %#v must not show the secret.
func (c Credential) GoString() string { return c.String() }

// LogValue implements [slog.LogValuer] with the scope of c.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements [encoding.TextMarshaler] with the scope of c.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// digest returns the digest of c.
func (c Credential) digest() digest {
	if c.secret == nil {
		return digest{}
	}
	return c.secret.digest
}

// header returns the header of c; read only.
func (c Credential) header() http.Header {
	if c.secret == nil {
		return nil
	}
	return c.secret.header
}

// validHeader reports whether h can be sent.
func validHeader(h http.Header) bool {
	for name, values := range h {
		if !httpguts.ValidHeaderFieldName(name) {
			return false
		}
		if !eachValid(values) {
			return false
		}
	}
	return true
}

func eachValid(values []string) bool {
	for _, value := range values {
		if !httpguts.ValidHeaderFieldValue(value) {
			return false
		}
	}
	return true
}
