package account

import (
	"cmp"
	_ "embed"
	"math"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

//go:embed tokens.html
var tokensHTML string

//go:embed made.html
var madeHTML string

//go:embed signin.html
var signInHTML string

//go:embed bytoken.html
var byTokenHTML string

//go:embed holder.html
var holderHTML string

//go:embed wrong.html
var wrongHTML string

//go:embed unconfigured.html
var unconfiguredHTML string

// templates are the HTML pages.
type templates struct{ tokens, made, signIn, byToken, holder, wrong *page.Page }

func newTemplates() (*templates, error) {
	t := &templates{}
	for _, x := range []struct {
		to         **page.Page
		name, body string
	}{{&t.tokens, "tokens", tokensHTML}, {&t.made, "made", madeHTML}, {&t.signIn, "signin", signInHTML}, {&t.byToken, "bytoken", byTokenHTML}, {&t.holder, "holder", holderHTML}, {&t.wrong, "wrong", wrongHTML}} {
		made, err := page.New(x.name, x.body)
		if err != nil {
			return nil, err
		}
		*x.to = made
	}
	return t, nil
}

// tokensPage is the data of the page of tokens.
type tokensPage struct {
	Form, Subject, Through, WriteURL     string
	Tokens                               []tokenRow
	Most, Limit                          int
	Lives                                []int
	Libraries                            []library.Info
	Unlisted, MayWrite, AskWrite, HasKey bool
}

// tokenRow is a token on the page.
type tokenRow struct {
	Key, Name, Created, Expires string
	Libraries                   []string // nil is all
	Write                       bool
}

// madePage is the data of the page of a new token.
type madePage struct{ Token, Name, Expires, URL string }

// signInPage is the data of the page before sign-in.
type signInPage struct{ Through, URL, Host string }

// wrongPage is the data of the error page.
type wrongPage struct{ Message, Hint, Back string }

func (p *Pages) showSignIn(w http.ResponseWriter) {
	if p.options.Verifier != nil {
		p.showTokenForm(w, tokenForm{Back: pathTokens})
		return
	}
	p.write(w, p.pages.signIn, "Personal access tokens", signInPage{Through: p.options.Through, URL: loginURL(false), Host: p.host()}, nil)
}

// write writes a page whose forms may only post to this server.
func (p *Pages) write(w http.ResponseWriter, t *page.Page, title string, data any, change func(*page.Options)) {
	o := page.Options{Title: title, FormAction: []string{}, Copy: t == p.pages.made, Data: data}
	if change != nil {
		change(&o)
	}
	if err := t.Write(w, o); err != nil {
		p.options.Logger.Error("writing a page failed", "error", err)
		http.Error(w, "something went wrong inside the server", http.StatusInternalServerError)
	}
}

// fail shows an error to the person.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := library.AsError(err)
	status := identity.StatusOf(e.Code)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(e.RetryAfter.Seconds())))))
	}
	p.options.Logger.InfoContext(r.Context(), "account page rejected", "status", status, "error", e)
	first, size := utf8.DecodeRuneInString(e.Message)
	data := wrongPage{Message: string(unicode.ToUpper(first)) + e.Message[size:], Hint: cmp.Or(e.Hint, "go back and try again"), Back: pathTokens}
	p.write(w, p.pages.wrong, "That did not work", data, func(o *page.Options) { o.Status, o.FormAction = status, nil })
}

// Unconfigured returns a handler that tells a member that the pages are closed, and
// the operator which settings they need.
func Unconfigured(redirectURI string) (http.Handler, error) {
	t, err := page.New("unconfigured", unconfiguredHTML)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := t.Write(w, page.Options{Status: http.StatusNotFound, Title: "Sign-in is not set up here", Data: redirectURI}); err != nil {
			http.Error(w, "something went wrong inside the server", http.StatusInternalServerError)
		}
	}), nil
}
