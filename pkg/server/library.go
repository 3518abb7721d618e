package server

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// routeLibrary sets up the pages on which people search and read, if they are
// served. It returns the links of the pages' header.
func (s *Server) routeLibrary() ([]page.Link, error) {
	if s.options.Pages == nil {
		return nil, nil
	}
	o := pages.LibraryOptions{Call: s.callForPage}
	if sessions := s.options.Sessions; sessions != nil {
		o.SignIn, o.Account = sessions.SignInURL, sessions.AccountPath()
	}
	var err error
	if s.library, err = pages.NewLibrary(o); err != nil {
		return nil, err
	}
	for path, show := range map[string]func(http.ResponseWriter, *http.Request) error{
		pages.SearchPath: s.library.Search, pages.CollectionsPath: s.library.Collections, pages.TagsPath: s.library.Tags,
		pages.LibrariesPath: s.library.Libraries,
	} {
		s.get(path, s.person(func(c echo.Context) error { return show(c.Response(), c.Request()) }))
	}
	s.get(pages.WorksPath+":library/:key", s.person(func(c echo.Context) error {
		return s.library.Work(c.Response(), c.Request(), c.Param("library"), c.Param("key"))
	}))
	return s.library.Nav(pages.ConnectPath), nil
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
// limit and as a call in flight.
func (s *Server) person(show echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, r := c.Response(), c.Request()
		if s.options.Authenticator != nil {
			p, err := s.session(r)
			if err != nil {
				return s.library.Fail(w, r, err)
			}
			if p == nil {
				if s.admission.admitAnonymous(w, r, s.rejectPerson) {
					wire.SetChallenge(w.Header(), s.authorizer.Require(r.Context(), identity.Read))
					return s.library.WriteSignIn(w, r)
				}
				return nil
			}
			r = r.WithContext(identity.WithPrincipal(r.Context(), p))
			c.SetRequest(r)
		}
		if !s.admission.admit(w, r, s.rejectPerson) {
			return nil
		}
		leave, ok := s.admission.enter(w, r, s.rejectPerson)
		if !ok {
			return nil
		}
		defer leave()
		return show(c)
	}
}

// rejectPerson writes a rejection as a page.
func (s *Server) rejectPerson(w http.ResponseWriter, r *http.Request, c *identity.Challenge) {
	if err := s.edge.problem.Write(w, c.Status, "That did not work", c.Err); err != nil {
		s.options.Logger.ErrorContext(r.Context(), "writing a page failed", "error", err)
	}
}

// callForPage runs a tool for the person of a request. An error of the deployment's
// credential is Unavailable: to sign in would not help.
func (s *Server) callForPage(r *http.Request, name string, arguments any) (json.RawMessage, error) {
	ctx := r.Context()
	needed, _ := s.authorizer.Scope(name)
	if rejected := s.authorizer.Require(ctx, needed); rejected != nil {
		return nil, rejected.Err
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	result, err := s.runner.Tool(ctx, s.options.Pages, call.Product(r.Header), name, encoded)
	if rejected := s.authorizer.Rejected(ctx, err); rejected != nil {
		return nil, rejected.Err
	}
	if library.CodeOf(err) == library.Unauthenticated {
		return nil, library.Errorf(library.Unavailable, "the server can't sign in to the library").WithHint("tell the operator of this server").WithCause(err)
	}
	return result, err
}
