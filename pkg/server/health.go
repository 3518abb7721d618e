package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// The answers of the health endpoints. They need no sign-in, so they say only
// this and, of each upstream, the state of its circuit breaker.
var (
	healthy  = []byte(`{"status":"ok"}`)
	ready    = []byte(`{"status":"ready"}`)
	notReady = []byte(`{"status":"not ready"}`)
)

// health answers that the process runs.
func (s *Server) health(c echo.Context) error {
	wire.WriteJSON(c.Response(), http.StatusOK, "application/json", healthy)
	return nil
}

// fullForLong is how long a server may refuse calls for want of places before it
// is not ready: a burst passes, calls that hang do not.
const fullForLong = 10 * time.Second

// ready answers whether calls should be sent here: not before the libraries are
// open, not while the server has been full for long, and not once it is
// stopping.
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

// readyAnswer says that the server is ready, with the state of its upstreams:
// while one is down, the rest can be answered.
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
