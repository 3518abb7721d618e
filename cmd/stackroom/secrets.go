package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// lastToHear is how much longer than a token a former master key is kept: for
// the last instance to hear of the new one.
const lastToHear = time.Hour

// openSecrets reads every secret that the configuration names, and lets t see
// it being read; t may be nil. It waits for grants of access to take effect.
func openSecrets(ctx context.Context, c *config.Config, logger *slog.Logger, t *telemetry.Telemetry) (*secret.Store, error) {
	return secret.Open(ctx, serverSecretOptions(c, logger, t))
}

// serverSecretOptions are [secretOptions] with patience.
func serverSecretOptions(c *config.Config, logger *slog.Logger, t *telemetry.Telemetry) secret.Options {
	o := secretOptions(c, logger, t)
	o.GrantWait = secret.DefaultGrantWait
	return o
}

func secretOptions(c *config.Config, logger *slog.Logger, t *telemetry.Telemetry) secret.Options {
	return secret.Options{
		Settings: c.Secrets(), Project: c.Project, Refresh: c.SecretRefresh, Overlap: max(secret.DefaultOverlap, c.AccessTokenTTL+lastToHear),
		Logger: logger, Tracer: t.Tracer(), Hooks: secret.Hooks{Refreshed: t.SecretRead},
	}
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
// goes on. A change may come while the first use is under way, so each use
// reads the values in its own turn: the last one to run has the newest.
func follow(s *secret.Store, variable string, logger *slog.Logger, use func(all []secret.Value) error) error {
	source := s.Source(variable)
	var turn sync.Mutex
	take := func() ([]secret.Value, error) {
		turn.Lock()
		defer turn.Unlock()
		all := source.All()
		return all, use(all)
	}
	source.OnChange(func([]secret.Value) {
		all, err := take()
		if err != nil {
			logger.Warn("a changed secret can't be used; the one before goes on", "setting", variable, "error", err)
			return
		}
		logger.Info("a changed secret is in use", "setting", variable, "version", all[0].Version())
	})
	_, err := take()
	return err
}
