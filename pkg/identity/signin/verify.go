package signin

import (
	"context"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// cacheTime is the time for which an opened access token stays cached. After a
// master key is removed from the keyring, its tokens are rejected within this
// time.
const cacheTime = time.Minute

// Verify implements [identity.Verifier]. It opens the access token, which takes
// a few microseconds and sends no request. A sign-in that ended in another
// process is rejected within a minute.
func (s *Server) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	now := s.options.Now()
	t, known := s.opened.Get(token)
	if !known || now.Sub(t.opened) > cacheTime {
		var err error
		if t, err = s.openAccess(ctx, token); err != nil {
			return nil, invalidAccessToken(err)
		}
		t.opened = now
		s.opened.Set(token, t)
	}
	if !now.Before(t.principal.Expires) {
		return nil, invalidAccessToken(errExpired)
	}
	ended, err := s.options.Ledger.Ended(ctx, t.family)
	if err != nil {
		return nil, err
	}
	if ended {
		return nil, library.Errorf(library.Unauthenticated, "the sign-in that the token belongs to has ended").WithHint("sign in again")
	}
	return t.principal, nil
}

func invalidAccessToken(cause error) error {
	return library.Errorf(library.Unauthenticated, "the token was not issued by this server, or it has expired").
		WithHint("sign in again").WithCause(cause)
}

// bearer is the bearer of an access token, with its sign-in.
type bearer struct {
	principal *identity.Principal
	family    string
	opened    time.Time
}

// openAccess opens an access token, even if it has expired.
func (s *Server) openAccess(ctx context.Context, token string) (*bearer, error) {
	var t access
	if err := s.unseal(ctx, s.boxes.access, token, &t); err != nil {
		return nil, err
	}
	return &bearer{family: t.Family, principal: &identity.Principal{
		Subject:    t.subject(),
		Scopes:     scopes(t.Write),
		ReadOnly:   t.Reading,
		Credential: Credential(t.Key),
		Expires:    time.Unix(t.Expires, 0),
	}}, nil
}

// subject returns the subject of g's sign-in.
func (g grant) subject() string { return "zotero:" + strconv.FormatInt(g.User, 10) }

// scopes returns the scopes of a token: read, and write if granted.
func scopes(write bool) []identity.Scope {
	if write {
		return []identity.Scope{identity.Read, identity.Write}
	}
	return []identity.Scope{identity.Read}
}
