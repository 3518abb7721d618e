package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Options says what a server serves and within which bounds.
type Options struct {
	// MCP carries the tools, prompts and resources. Required. The edge adds
	// its receiving middleware to it, so give each MCP server to one call of
	// [New] or [Stdio] only, and add no middleware to it afterwards: it would
	// run outside the edge's.
	MCP *mcp.Server

	// Tools are the tools that REST, the OpenAPI document and the page show,
	// and Call runs one of them. Call gives the tool's structured result or a
	// [*library.Error]. Without Call there is no REST.
	Tools []Tool
	Call  func(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error)

	// Answer runs one of Tools and gives the whole result, as the MCP server
	// does. With it, and with Implementation, which is what the MCP server
	// says it is, plain calls of tools over HTTP are answered without the SDK,
	// several times as fast. Nil leaves them all to the SDK.
	Answer         func(ctx context.Context, name string, arguments json.RawMessage) *mcp.CallToolResult
	Implementation *mcp.Implementation

	// Guard finds out who is calling, everywhere but at the health endpoints,
	// the page, the OpenAPI document, its own routes and Routes. A tool that
	// is not read-only needs [identity.Write], everything else
	// [identity.Read]; with a Guard, Tools must have every tool of MCP, and
	// what it has not is unknown. Nil lets in everybody to everything.
	Guard *identity.Guard

	// Routes are open to everybody, and to pages of every origin as far as
	// their handlers let them: those of signing in. Their bodies are bounded
	// like all others.
	Routes []identity.Route

	// Budget is how much each caller may do. The zero Budget has no bounds.
	Budget Budget

	// SignIn says in what way Guard lets people in, for the page.
	SignIn SignIn

	// Libraries lists what is served, for the page. It shows there only to
	// people at this machine of a server without a Guard. Nil lists nothing.
	Libraries func(context.Context) ([]library.Info, error)

	// Ready says why the server can't answer yet, or nil. Nil is always
	// ready. Its error goes to the log, not to the caller.
	Ready func(context.Context) error

	// Upstreams says how the upstreams fare, by name: the states of their
	// circuit breakers, which /ready shows. Nil shows nothing.
	Upstreams func() map[string]string

	// Logger gets a line for every call. Nil logs nothing.
	Logger *slog.Logger

	// SlowCall is how long a call takes that its line marks as slow. 0 marks
	// none.
	SlowCall time.Duration

	// Telemetry traces, measures and audits calls. Nil does none of it. Its
	// closed set of tools must be Tools.
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

	// AllowedHosts are the names, with or without a port, by which the
	// server may be called. If there are none, every name is good, save over
	// loopback, where only loopback names are: another one there is a web
	// page's attempt at DNS rebinding.
	AllowedHosts []string

	// RequestTimeout bounds one call. 0 is 60 s.
	RequestTimeout time.Duration

	// MaxBodyBytes bounds a request's body. 0 is 1 MiB.
	MaxBodyBytes int64

	// LegacySSE also serves the HTTP+SSE transport of 2024-11-05 at /sse. It
	// keeps sessions in memory, so it works with one process only.
	LegacySSE bool

	// Logging says that MCP sends log messages to clients, a feature that
	// MCP 2026-07-28 deprecates. Requests of older revisions, any of which
	// may then have messages before its answer, are answered with streams.
	Logging bool

	// DrainTimeout is how long [Server.Serve] lets running calls finish when
	// it is told to stop. 0 is 8 s: Cloud Run kills after 10.
	DrainTimeout time.Duration
}

// SignIn is a way in which people get past a Guard.
type SignIn string

// The ways to sign in.
const (
	SignInNone   SignIn = ""       // none is said, or there is no Guard
	SignInToken  SignIn = "tokens" // with a personal access token, put into the client's settings
	SignInOIDC   SignIn = "oidc"   // in a browser, with the organisation's identity provider
	SignInZotero SignIn = "zotero" // in a browser, with Zotero
)

// Tool is a tool as REST and its OpenAPI document show it.
type Tool struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Annotations Annotations     `json:"annotations"`
	InputSchema json.RawMessage `json:"inputSchema"` // JSON Schema 2020-12 of an object
	// OutputSchema is the schema of Call's result; nil allows any.
	OutputSchema json.RawMessage `json:"outputSchema,omitempty"`
}

// Annotations are a tool's hints, as MCP names them.
type Annotations struct {
	ReadOnly    bool `json:"readOnlyHint"`
	Destructive bool `json:"destructiveHint"`
	Idempotent  bool `json:"idempotentHint"`
	OpenWorld   bool `json:"openWorldHint"`
}

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
	if o.MCP == nil {
		return o, errors.New("server: Options.MCP is missing")
	}
	if o.SignIn != SignInNone && o.Guard == nil {
		return o, errors.New("server: Options.SignIn without a Guard: everybody would get in")
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
