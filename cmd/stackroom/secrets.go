package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// openSecrets reads every secret that the configuration names.
func openSecrets(ctx context.Context, c *config.Config, logger *slog.Logger, hooks secret.Hooks) (*secret.Store, error) {
	return secret.Open(ctx, secret.Options{
		Settings: c.Secrets(), Project: c.Project, Refresh: c.SecretRefresh, Logger: logger, Hooks: hooks,
	})
}

// secretStates tells the metrics how the secrets fare.
func secretStates(s *secret.Store) func() []telemetry.SecretState {
	return func() []telemetry.SecretState {
		var states []telemetry.SecretState
		for _, status := range s.Status() {
			states = append(states, telemetry.SecretState{
				Setting: status.Variable, Age: status.Age(time.Now()), Fault: status.Fault != nil,
			})
		}
		return states
	}
}

// current returns what a setting holds now, "" if it is not set.
func current(s *secret.Store, variable string) func() string {
	source := s.Source(variable)
	return func() string { return source.Current().Reveal() }
}

// follow uses a secret, now and whenever it changes. What can't be used now is
// an error; what can't be used later is a warning, and what was there before
// goes on.
func follow(s *secret.Store, variable string, logger *slog.Logger, use func(all []secret.Value) error) error {
	source := s.Source(variable)
	source.OnChange(func(all []secret.Value) {
		if err := use(all); err != nil {
			logger.Warn("a changed secret can't be used; the one before goes on", "setting", variable, "error", err)
			return
		}
		logger.Info("a changed secret is in use", "setting", variable, "version", all[0].Version())
	})
	return use(source.All())
}
