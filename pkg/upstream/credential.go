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

// Credential is what a request shows to the host to say for whom it is made.
// It prints and logs as its scope, never as its secret. The zero value is
// anonymous.
type Credential struct {
	scope  string
	secret *secret // behind a pointer, so that no format verb reaches it
}

// secret is the header that carries a credential.
type secret struct {
	header http.Header
	digest digest
}

// digest tells credentials apart without being one: a SHA-256 over header
// names and values. The zero digest is the anonymous one.
type digest [sha256.Size]byte

// NewCredential returns the credential that header carries, for example
// Zotero-API-Key. Scope is a stable name without any secret in it, for logs:
// "zotero:key#0". Two credentials with the same header are the same, whatever
// their scopes. An empty header is the anonymous credential.
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

// digestOf hashes header, each part with its length before it, so that no two
// headers read the same.
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

// Anonymous reports whether c shows nothing.
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

// GoString returns what String does: a secret must not show under %#v either.
func (c Credential) GoString() string { return c.String() }

// LogValue implements [slog.LogValuer] with the scope of c.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements [encoding.TextMarshaler] with the scope of c.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// digest returns what tells c from other credentials.
func (c Credential) digest() digest {
	if c.secret == nil {
		return digest{}
	}
	return c.secret.digest
}

// header returns the header that carries c; read only.
func (c Credential) header() http.Header {
	if c.secret == nil {
		return nil
	}
	return c.secret.header
}

// validHeader reports whether h may go on the wire.
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
