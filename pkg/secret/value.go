package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every secret looks like to whoever does not ask for it by
// [Value.Reveal].
const redacted = "[secret]"

// Value is a secret. It prints, logs and marshals as "[secret]", whichever
// verb or encoding is used and however deep in other values it lies; only
// [Value.Reveal] gives it away. The zero value is no secret. Values don't
// compare with ==; [Value.Equal] does.
type Value struct {
	version string
	// A function, and not a string: fmt calls no methods on what lies in
	// unexported fields, and printers by reflection follow pointers, but
	// neither looks into a closure.
	reveal func() string
}

// newValue returns the secret with a version.
func newValue(secret, version string) Value {
	return Value{version: version, reveal: func() string { return secret }}
}

// Reveal returns the secret itself, "" for the zero value.
func (v Value) Reveal() string {
	if v.reveal == nil {
		return ""
	}
	return v.reveal()
}

// Version returns what tells this value from others of the same setting and is
// no secret: the number of the version in Secret Manager, the time of a file's
// last change (RFC 3339, UTC), or "" for a plain value.
func (v Value) Version() string { return v.version }

// IsZero reports whether v is no secret.
func (v Value) IsZero() bool { return v.reveal == nil }

// Equal reports whether two secrets are the same, whatever their versions, in
// a time that does not depend on where they differ.
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

// MarshalText implements [encoding.TextMarshaler], and by it JSON and XML, with
// "[secret]". Encodings that would need the fields, such as gob, refuse.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
