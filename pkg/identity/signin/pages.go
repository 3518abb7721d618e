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

// pages are what people see of sign-in.
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

// consent is what the consent page shows.
type consent struct {
	Name, Host        string
	Loopback, Private bool
	Document          string // host of the client's document, or ""
	Write             bool
	Request           string
}

// welcome is what the page shows after signing in.
type welcome struct {
	Notices []string
	Onward  template.URL
	Private bool
}

// wrong is what the page of an error shows.
type wrong struct{ Message, Hint string }

// refused is what the page shows for a client's request that can't be granted.
type refused struct {
	Name, Host, Message string
	Back                template.URL
}

// onwardAfter is how long the page after signing in stays, in seconds, before
// it leads on by itself: long enough to read, well within the life of a code.
const onwardAfter = "12"

// welcome sends somebody who has signed in back to the client. If there is
// something to say, or if the way leads into an app and would leave an empty
// page behind, it is by a page that leads there.
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

// failPage tells a person what is wrong, and nobody else: nothing is sent to
// where a client may listen.
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

// sentence returns a message of an error as people write it.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func (s *Server) writePage(w http.ResponseWriter, p *page.Page, o page.Options) {
	if err := p.Write(w, o); err != nil {
		s.options.Logger.Error("a page can't be written", "error", err)
		http.Error(w, "something went wrong inside the server", http.StatusInternalServerError)
	}
}

// retryAfter says when to come back, in whole seconds.
func retryAfter(w http.ResponseWriter, e *library.Error) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter.Seconds())))))
}
