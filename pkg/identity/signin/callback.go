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

// comeBack answers GET /callback: somebody comes back from Zotero.
func (s *Server) comeBack(w http.ResponseWriter, r *http.Request) {
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
	// Zotero's documentation has no word for a refusal. Without a verifier
	// there is nothing to go on with, whatever else comes.
	if q.Get("oauth_verifier") == "" {
		s.sendBack(w, to, l.State, refusal{accessDenied, "the person said no at Zotero"})
		return
	}
	s.finish(w, r, l, to)
}

// readLogin returns the sign-in that comes back: the cookie's, if it is the
// one that the URL and Zotero speak of.
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
	// Who says no may come back without the token.
	if token := q.Get("oauth_token"); token != "" || q.Get("oauth_verifier") != "" {
		same &= subtle.ConstantTimeCompare([]byte(l.Ticket.Token), []byte(token))
	}
	if same != 1 || s.over(l.Expires) {
		return nil, noLogin(nil)
	}
	return l, nil
}

func noLogin(cause error) error {
	return library.Errorf(library.Invalid, "this sign-in was not begun in this browser, or it is over").
		WithHint("allow cookies for this site, go back to your client and start again").WithCause(cause)
}

// finish gets the key of somebody who has come back and sends a code for it to
// the client.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, l *login, to client.Redirect) {
	ctx := r.Context()
	key, err := s.zotero.Finish(ctx, l.Ticket, r.URL.Query().Get("oauth_verifier"))
	if err != nil {
		s.options.Logger.WarnContext(ctx, "sign-in can't end at Zotero", "error", err)
		s.sendBack(w, to, l.State, zoteroRefusal(err))
		return
	}
	rights, err := s.zotero.Rights(ctx, key)
	if err != nil || !rights.Read {
		s.discard(ctx, key)
		refused := refusal{accessDenied, "the key that Zotero gave reads no library"}
		if err != nil {
			s.options.Logger.WarnContext(ctx, "sign-in can't see what a key may do", "error", err)
			refused = zoteroRefusal(err)
		}
		s.sendBack(w, to, l.State, refused)
		return
	}
	c := code{
		grant:    grant{User: rights.UserID, Key: key, Write: l.Write && rights.Write, Family: rand.Text(), Client: l.Client},
		Redirect: l.Redirect, Challenge: l.Challenge, Refreshes: l.Refreshes, Expires: s.after(s.options.CodeTTL),
	}
	text, err := sealed(s.boxes.code, c)
	if err != nil {
		s.discard(ctx, key)
		s.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	s.options.Logger.InfoContext(ctx, "signed in", "principal", c.subject(), "write", c.Write)
	s.welcome(w, to, s.reply(to, l.State, url.Values{"code": {text}}), notices(l, rights))
}

// notices are what somebody should know who gave more or less at Zotero than
// was asked for.
func notices(l *login, got zoteroauth.Rights) []string {
	var all []string
	if got.Write && !l.Write {
		all = append(all, "At Zotero you allowed changes too. Nobody asked for that, and Stackroom won't make any for this client.")
	}
	if l.Write && !got.Write {
		all = append(all, "You did not allow changes at Zotero, so the client can only read.")
	}
	if !got.Own {
		all = append(all, "You did not allow your own library at Zotero, so the client sees only your groups.")
	}
	if !got.Groups {
		all = append(all, "The key opens no group libraries, so the client sees only your own. If you are in groups, allow them at Zotero.")
	}
	return all
}

// askTimeout bounds a question to Zotero that the answer does not depend on.
const askTimeout = 5 * time.Second
