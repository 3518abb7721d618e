package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// rest serves the tools to programs that speak plain HTTP.
type rest struct {
	run    func(context.Context, string, json.RawMessage) (json.RawMessage, error)
	needs  map[string]identity.Scope // what each tool asks of its caller
	calls  *calls
	door   *door
	bodies *bodyReader

	tools, openAPI []byte // ready to send
}

// newREST returns REST for the tools of o.
func newREST(o Options, calls *calls, d *door, bodies *bodyReader) (*rest, error) {
	tools, err := json.Marshal(map[string][]Tool{"tools": o.Tools})
	if err != nil {
		return nil, err
	}
	openAPI, err := newOpenAPI(o)
	if err != nil {
		return nil, err
	}
	return &rest{run: o.Call, needs: needs(o.Tools), calls: calls, door: d, bodies: bodies, tools: tools, openAPI: openAPI}, nil
}

// list answers with all tools and their schemas.
func (r *rest) list(c echo.Context) error {
	if refused := r.door.may(c.Request().Context(), identity.Read); refused != nil {
		writeRefusedREST(c.Response(), c.Request(), refused)
		return nil
	}
	writeJSON(c.Response(), http.StatusOK, "application/json", r.tools)
	return nil
}

// document answers with the OpenAPI document.
func (r *rest) document(c echo.Context) error {
	writeJSON(c.Response(), http.StatusOK, "application/json", r.openAPI)
	return nil
}

// call runs the tool that the path names with the body as its arguments.
func (r *rest) call(c echo.Context) error {
	w, req := c.Response(), c.Request()
	name := c.Param("name")
	needed, known := r.needs[name]
	if !known {
		needed = identity.Read
	}
	if refused := r.door.may(req.Context(), needed); refused != nil {
		writeRefusedREST(w, req, refused)
		return nil
	}
	if !known {
		writeProblem(w, req, http.StatusNotFound, library.Errorf(library.NotFound, "there is no tool of that name").
			WithHint("GET /tools lists them"))
		return nil
	}
	arguments, refused := r.arguments(w, req)
	if refused != nil {
		writeProblem(w, req, refused.status, refused.err)
		return nil
	}
	start := time.Now()
	ctx, seen := r.calls.telemetry.Begin(req.Context(), restOperation(req, name, arguments))
	result, cause := r.bounded(ctx, name, arguments)
	f := find(nil, cause)
	seen.End(f.ended(nil))
	r.calls.write(ctx, f, telemetry.MethodREST, name, time.Since(start))
	if cause != nil {
		r.fail(w, req, cause)
		return nil
	}
	writeJSON(w, http.StatusOK, "application/json", result)
	return nil
}

// fail answers a call that failed. A 401 is about the caller's own credential;
// that the deployment's is no longer good must not send anybody to sign in.
func (r *rest) fail(w http.ResponseWriter, req *http.Request, cause error) {
	if refused := r.door.revoked(req.Context(), cause); refused != nil {
		writeRefusedREST(w, req, refused)
		return
	}
	e := library.AsError(cause)
	status := statusOf(e.Code)
	if r.door != nil && e.Code == library.Unauthenticated {
		status = http.StatusServiceUnavailable
	}
	writeProblem(w, req, status, e)
}

// bounded runs a tool within the bounds of a call.
func (r *rest) bounded(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
	ctx, cancel := r.calls.bounded(ctx)
	defer cancel()
	r.calls.running.Add(1)
	defer r.calls.running.Add(-1)
	return await(ctx, func(ctx context.Context) (json.RawMessage, error) { return r.run(ctx, name, arguments) })
}

// arguments reads the body. None at all is no arguments.
func (r *rest) arguments(w http.ResponseWriter, req *http.Request) (json.RawMessage, *rejection) {
	if req.ContentLength == 0 {
		return json.RawMessage(`{}`), nil
	}
	body, refused := r.bodies.read(w, req)
	if refused != nil {
		return nil, refused
	}
	defer r.bodies.release(body)
	envelope, refused := readEnvelope(body.Bytes())
	switch {
	case refused != nil:
		return nil, refused
	case !envelope.object:
		return nil, &rejection{http.StatusUnprocessableEntity, library.Errorf(library.Invalid, "the arguments must be a JSON object")}
	}
	// The tool may outlive the request that asked for it, and the buffer is
	// used again.
	return bytes.Clone(body.Bytes()), nil
}
