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
	// DefaultRefresh is how often secrets are read again.
	DefaultRefresh = 5 * time.Minute
	// DefaultOverlap is how long a former value stays in [Source.All]: the
	// 24 h that an access token is good for by default, so that one sealed
	// under the former key just before a rotation lives out its life, and an
	// hour for the last instance to hear of the new key.
	DefaultOverlap = 25 * time.Hour
	// DefaultTimeout is how long one lookup may take, retries included.
	DefaultTimeout = 20 * time.Second

	// DefaultPatience is how long a server waits at its start for the right
	// to read its secrets: a grant of IAM takes effect within about two
	// minutes (cloud.google.com/iam/docs/access-change-propagation).
	DefaultPatience = 2 * time.Minute

	firstWait   = time.Second      // between the first two lookups that are denied
	longestWait = 10 * time.Second // between any two

	pause      = 2 * time.Second // least time between lookups that refusals ask for
	mostFormer = 2               // former values that are kept
	mostAsking = 64              // who may wait for such a lookup; the others go on at once
	mostWait   = 5 * time.Second // how long each of them waits, so that a lookup that hangs holds up no call for longer
)

// Options are what a [Store] is made with. Zero values mean the defaults.
type Options struct {
	// Settings holds each setting's value or reference by the name of its
	// variable. Empty values are settings that are not set.
	Settings map[string]string
	// Project is that of references that name none.
	Project string
	Refresh time.Duration // how often to read again, give or take a tenth
	Overlap time.Duration // how long former values stay in All
	Timeout time.Duration // of one lookup, retries included
	// Patience is for how long [Open] tries again to read a secret to which
	// access is denied, which the log then says. 0 tries once.
	Patience time.Duration
	Logger   *slog.Logger // nil: no log
	Tracer   trace.Tracer // of the span secret.refresh of each lookup; nil: none
	Hooks    Hooks
	// ClientOptions are added to those of Secret Manager's client: tests
	// bring their server's. Nil is the service, with the credentials of the
	// machine.
	ClientOptions []option.ClientOption
}

// Hooks tell what a store does, for metrics.
type Hooks struct {
	// Refreshed is called after each lookup, with the setting's variable and
	// "read" (at start), "unchanged", "changed" or the [Reason] it failed
	// for. It may be called from several goroutines at once. May be nil.
	Refreshed func(variable, outcome string)
}

// withDefaults returns o with nothing left open.
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
