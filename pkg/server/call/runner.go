package call

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Options configures a [Runner].
type Options struct {
	Logger    *slog.Logger         // gets a line for every call. Required.
	Telemetry *telemetry.Telemetry // may be nil
	// SlowCall is the duration beyond which a call is logged as slow; 0
	// disables it.
	SlowCall time.Duration
	// Timeout bounds one call. Required.
	Timeout time.Duration
}

// Runner runs calls and counts running ones.
type Runner struct {
	options Options
	running atomic.Int64
}

// NewRunner returns a runner.
func NewRunner(o Options) *Runner { return &Runner{options: o} }

// Telemetry returns the telemetry of calls; it may be nil.
func (r *Runner) Telemetry() *telemetry.Telemetry { return r.options.Telemetry }

// Running returns the number of running calls.
func (r *Runner) Running() int64 { return r.running.Load() }

// waitTick is the interval at which Wait checks for running calls.
const waitTick = 10 * time.Millisecond

// Wait returns when no call is running or ctx ends.
func (r *Runner) Wait(ctx context.Context) {
	tick := time.NewTicker(waitTick)
	defer tick.Stop()
	for r.Running() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Run runs one call within the runner's timeout. It returns soon after the
// timeout or the end of ctx even if handle ignores both; handle must therefore
// own the data that it uses. A panic becomes a [*PanicError].
func Run[T any](ctx context.Context, r *Runner, handle func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	r.running.Add(1)
	defer r.running.Add(-1)
	return await(ctx, handle)
}
