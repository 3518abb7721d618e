package server

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/cors"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
	"github.com/stackroom-mcp/stackroom/pkg/server/origin"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/server/rest"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// edge is the outermost middleware: request ID, response headers, origin check,
// panic recovery and the request's log line.
type edge struct {
	logger     *slog.Logger
	telemetry  *telemetry.Telemetry
	origins    *origin.Policy
	cors       *cors.Cors
	open       map[string]bool // paths that accept requests of every origin
	rejections *limit.Lines    // for rejected requests
	bodyTime   time.Duration
	problem    *pages.Problem // for browsers; set with the routes
}

// newEdge returns the edge of a server. A request's body must arrive within
// bodyTime.
func newEdge(o Options, bodyTime time.Duration) *edge {
	policy := origin.NewPolicy(o.AllowedHosts, o.AllowedOrigins)
	open := map[string]bool{}
	for _, route := range openRoutes(o) {
		open[route.Path] = true
	}
	if o.Pages != nil {
		open[pages.ChangesPath] = true // its forms check the origin more strictly, as do those of works
	}
	return &edge{
		logger:     o.Logger,
		telemetry:  o.Telemetry,
		origins:    policy,
		open:       open,
		rejections: limit.NewLines(rejectionLines, time.Second/rejectionLines),
		bodyTime:   bodyTime,
		cors: cors.New(cors.Options{
			AllowOriginRequestFunc: func(r *http.Request, _ string) bool { return policy.OriginAllowed(r) },
			AllowedMethods:         []string{http.MethodGet, http.MethodPost},
			// Mcp-Param-* can't be listed, and no header here gives a page any
			// access: credentials are not allowed, so browsers send no cookies.
			AllowedHeaders: []string{"*"},
			ExposedHeaders: []string{"X-Request-Id", "Retry-After", "Www-Authenticate", "Mcp-Protocol-Version", "Ratelimit", "Ratelimit-Policy"},
			MaxAge:         600,
		}),
	}
}

// newRouter returns an echo with the edge in front and no routes.
func newRouter(e *edge) *echo.Echo {
	router := echo.New()
	router.HideBanner, router.HidePort = true, true
	router.Logger.SetOutput(io.Discard)
	router.IPExtractor = echo.ExtractIPDirect() // not used: package limit finds the caller's address
	router.HTTPErrorHandler = e.answerError
	router.Use(e.around)
	return router
}

// around is the edge as middleware of echo.
func (e *edge) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		start := time.Now()
		r, w := c.Request(), c.Response()
		id, given := wire.RequestID(r.Header)
		if isProbe(r.URL.Path) { // too frequent to trace
			r = r.WithContext(telemetry.WithRequest(r.Context(), telemetry.Request{ID: id, Given: given}))
		} else {
			r = e.telemetry.Receive(r, id, given)
		}
		c.SetRequest(r)
		setHeaders(w.Header(), id)
		e.limitBody(w, r)
		defer func() {
			telemetry.Answered(r, c.Path(), w.Status)
			e.log(r, w, time.Since(start))
		}()
		defer func() {
			if v := recover(); v != nil {
				e.recovered(c, v)
			}
		}()
		if err := e.enter(w, r); err != nil || w.Committed {
			return err
		}
		if err := next(c); err != nil {
			e.answerError(err, c)
		}
		return nil
	}
}

// limitBody bounds the time in which a request's body arrives, even if no
// handler reads it: net/http reads the rest before the next request. The reader
// of the body must clear the deadline afterwards, because net/http treats a
// read that times out as a disconnect.
func (e *edge) limitBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// A writer without deadlines has no connection to protect.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeForBody(r.ContentLength, e.bodyTime)))
	}
}

// A body of a few bytes must arrive within leastBodyTime; a larger one gets
// additional time at the rate of a slow mobile connection.
const (
	leastBodyTime = 5 * time.Second
	bodyRate      = 64 << 10 // bytes per second
)

// timeForBody returns the time in which a body of this many bytes must arrive,
// at most longest. A body of unknown size (below 0) gets longest.
func timeForBody(size int64, longest time.Duration) time.Duration {
	if size < 0 || size > int64(longest/time.Second)*bodyRate {
		return longest
	}
	return min(longest, leastBodyTime+time.Duration(size)*time.Second/bodyRate)
}

