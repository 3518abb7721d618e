package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// NewFileLedger returns a ledger in a file that is closed when the test ends.
func NewFileLedger(t testing.TB) *ledger.Ledger {
	t.Helper()
	l, err := ledger.OpenFile(t.TempDir(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// DeleteOwed runs one round of [Server.Run].
func (s *Server) DeleteOwed(ctx context.Context) { s.deleteOwed(ctx) }

// NewBenchmark returns a server and one of its access tokens.
func NewBenchmark(b *testing.B) (*Server, string) {
	b.Helper()
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Options{
		Issuer: "https://stackroom.example", Resource: "https://stackroom.example/mcp", Keyring: ring, Ledger: NewFileLedger(b),
		Zotero: zoteroauth.Options{
			OAuthURL: "https://www.zotero.org/oauth", APIURL: "https://api.zotero.org",
			ClientKey: func() string { return "" }, ClientSecret: func() string { return "" },
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	t, err := s.issue(grant{User: 475425, Key: "P9NiFoyLeZu2bZNvvuQPDWsd", Write: true, Family: rand.Text(), Client: digest("x")[:22]}, "")
	if err != nil {
		b.Fatal(err)
	}
	return s, t.Access
}

// Open opens an access token as [Server.Verify] does the first time.
func (s *Server) Open(ctx context.Context, token string) error {
	_, err := s.openAccess(ctx, token)
	return err
}
