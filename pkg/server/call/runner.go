package call

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Options configure a [Runner].
type Options struct {
	Logger    *slog.Logger         // gets a line for every call. Required.
	Telemetry *telemetry.Telemetry // may be nil
	// SlowCall is the duration beyond which a call is logged as slow; 0 marks
	// none.
	SlowCall time.Duration
	// Timeout bounds one call. Required.
	Timeout time.Duration
}

// Runner runs calls and counts those that run.
type Runner struct {
	options Options
	running atomic.Int64
}

// NewRunner returns a runner.
func NewRunner(o Options) *Runner { return &Runner{options: o} }

// Telemetry returns what traces, measures and audits calls; it may be nil.
func (r *Runner) Telemetry() *telemetry.Telemetry { return r.options.Telemetry }

// Running returns the number of calls that run now.
func (r *Runner) Running() int64 { return r.running.Load() }

// waitTick is how often Wait looks whether calls still run.
const waitTick = 10 * time.Millisecond

// Wait returns when no call runs or ctx ends.
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
// timeout or the end of ctx even if handle does not heed them; handle must
// therefore own what it uses. A panic becomes a [*PanicError].
func Run[T any](ctx context.Context, r *Runner, handle func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	r.running.Add(1)
	defer r.running.Add(-1)
	return await(ctx, handle)
}
