package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// serveCallback serves GET /callback, to which Zotero redirects.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if s.isAccount(q) {
		s.options.Account.ServeHTTP(w, r)
		return
	}
	l, err := s.readLogin(r, q)
	if err != nil {
		s.failPage(w, r, http.StatusBadRequest, err)
		return
	}
	http.SetCookie(w, s.cookie(loginCookie(l.Mark), "", -time.Second))
	to, ok := client.ParseRedirect(l.Redirect)
	if !ok {
		s.failPage(w, r, http.StatusBadRequest, noLogin(nil))
		return
	}
	// Zotero's documentation does not define an error response. Without a
	// verifier the sign-in can't continue, even if other parameters are
	// present.
	if q.Get("oauth_verifier") == "" {
		s.redirectError(w, to, l.State, oauthError{accessDenied, "access was denied at Zotero"})
		return
	}
	s.finish(w, r, l, to)
}

// readLogin returns the sign-in in the cookie, if it matches the callback's URL
// and Zotero's token.
func (s *Server) readLogin(r *http.Request, q url.Values) (*login, error) {
	mark := q.Get("s")
	if !isMark(mark) {
		return nil, noLogin(nil)
	}
	cookie, err := r.Cookie(s.cookieName(loginCookie(mark)))
	if err != nil {
		return nil, noLogin(err)
	}
	l := &login{}
	if err := s.unseal(r.Context(), s.boxes.login, cookie.Value, l); err != nil {
		return nil, noLogin(err)
	}
	same := subtle.ConstantTimeCompare([]byte(l.Mark), []byte(mark))
	// When access is denied, the token may be missing.
	if token := q.Get("oauth_token"); token != "" || q.Get("oauth_verifier") != "" {
		same &= subtle.ConstantTimeCompare([]byte(l.Ticket.Token), []byte(token))
	}
	if same != 1 || s.over(l.Expires) {
		return nil, noLogin(nil)
	}
	return l, nil
}

func noLogin(cause error) error {
	return library.Errorf(library.Invalid, "this sign-in was not started in this browser, or it has expired").
		WithHint("allow cookies for this site, go back to your client and start again").WithCause(cause)
}

// finish gets the person's key from Zotero and redirects to the client with a
// code for it.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, l *login, to client.Redirect) {
	ctx := r.Context()
	key, err := s.zotero.Finish(ctx, l.Ticket, r.URL.Query().Get("oauth_verifier"))
	if err != nil {
		s.options.Logger.WarnContext(ctx, "sign-in failed at Zotero", "error", err)
		s.redirectError(w, to, l.State, zoteroError(err))
		return
	}
	rights, err := s.zotero.Rights(ctx, key)
	if err != nil || !rights.Read {
		s.discard(ctx, key)
		refused := oauthError{accessDenied, "the key from Zotero reads no library"}
		if err != nil {
			s.options.Logger.WarnContext(ctx, "the rights of a key can't be read", "error", err)
			refused = zoteroError(err)
		}
		s.redirectError(w, to, l.State, refused)
		return
	}
	c := code{
		grant: grant{User: rights.UserID, Key: key, Write: l.Write && rights.Write, Reading: l.Reading, Family: rand.Text(), Client: l.Client},
		Name:  l.Name, Redirect: l.Redirect, Challenge: l.Challenge, Refreshes: l.Refreshes, Expires: s.after(s.options.CodeTTL),
	}
	text, err := sealed(s.boxes.code, c)
	if err != nil {
		s.discard(ctx, key)
		s.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	s.options.Logger.InfoContext(ctx, "signed in", "principal", c.subject(), "write", c.Write)
	s.welcome(w, to, s.responseURL(to, l.State, url.Values{"code": {text}}), notices(l, rights))
}

// notices returns what to tell a person who granted more or less at Zotero than
// was requested.
func notices(l *login, got zoteroauth.Rights) []string {
	var all []string
	if got.Write && !l.Write {
		all = append(all, "At Zotero you also allowed changes. The client did not ask for that, and Stackroom makes no changes for it.")
	}
	if l.Write && !got.Write {
		all = append(all, "You did not allow changes at Zotero, so the client can only read.")
	}
	if !got.Own {
		all = append(all, "You did not allow your own library at Zotero, so the client sees only your groups.")
	}
	if !got.Groups {
		all = append(all, "You did not allow group libraries at Zotero, so the client sees only your own. If you are in groups, sign in again and allow them.")
	}
	return all
}

// askTimeout bounds a request to Zotero whose result is optional.
const askTimeout = 5 * time.Second
