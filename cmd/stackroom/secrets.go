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

// lastToHear is the time that a former master key is kept beyond the lifetime of
// a token, until the last instance reads the new key.
const lastToHear = time.Hour

// openSecrets reads every secret that the configuration names and reports the
// reads to t, which may be nil. It waits for grants of access to take effect.
func openSecrets(ctx context.Context, c *config.Config, logger *slog.Logger, t *telemetry.Telemetry) (*secret.Store, error) {
	return secret.Open(ctx, serverSecretOptions(c, logger, t))
}

// serverSecretOptions are [secretOptions] that wait for grants of access.
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

// secretStates returns the states of the secrets for the metrics.
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

// current returns a function that gives the present value of a setting, "" if it
// is not set.
func current(s *secret.Store, variable string) func() string {
	source := s.Source(variable)
	return func() string { return source.Current().Reveal() }
}

// follow calls use with the values of a secret, now and after each change. A
// failure now is an error; a later one is a warning, and the former values stay
// in use. A change may come during the first call, so each call reads the values
// when it starts: the last one has the newest.
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
