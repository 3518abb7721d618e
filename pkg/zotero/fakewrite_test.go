package zotero_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// post answers a batch of items or collections as the API does: each object is a
// change by itself, and the status is always 200.
func (f *fakeZotero) post(w http.ResponseWriter, r *http.Request, l *fakeLibrary, kind string) {
	body, _ := io.ReadAll(r.Body)
	if f.loseRequests > 0 {
		f.loseRequests--
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
		return
	}
	var batch []map[string]any
	if json.Unmarshal(body, &batch) != nil || len(batch) > 50 {
		http.Error(w, "Uploaded data must be a JSON array", http.StatusBadRequest)
		return
	}
	token := r.Header.Get("Zotero-Write-Token")
	if f.tokens[token] {
		http.Error(w, "Write token already used", http.StatusPreconditionFailed)
		return
	}
	report := map[string]map[string]any{"successful": {}, "unchanged": {}, "failed": {}}
	for i, object := range batch {
		index := strconv.Itoa(i)
		code, message, changed := http.StatusInternalServerError, "An error occurred", false
		if f.outages == 0 {
			code, message, changed = l.save(kind, object)
		}
		switch {
		case code != 0:
			report["failed"][index] = map[string]any{"code": code, "message": message}
		case changed:
			report["successful"][index] = l.envelope(kind, object["key"].(string))
		default:
			report["unchanged"][index] = object["key"]
		}
		if f.between != nil {
			f.between(i)
		}
	}
	if f.tokens == nil {
		f.tokens = map[string]bool{}
	}
	f.tokens[token] = true // even if every object failed
	f.outages = max(f.outages-1, 0)
	if f.hangUp > 0 {
		f.hangUp--
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
		return
	}
	f.write(w, report, l.version)
}

// save carries out one edit.
func (l *fakeLibrary) save(kind string, object map[string]any) (code int, message string, changed bool) {
	key, _ := object["key"].(string)
	version := int64(object["version"].(float64))
	data, stored := l.stored(kind, key)
	switch {
	case data == nil && version > 0:
		return http.StatusNotFound, "Item does not exist (use version 0)", false
	case data != nil && stored > version:
		return http.StatusPreconditionFailed, fmt.Sprintf("Item has been modified since specified version (expected %d, found %d)", version, stored), false
	}
	if code, message = invalidObject(data, object); kind == "items" && code != 0 {
		return code, message, false
	}
	if parent, _ := object["parentItem"].(string); parent != "" && l.item(parent) == nil {
		return http.StatusConflict, "Parent item " + parent + " doesn't exist", false
	}
	delete(object, "version")
	if data != nil {
		same := true
		for name, value := range object {
			same = same && fmt.Sprint(data[name]) == fmt.Sprint(value)
		}
		if same {
			return 0, "", false
		}
		change := maps.Clone(object)
		if change["deleted"] == false {
			delete(data, "deleted")
			delete(change, "deleted")
		}
		l.set(kind, key, asStrings(change))
		return 0, "", true
	}
	if kind == "collections" {
		l.version++
		l.collections = append(l.collections, object)
		l.collectionVersions[key] = l.version
	} else {
		object["dateAdded"] = time.Now().UTC().Format(time.RFC3339)
		l.put(key, asStrings(object))
	}
	return 0, "", true
}

// asStrings makes the lists of collections those of the fake.
func asStrings(object map[string]any) map[string]any {
	if list, ok := object["collections"].([]any); ok {
		keys := []string{}
		for _, k := range list {
			keys = append(keys, k.(string))
		}
		object["collections"] = keys
	}
	return object
}

// stored returns an object with its version, or nil.
func (l *fakeLibrary) stored(kind, key string) (map[string]any, int64) {
	if kind == "collections" {
		for _, c := range l.collections {
			if c["key"] == key {
				return c, max(l.collectionVersions[key], 1)
			}
		}
		return nil, 0
	}
	if it := l.item(key); it != nil {
		return it.data, it.version
	}
	return nil, 0
}

// set changes fields of an object.
func (l *fakeLibrary) set(kind, key string, change map[string]any) {
	if kind == "items" {
		l.touch(key, change)
		return
	}
	l.version++
	data, _ := l.stored(kind, key)
	maps.Copy(data, change)
	l.collectionVersions[key] = l.version
}

// envelope returns an object as lists have it.
func (l *fakeLibrary) envelope(kind, key string) map[string]any {
	if kind == "items" {
		return l.envelopes([]*fakeItem{l.item(key)})[0]
	}
	for _, e := range l.collectionEnvelopes(0) {
		if e["key"] == key {
			return e
		}
	}
	return nil
}

// tops returns the keys of the works.
func (l *fakeLibrary) tops() []string {
	var keys []string
	for _, it := range l.items {
		if it.text("parentItem") == "" {
			keys = append(keys, it.key)
		}
	}
	return keys
}
