package server

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// answer is the response writer that the SDK's handlers get. It puts right
// what they leave open: streams pass proxies unbuffered, plain-text errors
// become JSON-RPC, nothing is cached, and a stream may live as long as its
// reader keeps reading. What turns out to be refused while it is served is
// answered with the refusal, unless something has been sent before.
type answer struct {
	http.ResponseWriter
	visit        *visit        // nil where nobody signs in
	id           []byte        // of the request, for errors
	writeTimeout time.Duration // for each event of a stream

	status   int
	stream   bool         // the answer is an event stream
	inStream bool         // what is written is a bare message that belongs into the stream
	plain    bytes.Buffer // a plain-text error, as far as written
	isPlain  bool
	refused  bool // a refusal has been sent; the rest is dropped
}

// Shared header values: assigned whole, never appended to.
var (
	noStore     = []string{"no-store, no-transform"}
	noBuffering = []string{"no"}
)

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	h := a.Header()
	if a.status != 0 {
		// The SDK answers a modern request's protocol error with a status of
		// its own and a bare message, even when progress has been streamed.
		a.inStream = a.stream
		return
	}
	a.status = status
	if refusal := a.visit.refused(); refusal != nil {
		a.refused = true
		writeRefusal(a.ResponseWriter, a.id, refusal)
		return
	}
	kind := h.Get("Content-Type")
	if status >= http.StatusBadRequest && strings.HasPrefix(kind, "text/plain") {
		a.isPlain = true
		return
	}
	h["Cache-Control"] = noStore
	if kind == "text/event-stream" {
		a.stream = true
		h["X-Accel-Buffering"] = noBuffering
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	switch {
	case a.refused:
		return len(data), nil
	case a.isPlain:
		return a.plain.Write(data)
	case a.inStream:
		return a.writeEvent(data)
	case a.stream:
		a.extendDeadline()
	}
	return a.ResponseWriter.Write(data)
}

// writeEvent writes a bare message as an event of the stream.
func (a *answer) writeEvent(data []byte) (int, error) {
	a.extendDeadline()
	event := make([]byte, 0, len(data)+32)
	event = append(event, "event: message\ndata: "...)
	event = append(event, data...)
	event = append(event, "\n\n"...)
	if _, err := a.ResponseWriter.Write(event); err != nil {
		return 0, err
	}
	return len(data), nil
}

// extendDeadline gives the reader of a stream time for the next event; the
// server's own write timeout counts from the request's start.
func (a *answer) extendDeadline() {
	if a.writeTimeout > 0 {
		// A writer that knows no deadlines has none to extend.
		_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(a.writeTimeout))
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// maxPlain is how many characters of an error text of the SDK's are handed on.
const maxPlain = 2000

// finish sends the plain-text error as JSON-RPC, if there was one.
func (a *answer) finish() {
	if !a.isPlain {
		return
	}
	code := codeInvalidRequest
	if a.status >= http.StatusInternalServerError {
		code = codeInternalError
	}
	writeRPCError(a.ResponseWriter, a.status, a.id, code, oneLine(a.plain.String()))
}

// oneLine returns an error text that the SDK worded, made fit to hand on: it
// may quote the caller.
func oneLine(text string) string {
	text, _ = plaintext.Cut(plaintext.Line(text), maxPlain)
	return text
}
