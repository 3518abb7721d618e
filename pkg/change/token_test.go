package change_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// sealer seals with AES-GCM.
type sealer struct{ aead cipher.AEAD }

// newSealer returns a sealer under key n.
func newSealer(n byte) *sealer { return sealerOf(bytes.Repeat([]byte{n}, 32)) }

func sealerOf(key []byte) *sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return &sealer{aead}
}

func (s *sealer) Seal(plain, bound []byte) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, plain, bound), nil
}

func (s *sealer) Open(sealed, bound []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("short")
	}
	return s.aead.Open(nil, sealed[:n], sealed[n:], bound)
}

func TestPlans_OpenForTheirCallerAlone(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	for _, n := range []int{1, 400} { // in the token, and in the store
		l, store := shelf(n), changetest.NewStore()
		for i := range n { // random text does not compress
			random := make([]byte, 60)
			_, _ = rand.Read(random)
			o := l.Object(library.ItemObject, key(i))
			o.Data["title"], o.Version = strings.ToValidUTF8(string(random), "?"), 0
			l.Put(o)
		}
		plans := change.NewPlans(newSealer(1), store, "https://a.example", clock)
		p := retitle(t, l, n)
		p.Made = now
		token, err := plans.Seal(t.Context(), p)
		if err != nil || len(token) > change.MaxToken || (n == 400) != (len(token) < 300) {
			t.Fatalf("a token of %d bytes, %v", len(token), err)
		}
		got, err := plans.Open(t.Context(), token, alice.Subject)
		if err != nil || got.ID != p.ID || len(got.Edits) != n || !cmp.Equal(got.Edits[0].After, p.Edits[0].After) {
			t.Fatalf("%+v, %v", got, err)
		}
		altered := token[:len(token)-9] + string(token[len(token)-9]^1) + token[len(token)-8:]
		for _, c := range []struct {
			what, token, subject string
			plans                *change.Plans
			code                 library.Code
			says                 string
		}{
			{"of another", token, "token:bob", plans, library.Forbidden, "another caller"},
			{"without a caller", token, "", plans, library.Forbidden, "another caller"},
			{"altered", altered, alice.Subject, plans, library.Invalid, "altered"},
			{"cut", token[:len(token)/2], alice.Subject, plans, library.Invalid, "altered"},
			{"empty", "plan_", alice.Subject, plans, library.Invalid, "altered"},
			{"too long", token + strings.Repeat("A", change.MaxToken), alice.Subject, plans, library.Invalid, "altered"},
			{"a cursor", "eyJ0IjoxfQ", alice.Subject, plans, library.Invalid, "not a plan"},
			{"an item ID", "local/ABCD2345", alice.Subject, plans, library.Invalid, "not a plan"},
			{"nothing", "", alice.Subject, plans, library.Invalid, "not a plan"},
			{"of another server", token, alice.Subject, change.NewPlans(newSealer(2), store, "https://a.example", clock), library.Invalid, "another server"},
			{"of another deployment", token, alice.Subject, change.NewPlans(newSealer(1), store, "https://b.example", clock), library.Invalid, "another server"},
		} {
			if _, err := c.plans.Open(t.Context(), c.token, c.subject); library.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d edits, %s: %v", n, c.what, err)
			}
		}
		now = now.Add(change.PlanLife)
		if _, err := plans.Open(t.Context(), token, alice.Subject); err != nil {
			t.Errorf("after ten minutes: %v", err)
		}
		now = now.Add(time.Second)
		if _, err := plans.Open(t.Context(), token, alice.Subject); library.CodeOf(err) != library.Conflict || !strings.Contains(err.Error(), "10 minutes") {
			t.Errorf("later: %v", err)
		}
	}
	lost := change.NewPlans(newSealer(1), changetest.NewStore(), "https://a.example", clock)
	if _, err := lost.Open(t.Context(), "plan_", alice.Subject); library.CodeOf(err) != library.Invalid {
		t.Errorf("%v", err)
	}
}

func FuzzOpen(f *testing.F) {
	l := shelf(1)
	var secret [32]byte // of this process: what another sealed does not open
	_, _ = rand.Read(secret[:])
	plans := change.NewPlans(sealerOf(secret[:]), changetest.NewStore(), "https://a.example", nil)
	e, _ := change.Set(l.Object(library.ItemObject, key(0)), library.Data{"title": "x"})
	p, err := change.New(group, "update_items", "t", alice, []change.Edit{e}, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	good, err := plans.Seal(f.Context(), p)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", "plan_", "plan_AAAA", good[:40], good + "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := plans.Open(t.Context(), token, alice.Subject); err == nil && token != good {
			t.Errorf("%q opens", token)
		}
	})
}
