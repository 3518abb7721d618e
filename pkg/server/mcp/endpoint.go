package mcp

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// Handler answers POST /mcp: streamable HTTP without sessions, for every
// protocol revision. One SDK handler answers with JSON, which costs a third of
// a stream but drops what a call sends before its answer; requests that ask
// for that go to a second one that streams.
type Handler struct {
	options      Options
	server       *mcp.Server
	express      *express
	json, stream http.Handler
}

// New returns a handler. Its subscriptions end with stopping.
func New(stopping context.Context, o Options) (*Handler, error) {
	server, m, err := newServer(stopping, o, call.OverNetwork)
	if err != nil {
		return nil, err
	}
	e, err := newExpress(o, m)
	if err != nil {
		return nil, err
	}
	get := func(*http.Request) *mcp.Server { return server }
	options := mcp.StreamableHTTPOptions{
		Stateless:                    true,
		JSONResponse:                 true,
		PropagateRequestCancellation: true,
		DisableLocalhostProtection:   true, // package origin checks, with an allow-list
		MaxRequestBodyBytes:          o.MaxBodyBytes,
		Logger:                       warnings(o.Logger),
	}
	streaming := options
	streaming.JSONResponse = false
	return &Handler{
		options: o,
		server:  server,
		express: e,
		json:    mcp.NewStreamableHTTPHandler(get, &options),
		stream:  mcp.NewStreamableHTTPHandler(get, &streaming),
	}, nil
}

// acceptBoth is what the SDK wants to see; Serve checks the header itself.
var acceptBoth = []string{"application/json, text/event-stream"}

// Serve answers one POST whose body has been read. It does not keep body.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, body []byte) {
	accept := readAccept(r.Header["Accept"])
	if !accept.json && !accept.stream {
		writeError(w, http.StatusNotAcceptable, nil, codeInvalidRequest, "Accept must have application/json, text/event-stream or both")
		return
	}
	envelope, ok := readEnvelope(w, body)
	if !ok {
		return
	}
	if fault := tidyHeaders(r.Header); fault != "" {
		writeError(w, http.StatusBadRequest, envelope.ID, codeHeaderMismatch, fault)
		return
	}
	if answerUnknown(w, r.Header, envelope, body) {
		return
	}
	a := &response{ResponseWriter: w, id: envelope.ID, writeTimeout: h.options.WriteTimeout}
	if h.options.Authorizer != nil {
		a.refusal = &refusal{}
		r = r.WithContext(context.WithValue(r.Context(), refusalKey{}, a.refusal))
	}
	handler := h.json
	switch {
	case !accept.json, accept.stream && (envelope.Stream || h.options.Logging && !isModern(r.Header)):
		handler = h.stream
	case h.express.serve(a, r, body):
		return
	}
	body, a.carried = carry(body, envelope)
	ctx := r.Context()
	r = r.WithContext(context.WithValue(ctx, carrierKey{}, ctx))
	r.Body = wire.NewBody(body)
	handler.ServeHTTP(a, r)
	a.finish()
}

// readEnvelope reads the envelope of a message. If the message can't be
// served, readEnvelope answers and ok is false.
func readEnvelope(w http.ResponseWriter, body []byte) (e wire.Envelope, ok bool) {
	e, refused := wire.ReadEnvelope(body)
	if refused == nil {
		return e, true
	}
	code := codeInvalidRequest
	if refused.Status == http.StatusBadRequest {
		code = codeParseError
	}
	writeError(w, refused.Status, nil, code, wire.Words(refused.Err))
	return e, false
}

// isModern reports whether a request is of a revision in which each request
// asks for log messages itself (2026-07-28 and later).
func isModern(h http.Header) bool { return h.Get("Mcp-Protocol-Version") >= "2026-07-28" }

// accepted are the media types of answers that a client takes.
type accepted struct{ json, stream bool }

// readAccept reads Accept (RFC 9110, section 12.5.1). MCP asks clients to send
// both types; one that sends a single type gets its answer in that type. No
// Accept at all means everything.
func readAccept(values []string) accepted {
	if len(values) == 0 || len(values) == 1 && values[0] == acceptBoth[0] {
		return accepted{true, true}
	}
	var a accepted
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			mediaType, parameters, _ := strings.Cut(part, ";")
			if isRefused(parameters) {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case "application/json", "application/*":
				a.json = true
			case "text/event-stream", "text/*":
				a.stream = true
			case "*/*":
				a.json, a.stream = true, true
			}
		}
	}
	return a
}

// isRefused reports whether the parameters of a media type give it the weight 0.
func isRefused(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") && strings.Trim(value, "0.") == "" && value != "" {
			return true
		}
	}
	return false
}

// singleHeaders are the headers that say what a request is for. One that is
// repeated could mean one thing to a proxy and another to us.
var singleHeaders = [...]string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"}

// tidyHeaders brings the headers into the form that the SDK expects, or returns
// what is wrong with them.
func tidyHeaders(h http.Header) (fault string) {
	for _, name := range singleHeaders {
		if len(h[name]) > 1 {
			return "the header " + name + " is repeated"
		}
	}
	if fault := decodeName(h); fault != "" {
		return fault
	}
	// There are no sessions and no streams to resume. The specification has both
	// headers ignored, and the SDK refuses the second.
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

// warnings returns a logger that passes on warnings and errors of l alone: the
// SDK writes three lines a request at the level below.
func warnings(l *slog.Logger) *slog.Logger { return slog.New(warningHandler{l.Handler()}) }

// warningHandler drops records below a warning.
type warningHandler struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h warningHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h warningHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warningHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h warningHandler) WithGroup(name string) slog.Handler {
	return warningHandler{h.Handler.WithGroup(name)}
}
