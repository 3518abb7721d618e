package server

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// routeLibrary sets up the pages on which people search and read, if they are
// served. It returns the links of the pages' header, none if they have no sign-in.
func (s *Server) routeLibrary() ([]page.Link, error) {
	if s.options.Pages == nil {
		return nil, nil
	}
	o := pages.LibraryOptions{Call: s.callForPage, Writes: s.writes(), Activity: s.options.Activity != nil}
	if writable := s.options.Writable; writable != nil {
		o.Writable = func(lib string) bool { return writable(library.ID(lib)) }
	}
	if o.Writes && s.options.Files != nil {
		o.FileRights, o.MaxFileBytes = s.fileRights, s.options.MaxFileBytes
	}
	var err error
	if sessions := s.options.Sessions; sessions != nil {
		o.SignIn, o.Account, o.Allow, o.Forms = sessions.SignInURL, sessions.AccountPath(), sessions.AllowURL, sessions
	} else if o.Forms, err = newLocalForms(s.options.Keyring); err != nil {
		return nil, err
	}
	if s.library, err = pages.NewLibrary(o); err != nil {
		return nil, err
	}
	for path, show := range map[string]func(http.ResponseWriter, *http.Request) error{
		pages.SearchPath: s.library.Search, pages.CollectionsPath: s.library.Collections, pages.TagsPath: s.library.Tags,
		pages.LibrariesPath: s.library.Libraries, pages.ChangesPath: s.library.Changes,
	} {
		s.get(path, s.person(func(c echo.Context) error { return show(c.Response(), c.Request()) }))
	}
	s.get(pages.WorksPath+":library/:key", s.person(func(c echo.Context) error {
		return s.library.Work(c.Response(), c.Request(), c.Param("library"), c.Param("key"))
	}))
	if o.Writes {
		s.get(pages.ChangesPath+"/:library/:receipt", s.person(func(c echo.Context) error {
			return s.library.Receipt(c.Response(), c.Request(), c.Param("library"), c.Param("receipt"))
		}))
		s.router.POST(pages.ChangesPath, s.ownForm(s.formOf(s.library.Undo)))
	}
	if o.FileRights != nil {
		s.router.POST(pages.WorksPath+":library/:key", s.ownForm(s.addFile))
	}
	if s.options.Authenticator != nil && s.options.Sessions == nil {
		return nil, nil // each page says that it is closed, so nothing leads there
	}
	return s.library.Nav(pages.ConnectPath), s.routeActivity()
}

// writes reports whether a tool changes libraries.
func (s *Server) writes() bool {
	return slices.ContainsFunc(s.options.Catalog.Definitions(), func(d tool.Definition) bool { return !d.Hints.ReadOnly })
}

// front returns the handler of the front page: the search, for people who may read,
// and otherwise the setup page.
func (s *Server) front(setup echo.HandlerFunc) echo.HandlerFunc {
	if s.library == nil {
		return setup
	}
	search := s.person(func(c echo.Context) error { return s.library.Search(c.Response(), c.Request()) })
	return func(c echo.Context) error {
		if p, err := s.session(c.Request()); p == nil && err == nil && s.options.Authenticator != nil {
			return setup(c)
		}
		return search(c)
	}
}

// session returns the principal whose session a request has, or nil.
func (s *Server) session(r *http.Request) (*identity.Principal, error) {
	if s.options.Authenticator == nil || s.options.Sessions == nil {
		return nil, nil //nolint:nilnil // no session is a good answer
	}
	return s.options.Sessions.Principal(r)
}