// enter checks the origin of a request, and answers preflight requests.
func (e *edge) enter(w *echo.Response, r *http.Request) error {
	if isProbe(r.URL.Path) {
		return nil
	}
	open := e.open[r.URL.Path] || r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, pages.WorksPath)
	if rejected := e.origins.Check(r, open); rejected != nil {
		e.telemetry.Refused("origin")
		rest.WriteProblem(w, r, http.StatusForbidden, rejected)
		return nil
	}
	if len(r.Header["Origin"]) > 0 && !open {
		e.cors.HandlerFunc(w, r)
	}
	return nil
}

// isProbe reports whether a path is for the platform that runs the server,
// which uses arbitrary host names.
func isProbe(path string) bool { return path == "/health" || path == "/ready" }

// recovered responds after a panic. It passes on http.ErrAbortHandler, which
// closes the connection on purpose.
func (e *edge) recovered(c echo.Context, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	r := c.Request()
	e.logger.LogAttrs(r.Context(), slog.LevelError, "panic in a handler", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	if !c.Response().Committed {
		rest.WriteProblem(c.Response(), r, http.StatusInternalServerError, library.AsError(&call.PanicError{Value: v}))
	}
}

// rejectionLines is the number of log lines per second for rejected requests.
// Callers without a credential can cause them; metrics count all of them.
const rejectionLines = 20

// log writes a request's line, at debug level for a success: each call also has
// its own line.
func (e *edge) log(r *http.Request, w *echo.Response, elapsed time.Duration) {
	level := slog.LevelDebug
	switch {
	case w.Status >= http.StatusInternalServerError && !isProbe(r.URL.Path):
		level = slog.LevelWarn
	case w.Status >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	ctx := r.Context()
	if !e.logger.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{telemetry.HTTPRequest(r, w.Status, w.Size, elapsed)}
	if w.Status >= http.StatusBadRequest {
		skipped, ok := e.rejections.Allow()
		if !ok {
			return
		}
		if skipped > 0 {
			attributes = append(attributes, slog.Int64("lines_left_out", skipped))
		}
	}
	e.logger.LogAttrs(ctx, level, "request", attributes...)
}

// answerError responds to unknown routes, wrong methods and every other error
// of echo.
func (e *edge) answerError(err error, c echo.Context) {
	w, r := c.Response(), c.Request()
	if w.Committed {
		return
	}
	status := http.StatusInternalServerError
	if known := (*echo.HTTPError)(nil); errors.As(err, &known) {
		status = known.Code
	}
	if status == http.StatusNotFound && wantsPage(r) && e.problem.NotFound(w) == nil {
		return
	}
	switch status {
	case http.StatusNotFound:
		rest.WriteProblem(w, r, status, library.Errorf(library.NotFound, "there is nothing at this path").
			WithHint("MCP is at /mcp, REST at /tools and /openapi.json, a page for people at /"))
	case http.StatusMethodNotAllowed:
		allow, _ := c.Get(echo.ContextKeyHeaderAllow).(string)
		w.Header().Set("Allow", strings.TrimPrefix(allow, "OPTIONS, "))
		rest.WriteProblem(w, r, status, library.Errorf(library.Invalid, "this path does not support this method").
			WithHint("use one of: %s", w.Header().Get("Allow")))
	default:
		rest.WriteProblem(w, r, http.StatusInternalServerError, library.AsError(err))
	}
}

// Shared header values: assign them whole, never append to them.
var (
	nosniff        = []string{"nosniff"}
	deny           = []string{"DENY"}
	noReferrer     = []string{"no-referrer"}
	varyOrigin     = []string{"Origin"}
	contentPolicy  = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	transportHTTPS = []string{"max-age=31536000"}
)

// setHeaders sets the headers of every response.
func setHeaders(h http.Header, id string) {
	h["X-Request-Id"] = []string{id}
	h["X-Content-Type-Options"] = nosniff
	h["X-Frame-Options"] = deny
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = contentPolicy
	h["Vary"] = varyOrigin
	// Browsers ignore it over plain HTTP, so it is harmless on a laptop.
	h["Strict-Transport-Security"] = transportHTTPS
}
