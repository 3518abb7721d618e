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

// Handler serves POST /mcp: streamable HTTP without sessions, for every
// protocol revision. One SDK handler responds with JSON, which costs a third of
// a stream but drops messages that a call sends before its result; requests
// that ask for such messages go to a second handler that streams.
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
		DisableLocalhostProtection:   true, // package origin checks it, with an allowlist
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

// acceptBoth is the header that the SDK expects; Serve checks the header
// itself.
var acceptBoth = []string{"application/json, text/event-stream"}

// Serve serves one POST whose body has been read. It does not retain body.
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
		a.rejection = &rejection{}
		r = r.WithContext(context.WithValue(r.Context(), rejectionKey{}, a.rejection))
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

// readEnvelope reads the envelope of a message. If the message is invalid,
// readEnvelope writes the response and ok is false.
func readEnvelope(w http.ResponseWriter, body []byte) (e wire.Envelope, ok bool) {
	e, rejected := wire.ReadEnvelope(body)
	if rejected == nil {
		return e, true
	}
	code := codeInvalidRequest
	if rejected.Status == http.StatusBadRequest {
		code = codeParseError
	}
	writeError(w, rejected.Status, nil, code, wire.Message(rejected.Err))
	return e, false
}

// isModern reports whether a request belongs to a revision in which each
// request asks for log messages itself (2026-07-28 and later).
func isModern(h http.Header) bool { return h.Get("Mcp-Protocol-Version") >= "2026-07-28" }

// accepted are the media types that a client accepts.
type accepted struct{ json, stream bool }

// readAccept parses Accept (RFC 9110, section 12.5.1). MCP asks clients to send
// both types; a client that sends one gets its response in that type. Without
// Accept, every type is accepted.
func readAccept(values []string) accepted {
	if len(values) == 0 || len(values) == 1 && values[0] == acceptBoth[0] {
		return accepted{true, true}
	}
	var a accepted
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			mediaType, parameters, _ := strings.Cut(part, ";")
			if isZeroWeight(parameters) {
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

// isZeroWeight reports whether the parameters of a media type have the weight
// 0.
func isZeroWeight(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") && strings.Trim(value, "0.") == "" && value != "" {
			return true
		}
	}
	return false
}

// singleHeaders are the headers that describe a request. A proxy and this
// server could interpret a repeated one differently.
var singleHeaders = [...]string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"}

// tidyHeaders normalises the headers for the SDK, or returns the fault in them.
func tidyHeaders(h http.Header) (fault string) {
	for _, name := range singleHeaders {
		if len(h[name]) > 1 {
			return "the header " + name + " is repeated"
		}
	}
	if fault := decodeName(h); fault != "" {
		return fault
	}
	// There are no sessions and no streams to resume. The specification says to
	// ignore both headers; the SDK rejects the second.
	delete(h, "Mcp-Session-Id")
	delete(h, "Last-Event-Id")
	h["Accept"] = acceptBoth
	return ""
}

// decodeName decodes a base64 form of Mcp-Name, because the SDK compares the
// header without decoding (MCP 2026-07-28, transports, "Value Encoding").
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

// warnings returns a logger that passes on only warnings and errors of l: below
// that level the SDK writes three lines per request.
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
