package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// How long things are good.
const (
	sessionTTL = time.Hour
	loginTTL   = 10 * time.Minute
)

// kindSession is the kind of the ledger's entries of sessions that ended.
const kindSession ledger.Kind = "session"

// Names of cookies. Each sign-in has one of its own, so that two may go on in
// one browser.
const (
	cookieSession = "stackroom-session"
	cookieLogin   = "stackroom-account-"
)

// maxCookie is the length of the longest value that browsers keep (RFC 6265bis,
// section 5.5), with room for the name.
const maxCookie = 4000

// session is the cookie of a member who has signed in.
type session struct {
	Member

	ID      string `json:"i"`
	Expires int64  `json:"x"` // seconds since 1970, as below
}

// pending is the cookie of a browser that signs in.
type pending struct {
	Mark    string `json:"m"`
	Carried []byte `json:"d"`
	Expires int64  `json:"x"`
}

// field is the hidden field of a form: whose form it is, and the ID of the token
// that it makes, so that sending it twice makes one token.
type field struct {
	Session string `json:"s"` // its ID: the field is good for as long as the session
	Token   string `json:"t"`
}

// cookieName returns the name under which a cookie is set. With the prefix
// __Host- no other host of the domain can set it, and it goes over https only
// (RFC 6265bis, section 4.1.3.2). There is no such cookie on http, which is for
// this machine alone.
func (p *Pages) cookieName(name string) string {
	if p.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie that scripts don't see and that other sites can't
// send, except by leading the person here; d < 0 deletes it.
func (p *Pages) setCookie(w http.ResponseWriter, name, value string, d time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is https
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: int(d / time.Second),
		Secure: p.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// current returns the session of a request, nil if there is none that is good.
// The error has the code Unavailable.
func (p *Pages) current(r *http.Request) (*session, error) {
	cookie, err := r.Cookie(p.cookieName(cookieSession))
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no session is a good answer
	}
	s := &session{}
	if p.unseal(r.Context(), p.session, cookie.Value, s) != nil || p.over(s.Expires) {
		return nil, nil //nolint:nilnil // as above
	}
	ended, err := p.options.Ledger.Ended(r.Context(), s.ID)
	if err != nil || ended {
		return nil, err
	}
	return s, nil
}

// signIn answers GET /account/sign-in: it sends the browser to where members
// sign in. It is a link, because the policy of a form would have to name every
// page on the way.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		http.Redirect(w, r, pathTokens, http.StatusSeeOther) // another site begins no sign-in here
		return
	}
	mark := rand.Text()
	to, carried, err := p.options.Login.Begin(r.Context(), mark, p.offersWrite() && r.URL.Query().Get("write") == "1")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	value, err := sealed(p.login, pending{Mark: mark, Carried: carried, Expires: p.after(loginTTL)})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.setCookie(w, loginCookie(mark), value, loginTTL)
	redirect(w, to)
}

func loginCookie(mark string) string { return cookieLogin + mark[:8] }

// Callback answers the request with which a browser comes back from signing in.
func (p *Pages) Callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	mark := q.Get("s")
	if mark == "" {
		mark = q.Get("state")
	}
	login, err := p.pending(r, mark)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.setCookie(w, loginCookie(mark), "", -time.Second)
	m, err := p.options.Login.Finish(r.Context(), q, mark, login.Carried)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if err := p.begin(w, r, m); err != nil {
		p.fail(w, r, err)
		return
	}
	p.options.Logger.InfoContext(r.Context(), "signed in to the account pages", "principal", m.Subject)
	redirect(w, pathTokens)
}

