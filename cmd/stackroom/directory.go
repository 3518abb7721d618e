package main

import (
	"github.com/stackroom-mcp/stackroom/pkg/bundle"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/directory"
)

// directoryRoutes returns the routes of what directories of servers read and ask
// for. writes says that tools that change libraries are served.
func directoryRoutes(c *config.Config, writes bool) ([]identity.Route, error) {
	icon, err := bundle.Icon()
	if err != nil {
		return nil, err
	}
	about := bundle.NewServer(buildVersion(), nil)
	d, err := directory.New(directory.Options{
		Card: directory.Card{
			Name: about.Name, Version: about.Version, Title: about.Title, Description: about.Description, WebsiteURL: about.WebsiteURL,
			Repository: &directory.Repository{URL: about.Repository.URL, Source: about.Repository.Source},
		},
		PublicURL: c.PublicURL, Token: c.Auth == "tokens", Challenge: c.Challenge, Icon: icon, IconSize: bundle.IconSize,
		Contact: c.Support, Privacy: directory.Privacy{Kept: kept(c, writes), Sent: sent(c, writes)},
	})
	if err != nil {
		return nil, err
	}
	return d.Routes(), nil
}
