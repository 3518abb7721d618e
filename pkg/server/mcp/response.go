package mcp

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// response is the response writer for the SDK's handlers. It completes their
// responses: streams pass proxies unbuffered, plain-text errors become
// JSON-RPC, nothing is cached, and a stream lives as long as its reader reads.
// A request that is rejected while it is served gets the challenge, unless part
// of the response has been sent.
type response struct {
	http.ResponseWriter
	rejection    *rejection    // nil if callers don't sign in
	id           []byte        // of the request, for errors
	writeTimeout time.Duration // for each event of a stream
	carried      bool          // the request has carried IDs, see carry

	status   int
	stream   bool         // the response is an event stream
	inStream bool         // a bare message is being written that belongs into the stream
	plain    bytes.Buffer // the plain-text error so far
	isPlain  bool
	rejected bool // a challenge has been sent; the rest is dropped
}

// noBuffering is shared: assign it whole, never append to it.
var noBuffering = []string{"no"}

// WriteHeader implements [http.ResponseWriter].
func (r *response) WriteHeader(status int) {
	h := r.Header()
	if r.status != 0 {
		// The SDK responds to a modern request's protocol error with a separate
		// status and a bare message, even after streaming progress.
		r.inStream = r.stream
		return
	}
	r.status = status
	if challenge := r.rejection.get(); challenge != nil {
		r.rejected = true
		writeChallenge(r.ResponseWriter, r.id, challenge)
		return
	}
	kind := h.Get("Content-Type")
	if status >= http.StatusBadRequest && strings.HasPrefix(kind, "text/plain") {
		r.isPlain = true
		return
	}
	h["Cache-Control"] = wire.NoStore
	if kind == "text/event-stream" {
		r.stream = true
		h["X-Accel-Buffering"] = noBuffering
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *response) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	out := data
	if r.carried {
		out = restoreIDs(data)
	}
	var err error
	switch {
	case r.rejected:
	case r.isPlain:
		_, err = r.plain.Write(out)
	case r.inStream:
		_, err = r.writeEvent(out)
	case r.stream:
		r.extendDeadline()
		_, err = r.ResponseWriter.Write(out)
	default:
		_, err = r.ResponseWriter.Write(out)
	}
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

// writeEvent writes a bare message as an event of the stream.
func (r *response) writeEvent(data []byte) (int, error) {
	r.extendDeadline()
	event := make([]byte, 0, len(data)+32)
	event = append(event, "event: message\ndata: "...)
	event = append(event, data...)
	event = append(event, "\n\n"...)
	if _, err := r.ResponseWriter.Write(event); err != nil {
		return 0, err
	}
	return len(data), nil
}

// extendDeadline extends the time for the reader of a stream to read the next
// event. The server's write timeout counts from the start of the request.
func (r *response) extendDeadline() {
	if r.writeTimeout > 0 {
		// A writer without deadlines has none to extend.
		_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(r.writeTimeout))
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// maxPlain bounds an error text of the SDK in a response, in characters.
const maxPlain = 2000

// finish sends the plain-text error as JSON-RPC, if there was one.
func (r *response) finish() {
	if !r.isPlain {
		return
	}
	code := codeInvalidRequest
	if r.status >= http.StatusInternalServerError {
		code = codeInternalError
	}
	writeError(r.ResponseWriter, r.status, r.id, code, oneLine(r.plain.String()))
}

// oneLine returns an error text of the SDK on one clean line: it may quote the
// caller.
func oneLine(text string) string {
	text, _ = plaintext.Cut(plaintext.Line(text), maxPlain)
	return text
}
