package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
)

func master(b byte) []byte { return bytes.Repeat([]byte{b}, seal.MasterSize) }

func ring(t testing.TB, masters ...[]byte) *seal.Keyring {
	t.Helper()
	r, err := seal.New(masters...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealText(t testing.TB, b *seal.Box, plain string) string {
	t.Helper()
	s, err := b.Seal([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpen_NeedsPurposeAndDeployment(t *testing.T) {
	const here = "https://a.example https://a.example/mcp"
	r := ring(t, master(1))
	text := sealText(t, r.Box("access", here), "hello")
	body := strings.TrimPrefix(text, "sr_access_")
	for _, c := range []struct {
		promise string
		box     *seal.Box
		text    string
		err     error
	}{
		{"opens", r.Box("access", here), text, nil},
		{"opens in another process with the same master", ring(t, master(1)).Box("access", here), text, nil},
		{"A21: not for another purpose", r.Box("code", here), text, seal.ErrForged},
		{"A21: not for another purpose under its name", r.Box("code", here), "sr_code_" + body, seal.ErrForged},
		{"R05: not in another deployment", r.Box("access", "https://b.example https://b.example/mcp"), text, seal.ErrForged},
		{"not under another master", ring(t, master(2)).Box("access", here), text, seal.ErrUnknownKey},
		{"A22: under the former master", ring(t, master(2), master(1)).Box("access", here), text, nil},
		{"not cut short", r.Box("access", here), text[:len(text)-2], seal.ErrForged},
		{"not without a prefix", r.Box("access", here), body, seal.ErrForged},
		{"not empty", r.Box("access", here), "", seal.ErrForged},
		{"not the prefix only", r.Box("access", here), "sr_access_", seal.ErrForged},
		{"not with a line break inside", r.Box("access", here), text[:20] + "\n" + text[20:], seal.ErrForged},
		{"not when it is too long", r.Box("access", here), text + strings.Repeat("A", seal.MaxSealed), seal.ErrForged},
	} {
		plain, err := c.box.Open(c.text)
		if !errors.Is(err, c.err) || (err == nil) != (string(plain) == "hello") {
			t.Errorf("%s: %q, %v", c.promise, plain, err)
		}
	}
}

func TestOpen_RejectsEveryChangedByte(t *testing.T) {
	box := ring(t, master(1)).Box("access", "here")
	text := sealText(t, box, "hello")
	for i := range len(text) {
		for _, other := range []byte("Aa_-9") {
			changed := []byte(text)
			if changed[i] == other {
				continue
			}
			changed[i] = other
			if _, err := box.Open(string(changed)); err == nil {
				t.Errorf("opens with byte %d changed", i)
			}
		}
	}
}

func TestSealDeterministic(t *testing.T) {
	r := ring(t, master(1))
	box := r.Box("client", "here")
	one, _ := box.SealDeterministic([]byte("a"))
	two, _ := box.SealDeterministic([]byte("a"))
	other, _ := box.SealDeterministic([]byte("b"))
	elsewhere, _ := r.Box("client", "there").SealDeterministic([]byte("a"))
	if one != two {
		t.Error("the same text gives two sealed texts")
	}
	if nonce(t, one) == nonce(t, other) || nonce(t, one) == nonce(t, elsewhere) {
		t.Error("two different texts have the same nonce")
	}
	if again := sealText(t, box, "a"); again == sealText(t, box, "a") {
		t.Error("Seal returned the same text twice")
	}
}

func nonce(t *testing.T, s string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(s, "sr_client_"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw[4:16])
}

func TestSign_UsesMasterThatSealed(t *testing.T) {
	r := ring(t, master(1))
	box := r.Box("client", "here")
	id := sealText(t, box, "x")
	before, err := box.Sign(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Replace(master(2), master(1)); err != nil {
		t.Fatal(err)
	}
	if after, err := box.Sign(id); err != nil || !bytes.Equal(before, after) {
		t.Errorf("A22: another signature after the rotation: %v", err)
	}
	if other, _ := box.Sign(sealText(t, box, "x")); bytes.Equal(before, other) {
		t.Error("two texts have the same signature")
	}
	if other, _ := r.Box("client", "there").Sign(id); bytes.Equal(before, other) {
		t.Error("two deployments have the same signature")
	}
}

func TestReplace_RotatesMasters(t *testing.T) {
	r := ring(t, master(1))
	box := r.Box("access", "here")
	old := sealText(t, box, "hello")
	if err := r.Replace(master(2), master(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Open(old); err != nil {
		t.Errorf("A22: %v", err)
	}
	young := sealText(t, box, "hello")
	if _, err := ring(t, master(1)).Box("access", "here").Open(young); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("the current master does not seal: %v", err)
	}
	if err := r.Replace(master(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Open(old); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("a removed master opens: %v", err)
	}
	for _, bad := range [][][]byte{nil, {[]byte("short")}, {master(1), nil}} {
		if r.Replace(bad...) == nil {
			t.Errorf("no error for %d masters, one of them invalid", len(bad))
		}
	}
	if _, err := box.Open(young); err != nil {
		t.Errorf("a failed replacement changes the ring: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	box := ring(f, master(1)).Box("access", "here")
	good, err := box.SealDeterministic([]byte("hello")) // constant: fuzz workers must agree on it
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, good[:30], "sr_access_", "sr_access_AAAA", "", strings.ToUpper(good), good + "=", "sr_code_" + good[10:]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := box.Open(s)
		if s == good {
			if err != nil || string(plain) != "hello" {
				t.Errorf("%q, %v", plain, err)
			}
			return
		}
		if !errors.Is(err, seal.ErrForged) && !errors.Is(err, seal.ErrUnknownKey) {
			t.Errorf("%q opens: %v", s, err)
		}
		if _, err := box.Sign(s); err != nil && !errors.Is(err, seal.ErrForged) && !errors.Is(err, seal.ErrUnknownKey) {
			t.Errorf("signing %q: %v", s, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	box := ring(b, master(1)).Box("access", "https://a.example https://a.example/mcp")
	text := sealText(b, box, strings.Repeat("x", 160))
	for b.Loop() {
		if _, err := box.Open(text); err != nil {
			b.Fatal(err)
		}
	}
}
