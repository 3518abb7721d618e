package signin

import (
	"context"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// openedFor is how long an access token that was opened need not be opened
// again. A master key that is taken out of the ring closes its tokens by then.
const openedFor = time.Minute

// Verify implements [identity.Verifier]: it opens an access token, which takes
// a few microseconds and makes no request. That a sign-in ended in another
// process is known within a minute.
func (s *Server) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	now := s.options.Now()
	t, known := s.opened.GetIfPresent(token)
	if !known || now.Sub(t.opened) > openedFor {
		var err error
		if t, err = s.openAccess(ctx, token); err != nil {
			return nil, notGood(err)
		}
		t.opened = now
		s.opened.Set(token, t)
	}
	if !now.Before(t.principal.Expires) {
		return nil, notGood(errExpired)
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

func notGood(cause error) error {
	return library.Errorf(library.Unauthenticated, "the token is not one of this server, or it has expired").
		WithHint("sign in again").WithCause(cause)
}

// bearer is who bears an access token, and by which sign-in.
type bearer struct {
	principal *identity.Principal
	family    string
	opened    time.Time
}

// openAccess opens an access token, whether or not it has expired.
func (s *Server) openAccess(ctx context.Context, token string) (*bearer, error) {
	var t access
	if err := s.unseal(ctx, s.boxes.access, token, &t); err != nil {
		return nil, err
	}
	return &bearer{family: t.Family, principal: &identity.Principal{
		Subject:    t.subject(),
		Scopes:     scopes(t.Write),
		Credential: Credential(t.Key),
		Expires:    time.Unix(t.Expires, 0),
	}}, nil
}

// subject names whose sign-in g is.
func (g grant) subject() string { return "zotero:" + strconv.FormatInt(g.User, 10) }

// scopes returns what a token gives: reading always, writing if it may.
func scopes(write bool) []identity.Scope {
	if write {
		return []identity.Scope{identity.Read, identity.Write}
	}
	return []identity.Scope{identity.Read}
}
