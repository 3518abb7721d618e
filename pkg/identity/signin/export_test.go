package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// NewBenchmark returns a server and an access token of it.
func NewBenchmark(b *testing.B) (*Server, string) {
	b.Helper()
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Options{
		Issuer: "https://stackroom.example", Resource: "https://stackroom.example/mcp", Ring: ring, Ledger: ledger.NewMemory(10, time.Now),
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
	_, err := s.open(ctx, token)
	return err
}
