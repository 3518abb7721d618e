package signin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Verify implements [identity.Verifier]: it opens an access token, which takes
// a few microseconds and asks nobody.
func (s *Server) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	var t access
	err := s.unseal(ctx, s.boxes.access, token, &t)
	if err == nil && s.over(t.Expires) {
		err = errExpired
	}
	if err != nil {
		return nil, library.Errorf(library.Unauthenticated, "the token is not one of this server, or it has expired").
			WithHint("sign in again").WithCause(err)
	}
	if _, ended := s.ended.GetIfPresent(t.Family); ended {
		return nil, library.Errorf(library.Unauthenticated, "the sign-in that the token belongs to has ended").WithHint("sign in again")
	}
	return &identity.Principal{
		Subject:    t.subject(),
		Scopes:     scopes(t.Write),
		Credential: upstream.NewCredential("zotero:user", http.Header{"Zotero-Api-Key": {t.Key}}),
		Expires:    time.Unix(t.Expires, 0),
	}, nil
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
