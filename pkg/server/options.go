package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/mcp"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// Options configures a server.
type Options struct {
	// Catalog is the tools, prompts and resources. Required. REST and the page
	// show its Definitions; without any there is no REST.
	Catalog mcp.Catalog

	// Reading is the part of Catalog that only reads, at /mcp/readonly. Nil is Catalog.
	Reading mcp.Catalog

	// Authenticator authenticates callers on all routes except the health
	// endpoints, the page, the OpenAPI document, its own routes and Routes. A
	// tool that is not read-only needs [identity.Write], every other call
	// [identity.Read]. Nil allows every call.
	Authenticator *identity.Authenticator

	// Routes are the routes of sign-in. They need no authentication and accept
	// requests of every web origin. Their bodies are bounded like all others.
	Routes []identity.Route

	// Pages runs the tools for the pages on which people search and read. Nil serves
	// none of these pages.
	Pages call.Catalog

	// Files adds files, which people send by the pages of works. Nil adds none.
	Files FileCatalog

	// MaxFileBytes bounds such a file. 0 is 50 MiB.
	MaxFileBytes int64

	// Sessions signs people in to these pages. With an Authenticator and
	// without Sessions, the pages are closed.
	Sessions Sessions

	// Keyring seals the forms of the pages where callers don't sign in. Nil is a key of
	// the process.
	Keyring *seal.Keyring

	// Activity is what callers did, for the pages /activity and /admin. Nil serves
	// neither.
	Activity pages.ActivityLog

	// Admins are the principals who may see /admin.
	Admins []string

	// Replicas returns the replicas of this process, for /admin. Nil shows none.
	Replicas func() []pages.Replica

	// Limits limits callers. The zero value has no limits.
	Limits Limits

	// SignIn is the sign-in method of Authenticator, for the page.
	SignIn pages.SignIn

	// SharedLibrary reports whether everyone who signs in may also read the
	// library of this server, for the page.
	SharedLibrary bool

	// Writable reports whether the deployment lets a library be changed, for the pages.
	// Nil: each.
	Writable func(library.ID) bool

	// Libraries lists the served libraries for the page, see [pages.Options].
	// Nil lists none.
	Libraries func(context.Context) ([]library.Info, error)

	// Ready returns the reason why the server can't serve yet, or nil. A nil
	// Ready is always ready. The error is logged and not shown to callers.
	Ready func(context.Context) error

	// Upstreams returns the state of the upstreams' circuit breakers, by name,
	// for /ready. Nil shows none.
	Upstreams func() map[string]string

	// Logger gets a line for every call. Nil logs nothing.
	Logger *slog.Logger

	// SlowCall is the duration beyond which a call is logged as slow; 0
	// disables it.
	SlowCall time.Duration

	// Telemetry traces, measures and audits calls. Nil disables it. Its closed
	// set of tools must match Catalog's.
	Telemetry *telemetry.Telemetry

	Name    string // for people; "" is "Stackroom"
	Version string // "" is "dev"

	// PublicURL is the URL at which callers reach the server
	// ("https://mcp.example.org"), for the page and the OpenAPI document. If it
	// is "", each request determines it.
	PublicURL string

	// AllowedOrigins are the web origins ("https://app.example.org") whose
	// pages may call the server. Requests without an Origin are always allowed,
	// and so are pages on this machine when the server is reached over
	// loopback.
	AllowedOrigins []string

	// AllowedHosts are the accepted host names, with or without a port, see
	// [origin.NewPolicy].
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

	// DrainTimeout is the time that [Server.Serve] gives running calls to
	// finish when it stops. 0 is 8 s: Cloud Run kills a process after 10.
	DrainTimeout time.Duration
}

// FileCatalog adds files to works, see [tool.Catalog].
type FileCatalog interface {
	FileRights(ctx context.Context, id library.ID) (tool.FileRights, error)
	AddFile(ctx context.Context, id string, content []byte) (json.RawMessage, error)
}

// Sessions signs people in to the pages.
type Sessions interface {
	// Principal returns the principal whose session a request has, or nil. The error
	// has the code Unavailable.
	Principal(r *http.Request) (*identity.Principal, error)
	// SignInURL returns the address of the sign-in that leads back to a path.
	SignInURL(back string) string
	// AllowURL returns the address at which the person lets this browser change
	// libraries, and which leads back to a path; "" if they may already or can't. The
	// error has the code Unavailable.
	AllowURL(r *http.Request, back string) (string, error)
	pages.Forms
	// Grants returns the grants of the member whose session a request has, or nil if
	// there are none to end here. The error has the code Unavailable or
	// Unauthenticated.
	Grants(r *http.Request) (*identity.Grants, error)
	// AccountPath returns the path of the account page, or "".
	AccountPath() string
}

// implementationName names the server to MCP clients.
const implementationName = "stackroom"

// The defaults of [Options].
const (
	defaultName           = "Stackroom"
	defaultVersion        = "dev"
	defaultRequestTimeout = 60 * time.Second
	defaultMaxBodyBytes   = 1 << 20
	defaultMaxFileBytes   = 50 << 20
	defaultDrainTimeout   = 8 * time.Second
)

// withDefaults returns o with defaults for its zero values.
func (o Options) withDefaults() (Options, error) {
	if o.Catalog == nil {
		return o, errors.New("server: Options.Catalog is missing")
	}
	if o.Reading == nil {
		o.Reading = o.Catalog
	}
	if o.SignIn != pages.SignInNone && o.Authenticator == nil {
		return o, errors.New("server: Options.SignIn needs an Authenticator")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Name = orDefault(o.Name, defaultName)
	o.Version = orDefault(o.Version, defaultVersion)
	o.RequestTimeout = orDefault(o.RequestTimeout, defaultRequestTimeout)
	o.MaxBodyBytes = orDefault(o.MaxBodyBytes, defaultMaxBodyBytes)
	o.MaxFileBytes = orDefault(o.MaxFileBytes, defaultMaxFileBytes)
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

// mcpOptions returns the options of package mcp.
func (o Options) mcpOptions(runner *call.Runner, authorizer *call.Authorizer, write time.Duration) mcp.Options {
	return mcp.Options{
		Catalog:        o.Catalog,
		Implementation: &sdk.Implementation{Name: implementationName, Title: o.Name, Version: o.Version},
		Runner:         runner, Authorizer: authorizer, Logger: o.Logger,
		MaxBodyBytes: o.MaxBodyBytes, WriteTimeout: write, Logging: o.Logging,
	}
}

// runnerOptions returns the options of package call.
func (o Options) runnerOptions() call.Options {
	return call.Options{Logger: o.Logger, Telemetry: o.Telemetry, SlowCall: o.SlowCall, Timeout: o.RequestTimeout}
}
