// Package pages serves the pages of the server for people.
package pages

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/server/origin"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

//go:embed setup.html
var setupHTML string

// SignIn is a sign-in method.
type SignIn string

// The sign-in methods.
const (
	SignInNone   SignIn = ""       // none, or one that the page does not describe
	SignInToken  SignIn = "tokens" // with a personal access token in the client's settings
	SignInOIDC   SignIn = "oidc"   // in a browser, with the organisation's identity provider
	SignInZotero SignIn = "zotero" // in a browser, with Zotero
)

// Options configures the setup page.
type Options struct {
	Name, Version string            // of the server
	PublicURL     string            // of the server; "" takes it from each request
	SignIn        SignIn            // how callers sign in
	Signed        bool              // callers must sign in
	Shared        bool              // everyone who signs in may also read the server's own library
	Tools         []tool.Definition // that REST serves as well
	LegacySSE     bool              // the HTTP+SSE transport is served
	Nav           []page.Link       // the links of the header
	// Libraries lists the served libraries. The page shows them only if callers
	// don't sign in, and only to people at this machine. Nil lists none.
	Libraries func(context.Context) ([]library.Info, error)
}

// Setup is the page at /: what the server is and how to connect an assistant.
type Setup struct {
	options Options
	page    *page.Page
}

// NewSetup returns the page.
func NewSetup(o Options) (*Setup, error) {
	p, err := page.New("setup", setupHTML)
	if err != nil {
		return nil, err
	}
	return &Setup{options: o, page: p}, nil
}

// setupData is the data of the page.
type setupData struct {
	Name, Version, URL   string
	SignIn               []string // paragraphs
	Libraries            *shownLibraries
	Clients              []client
	Examples             []string
	Tools                []tool.Definition
	REST, Legacy, Signed bool
	Pages                bool // people can search here
	Tokens               bool // members make personal access tokens at /account/tokens
}

// shownLibraries are the libraries on the page, or a note why there are none.
type shownLibraries struct {
	List []shownLibrary
	Note string
}

// shownLibrary is a library on the page.
type shownLibrary struct{ Name, Works string }

// Write serves the page. On an error nothing has been written.
func (s *Setup) Write(w http.ResponseWriter, r *http.Request) error {
	o := s.options
	url := s.baseURL(r) + "/mcp"
	return s.page.Write(w, page.Options{
		Copy:  true,
		Nav:   o.Nav,
		Title: "Connect to " + o.Name,
		Data: setupData{
			Name: o.Name, Version: o.Version, URL: url,
			SignIn: s.signIn(r), Libraries: s.libraries(r), Clients: clients(url, o.SignIn), Examples: examples(),
			Tools: o.Tools, REST: len(o.Tools) > 0, Legacy: o.LegacySSE, Signed: o.Signed, Pages: len(o.Nav) > 0,
			Tokens: o.SignIn == SignInZotero || o.SignIn == SignInOIDC,
		},
	})
}

// signIn returns the text about access and sign-in.
func (s *Setup) signIn(r *http.Request) []string {
	switch s.options.SignIn {
	case SignInToken:
		return []string{"You need a personal access token, which the operator of this server gives you. Put it into your assistant's settings where the instructions below have " + tokenHere + "; treat it like a password."}
	case SignInOIDC:
		return []string{"Your assistant opens your organisation's sign-in page when it first connects. There is nothing else to set up, and no key to paste."}
	case SignInZotero:
		whose := "You see exactly the libraries that you can access at Zotero, and other members don't see them through you."
		if s.options.Shared {
			whose += " Everyone who signs in may also read the library that was imported into this server."
		}
		return []string{
			"Your assistant opens Zotero when it first connects, and you decide there what it may see. There is nothing else to set up, and no key to paste.",
			whose,
		}
	}
	switch {
	case s.options.Signed:
		return []string{"Your assistant must authenticate when it connects; ask the operator of this server how."}
	case fromThisMachine(r):
		return []string{"None is needed: this server serves everyone who can reach this address, which is on your own computer."}
	}
	return []string{"None is needed: this server serves everyone who can reach this address."}
}

// listTime is the timeout for the list of libraries.
const listTime = 2 * time.Second

// maxLibraryName bounds a library's name on the page, in characters.
const maxLibraryName = 120

// libraries returns the libraries on the page for the caller of r, or nil for
// no list.
func (s *Setup) libraries(r *http.Request) *shownLibraries {
	o := s.options
	if o.Signed || o.Libraries == nil || !fromThisMachine(r) {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), listTime)
	defer cancel()
	infos, err := o.Libraries(ctx)
	shown := &shownLibraries{Note: "There are none yet."}
	if err != nil {
		shown.Note = "They can't be listed right now."
	}
	for _, info := range infos {
		name, _ := plaintext.Cut(plaintext.Line(info.Name), maxLibraryName)
		shown.List = append(shown.List, shownLibrary{name, works(info.Items)})
	}
	return shown
}

// works returns the number of works in words.
func works(n int) string {
	switch {
	case n < 0:
		return "size unknown"
	case n == 1:
		return "1 work"
	}
	return fmt.Sprintf("%d works", n)
}

// fromThisMachine reports whether r certainly comes from this machine: over
// loopback, under a loopback name, and not through a proxy.
func fromThisMachine(r *http.Request) bool {
	for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"} {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return origin.OverLoopback(r) && origin.IsLoopback(r.Host)
}

// baseURL returns the URL at which the caller reached the server.
func (s *Setup) baseURL(r *http.Request) string { return origin.BaseURL(s.options.PublicURL, r) }
