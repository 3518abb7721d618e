package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// serveCommand serves over HTTP.
type serveCommand struct{}

// Run implements the command.
func (serveCommand) Run(p *process) error {
	a, err := setUp(p, auditOf(p), overHTTP)
	if err != nil {
		return err
	}
	defer a.close()
	s, err := server.New(a.options)
	if err != nil {
		return err
	}
	if err := a.observing.serveMetrics(p.ctx, a.config, a.options.Logger); err != nil {
		return err
	}
	l, err := listen(p.ctx, a.config.ListenAddr())
	if err != nil {
		return err
	}
	tuneMemory(a.options.Logger)
	go a.greet(p.ctx, p.stderr, l.Addr())
	return s.Serve(p.ctx, l)
}

// app is what serves, over HTTP or standard input and output.
type app struct {
	config    *config.Config
	over      transport
	secrets   *secret.Store
	libs      *libraries
	auth      *authentication
	probe     *sampleProbe // nil if it is not served
	observing *observing
	activity  *activityLog   // nil keeps none
	quotes    *quote.Locator // nil where no library can be changed
	reading   *tool.Catalog  // the tools that read
	options   server.Options
	closeLog  func()
}

// transport is how callers reach the process.
type transport bool

// The transports.
const (
	overPipe transport = false
	overHTTP transport = true
)

// setUp reads the configuration and opens what it names, so that a wrong setting
// is an error before the first request.
func setUp(p *process, audit io.Writer, over transport) (_ *app, err error) {
	c, err := checkedConfig(p.environ)
	if err != nil {
		return nil, err
	}
	a := &app{config: c, over: over}
	logger, closeLog := newLogger(p.stderr, c)
	a.options.Logger, a.closeLog = logger, closeLog
	logUnknown(p.ctx, logger, p.environ)
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.observing, err = observe(p.ctx, c, over, audit, p.stderr, logger); err != nil {
		return nil, err
	}
	if a.secrets, err = openSecrets(p.ctx, c, logger, a.observing.Telemetry); err != nil {
		return nil, err
	}
	keyring, err := masterRing(c, a.secrets, logger)
	if err != nil {
		return nil, err
	}
	if a.observing.recorder != nil {
		if a.activity, err = openActivity(p.ctx, a, keyring, logger); err != nil {
			return nil, err
		}
	}
	embeddings, err := openEmbeddings(p.ctx, a, logger)
	if err != nil {
		return nil, err
	}
	if a.libs, err = openLibraries(p.ctx, &libraryOptions{
		config: c, secrets: a.secrets, keyring: keyring, zotero: a.observing.upstreamHooks("zotero", logger),
		snapshots: a.observing.upstreamHooks("snapshots", logger), embeddings: embeddings, logger: logger,
	}); err != nil {
		return nil, err
	}
	if a.auth, err = openAuthentication(p.ctx, &authOptions{
		config: c, secrets: a.secrets, libraries: a.libs.List, hooks: a.observing.upstreamHooks("bucket", logger), keyring: keyring, logger: logger,
		writes: writingTools(c, a.libs),
	}); err != nil {
		return nil, err
	}
	if err := a.openProbe(logger); err != nil {
		return nil, err
	}
	if a.options, err = serverOptions(p.ctx, a, keyring, logger); err != nil {
		return nil, err
	}
	a.options.Upstreams = upstreamStates(a.libs.upstream)
	return a, a.observing.states(a.secrets, a.libs.embedded)
}

// checkedConfig reads the configuration and looks at the folders that it names.
func checkedConfig(environ []string) (*config.Config, error) {
	c, err := config.Load(environ)
	if err != nil {
		return nil, err
	}
	if err := checkData(c); err != nil {
		return nil, err
	}
	return c, checkZoteroData(c)
}

// close closes what is open and exports the rest of the telemetry last.
func (a *app) close() {
	if a.auth != nil {
		a.auth.close()
	}
	if a.probe != nil {
		a.probe.close()
	}
	if a.quotes != nil {
		_ = a.quotes.Close() // it only read
	}
	if a.libs != nil {
		a.libs.Close()
	}
	if a.secrets != nil {
		a.secrets.Close()
	}
	if a.observing != nil {
		a.observing.close(a.activity, a.options.Logger)
	}
	a.closeLog()
}