// pending returns the sign-in that a mark names, if this browser began it.
func (p *Pages) pending(r *http.Request, mark string) (*pending, error) {
	if len(mark) != len(rand.Text()) || strings.Trim(mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return nil, notBegun()
	}
	cookie, err := r.Cookie(p.cookieName(loginCookie(mark)))
	if err != nil {
		return nil, notBegun()
	}
	login := &pending{}
	if err := p.unseal(r.Context(), p.login, cookie.Value, login); err != nil {
		return nil, notBegun()
	}
	if subtle.ConstantTimeCompare([]byte(login.Mark), []byte(mark)) != 1 || p.over(login.Expires) {
		return nil, notBegun()
	}
	return login, nil
}

func notBegun() error {
	return library.Errorf(library.Invalid, "this sign-in was not begun in this browser, or it is over").
		WithHint("allow cookies for this site and sign in again")
}

// begin begins a session. A key that no token takes by its end is deleted at the
// upstream then.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, m *Member) error {
	s := session{Member: *m, ID: rand.Text(), Expires: p.after(sessionTTL)}
	if m.Key != "" && p.options.Keys != nil {
		if err := p.options.Keys.Owe(context.WithoutCancel(r.Context()), s.ID, m.Key, p.options.Now().Add(sessionTTL)); err != nil {
			return err
		}
	}
	value, err := sealed(p.session, s)
	if err != nil {
		return err
	}
	if len(value) > maxCookie {
		return library.Errorf(library.TooLarge, "your account may see more libraries than a session can name").
			WithHint("ask the admin for a policy rule with all libraries, or with fewer")
	}
	p.setCookie(w, cookieSession, value, sessionTTL)
	return nil
}

// signOut answers POST /account/sign-out: it ends the session, and deletes the
// key that no token took.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) {
	s, _, err := p.readForm(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	err = p.options.Ledger.End(r.Context(), ledger.Family{Kind: kindSession, Subject: s.Subject, ID: s.ID, Expires: time.Unix(s.Expires, 0)})
	if err == nil && s.Key != "" && p.options.Keys != nil {
		err = p.options.Keys.Hasten(r.Context(), s.ID)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.setCookie(w, cookieSession, "", -time.Second)
	redirect(w, pathTokens)
}

// maxForm is the length of the longest form, in bytes.
const maxForm = 64 << 10

// readForm reads a form that this server made for the session of the request:
// no other site can send it.
func (p *Pages) readForm(w http.ResponseWriter, r *http.Request) (*session, *field, error) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return nil, nil, notThisForm()
	}
	// A page without referrers, as these are, sends "null" (Fetch standard,
	// "append a request Origin header").
	if origin := r.Header.Get("Origin"); origin != "" && origin != "null" && origin != p.options.URL {
		return nil, nil, notThisForm()
	}
	s, err := p.current(r)
	switch {
	case err != nil:
		return nil, nil, err
	case s == nil:
		return nil, nil, library.Errorf(library.Unauthenticated, "your session is over").WithHint("sign in again")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, nil, library.Errorf(library.Invalid, "the form can't be read").WithCause(err)
	}
	f := &field{}
	if p.unseal(r.Context(), p.form, r.PostForm.Get("form"), f) != nil ||
		subtle.ConstantTimeCompare([]byte(f.Session), []byte(s.ID)) != 1 {
		return nil, nil, notThisForm()
	}
	return s, f, nil
}

func notThisForm() error {
	return library.Errorf(library.Forbidden, "this form was not made for this session").WithHint("open the page again")
}

// newField returns the hidden field of the forms of a page.
func (p *Pages) newField(s *session) (string, error) {
	return sealed(p.form, field{Session: s.ID, Token: rand.Text()})
}

// after returns the end of d from now, in seconds since 1970.
func (p *Pages) after(d time.Duration) int64 { return p.options.Now().Add(d).Unix() }

// over reports whether a time has come.
func (p *Pages) over(expires int64) bool { return p.options.Now().Unix() >= expires }

// redirect sends a browser on.
func redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}

// loginURL returns where members sign in.
func loginURL(write bool) string {
	if write {
		return pathSignIn + "?" + url.Values{"write": {"1"}}.Encode()
	}
	return pathSignIn
}
