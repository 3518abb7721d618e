package server

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

//go:embed setup.html
var setupHTML string

// setup is the page at /: what this is and how to connect an assistant.
type setup struct {
	options Options
	page    *page.Page
}

// newSetup returns the page of a server.
func newSetup(o Options) (*setup, error) {
	p, err := page.New("setup", setupHTML)
	if err != nil {
		return nil, err
	}
	return &setup{options: o, page: p}, nil
}

// setupData is what the page shows.
type setupData struct {
	Name, Version, URL   string
	SignIn               []string // paragraphs
	Libraries            *shownLibraries
	Clients              []client
	Tools                []Tool
	REST, Legacy, Signed bool
}

// shownLibraries are the libraries as the page lists them, or a note why it
// lists none.
type shownLibraries struct {
	List []shownLibrary
	Note string
}

// shownLibrary is a library as the page lists it.
type shownLibrary struct{ Name, Works string }

// serve answers with the page.
func (s *setup) serve(c echo.Context) error {
	o, r := s.options, c.Request()
	url := s.baseURL(r) + "/mcp"
	return s.page.Write(c.Response(), page.Options{
		Copy:  true,
		Title: "Connect to " + o.Name,
		Data: setupData{
			Name: o.Name, Version: o.Version, URL: url,
			SignIn: s.signIn(r), Libraries: s.libraries(r), Clients: clients(url, o.SignIn),
			Tools: o.Tools, REST: o.Call != nil, Legacy: o.LegacySSE, Signed: o.Guard != nil,
		},
	})
}

// signIn says in words who gets in and how.
func (s *setup) signIn(r *http.Request) []string {
	switch s.options.SignIn {
	case SignInToken:
		return []string{"You need a personal access token, which whoever runs this server gives you. It goes into your assistant's settings where the instructions below have " + tokenHere + "; treat it like a password."}
	case SignInOIDC:
		return []string{"Your assistant takes you to your organisation's sign-in page when it first connects. There is nothing else to set up, and no key to paste."}
	case SignInZotero:
		return []string{
			"Your assistant takes you to Zotero when it first connects, and you decide there what it may see. There is nothing else to set up, and no key to paste.",
			"You get exactly the libraries that are yours at Zotero, and nobody else gets them through you.",
		}
	}
	switch {
	case s.options.Guard != nil:
		return []string{"Your assistant has to show who you are when it connects; whoever runs this server can tell you how."}
	case fromThisMachine(r):
		return []string{"None is needed: this server answers to whoever can reach this address, which is on your own computer."}
	}
	return []string{"None is needed: this server answers to whoever can reach this address."}
}

// listTime is how long the page waits for a list of libraries.
const listTime = 2 * time.Second

// maxLibraryName bounds a library's name on the page, in characters.
const maxLibraryName = 120

// libraries returns the libraries that the page may list to whoever asks, or
// nil for none: what others have is not for strangers, not even its name.
func (s *setup) libraries(r *http.Request) *shownLibraries {
	o := s.options
	if o.Guard != nil || o.Libraries == nil || !fromThisMachine(r) {
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

// works returns how many works a library has, in words.
func works(n int) string {
	switch {
	case n < 0:
		return "size unknown"
	case n == 1:
		return "1 work"
	}
	return fmt.Sprintf("%d works", n)
}

// fromThisMachine reports whether r surely comes from this machine: it came
// over loopback, under a loopback name, and no proxy handed it on.
func fromThisMachine(r *http.Request) bool {
	for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"} {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return overLoopback(r) && isLoopback(r.Host)
}

// baseURL returns where the caller reached the server, without a slash at the
// end. It is shown to that caller only.
func (s *setup) baseURL(r *http.Request) string {
	if s.options.PublicURL != "" {
		return strings.TrimSuffix(s.options.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	host := r.Host
	if !isHost(host) {
		host = "localhost"
	}
	return scheme + "://" + host
}

// isHost reports whether s can be a host with or without a port. The text
// ends up in commands that people copy, so it has nothing that a shell acts on.
func isHost(s string) bool {
	return isToken(strings.NewReplacer("[", "", "]", "", ":", "").Replace(s), 255)
}