// serverOptions returns the options of a server with the tools over the libraries.
func serverOptions(ctx context.Context, a *app, keyring *seal.Keyring, logger *slog.Logger) (server.Options, error) {
	c := a.config
	citationStyles, err := openStyles(c, a.observing.upstreamHooks("styles", logger))
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	registries, err := openRegistries(a, logger)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	writing, err := openWriting(ctx, a, keyring, logger)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	options := tool.Options{
		ResultChars: c.ResultChars, Touched: telemetry.Touched, Link: a.libs.Link, OwnCredential: ownCredential, Styles: citationStyles,
		Registries: registries,
	}
	if a.over == overHTTP && c.PublicURL != "" {
		options.Pages = issuer(c) + strings.TrimSuffix(pages.WorksPath, "/")
	}
	reading, err := tool.NewCatalog(a.libs, options)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	a.reading = reading
	options.Writing, options.PrivateTools = writing, writing != nil
	catalog, err := tool.NewCatalog(a.libs, options)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	options.ResultChars, options.ResultBytes = pages.ResultSize, pages.ResultSize
	options.Writing, options.Receipts = forPages(writing), true
	shown, err := tool.NewCatalog(a.libs, options)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	about, err := directoryRoutes(c, writing != nil)
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	o := server.Options{
		Catalog: catalog, Reading: reading, Pages: shown,
		Authenticator: a.auth.authenticator, Routes: slices.Concat(a.auth.routes, about), Sessions: a.auth.sessions, SignIn: a.auth.signIn, SharedLibrary: c.SharesLocal(), Libraries: a.libs.List, Keyring: keyring,
		Limits: server.Limits{Max: c.RateLimitMax, Window: c.RateLimitWindow, InFlight: c.MaxInFlight, Hops: c.Hops()},
		Ready:  a.libs.Ready, Logger: logger, Telemetry: a.observing.Telemetry, SlowCall: c.SlowCall,
		Name: "Stackroom", Version: buildVersion(), PublicURL: strings.TrimSuffix(c.PublicURL, "/"),
		AllowedOrigins: c.AllowedOrigins, AllowedHosts: c.AllowedHosts, RequestTimeout: c.RequestTimeout, MaxBodyBytes: c.MaxBodyBytes,
		LegacySSE: c.LegacySSE, DrainTimeout: c.ShutdownGrace,
	}
	if writing != nil {
		o.Files, o.MaxFileBytes, o.Writable = shown, maxFileBytes(c), writable(c)
	}
	a.showActivity(&o)
	return o, nil
}

// listen opens the address. Its error says what to do.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "can't listen on %s", addr).
			WithHint("another program may have the port: choose one with PORT, for example PORT=8081 stackroom serve").WithCause(err)
	}
	return l, nil
}

// newLogger returns a logger of text on a terminal, else of JSON for Cloud
// Logging, and a function that writes the lines in its buffer; later lines are
// not buffered.
func newLogger(w io.Writer, c *config.Config) (*slog.Logger, func()) {
	if c.LogStyle == "text" || c.LogStyle == "" && terminal(w) {
		return telemetry.NewLogger(w, c.Level(), telemetry.Text, telemetry.TraceProject(c.Project)), func() {}
	}
	lines := telemetry.NewLines(w)
	return telemetry.NewLogger(lines, c.Level(), telemetry.JSON, telemetry.TraceProject(c.Project)), func() { _ = lines.Close() }
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// greet says what is served and where, as text on a terminal, else in the log.
// Listing may take as long as an upstream takes to answer.
func (a *app) greet(ctx context.Context, w io.Writer, addr net.Addr) {
	url := "http://" + addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		url = fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	if !terminal(w) {
		a.options.Logger.InfoContext(ctx, "listening", "address", addr.String(), "version", buildVersion())
	} else {
		fmt.Fprintf(w, "\n  Stackroom is running; press Ctrl-C to stop\n\n    page  %s/\n    MCP   %s/mcp\n\n", url, url)
	}
	infos, err := a.libs.List(ctx)
	if err != nil {
		a.options.Logger.WarnContext(ctx, "not every library can be listed now", "error", err)
	}
	for _, info := range infos {
		if terminal(w) {
			fmt.Fprintf(w, "    %q: %d works\n", info.Name, info.Items)
		} else {
			a.options.Logger.InfoContext(ctx, "serving", "library", string(info.ID), "works", info.Items)
		}
	}
}

// stdioCommand serves on standard input and output.
type stdioCommand struct{}

// Run implements the command.
func (stdioCommand) Run(p *process) error {
	a, err := setUp(p, nil, overPipe)
	if err != nil {
		return err
	}
	defer a.close()
	if a.auth.authenticator != nil {
		return library.Errorf(library.Invalid, "STACKROOM_AUTH is %s, and there is no sign-in on standard input", a.config.Auth).
			WithHint("unset it: the program serves the person who starts it")
	}
	tuneMemory(a.options.Logger)
	err = server.Stdio(p.ctx, a.options, p.stdin, p.stdout)
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		return nil // the client closed the input, or the process was told to stop
	}
	return err
}
