package pages

import (
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// ResultSize is the most characters, and the most bytes, that results of Call should
// have, so that a page stays under 60 kB in every script.
const ResultSize = 20_000

// LibraryOptions configures a [Library].
type LibraryOptions struct {
	// Call runs a tool for the person who sent a request and returns its structured
	// result, or a [*library.Error]. Required.
	Call func(r *http.Request, tool string, arguments any) (json.RawMessage, error)
	// SignIn returns the URL at which a person signs in and then comes back to a
	// path. Nil if there is no sign-in in a browser.
	SignIn func(back string) string
	// Writes says that tools change libraries, so that there are receipts. It needs
	// Forms.
	Writes bool
	// Writable reports whether the server lets a library be changed, by callers with the
	// right. Nil: each.
	Writable func(lib string) bool
	// Forms makes and checks the hidden fields of the forms that change something.
	Forms Forms
	// Allow returns the address at which a person lets their browser change libraries
	// and then comes back to a path, "" if they may already or can't. Nil if there is
	// no sign-in in a browser.
	Allow func(r *http.Request, back string) (string, error)
	// FileRights returns what the person of a request may do with the files of a
	// library. Nil adds none. It needs Writes.
	FileRights func(r *http.Request, lib string) (tool.FileRights, error)
	// MaxFileBytes is the most bytes of a file that is added.
	MaxFileBytes int64
	// Account is the path of the person's account page, "" if there is none.
	Account string
	// Activity says that there is a page of the person's activity.
	Activity bool
}

// Library is the pages on which people search and read their libraries. They show
// what the tools return.
type Library struct {
	options                                                LibraryOptions
	problem                                                *Problem
	search, work, collections, tags, libraries, signInPage *page.Page
	changesPage, receiptPage                               *page.Page
}

//go:embed search.html
var searchHTML string

//go:embed work.html
var workHTML string

//go:embed collections.html
var collectionsHTML string

//go:embed tags.html
var tagsHTML string

//go:embed libraries.html
var librariesHTML string

//go:embed changes.html
var changesHTML string

//go:embed receipt.html
var receiptHTML string

//go:embed signin.html
var signInHTML string

// NewLibrary returns the pages.
func NewLibrary(o LibraryOptions) (*Library, error) {
	if o.Call == nil {
		return nil, errors.New("pages: Call is required")
	}
	if o.Writes && o.Forms == nil {
		return nil, errors.New("pages: Writes needs Forms")
	}
	if o.Writable == nil {
		o.Writable = func(string) bool { return true }
	}
	l := &Library{options: o}
	var err error
	if l.problem, err = NewProblem(l.Nav("")); err != nil {
		return nil, err
	}
	for _, x := range []struct {
		to         **page.Page
		name, body string
	}{
		{&l.search, "search", searchHTML}, {&l.work, "work", workHTML}, {&l.collections, "collections", collectionsHTML},
		{&l.tags, "tags", tagsHTML}, {&l.libraries, "libraries", librariesHTML},
		{&l.signInPage, "signin", signInHTML}, {&l.changesPage, "changes", changesHTML}, {&l.receiptPage, "receipt", receiptHTML},
	} {
		made, err := page.New(x.name, x.body)
		if err != nil {
			return nil, err
		}
		*x.to = made
	}
	return l, nil
}

// The paths of the pages.
const (
	SearchPath      = "/search"
	WorksPath       = "/works/"
	CollectionsPath = "/collections"
	TagsPath        = "/tags"
	LibrariesPath   = "/libraries"
	ChangesPath     = "/changes"
	ConnectPath     = "/connect"
)

// WorkPath returns the path of the page of a work, given its item ID.
func WorkPath(id string) string {
	lib, key, _ := strings.Cut(id, "/")
	return WorksPath + url.PathEscape(lib) + "/" + url.PathEscape(key)
}

// Nav returns the links of the header on the page at a path.
func (l *Library) Nav(path string) []page.Link {
	links := []page.Link{
		{Text: "Search", URL: SearchPath}, {Text: "Collections", URL: CollectionsPath}, {Text: "Tags", URL: TagsPath},
		{Text: "Libraries", URL: LibrariesPath}, {Text: "Changes", URL: ChangesPath}, {Text: "Connect", URL: ConnectPath},
	}
	if l.options.Activity {
		links = append(links, page.Link{Text: "Activity", URL: ActivityPath})
	}
	if l.options.Account != "" {
		links = append(links, page.Link{Text: "Account", URL: l.options.Account})
	}
	for i := range links {
		links[i].Current = links[i].URL == path
	}
	return links
}

// ask runs a tool and decodes its result into out.
func (l *Library) ask(r *http.Request, tool string, arguments map[string]any, out any) error {
	result, err := l.options.Call(r, tool, arguments)
	if err != nil {
		return err
	}
	return json.Unmarshal(result, out)
}

// write answers with a page whose forms send to this server.
func (l *Library) write(w http.ResponseWriter, r *http.Request, p *page.Page, o page.Options) error {
	o.FormAction, o.Nav = []string{}, l.Nav(r.URL.Path)
	return p.Write(w, o)
}

// Fail answers with the page of an error. A person whose sign-in is missing or no
// longer valid gets the page that leads to it.
func (l *Library) Fail(w http.ResponseWriter, r *http.Request, err error) error {
	e := library.AsError(err)
	if e.Code == library.Unauthenticated {
		return l.WriteSignIn(w, r)
	}
	return l.problem.Write(w, identity.StatusOf(e.Code), "That did not work", e)
}

// WriteSignIn answers with the page that leads to sign-in and back, or says that there
// is none.
func (l *Library) WriteSignIn(w http.ResponseWriter, r *http.Request) error {
	to, title := "", "The pages of this server are closed"
	if l.options.SignIn != nil {
		to, title = l.options.SignIn(r.URL.RequestURI()), "Sign in to read your libraries"
	}
	return l.write(w, r, l.signInPage, page.Options{Status: http.StatusUnauthorized, Title: title, Data: to})
}
