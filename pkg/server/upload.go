package server

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// fileRights returns what the person of a request may do with the files of a library.
func (s *Server) fileRights(r *http.Request, lib string) (tool.FileRights, error) {
	return s.options.Files.FileRights(r.Context(), library.ID(lib))
}

// addFile adds the file of a form to a work, for a person within their limit. It reads
// the form first, so that a slow sender does not occupy a call in flight. A person who
// leaves while the file is stored does not stop that.
func (s *Server) addFile(c echo.Context) error {
	if known, err := s.identify(c); !known {
		return err
	}
	w, r := c.Response(), c.Request()
	if !s.admission.admit(w, r, s.rejectPerson) {
		return nil
	}
	id := c.Param("library") + "/" + c.Param("key")
	s.allowUpload(w, r.ContentLength)
	upload, rejected := s.uploads.Read(w, r, s.admission.caller(r), func(field string) error {
		return s.library.CheckAdding(r, id, field)
	})
	if rejected != nil {
		s.rejectPerson(w, r, &identity.Challenge{Status: rejected.Status, Err: rejected.Err})
		return nil
	}
	leave, ok := s.admission.enter(w, r, s.rejectPerson)
	if !ok {
		upload.Release()
		return nil
	}
	defer leave()
	r = r.WithContext(context.WithoutCancel(r.Context()))
	call := &fileCall{files: s.options.Files, id: id, content: upload.Content, release: sync.OnceFunc(upload.Release)}
	result, err := s.runForPage(r, call, tool.AddFileTool, map[string]string{"id": id})
	if !call.began() {
		call.release()
	}
	return s.library.Added(w, r, id, result, err)
}

// allowUpload gives a connection the time in which a form with a file must arrive, and
// its answer be written.
func (s *Server) allowUpload(w http.ResponseWriter, size int64) {
	size = min(size, s.options.MaxFileBytes) // of a larger one the start is read
	arrives := time.Now().Add(wire.UploadTime(s.timeouts.upload, size))
	control := http.NewResponseController(w)
	// A writer without deadlines has no connection to protect.
	_ = control.SetReadDeadline(arrives)
	_ = control.SetWriteDeadline(arrives.Add(s.options.RequestTimeout + s.timeouts.write))
}

// fileCall is the call that adds a file. It implements [call.Catalog], and keeps the
// file's memory until the catalogue returns, which may be after the call.
type fileCall struct {
	files   FileCatalog
	id      string
	content []byte
	release func()

	mu      sync.Mutex
	running bool
}

// Call implements [call.Catalog].
func (f *fileCall) Call(ctx context.Context, _ string, _ json.RawMessage) (json.RawMessage, error) {
	f.mu.Lock()
	f.running = true
	f.mu.Unlock()
	defer f.release()
	return f.files.AddFile(ctx, f.id, f.content)
}

// began reports whether the call began, so that it releases the memory.
func (f *fileCall) began() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running
}
