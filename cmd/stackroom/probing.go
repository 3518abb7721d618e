package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/access/embedded"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server/probe"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// probeVariable is the setting of the probe's token.
const probeVariable = "STACKROOM_PROBE_TOKEN"

// openProbe adds GET /probe to the open routes if there is a token for it. The
// probe has a catalogue of its own, of the sample library alone, and can't reach a
// library that is served.
func (a *app) openProbe(logger *slog.Logger) error {
	source := a.secrets.Source(probeVariable)
	if source == nil {
		return nil
	}
	check := func(all []secret.Value) error { return config.CheckProbeToken(all[0].Reveal()) }
	if err := follow(a.secrets, probeVariable, logger, check); err != nil {
		return err
	}
	a.probe = &sampleProbe{library: embedded.New(embedded.Options{Sample: true})}
	handler, err := probe.New(probe.Options{Tokens: tokensOf(source), Search: a.probe.search, Logger: logger})
	if err != nil {
		return err
	}
	a.auth.routes = append(a.auth.routes, identity.Route{Method: http.MethodGet, Path: "/probe", Handler: handler})
	return nil
}

// tokensOf returns the values of a secret: after a rotation the former token is
// accepted during its overlap, until the monitors have the new one.
func tokensOf(s *secret.Source) func() []string {
	return func() []string {
		var tokens []string
		for _, v := range s.All() {
			tokens = append(tokens, v.Reveal())
		}
		return tokens
	}
}

// probeQuery is searched by the probe. The sample library has works on it.
const probeQuery = `{"query":"attention transformer"}`

// sampleProbe searches the sample library through the tools.
type sampleProbe struct{ library *embedded.Provider }

// search calls the search tool and returns the number of its results.
func (s *sampleProbe) search(ctx context.Context) (int, error) {
	catalog, err := tool.NewCatalog(access.New(access.Options{Providers: []access.Provider{s.library}}), tool.Options{})
	if err != nil {
		return 0, err
	}
	out, err := catalog.Call(ctx, "search", json.RawMessage(probeQuery))
	if err != nil {
		return 0, err
	}
	var found struct {
		Results []json.RawMessage `json:"results"`
	}
	err = json.Unmarshal(out, &found)
	return len(found.Results), err
}

// close closes the library.
func (s *sampleProbe) close() { s.library.Close() }
