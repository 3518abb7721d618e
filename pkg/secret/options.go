package secret

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/api/option"
)

// The bounds and defaults of the package.
const (
	// DefaultRefresh is the interval at which secrets are read again.
	DefaultRefresh = 5 * time.Minute
	// DefaultOverlap is the time for which a former value stays in
	// [Source.All]: 24 h, the default lifetime of access tokens, so that a
	// token sealed just before a rotation stays valid, and one hour until the
	// last instance has read the new key.
	DefaultOverlap = 25 * time.Hour
	// DefaultTimeout bounds one lookup, including retries.
	DefaultTimeout = 20 * time.Second

	// DefaultGrantWait is the time for which a server waits at its start for
	// permission to read its secrets: an IAM grant takes effect within about
	// two minutes (cloud.google.com/iam/docs/access-change-propagation).
	DefaultGrantWait = 2 * time.Minute

	firstWait   = time.Second      // between the first two denied lookups
	longestWait = 10 * time.Second // between two denied lookups

	pause      = 2 * time.Second // minimal time between lookups that Rejected triggers
	mostFormer = 2               // former values that are stored
	mostAsking = 64              // callers that wait for such a lookup; further ones don't wait
	mostWait   = 5 * time.Second // longest wait of a caller, also if the lookup hangs
)

// Options configures a [Store]. Zero values stand for the defaults.
type Options struct {
	// Settings holds the value or reference of each setting by the name of its
	// variable. An empty value is a setting that is not set.
	Settings map[string]string
	// Project is the project of references without one.
	Project string
	Refresh time.Duration // interval of reads, plus or minus a tenth
	Overlap time.Duration // how long former values stay in All
	Timeout time.Duration // of one lookup, retries included
	// GrantWait is the time for which [Open] retries while access to a secret is
	// denied; it logs the retries. 0 tries once.
	GrantWait time.Duration
	Logger    *slog.Logger // nil: no log
	Tracer    trace.Tracer // starts a span secret.refresh for each lookup; nil: none
	Hooks     Hooks
	// ClientOptions are passed to the Secret Manager client; tests pass their
	// server. Nil is the real service, with the credentials of the machine.
	ClientOptions []option.ClientOption
}

// Hooks are called on events of a store, for metrics.
type Hooks struct {
	// Refreshed is called after each lookup, with the setting's variable and
	// "read" (at start), "unchanged", "changed" or the [Reason] of a failure.
	// It may be called from several goroutines at once. It may be nil.
	Refreshed func(variable, outcome string)
}

// withDefaults returns o with defaults for its zero values.
func (o Options) withDefaults() Options {
	if o.Refresh <= 0 {
		o.Refresh = DefaultRefresh
	}
	if o.Overlap <= 0 {
		o.Overlap = DefaultOverlap
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if o.Hooks.Refreshed == nil {
		o.Hooks.Refreshed = func(string, string) {}
	}
	return o
}
