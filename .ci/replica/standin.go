package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// standIn serves libraries as Zotero's Web API v3 does
// (https://www.zotero.org/support/dev/web_api/v3/basics): keys, groups, items,
// versions, deletions and full texts. It counts its requests.
type standIn struct {
	latency time.Duration
	// readingWait is how much longer a page of a whole reading takes.
	readingWait time.Duration

	mu     sync.Mutex
	libs   map[string]*lib    // by path: "users/1", "groups/7"
	keys   map[string]account // by API key
	counts map[string]int     // by kind of request
}

// account is who a key belongs to and what it may read.
type account struct {
	user   int
	groups []int
}

// lib is a library. Versions grow by one with each change.
type lib struct {
	version int64
	objects map[string]object
	order   []string // keys, in the order in which they were added
	deleted map[string]int64
	texts   map[string]text
}

type (
	object = map[string]any // an item as the API's "data"
	text   struct {
		content string
		version int64
	}
)

func newStandIn(latency time.Duration) *standIn {
	return &standIn{latency: latency, libs: map[string]*lib{}, keys: map[string]account{}, counts: map[string]int{}}
}

// library returns the library of a path, made as needed.
func (s *standIn) library(path string) *lib {
	l := s.libs[path]
	if l == nil {
		l = &lib{version: 1, objects: map[string]object{}, deleted: map[string]int64{}, texts: map[string]text{}}
		s.libs[path] = l
	}
	return l
}

// put adds or replaces items, all at one version.
func (s *standIn) put(path string, items ...object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.library(path)
	l.version++
	for _, it := range items {
		key := it["key"].(string)
		if l.objects[key] == nil {
			l.order = append(l.order, key)
		}
		it["version"] = l.version
		l.objects[key] = it
		delete(l.deleted, key)
	}
}

// allow lets a key read its user's library and groups.
func (s *standIn) allow(key string, a account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = a
}

// take returns the counts of requests since the last call.
func (s *standIn) take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	s.counts = map[string]int{}
	return counts
}

