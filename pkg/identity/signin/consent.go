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

// maxForm is the length of the longest consent form.
const maxForm = 32 << 10

// showConsent shows the consent page: each time, because what was consented to
// once says nothing of who asks now.
func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, a *asked) {
	browser, known := s.browser(r)
	if !known {
		browser = rand.Text()
	}
	field, err := sealed(s.boxes.form, form{request: a.request, Name: a.client.Name, Browser: digest(browser), Expires: s.after(formTTL)})
	if err != nil {
		s.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	if !known {
		http.SetCookie(w, s.cookie(cookieBrowser, browser, 0))
	}
	s.writePage(w, s.pages.consent, page.Options{
		Title: "Let " + a.client.Name + " use your library?",
		// Chrome holds the policy against redirects after the form was sent
		// too, so it names where they may lead: Zotero, and the client.
		FormAction: []string{s.zotero.Origin(), a.redirect.Source},
		Data: consent{
			Name: a.client.Name, Host: a.redirect.Host, Loopback: a.redirect.Loopback, Private: a.redirect.Private,
			Document: a.client.Host, Write: a.request.Write, Request: field,
		},
	})
}

// takeConsent answers the consent form. Only the browser that was shown it may
// send it.
func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
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
		s.sendBack(w, to, f.State, refusal{accessDenied, "the person said no"})
		return
	}
	s.toZotero(w, r, f, to)
}

// readForm returns what the browser that sends a form was asked.
func (s *Server) readForm(r *http.Request) (*form, error) {
	// A browser says who made it send the form, other programs say nothing.
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
		return nil, library.Errorf(library.Forbidden, "this page was open for too long").WithHint("go back to your client and start again")
	}
	return f, nil
}

func noForm(cause error) error {
	return library.Errorf(library.Forbidden, "this form was not made for this browser").
		WithHint("allow cookies for this site, go back to your client and start again").WithCause(cause)
}

// toZotero sends somebody who has consented to Zotero, with a cookie to come
// back with.
func (s *Server) toZotero(w http.ResponseWriter, r *http.Request, f *form, to client.Redirect) {
	mark := rand.Text()
	ticket, err := s.zotero.Begin(r.Context(), s.options.Issuer+pathCallback+"?s="+mark)
	if err != nil {
		s.options.Logger.WarnContext(r.Context(), "sign-in can't begin at Zotero", "error", err)
		s.sendBack(w, to, f.State, zoteroRefusal(err))
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

// zoteroRefusal is what a client is told when Zotero did not do its part.
func zoteroRefusal(err error) refusal {
	if library.CodeOf(err) == library.Unavailable {
		return refusal{temporarily, "Zotero does not answer; try again in a minute"}
	}
	return refusal{serverError, "Zotero refused the sign-in"}
}

// digest returns what stands for a cookie in what is sealed.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
