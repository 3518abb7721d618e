package signin

import (
	"context"
	"net/http"
)

// revoke answers POST /revoke (RFC 7009): the sign-in that a token belongs to
// ends, and the key at Zotero with it; or the personal access token does. Every
// holder of the token may do that: a finder does its owner a service. A token
// that is none is no error, so the
// answer is 200 unless neither the ledger nor Zotero recorded the end.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if err := readPost(w, r); err != nil {
		s.failJSON(w, r, err)
		return
	}
	if err := s.options.RevokeToken(r.Context(), r.PostForm.Get("token")); err != nil {
		s.failJSON(w, r, err)
		return
	}
	g, ok := s.belongs(r.Context(), r.PostForm.Get("token"))
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

// belongs returns what a token stands for, if it is one that has not expired.
func (s *Server) belongs(ctx context.Context, token string) (grant, bool) {
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
