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
)

// Refusal is the answer to a request whose body can't be used.
type Refusal struct {
	Status int // of HTTP
	Err    *library.Error
}

// BodyReader reads JSON request bodies of a bounded size.
type BodyReader struct {
	limit   int64     // bytes of one body
	buffers sync.Pool // of *bytes.Buffer
}

// NewBodyReader returns a reader of bodies of at most limit bytes.
func NewBodyReader(limit int64) *BodyReader { return &BodyReader{limit: limit} }

// maxPooled is the size in bytes above which a buffer is not used again, so
// that one large request does not stay in memory.
const maxPooled = 64 << 10

// Read returns the body of a JSON request, and lifts the read deadline of its
// connection. The caller gives the buffer back with Release once nothing
// refers to its bytes.
func (b *BodyReader) Read(w http.ResponseWriter, r *http.Request) (*bytes.Buffer, *Refusal) {
	if !isJSON(r.Header) {
		return nil, &Refusal{http.StatusUnsupportedMediaType, library.Errorf(library.Invalid, "the body must be JSON").
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
		b.Release(buffer)
		return nil, b.failure(w, err)
	}
	// net/http takes a read that times out for the caller's leaving, and a call
	// may last longer than a body may take to arrive.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return buffer, nil
}

// Release takes a buffer back.
func (b *BodyReader) Release(buffer *bytes.Buffer) {
	if buffer.Cap() <= maxPooled {
		buffer.Reset()
		b.buffers.Put(buffer)
	}
}

// NewBody returns a request body that consists of data.
func NewBody(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }

// failure returns the refusal for a body that could not be read. The
// connection is closed: part of the body may still be on its way.
func (b *BodyReader) failure(w http.ResponseWriter, err error) *Refusal {
	if e := (*http.MaxBytesError)(nil); errors.As(err, &e) {
		return b.tooLarge(w)
	}
	w.Header().Set("Connection", "close")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Refusal{http.StatusRequestTimeout, library.Errorf(library.Invalid, "the body did not arrive in time").WithCause(err)}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &Refusal{http.StatusBadRequest, library.Errorf(library.Invalid, "the body ends before its length").WithCause(err)}
	}
	return &Refusal{http.StatusBadRequest, library.Errorf(library.Invalid, "the body can't be read").WithCause(err)}
}

// tooLarge returns the refusal for a body beyond the limit, whose rest is not
// read.
func (b *BodyReader) tooLarge(w http.ResponseWriter) *Refusal {
	w.Header().Set("Connection", "close")
	return &Refusal{http.StatusRequestEntityTooLarge, library.Errorf(library.TooLarge, "the body is larger than %d bytes", b.limit).
		WithHint("ask for less at a time")}
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
