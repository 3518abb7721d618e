// Package rest serves the tools to programs that speak plain HTTP: a list, an
// OpenAPI document, a route for each tool, and errors as problem details.
package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// Catalog is the tools that REST serves.
type Catalog interface {
	call.Catalog
	// Definitions returns the tools in the order of the list.
	Definitions() []tool.Definition
}

// Options configures a [Handler].
type Options struct {
	Catalog       Catalog
	Runner        *call.Runner
	Authorizer    *call.Authorizer // nil allows everything
	Name, Version string           // of the server, for the OpenAPI document
	PublicURL     string           // of the server, for the OpenAPI document; "" is relative
}

// Handler serves the routes of REST.
type Handler struct {
	catalog    Catalog
	known      map[string]bool // the tools' names
	runner     *call.Runner
	authorizer *call.Authorizer

	tools, reading, openAPI []byte // complete responses; reading has the tools that read
}

// New returns a handler. It fails if a tool's schema is not JSON.
func New(o Options) (*Handler, error) {
	definitions := o.Catalog.Definitions()
	tools, err := json.Marshal(map[string][]listedTool{"tools": listedTools(definitions)})
	if err != nil {
		return nil, err
	}
	reading := slices.DeleteFunc(slices.Clone(definitions), func(d tool.Definition) bool { return !d.Hints.ReadOnly })
	readingTools, err := json.Marshal(map[string][]listedTool{"tools": listedTools(reading)})
	if err != nil {
		return nil, err
	}
	openAPI, err := newOpenAPI(o)
	if err != nil {
		return nil, err
	}
	h := &Handler{catalog: o.Catalog, known: map[string]bool{}, runner: o.Runner, authorizer: o.Authorizer, tools: tools, reading: readingTools, openAPI: openAPI}
	for _, t := range definitions {
		h.known[t.Name] = true
	}
	return h, nil
}

// listedTool is a tool in the list.
type listedTool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title,omitempty"`
	Description  string          `json:"description,omitempty"`
	Annotations  annotations     `json:"annotations"`
	InputSchema  json.RawMessage `json:"inputSchema"` // JSON Schema 2020-12 of an object
	OutputSchema json.RawMessage `json:"outputSchema,omitempty"`
}

// annotations are a tool's hints, by their MCP names.
type annotations struct {
	ReadOnly    bool `json:"readOnlyHint"`
	Destructive bool `json:"destructiveHint"`
	Idempotent  bool `json:"idempotentHint"`
	OpenWorld   bool `json:"openWorldHint"`
}

func listedTools(definitions []tool.Definition) []listedTool {
	tools := make([]listedTool, len(definitions))
	for i, d := range definitions {
		tools[i] = listedTool{
			Name: d.Name, Title: d.Title, Description: d.Description, Annotations: annotations(d.Hints),
			InputSchema: d.InputSchema, OutputSchema: d.OutputSchema,
		}
	}
	return tools
}

// List serves the tools that the caller may call, with their schemas.
func (h *Handler) List(w http.ResponseWriter, r *http.Request) {
	needed, _ := h.authorizer.Scope("")
	if rejected := h.authorizer.Require(r.Context(), needed); rejected != nil {
		WriteChallenge(w, r, rejected)
		return
	}
	tools := h.tools
	if h.authorizer.Require(r.Context(), identity.Write) != nil {
		tools = h.reading
	}
	wire.WriteJSON(w, http.StatusOK, "application/json", tools)
}

// Document serves the OpenAPI document.
func (h *Handler) Document(w http.ResponseWriter, _ *http.Request) {
	wire.WriteJSON(w, http.StatusOK, "application/json", h.openAPI)
}

// Call runs the tool with a name. Body contains its arguments and may be empty.
func (h *Handler) Call(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	needed, _ := h.authorizer.Scope(name)
	if rejected := h.authorizer.Require(r.Context(), needed); rejected != nil {
		WriteChallenge(w, r, rejected)
		return
	}
	if !h.known[name] {
		WriteProblem(w, r, http.StatusNotFound, library.Errorf(library.NotFound, "there is no tool with that name").
			WithHint("GET /tools lists them"))
		return
	}
	arguments, rejected := readArguments(body)
	if rejected != nil {
		WriteProblem(w, r, rejected.Status, rejected.Err)
		return
	}
	result, err := h.runner.Tool(r.Context(), h.catalog, call.Caller{Method: telemetry.MethodREST, Client: call.Product(r.Header)}, name, arguments)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	wire.WriteJSON(w, http.StatusOK, "application/json", result)
}

// fail responds to a failed call. 401 is only for the caller's own credential:
// a rejected credential of the deployment must not send callers to sign in.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, cause error) {
	if rejected := h.authorizer.Rejected(r.Context(), cause); rejected != nil {
		WriteChallenge(w, r, rejected)
		return
	}
	e := library.AsError(cause)
	status := identity.StatusOf(e.Code)
	if h.authorizer != nil && e.Code == library.Unauthenticated {
		status = http.StatusServiceUnavailable
	}
	WriteProblem(w, r, status, e)
}

// readArguments validates a body. An empty one stands for no arguments.
func readArguments(body []byte) (json.RawMessage, *wire.BodyError) {
	if len(body) == 0 {
		return json.RawMessage(`{}`), nil
	}
	envelope, rejected := wire.ReadEnvelope(body)
	switch {
	case rejected != nil:
		return nil, rejected
	case !envelope.Object:
		return nil, &wire.BodyError{Status: http.StatusUnprocessableEntity, Err: library.Errorf(library.Invalid, "the arguments must be a JSON object")}
	}
	// The tool may keep running after the response, when body belongs to
	// another request.
	return bytes.Clone(body), nil
}
