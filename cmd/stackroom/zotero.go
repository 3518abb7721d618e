package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// desktopURL is where the Zotero desktop app serves its local API
// (https://www.zotero.org/support/dev/web_api/v3/local_api).
const desktopURL = "http://127.0.0.1:23119/api"

// openLibraries returns what the configuration says that this process serves,
// and the client of its upstream, nil if there is none.
func openLibraries(ctx context.Context, c *config.Config, logger *slog.Logger) (*libraries, *upstream.Client, error) {
	l := &libraries{embedded: &embedded{dir: c.Data}}
	up, err := newUpstream(c, logger)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case c.ZoteroDesktop:
		l.zotero = desktop{zotero.NewClient(up, zotero.Options{Local: true})}
	case c.ZoteroKey != "":
		keys, err := config.ZoteroKeys(c.ZoteroKey)
		if err != nil {
			return nil, nil, err
		}
		l.zotero = zotero.NewKeyring(zotero.NewClient(up, zotero.Options{}), keys, c.ZoteroRotation, logger)
	}
	return l, up, l.ready(ctx)
}

// newUpstream returns the client of the one host that is asked for Zotero's
// libraries, or nil if none is.
func newUpstream(c *config.Config, logger *slog.Logger) (*upstream.Client, error) {
	url := c.ZoteroURL
	switch {
	case c.ZoteroDesktop:
		url = desktopURL
	case c.ZoteroKey == "":
		return nil, nil
	}
	return upstream.New(upstream.Options{
		BaseURL: url, Name: "Zotero",
		Header: http.Header{"Zotero-Api-Version": {"3"}, "User-Agent": {"stackroom/" + buildVersion() + " (+https://github.com/stackroom-mcp/stackroom)"}},
		Hooks: upstream.Hooks{Breaker: func(from, to upstream.BreakerState) {
			logger.Warn("the circuit breaker changed", "upstream", "zotero", "from", string(from), "to", string(to))
		}},
	})
}

// desktop is the libraries of the Zotero that runs on this machine.
type desktop struct{ client *zotero.Client }

// Libraries lists what the app has.
func (d desktop) Libraries(ctx context.Context) ([]library.Info, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, err
	}
	return a.Libraries(ctx)
}

// Open opens one of the app's libraries.
func (d desktop) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, err
	}
	return a.Open(ctx, id)
}

// upstreamStates returns the states of the circuit breakers, for /ready.
func upstreamStates(up *upstream.Client) func() map[string]string {
	if up == nil {
		return nil
	}
	return func() map[string]string { return map[string]string{"zotero": string(up.State().Breaker)} }
}
