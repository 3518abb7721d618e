package server

import (
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
)

// routeActivity sets up the page on which people see what their clients did, and that
// of the admins.
func (s *Server) routeActivity() error {
	if s.options.Activity == nil {
		return nil
	}
	o := pages.ActivityOptions{Library: s.library, Log: s.options.Activity, Admin: s.admin, Browser: call.Browser}
	if s.options.Sessions != nil {
		o.Grants = s.options.Sessions.Grants
	}
	shown, err := pages.NewActivity(o)
	if err != nil {
		return err
	}
	s.get(pages.ActivityPath, s.person(func(c echo.Context) error { return shown.Show(c.Response(), c.Request()) }))
	return s.routeAdmin()
}

// routeAdmin sets up the page of the admins. For everybody else it answers as an
// unknown path does.
func (s *Server) routeAdmin() error {
	admin, err := pages.NewAdmin(pages.AdminOptions{
		Library: s.library, Log: s.options.Activity, Upstreams: s.options.Upstreams, Replicas: s.options.Replicas,
	})
	if err != nil {
		return err
	}
	show := s.person(func(c echo.Context) error { return admin.Show(c.Response(), c.Request()) })
	s.get(pages.AdminPath, func(c echo.Context) error {
		p, err := s.session(c.Request())
		if err != nil || p == nil || !s.admin(p) {
			return echo.ErrNotFound
		}
		return show(c)
	})
	return nil
}

// admin reports whether a principal is one of the admins.
func (s *Server) admin(p *identity.Principal) bool {
	return slices.Contains(s.options.Admins, p.Subject)
}