// ServeHTTP implements [http.Handler].
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(s.latency)
	if r.URL.Query().Get("sort") == "dateAdded" && r.URL.Query().Get("q") == "" && s.readingWait > 0 {
		select {
		case <-time.After(s.readingWait):
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.keys[r.Header.Get("Zotero-Api-Key")]
	if !ok {
		s.counts["refused"]++
		http.Error(w, "Invalid key", http.StatusForbidden)
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/keys/current":
		s.counts["access"]++
		writeJSON(w, map[string]any{"userID": a.user, "username": fmt.Sprint("user", a.user), "access": map[string]any{
			"user": map[string]any{"library": true, "notes": true, "files": true}, "groups": map[string]any{"all": map[string]any{"library": true}},
		}})
	case len(parts) == 3 && parts[0] == "users" && parts[2] == "groups":
		s.counts["access"]++
		s.groups(w, a)
	case len(parts) >= 3 && s.mayRead(a, parts[0], parts[1]):
		s.read(w, r, s.library(parts[0]+"/"+parts[1]), parts[2:])
	default:
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

func (s *standIn) mayRead(a account, kind, number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && (kind == "users" && n == a.user || kind == "groups" && slices.Contains(a.groups, n))
}

func (s *standIn) groups(w http.ResponseWriter, a account) {
	all := []any{}
	for _, n := range a.groups {
		all = append(all, map[string]any{"id": n, "version": 1, "data": map[string]any{"id": n, "version": 1, "name": fmt.Sprint("Group ", n), "type": "Private", "owner": 1, "libraryEditing": "members"}})
	}
	w.Header().Set("Total-Results", strconv.Itoa(len(all)))
	writeJSON(w, all)
}

// read answers a request for what is in a library.
func (s *standIn) read(w http.ResponseWriter, r *http.Request, l *lib, rest []string) {
	w.Header().Set("Last-Modified-Version", strconv.FormatInt(l.version, 10))
	if since := r.Header.Get("If-Modified-Since-Version"); since != "" && since == strconv.FormatInt(l.version, 10) {
		s.counts["unchanged"]++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	query := r.URL.Query()
	since, _ := strconv.ParseInt(query.Get("since"), 10, 64)
	switch {
	case rest[0] == "deleted":
		s.counts["deleted"]++
		gone := []string{}
		for key, version := range l.deleted {
			if version > since {
				gone = append(gone, key)
			}
		}
		writeJSON(w, map[string]any{"items": gone, "collections": []string{}, "searches": []string{}, "tags": []string{}, "settings": []string{}})
	case rest[0] == "collections":
		s.counts["collections"]++
		w.Header().Set("Total-Results", "0")
		writeJSON(w, []any{})
	case rest[0] == "fulltext":
		s.counts["texts"]++
		versions := map[string]int64{}
		for key, t := range l.texts {
			if t.version > since {
				versions[key] = t.version
			}
		}
		writeJSON(w, versions)
	case rest[0] == "items" && len(rest) == 3 && rest[2] == "fulltext":
		s.counts["text"]++
		t, ok := l.texts[rest[1]]
		if !ok {
			http.Error(w, "Not found", http.StatusNotFound)
			return
		}
		writeJSON(w, map[string]any{"content": t.content, "indexedChars": len(t.content), "totalChars": len(t.content)})
	case rest[0] == "items":
		s.items(w, r, l, rest[1:], since)
	default:
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

// items answers a request for items.
func (s *standIn) items(w http.ResponseWriter, r *http.Request, l *lib, rest []string, since int64) {
	query := r.URL.Query()
	kind, found := "items", l.choose(query.Get("itemKey"), query.Get("q"), since, rest)
	switch {
	case query.Get("format") == "versions":
		s.counts["versions"]++
		versions := map[string]any{}
		for _, it := range found {
			versions[it["key"].(string)] = it["version"]
		}
		writeJSON(w, versions)
		return
	case query.Get("q") != "":
		kind = "search"
	case query.Get("itemKey") != "":
		kind = "keys"
	case since > 0:
		kind = "since"
	}
	s.counts[kind]++
	if len(rest) == 1 && rest[0] != "top" && rest[0] != "trash" {
		if len(found) == 0 {
			http.Error(w, "Item does not exist", http.StatusNotFound)
			return
		}
		writeJSON(w, envelope(found[0]))
		return
	}
	start, _ := strconv.Atoi(query.Get("start"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 25
	}
	limit = min(limit, 100)
	start = min(max(start, 0), len(found))
	end := min(start+limit, len(found))
	w.Header().Set("Total-Results", strconv.Itoa(len(found)))
	if end < len(found) {
		query.Set("start", strconv.Itoa(end))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, query.Encode()))
	}
	page := make([]any, 0, end-start)
	for _, it := range found[start:end] {
		page = append(page, envelope(it))
	}
	writeJSON(w, page)
}

// choose returns the items that a request asks for, in the order in which they
// were added.
func (l *lib) choose(keys, words string, since int64, rest []string) []object {
	var found []object
	wanted := strings.Split(keys, ",")
	for _, key := range l.order {
		it := l.objects[key]
		top := it["parentItem"] == nil
		switch {
		case keys != "" && !slices.Contains(wanted, key), it["version"].(int64) <= since:
			continue
		case len(rest) == 1 && rest[0] == "top" && !top, len(rest) == 1 && rest[0] != "top" && rest[0] != "trash" && rest[0] != key:
			continue
		case len(rest) == 1 && rest[0] == "trash", len(rest) == 2 && rest[1] == "children" && it["parentItem"] != rest[0]:
			continue
		case words != "" && !hasWords(it, words):
			continue
		}
		found = append(found, it)
	}
	return found
}

// hasWords reports whether a title has all words, as the quick search asks.
func hasWords(it object, words string) bool {
	title, _ := it["title"].(string)
	title = strings.ToLower(title)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(title, word) {
			return false
		}
	}
	return true
}

// envelope returns an item as lists have it.
func envelope(it object) any {
	children := 0
	if it["itemType"] == "attachment" || it["itemType"] == "note" {
		children = -1
	}
	if children == 0 {
		if n, ok := it["numChildren"].(int); ok {
			children = n
		}
	}
	meta := map[string]any{"numChildren": max(children, 0)}
	if date, ok := it["date"].(string); ok {
		meta["parsedDate"] = date
	}
	data := object{}
	for name, value := range it {
		if name != "numChildren" {
			data[name] = value
		}
	}
	return map[string]any{"key": it["key"], "version": it["version"], "library": map[string]any{"type": "user", "id": 1, "name": "stand-in"}, "meta": meta, "data": data}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the client left
	}
}
