package wire

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
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// BodyError is the error of a request whose body is unusable.
type BodyError struct {
	Status int // HTTP status
	Err    *library.Error
}

// BodyReader reads request bodies of bounded size. It also bounds the bytes of
// all bodies in memory.
type BodyReader struct {
	limit   int64         // bytes of one body
	large   *limit.Shares // bytes of bodies beyond smallBody
	buffers sync.Pool     // of *bytes.Buffer
}

const (
	// smallBody is the number of bytes that a body may have without using
	// largeBodies: tool calls are smaller, so slow large bodies never block
	// them.
	smallBody = 16 << 10
	// largeBodies bounds the bytes of all larger bodies in memory, callerShare
	// those of one caller.
	largeBodies = 32 << 20
	callerShare = largeBodies / 8
	// maxPooled is the size in bytes beyond which a buffer is not reused, so
	// that one large request does not stay in memory.
	maxPooled = 64 << 10
)

// NewBodyReader returns a reader of bodies of at most bound bytes.
func NewBodyReader(bound int64) *BodyReader {
	return &BodyReader{limit: bound, large: limit.NewShares(max(largeBodies, bound), max(callerShare, bound))}
}

// Body is a body that has been read.
type Body struct {
	buffer *bytes.Buffer
	caller string
	taken  int64 // bytes acquired for the caller
}

// Bytes returns the body. It is valid until Release.
func (b *Body) Bytes() []byte { return b.buffer.Bytes() }

// ReadJSON reads the body of a JSON request, and clears the read deadline of
// its connection. The memory of a large body counts for the caller. Call
// Release when nothing refers to its bytes any more.
func (b *BodyReader) ReadJSON(w http.ResponseWriter, r *http.Request, caller string) (*Body, *BodyError) {
	if !isJSON(r.Header) {
		return nil, &BodyError{http.StatusUnsupportedMediaType, library.Errorf(library.Invalid, "the body must be JSON").
			WithHint("send Content-Type: application/json, UTF-8, without Content-Encoding")}
	}
	return b.Read(w, r, caller)
}

// Read reads the body of a request of any type, like ReadJSON.
func (b *BodyReader) Read(w http.ResponseWriter, r *http.Request, caller string) (*Body, *BodyError) {
	if r.ContentLength > b.limit {
		return nil, b.tooLarge(w)
	}
	buffer, _ := b.buffers.Get().(*bytes.Buffer)
	if buffer == nil {
		buffer = new(bytes.Buffer)
	}
	body := &Body{buffer: buffer, caller: caller}
	if rejected := b.fill(w, r, body); rejected != nil {
		b.Release(body)
		return nil, rejected
	}
	// net/http treats a read that times out as a disconnect, and a call may
	// last longer than a body may take to arrive.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// fill reads the body: a small one at once, the rest within the memory for
// large bodies.
func (b *BodyReader) fill(w http.ResponseWriter, r *http.Request, body *Body) *BodyError {
	source := http.MaxBytesReader(w, r.Body, b.limit)
	n, err := io.CopyN(body.buffer, source, smallBody)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return b.failure(w, err)
	}
	rest := b.limit - n
	if r.ContentLength >= 0 {
		rest = r.ContentLength - n
	}
	if rest <= 0 {
		return nil
	}
	if !b.large.Acquire(body.caller, rest) {
		w.Header().Set("Connection", "close")
		return &BodyError{http.StatusServiceUnavailable, limit.BusyBodies()}
	}
	body.taken = rest
	if r.ContentLength >= 0 {
		body.buffer.Grow(int(rest) + bytes.MinRead) // avoid growth by doubling
	}
	if _, err := body.buffer.ReadFrom(source); err != nil {
		return b.failure(w, err)
	}
	return nil
}

// Release returns the body's memory.
func (b *BodyReader) Release(body *Body) {
	b.large.Release(body.caller, body.taken)
	if body.buffer.Cap() <= maxPooled {
		body.buffer.Reset()
		b.buffers.Put(body.buffer)
	}
}

// NewBody returns a request body with data.
func NewBody(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }

// failure returns the error for a body that could not be read. It closes the
// connection: part of the body may still arrive.
func (b *BodyReader) failure(w http.ResponseWriter, err error) *BodyError {
	if e := (*http.MaxBytesError)(nil); errors.As(err, &e) {
		return b.tooLarge(w)
	}
	w.Header().Set("Connection", "close")
	if isTimeout(err) {
		return &BodyError{http.StatusRequestTimeout, library.Errorf(library.Invalid, "the body did not arrive in time").WithCause(err)}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &BodyError{http.StatusBadRequest, library.Errorf(library.Invalid, "the body ends before its length").WithCause(err)}
	}
	return &BodyError{http.StatusBadRequest, library.Errorf(library.Invalid, "the body can't be read").WithCause(err)}
}

// isTimeout reports whether a body did not arrive before its deadline.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// tooLarge returns the error for a body beyond the limit. The rest is not read.
func (b *BodyReader) tooLarge(w http.ResponseWriter) *BodyError {
	w.Header().Set("Connection", "close")
	return &BodyError{http.StatusRequestEntityTooLarge, library.Errorf(library.TooLarge, "the body is larger than %d bytes", b.limit).
		WithHint("request less at a time")}
}

// isJSON reports whether the headers announce uncompressed JSON in UTF-8.
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
