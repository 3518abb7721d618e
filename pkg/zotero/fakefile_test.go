package zotero_test

import (
	"cmp"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// fakeFile is a file that the server stores.
type fakeFile struct {
	content    []byte
	md5        string // what the server says of it; its own by default
	compressed bool
}

// file answers a request for the file of an item: it redirects to the storage.
func (f *fakeZotero) file(w http.ResponseWriter, r *http.Request, it *fakeItem) {
	switch {
	case !strings.Contains(f.keys[r.Header.Get("Zotero-API-Key")], `"files":true`):
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	case it == nil:
		http.Error(w, "Item not found", http.StatusNotFound)
		return
	case it.text("itemType") != "attachment" || strings.HasPrefix(it.text("linkMode"), "linked"):
		http.Error(w, "Item is not an attachment", http.StatusBadRequest)
		return
	}
	file, ok := f.files[it.key]
	if !ok {
		http.Error(w, "File not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Zotero-File-MD5", cmp.Or(file.md5, fmt.Sprintf("%x", md5.Sum(file.content))))
	w.Header().Set("Zotero-File-Compressed", map[bool]string{true: "Yes", false: "No"}[file.compressed])
	http.Redirect(w, r, "/storage/"+it.key, http.StatusFound)
}

// fakeUploads is the server's side of uploads.
type fakeUploads struct {
	md5     map[string]string // by upload key, what was asked for
	names   map[string]string
	posted  map[string][]byte // by upload key
	known   map[string][]byte // by MD5: files that the storage has for others
	full    bool              // there is no space
	busy    bool              // too many uploads are pending
	garbled bool              // the storage keeps something else
	stored  int               // how many files became those of their items

	lose map[string]string // by step ("permit", "post", "register"): what is lost once, "request" or "response"
}

// lost reports whether the connection of a step ends at this point, and ends it.
func (u *fakeUploads) lost(w http.ResponseWriter, step, point string) bool {
	if u.lose[step] != point {
		return false
	}
	delete(u.lose, step)
	conn, _, _ := w.(http.Hijacker).Hijack()
	_ = conn.Close()
	return true
}

// attach answers a request to store the file of an item, or to register it.
func (f *fakeZotero) attach(w http.ResponseWriter, r *http.Request, l *fakeLibrary, it *fakeItem) {
	u := &f.uploads
	_ = r.ParseForm()
	step := "permit"
	if r.Form.Get("upload") != "" {
		step = "register"
	}
	if u.lost(w, step, "request") {
		return
	}
	switch {
	case it == nil:
		http.Error(w, "Item not found", http.StatusNotFound)
		return
	case r.Header.Get("If-None-Match") != "*":
		http.Error(w, "If-Match/If-None-Match header not provided", http.StatusPreconditionRequired)
		return
	case !strings.Contains(f.keys[r.Header.Get("Zotero-API-Key")], `"files":true`):
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	case it.text("md5") != "":
		http.Error(w, "If-None-Match: * set but file exists", http.StatusPreconditionFailed)
		return
	}
	if step == "register" {
		f.register(w, r, l, it)
		return
	}
	if u.full {
		w.Header().Set("Zotero-Storage-Quota", "300")
		http.Error(w, "File would exceed quota", http.StatusRequestEntityTooLarge)
		return
	}
	if u.busy {
		w.Header().Set("Retry-After", "90")
		http.Error(w, "Too many queued uploads", http.StatusBadRequest)
		return
	}
	if r.Form.Get("filename") == "" || r.Form.Get("mtime") == "" || r.Form.Get("filesize") == "" {
		http.Error(w, "'filename' not provided", http.StatusBadRequest)
		return
	}
	if content, ok := u.known[r.Form.Get("md5")]; ok {
		f.keep(l, it, content)
		if !u.lost(w, step, "response") {
			_, _ = w.Write([]byte(`{"exists":1}`))
		}
		return
	}
	key := fmt.Sprint("upload", len(u.md5))
	if u.md5 == nil {
		u.md5, u.names, u.posted = map[string]string{}, map[string]string{}, map[string][]byte{}
	}
	u.md5[key], u.names[key] = r.Form.Get("md5"), r.Form.Get("filename")
	if u.lost(w, step, "response") {
		return
	}
	fmt.Fprintf(w, `{"url":%q,"contentType":"text/x-form","prefix":"<<","suffix":">>","uploadKey":%q}`, f.URL+"/upload/"+key, key)
}

// take takes a file that is posted to the storage.
func (u *fakeUploads) take(w http.ResponseWriter, r *http.Request, key string) {
	if u.lost(w, "post", "request") {
		return
	}
	body, _ := io.ReadAll(r.Body)
	content, ok := strings.CutPrefix(strings.TrimSuffix(string(body), ">>"), "<<")
	if r.Header.Get("Zotero-API-Key") != "" || r.Header.Get("Content-Type") != "text/x-form" || !ok || fmt.Sprintf("%x", md5.Sum([]byte(content))) != u.md5[key] {
		http.Error(w, "Signature does not match", http.StatusForbidden)
		return
	}
	u.posted[key] = []byte(content)
	if !u.lost(w, "post", "response") {
		w.WriteHeader(http.StatusCreated)
	}
}

// register makes a posted file that of its item.
func (f *fakeZotero) register(w http.ResponseWriter, r *http.Request, l *fakeLibrary, it *fakeItem) {
	u := &f.uploads
	content, ok := u.posted[r.Form.Get("upload")]
	if !ok {
		http.Error(w, "Upload key not found", http.StatusBadRequest)
		return
	}
	if u.garbled {
		content = []byte("garbled")
	}
	f.keep(l, it, content)
	if !u.lost(w, "register", "response") {
		w.WriteHeader(http.StatusNoContent)
	}
}

// keep makes a file that of an item.
func (f *fakeZotero) keep(l *fakeLibrary, it *fakeItem, content []byte) {
	if f.files == nil {
		f.files = map[string]fakeFile{}
	}
	f.files[it.key] = fakeFile{content: content}
	f.uploads.stored++
	l.touch(it.key, map[string]any{"md5": fmt.Sprintf("%x", md5.Sum(content))})
}
