package server

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
)

// The answers of the health endpoints. They are open to everybody, so they
// say nothing but this.
var (
	healthy  = []byte(`{"status":"ok"}`)
	ready    = []byte(`{"status":"ready"}`)
	notReady = []byte(`{"status":"not ready"}`)
)

// health answers that the process runs.
func (s *Server) health(c echo.Context) error {
	writeJSON(c.Response(), http.StatusOK, "application/json", healthy)
	return nil
}

// ready answers whether calls should be sent here: not before the libraries
// are open, and no more once the server is stopping.
func (s *Server) ready(c echo.Context) error {
	if s.stopping.Err() != nil || s.draining.Load() {
		writeJSON(c.Response(), http.StatusServiceUnavailable, "application/json", notReady)
		return nil
	}
	if s.options.Ready != nil {
		ctx := c.Request().Context()
		if err := s.options.Ready(ctx); err != nil {
			s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("error", err.Error()))
			writeJSON(c.Response(), http.StatusServiceUnavailable, "application/json", notReady)
			return nil
		}
	}
	writeJSON(c.Response(), http.StatusOK, "application/json", ready)
	return nil
}
