package signintest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// Post is a request to change a library, whether the key may or not.
type Post struct {
	User    int64  // whose key was used
	Library string // the [Mark] of the library
}

// Posts returns the requests to change libraries until now.
func (l *Libraries) Posts() []Post {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.posts)
}

func (l *Libraries) record(user int64, kind string, id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts = append(l.posts, Post{user, Mark(kind, id)})
}

// maxBatch is the most bytes of a batch.
const maxBatch = 1 << 20

// post carries out a batch of changes of items or collections, each by itself
// (https://www.zotero.org/support/dev/web_api/v3/write_requests).
func (s *shelf) post(w http.ResponseWriter, r *http.Request, kind string) {
	var batch []map[string]any
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBatch)).Decode(&batch); err != nil || len(batch) > 50 {
		http.Error(w, "Uploaded data must be a JSON array", http.StatusBadRequest)
		return
	}
	token := r.Header.Get("Zotero-Write-Token")
	if s.tokens[token] {
		http.Error(w, "Write token already used", http.StatusPreconditionFailed)
		return
	}
	s.tokens[token] = true
	s.version++
	report := map[string]map[string]any{"successful": {}, "unchanged": {}, "failed": {}}
	list := &s.objects
	if kind == "collections" {
		list = &s.collections
	}
	for i, change := range batch {
		index := strconv.Itoa(i)
		if stored, code := s.save(list, change); code != 0 {
			report["failed"][index] = map[string]any{"code": code, "message": http.StatusText(code)}
		} else {
			report["successful"][index] = stored
		}
	}
	writeJSON(w, s.version, report)
}

// save carries out one change and returns the object, or the code of a refusal.
func (s *shelf) save(list *[]map[string]any, change map[string]any) (stored map[string]any, code int) {
	key := fmt.Sprint(change["key"])
	since, _ := change["version"].(float64)
	version := int(since)
	at := slices.IndexFunc(*list, func(o map[string]any) bool { return o["key"] == key })
	data := map[string]any{}
	switch {
	case at < 0 && version > 0:
		return nil, http.StatusNotFound
	case at >= 0 && (*list)[at]["version"].(int) > version:
		return nil, http.StatusPreconditionFailed
	case at >= 0:
		data = maps.Clone((*list)[at]["data"].(map[string]any))
	}
	maps.Copy(data, change)
	if data["deleted"] == false {
		delete(data, "deleted")
	}
	stored = s.envelope(key, data)
	if at >= 0 {
		(*list)[at] = stored
	} else {
		*list = append(*list, stored)
	}
	return stored, 0
}
