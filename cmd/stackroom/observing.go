package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/stackroom-mcp/stackroom/pkg/access/embedded"
	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server/origin"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// observing is the telemetry of the process.
type observing struct {
	*telemetry.Telemetry
	audit    *telemetry.Lines   // nil keeps none
	recorder *activity.Recorder // nil keeps no activity
}

// observe starts telemetry. The audit is a stream of its own, which is kept where
// logs are kept.
func observe(ctx context.Context, c *config.Config, over transport, audit, console io.Writer, logger *slog.Logger) (*observing, error) {
	catalog, err := tool.NewCatalog(noLibraries{}, tool.Options{Writing: &tool.Writing{}, Receipts: true}) // for the names alone
	if err != nil {
		return nil, err
	}
	o := &observing{}
	options := telemetry.Options{
		Service: "stackroom", Version: buildVersion(), Project: c.Project, CloudRun: c.Service != "",
		Prompts:    tool.PromptNames(),
		Prometheus: c.MetricsAddr != "", TraceContent: c.TraceContent, Console: console, Logger: logger,
	}
	for _, d := range catalog.Definitions() {
		options.Tools = append(options.Tools, d.Name)
	}
	if audit != nil {
		o.audit = telemetry.NewLines(audit)
		options.Audit = o.audit
	}
	if over == overHTTP && c.KeepsActivity() {
		o.recorder = activity.NewRecorder()
		options.Called = recordIn(o.recorder)
	}
	if o.Telemetry, err = telemetry.Start(ctx, options); err != nil {
		return nil, err
	}
	otel.SetErrorHandler(o.Telemetry)
	return o, nil
}

// auditOf returns the stream of the audit: standard output, or nil at a terminal
// or where standard output is the null device.
func auditOf(p *process) io.Writer {
	if terminal(p.stderr) || terminal(p.stdout) || discards(p.stdout) {
		return nil
	}
	return p.stdout
}

// discards reports whether w is the null device.
func discards(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	here, err1 := f.Stat()
	null, err2 := os.Stat(os.DevNull)
	return err1 == nil && err2 == nil && os.SameFile(here, null)
}

// flushTime bounds the last export. It is what remains, after the calls in
// flight, of Cloud Run's 10 s between SIGTERM and SIGKILL.
const flushTime = 1500 * time.Millisecond

// close exports the rest of the telemetry, and saves that of the activity at the same
// time if there is any.
func (o *observing) close(kept *activityLog, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if kept != nil {
		var saved sync.WaitGroup
		saved.Go(func() { kept.close(ctx) })
		defer saved.Wait()
	}
	if err := o.Shutdown(ctx); err != nil {
		logger.Warn("not all that was observed could be sent out", "error", err)
	}
	if o.audit != nil {
		if err := o.audit.Close(); err != nil {
			logger.Error("the audit could not be written to its end", "error", err)
		}
	}
}

// upstreamHooks returns hooks that count the requests of an upstream client.
func (o *observing) upstreamHooks(name string, logger *slog.Logger) upstream.Hooks {
	m := o.Upstream(name)
	return upstream.Hooks{
		Request: func(outcome upstream.Outcome, took time.Duration) { m.Request(string(outcome), took) },
		Retry:   func(because upstream.Outcome, _ time.Duration) { m.Retry(string(because)) },
		Cache:   func(result upstream.CacheResult) { m.Cache(string(result)) },
		Breaker: func(from, to upstream.BreakerState) {
			m.Breaker(string(from), string(to))
			logger.Warn("the circuit breaker changed", "upstream", name, "from", string(from), "to", string(to))
		},
	}
}

// states registers the metrics of the secrets and the embedded library.
func (o *observing) states(secrets *secret.Store, e *embedded.Provider) error {
	return errors.Join(o.Secrets(secretStates(secrets)), o.Indexes(func() []telemetry.IndexState { return indexStates(e) }))
}

// indexStates returns the size and age of the embedded library, nothing for the
// sample library.
func indexStates(e *embedded.Provider) []telemetry.IndexState {
	if !e.Imported() {
		return nil
	}
	info, err := e.Info(context.Background())
	if err != nil {
		return nil
	}
	state := telemetry.IndexState{Library: string(info.ID), Works: int64(info.Items)}
	_ = filepath.WalkDir(e.Dir(), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // an import may be removing it
		}
		if file, err := entry.Info(); err == nil {
			state.Bytes += file.Size()
			if file.ModTime().After(state.Updated) {
				state.Updated = file.ModTime()
			}
		}
		return nil
	})
	return []telemetry.IndexState{state}
}

// serveMetrics serves /metrics, and profiles if they are configured, on an
// address of its own until ctx ends.
func (o *observing) serveMetrics(ctx context.Context, c *config.Config, logger *slog.Logger) error {
	if c.MetricsAddr == "" {
		return nil
	}
	l, err := listen(ctx, c.MetricsAddr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", o.Metrics())
	if c.Profiling {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	// A web page could reach it over loopback by DNS rebinding.
	hosts := origin.NewPolicy(c.AllowedHosts, nil)
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := hosts.Check(r, false); refused != nil {
			http.Error(w, refused.Message+"; "+refused.Hint, http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
	s := &http.Server{Handler: checked, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }() // ends with ctx
	logger.InfoContext(ctx, "metrics", "address", l.Addr().String())
	return nil
}
