package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Lifetimes.
const (
	sessionTTL = time.Hour
	loginTTL   = 10 * time.Minute
)

// kindSession is the kind of ended sessions in the ledger.
const kindSession ledger.Kind = "session"

// Names of cookies. Each sign-in has its own, so that two can run in one
// browser.
const (
	cookieSession = "stackroom-session"
	cookieLogin   = "stackroom-account-"
)

// maxCookie is the longest value that browsers store (RFC 6265bis, section
// 5.5), less space for the name.
const maxCookie = 4000

// session is the cookie of a signed-in member.
type session struct {
	Member

	ID      string `json:"i"`
	Expires int64  `json:"x"`           // seconds since 1970, as below
	Changes bool   `json:"w,omitempty"` // the member lets this browser change libraries
}

// pending is the cookie of a sign-in in progress.
type pending struct {
	Mark    string `json:"m"`
	Carried []byte `json:"d"`
	Back    string `json:"b,omitempty"` // path to go to after the sign-in
	Changes bool   `json:"w,omitempty"` // as in [session]
	Expires int64  `json:"x"`
}

// field is the hidden field of a form: its session, and what it does.
type field struct {
	Session string `json:"s"` // ID of the session, as long as which the field is valid
	// Token is the ID of the token that a form of these pages makes, so that submitting
	// it twice makes one token.
	Token string `json:"t,omitempty"`
	Does  string `json:"d,omitempty"` // what any other form does
}

// cookieName returns the name under which a cookie is set. The prefix __Host-
// prevents other hosts of the domain from setting it and restricts it to https
// (RFC 6265bis, section 4.1.3.2). On http, which only works on this machine,
// the prefix is not available.
func (p *Pages) cookieName(name string) string {
	if p.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie that scripts can't read and that other sites can send
// only by top-level navigation; d < 0 deletes it.
func (p *Pages) setCookie(w http.ResponseWriter, name, value string, d time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is https
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: int(d / time.Second),
		Secure: p.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// current returns the valid session of a request, or nil. The error has the
// code Unavailable.
func (p *Pages) current(r *http.Request) (*session, error) {
	cookie, err := r.Cookie(p.cookieName(cookieSession))
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no session is a good answer
	}
	s := &session{}
	if p.unseal(r.Context(), p.session, cookie.Value, s) != nil || p.over(s.Expires) || (s.Token != "") != (p.options.Verifier != nil) {
		return nil, nil //nolint:nilnil // as above
	}
	ended, err := p.options.Ledger.Ended(r.Context(), s.ID)
	if err != nil || ended {
		return nil, err
	}
	if s.Token == "" {
		return s, nil
	}
	m, err := p.bearer(r.Context(), s.Token)
	switch {
	case library.CodeOf(err) == library.Unauthenticated:
		return nil, nil //nolint:nilerr,nilnil // the token was revoked
	case err != nil:
		return nil, err
	}
	s.Member = *m // with the rights that the token has now
	return s, nil
}

// Principal returns the principal whose session a request has, or nil. It may change
// libraries only if the member allowed that in this browser, see [Pages.AllowURL]. The
// error has the code Unavailable.
func (p *Pages) Principal(r *http.Request) (*identity.Principal, error) {
	s, err := p.current(r)
	if s == nil || err != nil {
		return nil, err
	}
	principal := p.principal(&s.Member)
	principal.Expires = time.Unix(s.Expires, 0)
	if !s.Changes {
		principal.Scopes = readingOnly(principal.Scopes)
	}
	return principal, nil
}

// readingOnly returns the scopes without the right to change libraries.
func readingOnly(scopes []identity.Scope) []identity.Scope {
	out := slices.Clone(scopes)
	for i, s := range out {
		if s == identity.Write {
			out[i] = identity.Read
		}
	}
	return out
}

// signIn serves GET /account/sign-in: it redirects to the sign-in. It is a link
// and not a form, because the policy of a form would have to list every page of
// the sign-in.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		http.Redirect(w, r, pathTokens, http.StatusSeeOther) // other sites can't start a sign-in
		return
	}
	back := localPath(r.URL.Query().Get(backParameter))
	allow := r.URL.Query().Get(allowParameter)
	changes, err := p.allows(r, allow)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if p.options.Verifier != nil {
		p.showTokenForm(w, tokenForm{Back: back, Allow: allow})
		return
	}
	mark := rand.Text()
	to, carried, err := p.options.Login.Begin(r.Context(), mark, p.offersWrite() && (changes || r.URL.Query().Get("write") == "1"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	value, err := sealed(p.login, pending{Mark: mark, Carried: carried, Back: back, Changes: changes, Expires: p.after(loginTTL)})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.setCookie(w, loginCookie(mark), value, loginTTL)
	redirect(w, to)
}

func loginCookie(mark string) string { return cookieLogin + mark[:8] }

// Callback serves the redirect from a sign-in.
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
	if err := p.begin(w, r, m, login.Changes); err != nil {
		p.fail(w, r, err)
		return
	}
	p.options.Logger.InfoContext(r.Context(), "signed in to the account pages", "principal", m.Subject)
	redirect(w, login.Back)
}

