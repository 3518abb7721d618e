package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// serveCommand serves over HTTP.
type serveCommand struct{}

// Run implements the command.
func (serveCommand) Run(p *process) error {
	r, err := setUp(p, auditOf(p))
	if err != nil {
		return err
	}
	defer r.close()
	s, err := server.New(r.options)
	if err != nil {
		return err
	}
	if err := r.observing.serveMetrics(p.ctx, r.config, r.options.Logger); err != nil {
		return err
	}
	l, err := listen(p.ctx, r.config.ListenAddr())
	if err != nil {
		return err
	}
	tuneMemory()
	go keepPace(p.ctx.Done())
	go r.greet(p.ctx, p.stderr, l.Addr())
	return s.Serve(p.ctx, l)
}

// room is what serving takes, over HTTP or not.
type room struct {
	config    *config.Config
	secrets   *secret.Store
	libs      *libraries
	access    *access
	probe     *sampleProbe // nil if it is not served
	observing *observing
	options   server.Options
	closeLog  func()
}

// setUp reads the configuration and opens what it names: everything that can
// be wrong with it is found before the first request.
func setUp(p *process, audit io.Writer) (_ *room, err error) {
	c, err := config.Load(p.environ)
	if err != nil {
		return nil, err
	}
	if err := checkData(c); err != nil {
		return nil, err
	}
	r := &room{config: c}
	logger, closeLog := newLogger(p.stderr, c)
	r.options.Logger, r.closeLog = logger, closeLog
	logUnknown(p.ctx, logger, p.environ)
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if r.observing, err = observe(p.ctx, c, audit, p.stderr, logger); err != nil {
		return nil, err
	}
	if r.secrets, err = openSecrets(p.ctx, c, logger, r.observing.Telemetry); err != nil {
		return nil, err
	}
	var up *upstream.Client
	if r.libs, up, err = openLibraries(p.ctx, c, r.secrets, r.observing.upstreamHooks("zotero", logger), logger); err != nil {
		return nil, err
	}
	if r.access, err = openAccess(p.ctx, &opening{
		config: c, secrets: r.secrets, libraries: r.libs.List, hooks: r.observing.upstreamHooks("bucket", logger), logger: logger,
	}); err != nil {
		return nil, err
	}
	if err := r.openProbe(logger); err != nil {
		return nil, err
	}
	if r.options, err = serverOptions(r, logger); err != nil {
		return nil, err
	}
	r.options.Upstreams = upstreamStates(up)
	return r, r.observing.states(r.secrets, r.libs.embedded)
}

// close closes what is open, and sends out last what was observed.
func (r *room) close() {
	if r.access != nil {
		r.access.close()
	}
	if r.probe != nil {
		r.probe.close()
	}
	if r.libs != nil {
		r.libs.Close()
	}
	if r.secrets != nil {
		r.secrets.Close()
	}
	if r.observing != nil {
		r.observing.close(r.options.Logger)
	}
	r.closeLog()
}

// serverOptions returns the options of a server with the tools over the libraries.
func serverOptions(r *room, logger *slog.Logger) (server.Options, error) {
	c := r.config
	citationStyles, err := openStyles(c, r.observing.upstreamHooks("styles", logger))
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	catalog, err := tool.NewCatalog(r.libs, tool.Options{ResultChars: c.ResultChars, Touched: telemetry.Touched, OwnCredential: ownCredential, Styles: citationStyles})
	if err != nil {
		return server.Options{Logger: logger}, err
	}
	return server.Options{
		Catalog: catalog,
		Guard:   r.access.guard, Routes: r.access.routes, SignIn: r.access.signIn, SharedLibrary: c.SharesLocal(), Libraries: r.libs.List,
		Budget: server.Budget{Max: c.RateLimitMax, Window: c.RateLimitWindow, InFlight: c.MaxInFlight, Hops: c.Hops()},
		Ready:  r.libs.ready, Logger: logger, Telemetry: r.observing.Telemetry, SlowCall: c.SlowCall,
		Name: "Stackroom", Version: buildVersion(), PublicURL: strings.TrimSuffix(c.PublicURL, "/"),
		AllowedOrigins: c.AllowedOrigins, AllowedHosts: c.AllowedHosts, RequestTimeout: c.RequestTimeout, MaxBodyBytes: c.MaxBodyBytes,
		LegacySSE: c.LegacySSE, DrainTimeout: c.ShutdownGrace,
	}, nil
}

// listen opens the address, and says in words what to do if it can't.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "can't listen on %s", addr).
			WithHint("another program may have the port: choose one with PORT, for example PORT=8081 stackroom serve").WithCause(err)
	}
	return l, nil
}

// newLogger writes lines for people on a terminal, else for Cloud Logging. The
// function returned writes out what waits; lines that come later are written
// at once.
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

// greet says what is served and where: to a person in words, else in a line of
// the log. Listing may take as long as an upstream takes to answer.
func (r *room) greet(ctx context.Context, w io.Writer, addr net.Addr) {
	url := "http://" + addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		url = fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	if !terminal(w) {
		r.options.Logger.InfoContext(ctx, "listening", "address", addr.String(), "version", buildVersion())
	} else {
		fmt.Fprintf(w, "\n  Stackroom is there; Ctrl-C stops it\n\n    page  %s/\n    MCP   %s/mcp\n\n", url, url)
	}
	infos, err := r.libs.List(ctx)
	if err != nil {
		r.options.Logger.WarnContext(ctx, "not every library can be listed now", "error", err)
	}
	for _, info := range infos {
		if terminal(w) {
			fmt.Fprintf(w, "    %q: %d works\n", info.Name, info.Items)
		} else {
			r.options.Logger.InfoContext(ctx, "serving", "library", string(info.ID), "works", info.Items)
		}
	}
}

// stdioCommand serves on standard input and output.
type stdioCommand struct{}

// Run implements the command.
func (stdioCommand) Run(p *process) error {
	r, err := setUp(p, nil)
	if err != nil {
		return err
	}
	defer r.close()
	if r.access.guard != nil {
		return library.Errorf(library.Invalid, "STACKROOM_AUTH is %s, and there is no sign-in on standard input", r.config.Auth).
			WithHint("unset it: the program serves the person who starts it")
	}
	tuneMemory()
	err = server.Stdio(p.ctx, r.options, p.stdin, p.stdout)
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		return nil // the client went, or we were told to
	}
	return err
}