// person returns a handler that runs show for a person who may read, within their
// limit and as a call in flight. It reads the body of a form first, so that a slow
// sender does not occupy a call in flight.
func (s *Server) person(show echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if known, err := s.identify(c); !known {
			return err
		}
		w, r := c.Response(), c.Request()
		if !s.admission.admit(w, r, s.rejectPerson) {
			return nil
		}
		if r.Method == http.MethodPost {
			body, rejected := s.bodies.Read(w, r, s.admission.caller(r))
			if rejected != nil {
				s.rejectPerson(w, r, &identity.Challenge{Status: rejected.Status, Err: rejected.Err})
				return nil
			}
			defer s.bodies.Release(body)
			r.Body = wire.NewBody(body.Bytes())
		}
		leave, ok := s.admission.enter(w, r, s.rejectPerson)
		if !ok {
			return nil
		}
		defer leave()
		return show(c)
	}
}

// identify puts the principal of the session of a request into its context, and reports
// whether the request may go on. If not, identify has written the response.
func (s *Server) identify(c echo.Context) (bool, error) {
	if s.options.Authenticator == nil {
		return true, nil
	}
	w, r := c.Response(), c.Request()
	p, err := s.session(r)
	if err != nil {
		return false, s.library.Fail(w, r, err)
	}
	if p == nil {
		if s.admission.admitAnonymous(w, r, s.rejectPerson) {
			wire.SetChallenge(w.Header(), s.authorizer.Require(r.Context(), identity.Read))
			return false, s.library.WriteSignIn(w, r)
		}
		return false, nil
	}
	c.SetRequest(r.WithContext(identity.WithPrincipal(r.Context(), p)))
	return true, nil
}

// formOf returns a handler that runs do for a person who sends a form.
func (s *Server) formOf(do func(http.ResponseWriter, *http.Request) error) echo.HandlerFunc {
	return s.person(func(c echo.Context) error {
		r := c.Request()
		if err := r.ParseForm(); err != nil {
			return s.library.Fail(c.Response(), r, library.Errorf(library.Invalid, "the form can't be read").WithCause(err))
		}
		return do(c.Response(), r)
	})
}

// ownForm returns a handler that runs next for a form of a page of this server. A form
// of another page counts against its address.
func (s *Server) ownForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, r := c.Response(), c.Request()
		if s.edge.origins.OwnPage(r, s.options.PublicURL) {
			return next(c)
		}
		s.options.Telemetry.Refused("origin")
		if s.admission.admitAnonymous(w, r, s.rejectPerson) {
			s.rejectPerson(w, r, &identity.Challenge{Status: http.StatusForbidden, Err: notOwnPage()})
		}
		return nil
	}
}

func notOwnPage() *library.Error {
	return library.Errorf(library.Forbidden, "this form did not come from a page of this server, so nothing was changed").
		WithHint("open the page at the server's own address and use its buttons")
}

// rejectPerson writes a rejection as a page.
func (s *Server) rejectPerson(w http.ResponseWriter, r *http.Request, c *identity.Challenge) {
	if err := s.edge.problem.Write(w, c.Status, "That did not work", c.Err); err != nil {
		s.options.Logger.ErrorContext(r.Context(), "writing a page failed", "error", err)
	}
}

// callForPage runs a tool for the person of a request.
func (s *Server) callForPage(r *http.Request, name string, arguments any) (json.RawMessage, error) {
	return s.runForPage(r, s.options.Pages, name, arguments)
}

// runForPage runs a tool of a catalogue for the person of a request. An error of the
// deployment's credential is Unavailable: to sign in would not help.
func (s *Server) runForPage(r *http.Request, catalog call.Catalog, name string, arguments any) (json.RawMessage, error) {
	ctx := r.Context()
	needed, _ := s.authorizer.Scope(name)
	if rejected := s.authorizer.Require(ctx, needed); rejected != nil {
		return nil, rejected.Err
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	result, err := s.runner.Tool(ctx, catalog, call.Caller{Method: telemetry.MethodPage, Client: call.Product(r.Header)}, name, encoded)
	if rejected := s.authorizer.Rejected(ctx, err); rejected != nil {
		return nil, rejected.Err
	}
	if library.CodeOf(err) == library.Unauthenticated {
		return nil, library.Errorf(library.Unavailable, "the server can't sign in to the library").WithHint("tell the operator of this server").WithCause(err)
	}
	return result, err
}