// pending returns the sign-in with a mark, if this browser began it.
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

// backParameter is the parameter of the sign-in that has the path to go to after it.
const backParameter = "to"

// maxBack is the longest such path, in bytes, so that the cookie stays short.
const maxBack = 1_000

// localPath returns the path of a page of this server, or the account page for
// every other text.
func localPath(back string) string {
	u, err := url.Parse(back)
	if err != nil || len(back) > maxBack || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\t\r\n") {
		return pathTokens
	}
	return back
}

// SignInURL returns the address of the sign-in that leads back to a path of this
// server.
func (p *Pages) SignInURL(back string) string {
	return pathSignIn + "?" + url.Values{backParameter: {back}}.Encode()
}

// AccountPath returns the path of the member's page.
func (p *Pages) AccountPath() string { return pathTokens }

func notBegun() error {
	return library.Errorf(library.Invalid, "this sign-in was not started in this browser, or it has expired").
		WithHint("allow cookies for this site and sign in again")
}

// begin starts a session, with the right to change libraries if the member asked for
// it and has it. If no token takes over the session's key, the key is deleted at the
// upstream when the session ends.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, m *Member, changes bool) error {
	s := session{Member: *m, ID: rand.Text(), Expires: p.after(sessionTTL), Changes: changes && p.may(m, identity.Write)}
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
		return library.Errorf(library.TooLarge, "your account may see more libraries than a session can list").
			WithHint("ask your admin for a policy rule with all libraries, or with fewer")
	}
	p.setCookie(w, cookieSession, value, sessionTTL)
	if changes && !s.Changes {
		return library.Errorf(library.Forbidden, "you are signed in, but what you signed in with may not change libraries").
			WithHint("sign in again and allow changes, or ask your admin for the right")
	}
	return nil
}

// signOut serves POST /account/sign-out: it ends the session, and deletes its
// key unless a token took it over.
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

// maxForm is the longest form, in bytes.
const maxForm = 64 << 10

// readForm parses a form of the request's session. Forms from other sites are
// rejected.
func (p *Pages) readForm(w http.ResponseWriter, r *http.Request) (*session, *field, error) {
	if p.fromOtherSite(r) {
		return nil, nil, notThisForm()
	}
	s, err := p.current(r)
	switch {
	case err != nil:
		return nil, nil, err
	case s == nil:
		return nil, nil, noSession()
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, nil, library.Errorf(library.Invalid, "the form can't be read").WithCause(err)
	}
	f := &field{}
	if p.openField(r.Context(), r.PostForm.Get("form"), s, f) != nil || f.Does != "" {
		return nil, nil, notThisForm()
	}
	return s, f, nil
}

// openField reads the hidden field of a form of a session.
func (p *Pages) openField(ctx context.Context, text string, s *session, f *field) error {
	if p.unseal(ctx, p.form, text, f) != nil || subtle.ConstantTimeCompare([]byte(f.Session), []byte(s.ID)) != 1 {
		return notThisForm()
	}
	return nil
}

// fromOtherSite reports whether a browser says that another site sends a form.
func (p *Pages) fromOtherSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return true
	}
	// Pages without referrers, such as these, send "null" (Fetch standard,
	// "append a request Origin header").
	origin := r.Header.Get("Origin")
	return origin != "" && origin != "null" && origin != p.options.URL
}

func notThisForm() error {
	return library.Errorf(library.Forbidden, "this form belongs to another session").WithHint("open the page again")
}

// newField returns the hidden field of the forms of a page.
func (p *Pages) newField(s *session) (string, error) {
	return sealed(p.form, field{Session: s.ID, Token: rand.Text()})
}

// after returns the time d from now, in seconds since 1970.
func (p *Pages) after(d time.Duration) int64 { return p.options.Now().Add(d).Unix() }

// over reports whether a time has passed.
func (p *Pages) over(expires int64) bool { return p.options.Now().Unix() >= expires }

// redirect redirects the browser.
func redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}

// loginURL returns the URL of the sign-in.
func loginURL(write bool) string {
	if write {
		return pathSignIn + "?" + url.Values{"write": {"1"}}.Encode()
	}
	return pathSignIn
}
