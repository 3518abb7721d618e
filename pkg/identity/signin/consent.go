package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// maxForm is the longest consent form, in bytes.
const maxForm = 32 << 10

// showConsent serves the consent page. It is shown at every sign-in, because an
// earlier consent does not prove who sends this request.
func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, a *authorization) {
	browser, known := s.browser(r)
	if !known {
		browser = rand.Text()
	}
	field, err := sealed(s.boxes.form, form{request: a.request, Browser: digest(browser), Expires: s.after(formTTL)})
	if err != nil {
		s.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	if !known {
		http.SetCookie(w, s.cookie(cookieBrowser, browser, 0))
	}
	s.writePage(w, s.pages.consent, page.Options{
		Title: "Let " + a.client.Name + " use your library?",
		// Chrome applies the policy also to redirects after the form was sent,
		// so it lists the possible destinations: Zotero and the client.
		FormAction: []string{s.zotero.Origin(), a.redirect.Source},
		Data: consent{
			Name: a.client.Name, Host: a.redirect.Host, Loopback: a.redirect.Loopback, Private: a.redirect.Private,
			Document: a.client.Host, Write: a.request.Write, Request: field,
		},
	})
}

// serveConsent serves the consent form. It accepts the form only from the
// browser that received the page.
func (s *Server) serveConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	f, err := s.readForm(r)
	if err != nil {
		s.failPage(w, r, http.StatusForbidden, err)
		return
	}
	to, ok := client.ParseRedirect(f.Redirect)
	if !ok {
		s.failPage(w, r, http.StatusForbidden, noForm(nil))
		return
	}
	if r.PostForm.Get("decision") != "allow" {
		s.redirectError(w, to, f.State, oauthError{accessDenied, "access was denied"})
		return
	}
	f.Write = f.Write && r.PostForm.Get("write") == "1"
	s.redirectToZotero(w, r, f, to)
}

// readForm returns the request that a consent form belongs to.
func (s *Server) readForm(r *http.Request) (*form, error) {
	// Browsers send the origin of the page with the form; other programs may
	// omit it.
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return nil, noForm(nil)
	}
	if err := r.ParseForm(); err != nil {
		return nil, noForm(err)
	}
	f := &form{}
	if err := s.unseal(r.Context(), s.boxes.form, r.PostForm.Get("request"), f); err != nil {
		return nil, noForm(err)
	}
	browser, ok := s.browser(r)
	if !ok || subtle.ConstantTimeCompare([]byte(digest(browser)), []byte(f.Browser)) != 1 {
		return nil, noForm(nil)
	}
	if s.over(f.Expires) {
		return nil, library.Errorf(library.Forbidden, "this page has expired").WithHint("go back to your client and start again")
	}
	return f, nil
}

func noForm(cause error) error {
	return library.Errorf(library.Forbidden, "this form belongs to another browser").
		WithHint("allow cookies for this site, go back to your client and start again").WithCause(cause)
}

// redirectToZotero redirects a person who has consented to Zotero, and sets the cookie
// of the sign-in.
func (s *Server) redirectToZotero(w http.ResponseWriter, r *http.Request, f *form, to client.Redirect) {
	mark := rand.Text()
	ticket, err := s.zotero.Begin(r.Context(), s.options.Issuer+pathCallback+"?s="+mark)
	if err != nil {
		s.options.Logger.WarnContext(r.Context(), "sign-in can't start at Zotero", "error", err)
		s.redirectError(w, to, f.State, zoteroError(err))
		return
	}
	value, err := sealed(s.boxes.login, login{request: f.request, Ticket: ticket, Mark: mark, Expires: s.after(formTTL)})
	if err != nil {
		s.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	http.SetCookie(w, s.cookie(loginCookie(mark), value, formTTL))
	s.redirect(w, s.zotero.AuthorizeURL(ticket, f.Name, f.Write))
}

// zoteroError returns the error for the client after a failure at Zotero.
func zoteroError(err error) oauthError {
	if library.CodeOf(err) == library.Unavailable {
		return oauthError{temporarilyUnavailable, "Zotero does not respond; try again in a minute"}
	}
	return oauthError{serverError, "Zotero rejected the sign-in"}
}

// digest returns the digest of a cookie, as stored in sealed values.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
