package zotero_test

import (
	"cmp"
	"crypto/md5"
	"fmt"
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
