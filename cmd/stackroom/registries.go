package main

import (
	"log/slog"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/webpage"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// openRegistries returns the registries that the configuration allows to ask,
// nil for none.
func openRegistries(a *app, logger *slog.Logger) (*resolve.Resolver, error) {
	c := a.config
	names := c.AskedRegistries()
	if len(names) == 0 {
		return nil, nil
	}
	var pages http.RoundTripper
	if c.ReadsWebPages() {
		pages = webpage.NewTransport()
	}
	return resolve.New(resolve.Options{
		Pages: pages, Names: names, BaseURL: c.ResolverURL, TranslationServer: c.Translation, Contact: c.Contact, Agent: "stackroom/" + buildVersion(), OpenAlexKey: current(a.secrets, "STACKROOM_OPENALEX_KEY"),
		Hooks: func(name string) upstream.Hooks { return a.observing.upstreamHooks(name, logger) },
	})
}
