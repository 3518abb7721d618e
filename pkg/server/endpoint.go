package server

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// endpoint is POST /mcp: streamable HTTP without sessions, for every protocol
// revision. One SDK handler answers with JSON, which costs a third of a stream
// but drops whatever a call sends before its answer; requests that ask for
// that go to a second one that streams.
type endpoint struct {
	bodies       *bodyReader
	writeTimeout time.Duration
	logging      bool // see [Options.Logging]
	express      *express
	json, stream http.Handler
}

// newEndpoint returns the endpoint of the MCP server of o.
// What is plain goes to the express lane, if there is one.
func newEndpoint(o Options, bodies *bodyReader, writeTimeout time.Duration, lane *express) *endpoint {
	get := func(*http.Request) *mcp.Server { return o.MCP }
	options := mcp.StreamableHTTPOptions{
		Stateless:                    true,
		JSONResponse:                 true,
		PropagateRequestCancellation: true,
		// The edge checks Host and Origin itself, with an allow-list.
		DisableLocalhostProtection: true,
		MaxRequestBodyBytes:        bodies.limit,
		Logger:                     warnings(o.Logger),
	}
	streaming := options
	streaming.JSONResponse = false
	return &endpoint{
		bodies:       bodies,
		writeTimeout: writeTimeout,
		logging:      o.Logging,
		express:      lane,
		json:         mcp.NewStreamableHTTPHandler(get, &options),
		stream:       mcp.NewStreamableHTTPHandler(get, &streaming),
	}
}

// acceptBoth is what the SDK wants to see: the edge has checked the header.
var acceptBoth = []string{"application/json, text/event-stream"}

// ServeHTTP answers one POST of somebody who was let in.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !acceptsBoth(r.Header["Accept"]) {
		writeRPCError(w, http.StatusNotAcceptable, nil, codeInvalidRequest, "Accept must have both application/json and text/event-stream")
		return
	}
	body, envelope, ok := e.bodies.message(w, r)
	if !ok {
		return
	}
	defer e.bodies.release(body)
	if fault := tidyHeaders(r.Header); fault != "" {
		writeRPCError(w, http.StatusBadRequest, envelope.id, codeHeaderMismatch, fault)
		return
	}
	a := &answer{ResponseWriter: w, visit: visitOf(r.Context()), id: envelope.id, writeTimeout: e.writeTimeout}
	handler := e.json
	if envelope.stream || e.logging && !isModern(r.Header) {
		handler = e.stream
	} else if e.express.serve(a, r, body.Bytes()) {
		return
	}
	ctx := r.Context()
	r = r.WithContext(context.WithValue(ctx, carrierKey{}, ctx))
	r.Body = newBody(body.Bytes())
	handler.ServeHTTP(a, r)
	a.finish()
}

// isModern reports whether a request is of a revision in which it says itself
// whether it wants log messages (2026-07-28 and later).
func isModern(h http.Header) bool { return h.Get("Mcp-Protocol-Version") >= "2026-07-28" }

// carrierKey is the context key of the context of the HTTP request that
// carries a call. The SDK hides its end from calls of the older revisions,
// which could resume a stream; without sessions nobody can, and a call whose
// answer nobody can get must stop.
type carrierKey struct{}

// carrier returns the context of the request that carries a call, or nil.
func carrier(ctx context.Context) context.Context {
	c, _ := ctx.Value(carrierKey{}).(context.Context)
	return c
}

// acceptsBoth reports whether a caller takes JSON and event streams, as MCP
// has it promise (transports, "Sending Messages"). No Accept at all means
// everything (RFC 9110, section 12.5.1).
func acceptsBoth(values []string) bool {
	if len(values) == 0 || len(values) == 1 && values[0] == acceptBoth[0] {
		return true
	}
	var json, stream bool
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			mediaType, _, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case "application/json", "application/*":
				json = true
			case "text/event-stream", "text/*":
				stream = true
			case "*/*":
				return true
			}
		}
	}
	return json && stream
}

// singleHeaders are the headers that say what a request is about. One that
// is there twice could mean one thing to a gateway and another to us.
var singleHeaders = [...]string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"}

// tidyHeaders makes the headers what the SDK expects, or says which one is
// wrong.
func tidyHeaders(h http.Header) (fault string) {
	for _, name := range singleHeaders {
		if len(h[name]) > 1 {
			return "the header " + name + " is there more than once"
		}
	}
	if fault := decodeName(h); fault != "" {
		return fault
	}
	// There are no sessions and no streams to resume; both headers are to be
	// ignored, and the SDK refuses the second.
	delete(h, "Mcp-Session-Id")
	delete(h, "Last-Event-Id")
	h["Accept"] = acceptBoth
	return ""
}

// decodeName replaces a base64 form of Mcp-Name by what it stands for, because
// the SDK compares the header as it is (MCP 2026-07-28, transports, "Value
// Encoding").
func decodeName(h http.Header) (fault string) {
	values := h["Mcp-Name"]
	if len(values) == 0 {
		return ""
	}
	encoded, ok := strings.CutPrefix(values[0], "=?base64?")
	if !ok {
		return ""
	}
	if encoded, ok = strings.CutSuffix(encoded, "?="); !ok {
		return ""
	}
	name, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(name) == 0 || !utf8.Valid(name) {
		return "the header Mcp-Name is not UTF-8 in base64"
	}
	h["Mcp-Name"] = []string{string(name)}
	return ""
}

// words returns what an error says to its caller, on one line.
func words(err *library.Error) string {
	if err.Hint == "" {
		return err.Message
	}
	return err.Message + "; " + err.Hint
}
