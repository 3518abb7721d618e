package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is the printed form of every secret. Only [Value.Reveal] returns the
// secret.
const redacted = "[secret]"

// Value is a secret. It prints, logs and marshals as "[secret]" under every
// verb and encoding, also nested in other values; only [Value.Reveal] returns
// it. The zero value is an empty secret. Values are not comparable with ==; use
// [Value.Equal].
type Value struct {
	version string
	// A function and not a string: fmt calls no methods on unexported fields,
	// and printers that use reflection follow pointers, but none looks into a
	// closure.
	reveal func() string
}

// newValue returns a secret with a version.
func newValue(secret, version string) Value {
	return Value{version: version, reveal: func() string { return secret }}
}

// Reveal returns the secret, "" for the zero value.
func (v Value) Reveal() string {
	if v.reveal == nil {
		return ""
	}
	return v.reveal()
}

// Version distinguishes this value from others of the same setting. It is not
// secret: the version number in Secret Manager, the modification time of a file
// (RFC 3339, UTC), or "" for a plain value.
func (v Value) Version() string { return v.version }

// IsZero reports whether v is empty.
func (v Value) IsZero() bool { return v.reveal == nil }

// Equal reports whether two secrets are equal, in constant time. Versions are
// ignored.
func (v Value) Equal(w Value) bool {
	return v.IsZero() == w.IsZero() && subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(w.Reveal())) == 1
}

// Format implements [fmt.Formatter] for every verb and flag.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns "[secret]".
func (Value) String() string { return redacted }

// GoString returns "[secret]".
func (Value) GoString() string { return redacted }

// LogValue implements [slog.LogValuer] with "[secret]".
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], and so JSON and XML, with
// "[secret]". Encodings that need the fields, such as gob, return an error.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
