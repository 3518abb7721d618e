package signin

import (
	"context"
	"net/http"
)

// revoke serves POST /revoke (RFC 7009). It ends the sign-in of a token and
// deletes its key at Zotero, or ends a personal access token. Every holder of a
// token may revoke it. An unknown token is no error, so the status is 200
// unless neither the ledger nor Zotero recorded the end.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if err := readPost(w, r); err != nil {
		s.failJSON(w, r, err)
		return
	}
	if err := s.options.RevokeToken(r.Context(), r.PostForm.Get("token")); err != nil {
		s.failJSON(w, r, err)
		return
	}
	g, ok := s.grantOf(r.Context(), r.PostForm.Get("token"))
	if !ok {
		w.WriteHeader(http.StatusOK)
		return
	}
	if err := s.end(r.Context(), g); err != nil {
		s.failJSON(w, r, err)
		return
	}
	s.options.Logger.InfoContext(r.Context(), "signed out", "principal", g.subject())
	w.WriteHeader(http.StatusOK)
}

// grantOf returns the grant of an unexpired token.
func (s *Server) grantOf(ctx context.Context, token string) (grant, bool) {
	var a access
	if s.unseal(ctx, s.boxes.access, token, &a) == nil {
		return a.grant, !s.over(a.Expires)
	}
	var f refresh
	if s.unseal(ctx, s.boxes.refresh, token, &f) == nil {
		return f.grant, !s.over(f.Expires)
	}
	return grant{}, false
}
