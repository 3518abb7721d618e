package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/mcp"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Options says what a server serves and within which bounds.
type Options struct {
	// Catalog is the tools, prompts and resources. Required. REST and the page
	// show its Definitions; without any there is no REST.
	Catalog mcp.Catalog

	// Authenticator authenticates callers, everywhere but at the health endpoints, the
	// page, the OpenAPI document, its own routes and Routes. A tool that is not
	// read-only needs [identity.Write], everything else [identity.Read]. Nil
	// allows everyone everything.
	Authenticator *identity.Authenticator

	// Routes need no sign-in and take requests of every web origin: they are
	// those of signing in. Their bodies are bounded like all others.
	Routes []identity.Route

	// Budget bounds what callers may do. The zero Budget has no bounds.
	Budget Budget

	// SignIn is how callers sign in at Authenticator, for the page.
	SignIn pages.SignIn

	// SharedLibrary says that everyone who signs in may also read the library
	// of this server, for the page.
	SharedLibrary bool

	// Libraries lists what is served, for the page, see [pages.Options]. Nil
	// lists nothing.
	Libraries func(context.Context) ([]library.Info, error)

	// Ready says why the server can't answer yet, or nil. Nil is always
	// ready. Its error goes to the log, not to the caller.
	Ready func(context.Context) error

	// Upstreams returns the states of the upstreams' circuit breakers, by
	// name, which /ready shows. Nil shows nothing.
	Upstreams func() map[string]string

	// Logger gets a line for every call. Nil logs nothing.
	Logger *slog.Logger

	// SlowCall is the duration beyond which a call is logged as slow; 0 marks
	// none.
	SlowCall time.Duration

	// Telemetry traces, measures and audits calls. Nil does none of it. Its
	// closed set of tools must be Catalog's.
	Telemetry *telemetry.Telemetry

	Name    string // for people; "" is "Stackroom"
	Version string // "" is "dev"

	// PublicURL is where callers reach the server ("https://mcp.example.org"),
	// for the page and the OpenAPI document. "" takes it from each request.
	PublicURL string

	// AllowedOrigins are the web origins ("https://app.example.org") whose
	// pages may call the server. Requests without an Origin always may, and
	// so may pages on this machine when the server is reached over loopback.
	AllowedOrigins []string

	// AllowedHosts are the names, with or without a port, by which the server
	// may be called, see [origin.NewPolicy].
	AllowedHosts []string

	// RequestTimeout bounds one call. 0 is 60 s.
	RequestTimeout time.Duration

	// MaxBodyBytes bounds a request's body. 0 is 1 MiB.
	MaxBodyBytes int64

	// LegacySSE also serves the HTTP+SSE transport of 2024-11-05 at /sse. It
	// keeps sessions in memory, so it works with one process only.
	LegacySSE bool

	// Logging sends log messages to MCP clients, which MCP 2026-07-28
	// deprecates, see [mcp.Options].
	Logging bool

	// DrainTimeout is how long [Server.Serve] lets running calls finish when
	// it is told to stop. 0 is 8 s: Cloud Run kills after 10.
	DrainTimeout time.Duration
}

// implementationName names the server to MCP clients.
const implementationName = "stackroom"

// The defaults of [Options].
const (
	defaultName           = "Stackroom"
	defaultVersion        = "dev"
	defaultRequestTimeout = 60 * time.Second
	defaultMaxBodyBytes   = 1 << 20
	defaultDrainTimeout   = 8 * time.Second
)

// withDefaults returns o with every zero value that has a default replaced.
func (o Options) withDefaults() (Options, error) {
	if o.Catalog == nil {
		return o, errors.New("server: Options.Catalog is missing")
	}
	if o.SignIn != pages.SignInNone && o.Authenticator == nil {
		return o, errors.New("server: Options.SignIn without a Authenticator would let everyone in")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Name = orDefault(o.Name, defaultName)
	o.Version = orDefault(o.Version, defaultVersion)
	o.RequestTimeout = orDefault(o.RequestTimeout, defaultRequestTimeout)
	o.MaxBodyBytes = orDefault(o.MaxBodyBytes, defaultMaxBodyBytes)
	o.DrainTimeout = orDefault(o.DrainTimeout, defaultDrainTimeout)
	return o, nil
}

// orDefault returns value, or fallback for the zero value.
func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// mcpOptions returns the options of the protocol.
func (o Options) mcpOptions(runner *call.Runner, authorizer *call.Authorizer, write time.Duration) mcp.Options {
	return mcp.Options{
		Catalog:        o.Catalog,
		Implementation: &sdk.Implementation{Name: implementationName, Title: o.Name, Version: o.Version},
		Runner:         runner, Authorizer: authorizer, Logger: o.Logger,
		MaxBodyBytes: o.MaxBodyBytes, WriteTimeout: write, Logging: o.Logging,
	}
}

// runnerOptions returns the options of calls.
func (o Options) runnerOptions() call.Options {
	return call.Options{Logger: o.Logger, Telemetry: o.Telemetry, SlowCall: o.SlowCall, Timeout: o.RequestTimeout}
}
