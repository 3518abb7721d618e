package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// The responses of the health endpoints. They need no sign-in, so they reveal
// only this and the circuit breaker's state of each upstream.
var (
	healthy  = []byte(`{"status":"ok"}`)
	ready    = []byte(`{"status":"ready"}`)
	notReady = []byte(`{"status":"not ready"}`)
)

// health reports that the process runs.
func (s *Server) health(c echo.Context) error {
	wire.WriteJSON(c.Response(), http.StatusOK, "application/json", healthy)
	return nil
}

// fullForLong is the time for which a server may reject calls because too many
// run before it is not ready: a burst passes, hanging calls do not.
const fullForLong = 10 * time.Second

// ready reports whether the server should receive calls: not before the
// libraries are open, not while it has been full for long, and not while it
// stops.
func (s *Server) ready(c echo.Context) error {
	if s.stopping.Err() != nil || s.draining.Load() || s.admission.inFlight.FullFor() >= fullForLong {
		wire.WriteJSON(c.Response(), http.StatusServiceUnavailable, "application/json", notReady)
		return nil
	}
	if s.options.Ready != nil {
		ctx := c.Request().Context()
		if err := s.options.Ready(ctx); err != nil {
			s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("error", err.Error()))
			wire.WriteJSON(c.Response(), http.StatusServiceUnavailable, "application/json", notReady)
			return nil
		}
	}
	wire.WriteJSON(c.Response(), http.StatusOK, "application/json", s.readyAnswer())
	return nil
}

// readyAnswer reports that the server is ready, with the state of its
// upstreams: while one is down, calls that don't need it succeed.
func (s *Server) readyAnswer() []byte {
	if s.options.Upstreams == nil {
		return ready
	}
	out, err := json.Marshal(struct {
		Status    string            `json:"status"`
		Upstreams map[string]string `json:"upstreams"`
	}{"ready", s.options.Upstreams()})
	if err != nil {
		return ready
	}
	return out
}
