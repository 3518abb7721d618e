package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
)

func TestSealer_OpensOnlyWhatItSealed(t *testing.T) {
	plain, bound := bytes.Repeat([]byte("data "), 10_000), []byte("library, object, offset")
	sealed, err := ring(t, master(1)).Sealer("snapshot").Seal(plain, bound)
	if err != nil || bytes.Contains(sealed, []byte("data")) {
		t.Fatalf("%d bytes, %v", len(sealed), err)
	}
	flipped := func(i int) []byte {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		return b
	}
	for _, c := range []struct {
		promise string
		masters [][]byte
		purpose string
		sealed  []byte
		bound   string
		err     error
	}{
		{"opens", [][]byte{master(1)}, "snapshot", sealed, string(bound), nil},
		{"opens under the former master", [][]byte{master(2), master(1)}, "snapshot", sealed, string(bound), nil},
		{"not under another master", [][]byte{master(2)}, "snapshot", sealed, string(bound), seal.ErrUnknownKey},
		{"not for another purpose", [][]byte{master(1)}, "code", sealed, string(bound), seal.ErrForged},
		{"not in another place", [][]byte{master(1)}, "snapshot", sealed, "another library", seal.ErrForged},
		{"not with another key's name", [][]byte{master(1)}, "snapshot", flipped(0), string(bound), seal.ErrUnknownKey},
		{"not with another nonce", [][]byte{master(1)}, "snapshot", flipped(4), string(bound), seal.ErrForged},
		{"not changed", [][]byte{master(1)}, "snapshot", flipped(len(sealed) / 2), string(bound), seal.ErrForged},
		{"not cut short", [][]byte{master(1)}, "snapshot", sealed[:len(sealed)-1], string(bound), seal.ErrForged},
		{"not shorter than its frame", [][]byte{master(1)}, "snapshot", sealed[:31], string(bound), seal.ErrForged},
		{"not empty", [][]byte{master(1)}, "snapshot", nil, string(bound), seal.ErrForged},
	} {
		got, err := ring(t, c.masters...).Sealer(c.purpose).Open(bytes.Clone(c.sealed), []byte(c.bound))
		if !errors.Is(err, c.err) || (err == nil) != bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes, %v", c.promise, len(got), err)
		}
	}
}

func TestSealer_NeverSealsAlike(t *testing.T) {
	s := ring(t, master(1)).Sealer("snapshot")
	a, _ := s.Seal([]byte("data"), nil)
	b, _ := s.Seal([]byte("data"), nil)
	if bytes.Equal(a, b) {
		t.Error("equal")
	}
}
