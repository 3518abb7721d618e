package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// rejection is a request that the edge refuses before anybody has looked at
// what it wants.
type rejection struct {
	status int
	err    *library.Error
}

// bodyReader reads request bodies: JSON, no larger than limit bytes. How long
// they may take is the edge's to say, see [edge.limitBody].
type bodyReader struct {
	limit   int64
	buffers sync.Pool // of *bytes.Buffer
}

// maxPooled is the size in bytes above which a buffer is left to the garbage
// collector, so that one large request doesn't stay in memory for ever.
const maxPooled = 64 << 10

// read returns the body of a JSON request. The buffer must go back by
// release when nothing refers to its bytes any more.
func (b *bodyReader) read(w http.ResponseWriter, r *http.Request) (*bytes.Buffer, *rejection) {
	if !isJSON(r.Header) {
		return nil, &rejection{http.StatusUnsupportedMediaType, library.Errorf(library.Invalid, "the body must be JSON").
			WithHint("send Content-Type: application/json, UTF-8, without Content-Encoding")}
	}
	if r.ContentLength > b.limit {
		return nil, b.tooLarge(w)
	}
	buffer, _ := b.buffers.Get().(*bytes.Buffer)
	if buffer == nil {
		buffer = new(bytes.Buffer)
	}
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, b.limit))
	if err != nil {
		b.release(buffer)
		return nil, b.failure(w, err)
	}
	// The body is here; a call may last longer than a body may take to come.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return buffer, nil
}

// message reads the body of a JSON-RPC request. If it isn't one that anybody
// could take, message answers itself and ok is false.
func (b *bodyReader) message(w http.ResponseWriter, r *http.Request) (body *bytes.Buffer, e envelope, ok bool) {
	body, refused := b.read(w, r)
	if refused != nil {
		writeRPCError(w, refused.status, nil, codeInvalidRequest, words(refused.err))
		return nil, envelope{}, false
	}
	if e, refused = readEnvelope(body.Bytes()); refused != nil {
		b.release(body)
		code := codeInvalidRequest
		if refused.status == http.StatusBadRequest {
			code = codeParseError
		}
		writeRPCError(w, refused.status, nil, code, words(refused.err))
		return nil, envelope{}, false
	}
	return body, e, true
}

// newBody returns a body that has been read for somebody to read again.
func newBody(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }

// failure says why a body could not be read. The connection is of no more
// use: part of the body may still be on its way.
func (b *bodyReader) failure(w http.ResponseWriter, err error) *rejection {
	if e := (*http.MaxBytesError)(nil); errors.As(err, &e) {
		return b.tooLarge(w)
	}
	w.Header().Set("Connection", "close")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &rejection{http.StatusRequestTimeout, library.Errorf(library.Invalid, "the body did not arrive in time").WithCause(err)}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &rejection{http.StatusBadRequest, library.Errorf(library.Invalid, "the body ends before its length").WithCause(err)}
	}
	return &rejection{http.StatusBadRequest, library.Errorf(library.Invalid, "the body can't be read").WithCause(err)}
}

// tooLarge refuses a body that is past the limit, without reading the rest.
func (b *bodyReader) tooLarge(w http.ResponseWriter) *rejection {
	w.Header().Set("Connection", "close")
	return &rejection{http.StatusRequestEntityTooLarge, library.Errorf(library.TooLarge, "the body is larger than %d bytes", b.limit).
		WithHint("ask for less at a time")}
}

// release takes a buffer back.
func (b *bodyReader) release(buffer *bytes.Buffer) {
	if buffer.Cap() <= maxPooled {
		buffer.Reset()
		b.buffers.Put(buffer)
	}
}

// isJSON reports whether the headers announce plain JSON in UTF-8.
func isJSON(h http.Header) bool {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return false
	}
	value := h.Get("Content-Type")
	if value == "application/json" {
		return true
	}
	mediaType, params, err := mime.ParseMediaType(value)
	if err != nil || mediaType != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
