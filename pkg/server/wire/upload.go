package wire

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// The fields of a form with a file, in this order.
const (
	FormField = "form" // hidden, see [pages.Forms]
	FileField = "file"
)

const (
	// formBytes is the most bytes of such a form beside its file.
	formBytes = 16 << 10
	// maxField is the most bytes of the hidden field.
	maxField = 8 << 10
	// heldUploads is how many of the largest files are in memory, of all callers. One
	// caller has one.
	heldUploads = 2
	// uploadRate is the bytes a second at which a form must arrive, beyond the time
	// that each has.
	uploadRate = 512 << 10
	// What is read of a form that is refused, and for how long: a browser that still
	// sends shows the answer only when it has sent all.
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second
)

// UploadReader reads forms that send one file (multipart/form-data), and bounds the
// bytes of all files in memory.
type UploadReader struct {
	limit int64 // bytes of a file
	held  *limit.Shares
}

// NewUploadReader returns a reader of files of at most bound bytes.
func NewUploadReader(bound int64) *UploadReader {
	return &UploadReader{limit: bound, held: limit.NewShares(heldUploads*(bound+formBytes), bound+formBytes)}
}

// Upload is a file that has been read. Release returns its memory; nothing may refer to
// its content then.
type Upload struct {
	Content []byte
	Release func()
}

// UploadTime returns the time in which a form of this many bytes must arrive.
func UploadTime(least time.Duration, size int64) time.Duration {
	return least + time.Duration(max(size, 0)/uploadRate)*time.Second
}

// Read reads the file of a form. check gets the hidden field, which comes first: its
// error refuses the form before the file is read. The memory counts for the caller. Of a
// form that is refused, Read reads the rest, within bounds, unless its sender is slow.
func (u *UploadReader) Read(w http.ResponseWriter, r *http.Request, caller string, check func(field string) error) (*Upload, *BodyError) {
	upload, rejected := u.read(r, caller, check)
	control := http.NewResponseController(w)
	if rejected != nil {
		if rejected.Status != http.StatusRequestTimeout {
			_ = control.SetReadDeadline(time.Now().Add(drainTime))
			_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
		}
		w.Header().Set("Connection", "close")
		return nil, rejected
	}
	_ = control.SetReadDeadline(time.Time{}) // as for other bodies
	return upload, nil
}

func (u *UploadReader) read(r *http.Request, caller string, check func(field string) error) (*Upload, *BodyError) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil, kind != "multipart/form-data", parameters["boundary"] == "":
		return nil, &BodyError{http.StatusUnsupportedMediaType, library.Errorf(library.Invalid, "this is not a form with a file").WithHint("use the form of the work's page")}
	case r.ContentLength < 0:
		return nil, &BodyError{http.StatusLengthRequired, library.Errorf(library.Invalid, "the length of the form is missing").WithHint("use the form of the work's page")}
	case r.ContentLength > u.limit+formBytes:
		return nil, u.tooLarge()
	case !u.held.Acquire(caller, r.ContentLength):
		return nil, &BodyError{http.StatusServiceUnavailable, limit.BusyBodies()}
	}
	content, rejected := u.parts(multipart.NewReader(r.Body, parameters["boundary"]), r.ContentLength, check)
	if rejected != nil {
		u.held.Release(caller, r.ContentLength)
		return nil, rejected
	}
	return &Upload{Content: content, Release: func() { u.held.Release(caller, r.ContentLength) }}, nil
}

// parts reads the hidden field, then the file of a form of this many bytes.
func (u *UploadReader) parts(form *multipart.Reader, size int64, check func(field string) error) ([]byte, *BodyError) {
	part, err := form.NextPart()
	if err != nil {
		return nil, formError(err)
	}
	var field bytes.Buffer
	if part.FormName() == FormField {
		if _, err := field.ReadFrom(io.LimitReader(part, maxField)); err != nil {
			return nil, formError(err)
		}
	}
	if err := check(field.String()); err != nil {
		e := library.AsError(err)
		return nil, &BodyError{identity.StatusOf(e.Code), e}
	}
	if part, err = form.NextPart(); err != nil {
		return nil, formError(err)
	}
	if part.FormName() != FileField {
		return nil, formError(nil)
	}
	content := bytes.NewBuffer(make([]byte, 0, min(size, u.limit)+bytes.MinRead+1))
	n, err := content.ReadFrom(io.LimitReader(part, u.limit+1))
	switch {
	case err != nil:
		return nil, formError(err)
	case n > u.limit:
		return nil, u.tooLarge()
	case n == 0:
		return nil, &BodyError{identity.StatusOf(library.Invalid), library.Errorf(library.Invalid, "no file was chosen").WithHint("go back to the work's page and choose one")}
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		return nil, formError(err)
	}
	return content.Bytes(), nil
}

// tooLarge returns the error for a file beyond the limit.
func (u *UploadReader) tooLarge() *BodyError {
	return &BodyError{http.StatusRequestEntityTooLarge, library.Errorf(library.TooLarge, "the file is larger than %d MB", u.limit>>20).
		WithHint("add it in Zotero itself")}
}

// formError returns the error for a form that can't be read; err is nil for one with
// other parts.
func formError(err error) *BodyError {
	if isTimeout(err) {
		return &BodyError{http.StatusRequestTimeout, library.Errorf(library.Invalid, "the file did not arrive in time, so nothing was changed").
			WithHint("try again over a faster connection, or add it in Zotero itself").WithCause(err)}
	}
	return &BodyError{http.StatusBadRequest, library.Errorf(library.Invalid, "the form did not arrive whole, so nothing was changed").
		WithHint("go back to the work's page and send it again").WithCause(err)}
}
