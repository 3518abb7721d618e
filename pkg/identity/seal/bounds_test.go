package seal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
)

// TestOpen_UpToMaxSealed seals texts of every length around the bound.
func TestOpen_UpToMaxSealed(t *testing.T) {
	b := ring(t, master(1)).Box("bound", "https://library.example.org")
	exact := false
	for n := seal.MaxSealed*3/4 - 60; n < seal.MaxSealed*3/4; n++ {
		sealed := sealText(t, b, strings.Repeat("x", n))
		exact = exact || len(sealed) == seal.MaxSealed
		_, err := b.Open(sealed)
		if fits := len(sealed) <= seal.MaxSealed; fits != (err == nil) || !fits && !errors.Is(err, seal.ErrForged) {
			t.Errorf("a sealed text of %d bytes: %v", len(sealed), err)
		}
	}
	if !exact {
		t.Error("no text seals to exactly MaxSealed bytes: rename the purpose of this test")
	}
}

// TestOpen_HasOneSpelling changes the bits of the last character that no byte
// uses.
func TestOpen_HasOneSpelling(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := ring(t, master(1)).Box("spelling", "https://library.example.org")
	for n := range 3 {
		sealed := sealText(t, b, strings.Repeat("x", n))
		last := strings.IndexByte(alphabet, sealed[len(sealed)-1])
		other := sealed[:len(sealed)-1] + alphabet[last^1:][:1]
		if _, err := b.Open(other); !errors.Is(err, seal.ErrForged) {
			t.Errorf("%d bytes: the second spelling gives %v", n, err)
		}
	}
}
