package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// The query parameter of the callback that distinguishes sign-ins to the
// account pages from sign-ins of clients. Both use the one callback URL that
// the application has registered with Zotero.
const (
	queryFor   = "for"
	forAccount = "account"
)

// AccountLogin returns the login of the account pages: through Zotero, as for
// clients.
func (s *Server) AccountLogin() account.Login { return accountLogin{s} }

type accountLogin struct{ *Server }

// Begin implements [account.Login].
func (l accountLogin) Begin(ctx context.Context, mark string, write bool) (to string, carried []byte, err error) {
	back := url.Values{queryFor: {forAccount}, "s": {mark}}
	ticket, err := l.zotero.Begin(ctx, l.options.Issuer+pathCallback+"?"+back.Encode())
	if err != nil {
		return "", nil, err
	}
	carried, err = json.Marshal(ticket) //nolint:gosec // it is sealed before it leaves the process
	return l.zotero.AuthorizeURL(ticket, "Stackroom tokens", write), carried, err
}

// Finish implements [account.Login].
func (l accountLogin) Finish(ctx context.Context, query url.Values, _ string, carried []byte) (*account.Member, error) {
	var ticket zoteroauth.Ticket
	if err := json.Unmarshal(carried, &ticket); err != nil {
		return nil, err
	}
	verifier := query.Get("oauth_verifier")
	if verifier == "" || subtle.ConstantTimeCompare([]byte(query.Get("oauth_token")), []byte(ticket.Token)) != 1 {
		return nil, library.Errorf(library.Unauthenticated, "Zotero did not confirm the sign-in").WithHint("sign in again")
	}
	key, err := l.zotero.Finish(ctx, ticket, verifier)
	if err != nil {
		return nil, err
	}
	rights, err := l.zotero.Rights(ctx, key)
	if err == nil && !rights.Read {
		err = library.Errorf(library.Forbidden, "the key from Zotero reads no library").WithHint("sign in again and allow access to your library or your groups")
	}
	if err != nil {
		l.discard(ctx, key)
		return nil, err
	}
	g := grant{User: rights.UserID, Key: key}
	return &account.Member{Subject: g.subject(), Scopes: scopes(rights.Write), Key: key}, nil
}

// isAccount reports whether a callback belongs to a sign-in to the account
// pages.
func (s *Server) isAccount(q url.Values) bool {
	return s.options.Account != nil && q.Get(queryFor) == forAccount
}

// Credential returns the upstream credential for a member's Zotero key.
func Credential(key string) upstream.Credential {
	return upstream.NewCredential("zotero:user", http.Header{"Zotero-Api-Key": {key}})
}

// Connection returns the client of a sign-in and whether it may change libraries, from
// the note of its family in the ledger; ok is false for one that can't be read, such as
// that of an earlier version.
func (s *Server) Connection(ctx context.Context, text []byte) (client string, write, ok bool) {
	var n note
	if err := s.unseal(ctx, s.boxes.note, string(text), &n); err != nil {
		return "", false, false
	}
	return n.Name, n.Write, true
}
