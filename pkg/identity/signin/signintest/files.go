package signintest

import (
	"crypto/md5" //nolint:gosec // Zotero names files by it
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxFile is the most bytes of a file.
const maxFile = 64 << 20

// storedFile is the file of an attachment.
type storedFile struct {
	content []byte
	md5     string // what was asked for
	kept    bool   // it was registered
}

// storagePath is what the paths of the file storage begin with.
const storagePath = "/storage/"

// Files returns the files that a library stores, by the keys of their attachments.
func (l *Libraries) Files(kind string, id int64) map[string][]byte {
	s := l.shelf(kind, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string][]byte{}
	for key, f := range s.files {
		if f.kept {
			all[key] = f.content
		}
	}
	return all
}

// Fill says whether the storage of a library at Zotero is full.
func (l *Libraries) Fill(kind string, id int64, full bool) {
	s := l.shelf(kind, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = full
}

// file serves the file of an attachment, in Zotero's steps
// (https://www.zotero.org/support/dev/web_api/v3/file_upload). The caller holds the lock.
func (s *shelf) file(w http.ResponseWriter, r *http.Request, item map[string]any) {
	key := item["key"].(string)
	data := item["data"].(map[string]any)
	at := "http://" + r.Host + storagePath + s.kind + "/" + strconv.FormatInt(s.id, 10) + "/" + key
	if r.Method == http.MethodGet {
		if f := s.files[key]; f == nil || !f.kept {
			http.Error(w, "File not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Zotero-File-MD5", s.files[key].md5)
		w.Header().Set("Location", at)
		w.WriteHeader(http.StatusFound)
		return
	}
	f, known := s.files[key]
	_ = r.ParseForm()
	switch {
	case r.Header.Get("If-None-Match") != "*":
		http.Error(w, "If-Match/If-None-Match header not provided", http.StatusPreconditionRequired)
	case known && f.kept:
		http.Error(w, "If-None-Match: * set but file exists", http.StatusPreconditionFailed)
	case s.full:
		w.Header().Set("Zotero-Storage-Quota", "300")
		http.Error(w, "File would exceed quota", http.StatusRequestEntityTooLarge)
	case r.Form.Get("upload") == "":
		if s.files == nil {
			s.files = map[string]*storedFile{}
		}
		s.files[key] = &storedFile{md5: r.Form.Get("md5")}
		_ = json.NewEncoder(w).Encode(map[string]string{"url": at, "contentType": "text/x-form", "prefix": "<<", "suffix": ">>", "uploadKey": key}) // fails only if the caller is gone
	case !known || f.content == nil:
		http.Error(w, "Upload key not found", http.StatusBadRequest)
	default:
		f.kept = true
		s.version++
		item["version"], data["version"], data["md5"] = s.version, s.version, f.md5
		w.WriteHeader(http.StatusNoContent)
	}
}

// serveStorage takes and gives files by the addresses that file gave.
func (l *Libraries) serveStorage(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, storagePath), "/")
	id, err := strconv.ParseInt(parts[min(1, len(parts)-1)], 10, 64)
	if err != nil || len(parts) != 3 || r.Header.Get("Zotero-API-Key") != "" {
		http.Error(w, "Access denied", http.StatusForbidden)
		return
	}
	var body []byte
	if r.Method == http.MethodPost {
		if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxFile)); err != nil {
			http.Error(w, "Entity too large", http.StatusBadRequest)
			return
		}
	}
	s := l.shelf(parts[0], id)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[parts[2]]
	content, whole := strings.CutPrefix(strings.TrimSuffix(string(body), ">>"), "<<")
	switch {
	case f == nil:
		http.Error(w, "Access denied", http.StatusForbidden)
	case r.Method == http.MethodGet:
		_, _ = w.Write(f.content)
	case !whole || fmt.Sprintf("%x", md5.Sum([]byte(content))) != f.md5: //nolint:gosec // as above
		http.Error(w, "Signature does not match", http.StatusForbidden)
	default:
		f.content = []byte(content)
		w.WriteHeader(http.StatusCreated)
	}
}
