package signin

import (
	"cmp"
	_ "embed"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

//go:embed consent.html
var consentHTML string

//go:embed welcome.html
var welcomeHTML string

//go:embed wrong.html
var wrongHTML string

//go:embed refused.html
var refusedHTML string

// pages are the HTML pages of sign-in.
type pages struct{ consent, welcome, wrong, refused *page.Page }

func newPages() (*pages, error) {
	p := &pages{}
	for _, x := range []struct {
		to         **page.Page
		name, body string
	}{{&p.consent, "consent", consentHTML}, {&p.welcome, "welcome", welcomeHTML}, {&p.wrong, "wrong", wrongHTML}, {&p.refused, "refused", refusedHTML}} {
		made, err := page.New(x.name, x.body)
		if err != nil {
			return nil, err
		}
		*x.to = made
	}
	return p, nil
}

// consent is the data of the consent page.
type consent struct {
	Name, Host        string
	Loopback, Private bool
	Document          string // host of the client's document, or ""
	Write             bool
	Request           string
}

// welcome is the data of the page after sign-in.
type welcome struct {
	Notices []string
	Onward  template.URL
	Private bool
}

// wrong is the data of the error page.
type wrong struct{ Message, Hint string }

// refused is the data of the page for a rejected client request.
type refused struct {
	Name, Host, Message string
	Back                template.URL
}

// onwardAfter is the time in seconds after which the page after sign-in
// redirects: long enough to read it, and shorter than the lifetime of a code.
const onwardAfter = "12"

// welcome returns the person to the client after sign-in. It shows a page first
// if there are notices, or if the redirect opens an app, which would leave an
// empty page.
func (s *Server) welcome(w http.ResponseWriter, to client.Redirect, onward string, notices []string) {
	if len(notices) == 0 && !to.Private {
		s.redirect(w, onward)
		return
	}
	wait := onwardAfter
	if len(notices) == 0 {
		wait = "0"
	}
	w.Header().Set("Refresh", wait+"; url="+onward)
	s.writePage(w, s.pages.welcome, page.Options{Title: "You are signed in", Data: welcome{
		Notices: notices, Private: to.Private,
		Onward: template.URL(onward), //nolint:gosec // a redirect URI that was checked; html/template knows no schemes of apps
	}})
}

// failPage shows an error to the person. It sends nothing to the client's
// redirect URI, which is not trusted.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, status int, err error) {
	e := library.AsError(err)
	switch e.Code {
	case library.Internal:
		status = http.StatusInternalServerError
	case library.Unavailable:
		status = http.StatusServiceUnavailable
		retryAfter(w, e)
	}
	s.options.Logger.InfoContext(r.Context(), "sign-in refused", "status", status, "error", e)
	s.writePage(w, s.pages.wrong, page.Options{Status: status, Title: "That did not work", Data: wrong{
		Message: sentence(e.Message), Hint: cmp.Or(e.Hint, "go back to your client and start again"),
	}})
}

// sentence returns an error message with an upper-case initial.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func (s *Server) writePage(w http.ResponseWriter, p *page.Page, o page.Options) {
	if err := p.Write(w, o); err != nil {
		s.options.Logger.Error("writing a page failed", "error", err)
		http.Error(w, "something went wrong inside the server", http.StatusInternalServerError)
	}
}

// retryAfter sets Retry-After in whole seconds.
func retryAfter(w http.ResponseWriter, e *library.Error) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter.Seconds())))))
}
