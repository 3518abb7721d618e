package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server/probe"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// probeVariable is the setting of the probe's token.
const probeVariable = "STACKROOM_PROBE_TOKEN"

// openProbe adds GET /probe to the open routes if there is a token for it. The
// probe has a sample library and a catalogue of its own: it has no way to any
// library that is served.
func (r *room) openProbe(logger *slog.Logger) error {
	source := r.secrets.Source(probeVariable)
	if source == nil {
		return nil
	}
	check := func(all []secret.Value) error { return config.CheckProbeToken(all[0].Reveal()) }
	if err := follow(r.secrets, probeVariable, logger, check); err != nil {
		return err
	}
	r.probe = &sampleProbe{}
	handler, err := probe.New(probe.Options{Tokens: tokensOf(source), Search: r.probe.search, Logger: logger})
	if err != nil {
		return err
	}
	r.access.routes = append(r.access.routes, identity.Route{Method: http.MethodGet, Path: "/probe", Handler: handler})
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

// sampleProbe searches a sample library of its own through the tools. The
// library is made for the first search.
type sampleProbe struct {
	mu     sync.Mutex
	sample *sampleLibrary
}

// search calls the search tool and returns the number of its results.
func (s *sampleProbe) search(ctx context.Context) (int, error) {
	catalog, err := tool.NewCatalog(s, tool.Options{})
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

// List implements [tool.Libraries].
func (s *sampleProbe) List(ctx context.Context) ([]library.Info, error) {
	r, err := s.Open(ctx, library.Local)
	if err != nil {
		return nil, err
	}
	info, err := r.Info(ctx)
	return []library.Info{info}, err
}

// Open implements [tool.Libraries].
func (s *sampleProbe) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if id != library.Local {
		return nil, library.Errorf(library.NotFound, "no such library")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sample == nil {
		opened, err := openSample(ctx)
		if err != nil {
			return nil, err
		}
		s.sample = opened
	}
	return s.sample, nil
}

// close closes the library.
func (s *sampleProbe) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sample != nil {
		_ = s.sample.Close() // in memory: nothing can be lost
	}
}
