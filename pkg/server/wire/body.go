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

// Refusal is the answer to a request whose body can't be used.
type Refusal struct {
	Status int // of HTTP
	Err    *library.Error
}

// BodyReader reads request bodies of a bounded size, within bounds on the
// bytes of all bodies that are in memory at once.
type BodyReader struct {
	limit   int64         // bytes of one body
	large   *limit.Shares // bytes of bodies beyond smallBody
	buffers sync.Pool     // of *bytes.Buffer
}

const (
	// smallBody is the number of bytes that every body may have without a share
	// of largeBodies: calls of tools are smaller, so large bodies that arrive
	// slowly never keep them out.
	smallBody = 16 << 10
	// largeBodies bounds the bytes of all larger bodies at once, callerShare
	// those of one caller.
	largeBodies = 32 << 20
	callerShare = largeBodies / 8
	// maxPooled is the size in bytes above which a buffer is not used again, so
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
	taken  int64 // bytes of the caller's share
}

// Bytes returns the body. It is valid until it is released.
func (b *Body) Bytes() []byte { return b.buffer.Bytes() }

// ReadJSON returns the body of a JSON request, and lifts the read deadline of
// its connection. The memory of a large body is counted as the caller's. The
// body is given back with Release once nothing refers to its bytes.
func (b *BodyReader) ReadJSON(w http.ResponseWriter, r *http.Request, caller string) (*Body, *Refusal) {
	if !isJSON(r.Header) {
		return nil, &Refusal{http.StatusUnsupportedMediaType, library.Errorf(library.Invalid, "the body must be JSON").
			WithHint("send Content-Type: application/json, UTF-8, without Content-Encoding")}
	}
	return b.Read(w, r, caller)
}

// Read returns the body of a request of any type, as ReadJSON does.
func (b *BodyReader) Read(w http.ResponseWriter, r *http.Request, caller string) (*Body, *Refusal) {
	if r.ContentLength > b.limit {
		return nil, b.tooLarge(w)
	}
	buffer, _ := b.buffers.Get().(*bytes.Buffer)
	if buffer == nil {
		buffer = new(bytes.Buffer)
	}
	body := &Body{buffer: buffer, caller: caller}
	if refused := b.fill(w, r, body); refused != nil {
		b.Release(body)
		return nil, refused
	}
	// net/http takes a read that times out for the caller's leaving, and a call
	// may last longer than a body may take to arrive.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// fill reads the body: what is small at once, the rest with a share of the
// memory for large bodies.
func (b *BodyReader) fill(w http.ResponseWriter, r *http.Request, body *Body) *Refusal {
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
	if !b.large.Take(body.caller, rest) {
		w.Header().Set("Connection", "close")
		return &Refusal{http.StatusServiceUnavailable, limit.BusyBodies()}
	}
	body.taken = rest
	if r.ContentLength >= 0 {
		body.buffer.Grow(int(rest) + bytes.MinRead) // no growth by doubling
	}
	if _, err := body.buffer.ReadFrom(source); err != nil {
		return b.failure(w, err)
	}
	return nil
}

// Release takes a body back.
func (b *BodyReader) Release(body *Body) {
	b.large.Give(body.caller, body.taken)
	if body.buffer.Cap() <= maxPooled {
		body.buffer.Reset()
		b.buffers.Put(body.buffer)
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
