package signintest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Libraries simulates the libraries in Zotero's Web API: one for each user and
// one for each group. Use it as [Zotero.Other]. Every title, note, tag,
// collection, text and name contains the [Mark] of its library, and all
// libraries use the same keys, so that a leak to another caller is visible.
type Libraries struct {
	Zotero *Zotero
	Works  int // in each library, at most 99
}

// Mark returns a word that occurs everywhere in one library and nowhere else.
// The kind is "user" or "group".
func Mark(kind string, id int64) string { return fmt.Sprintf("%s%dmark", kind, id) }

// WorkKey returns the key of a library's work, counted from 0. Its note and its
// attachment have other keys.
func WorkKey(i int) string { return objectKey('W', i) }

// CollectionKey is the key of each library's only collection.
const CollectionKey = "CCCC2222"

// objectKey returns a key in Zotero's form: 8 characters of 2-9 and A-Z.
func objectKey(kind byte, i int) string {
	return string([]byte{kind, kind, kind, kind, kind, kind, byte('A' + i/10), byte('A' + i%10)})
}

// shelf is one library in one request.
type shelf struct {
	kind string
	id   int64
	mark string
	n    int
}

// ServeHTTP implements [http.Handler].
func (l *Libraries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := l.Zotero.key(r.Header.Get("Zotero-API-Key"))
	if k == nil {
		http.Error(w, "Invalid key", http.StatusForbidden)
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	id, err := strconv.ParseInt(parts[min(1, len(parts)-1)], 10, 64)
	if err != nil || len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	own := parts[0] == "users" && id == k.User.ID
	switch {
	case own && parts[2] == "groups":
		writePage(w, r, groupList(k.User.Groups, l.Works))
	case own && k.Library:
		l.serve(w, r, shelf{"user", id, Mark("user", id), l.Works}, parts[2:])
	case parts[0] == "groups" && k.Groups && slices.Contains(k.User.Groups, id):
		l.serve(w, r, shelf{"group", id, Mark("group", id), l.Works}, parts[2:])
	default:
		http.Error(w, "Forbidden", http.StatusForbidden)
	}
}

// key returns a copy of a granted key, or nil.
func (z *Zotero) key(name string) *key {
	z.mu.Lock()
	defer z.mu.Unlock()
	k := z.keys[name]
	if k == nil {
		return nil
	}
	same := *k
	return &same
}

func (l *Libraries) serve(w http.ResponseWriter, r *http.Request, s shelf, rest []string) {
	switch path := strings.Join(rest, "/"); {
	case path == "items" && r.URL.Query().Get("format") == "versions":
		versions := map[string]int{}
		for _, it := range s.find(r, false) {
			versions[it["key"].(string)] = 1
		}
		writeJSON(w, versions)
	case path == "items", path == "items/top":
		writePage(w, r, s.find(r, path == "items/top"))
	case path == "items/trash":
		writePage(w, r, []map[string]any{})
	case path == "tags":
		writePage(w, r, []map[string]any{{"tag": "tag " + s.mark, "meta": map[string]any{"type": 0, "numItems": s.n}}})
	case path == "collections":
		writePage(w, r, []map[string]any{{
			"key": CollectionKey, "version": 1, "meta": map[string]any{"numItems": s.n},
			"data": map[string]any{"key": CollectionKey, "name": "Shelf " + s.mark, "parentCollection": false},
		}})
	case path == "collections/"+CollectionKey+"/items/top":
		writePage(w, r, s.find(r, true))
	case path == "fulltext":
		texts := map[string]int{}
		for i := range s.n {
			texts[objectKey('T', i)] = 1
		}
		writeJSON(w, texts)
	case path == "deleted":
		writeJSON(w, map[string]any{"items": []string{}, "collections": []string{}, "searches": []string{}, "tags": []string{}})
	case rest[0] == "items" && len(rest) > 1:
		s.one(w, r, rest[1:])
	default:
		http.NotFound(w, r)
	}
}

// one serves one item: rest is its key, with an optional suffix "children" or
// "fulltext".
func (s shelf) one(w http.ResponseWriter, r *http.Request, rest []string) {
	var item map[string]any
	children := []map[string]any{}
	for _, it := range s.items() {
		data := it["data"].(map[string]any)
		if it["key"] == rest[0] {
			item = it
		}
		if data["parentItem"] == rest[0] {
			children = append(children, it)
		}
	}
	switch what := strings.Join(rest[1:], "/"); {
	case item == nil:
		http.Error(w, "Item does not exist", http.StatusNotFound)
	case what == "":
		writeJSON(w, item)
	case what == "children":
		writePage(w, r, children)
	case what == "fulltext" && rest[0][0] == 'T':
		writeJSON(w, map[string]any{"content": "The whole text of " + s.mark + ".", "indexedPages": 1, "totalPages": 1})
	default:
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

// items returns every object of the library.
func (s shelf) items() []map[string]any {
	all := []map[string]any{}
	add := func(key string, data map[string]any) {
		data["key"], data["version"], data["dateAdded"], data["dateModified"] = key, 1, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
		all = append(all, map[string]any{
			"key": key, "version": 1, "library": map[string]any{"type": s.kind, "id": s.id, "name": s.mark},
			"meta": map[string]any{"parsedDate": "2020", "numChildren": 2}, "data": data,
		})
	}
	tags := []map[string]any{{"tag": "tag " + s.mark}}
	for i := range s.n {
		work := WorkKey(i)
		add(work, map[string]any{
			"itemType": "book", "title": fmt.Sprintf("Tenancy %d of %s", i, s.mark), "abstractNote": "What " + s.mark + " says.", "date": "2020",
			// Every two works are duplicates.
			"extra":    fmt.Sprintf("DOI: 10.5555/%s.%d", s.mark, i/2),
			"creators": []map[string]any{{"creatorType": "author", "firstName": "Ann", "lastName": "Author" + s.mark}},
			"tags":     tags, "collections": []string{CollectionKey}, "relations": map[string]any{},
		})
		add(objectKey('N', i), map[string]any{"itemType": "note", "parentItem": work, "note": "<p>A note of " + s.mark + "</p>", "tags": tags})
		add(objectKey('T', i), map[string]any{
			"itemType": "attachment", "parentItem": work, "linkMode": "imported_file", "title": "File of " + s.mark,
			"filename": "file.pdf", "contentType": "application/pdf", "tags": []any{},
		})
	}
	return all
}

// find returns the items that match the parameters.
func (s shelf) find(r *http.Request, top bool) []map[string]any {
	q := r.URL.Query()
	since, _ := strconv.Atoi(q.Get("since"))
	found := []map[string]any{}
	for _, it := range s.items() {
		data := it["data"].(map[string]any)
		text, _ := json.Marshal(data)
		chosen := since < 1 && (!top || data["parentItem"] == nil) &&
			(q.Get("itemKey") == "" || slices.Contains(strings.Split(q.Get("itemKey"), ","), it["key"].(string))) &&
			(q.Get("itemType") == "" || slices.Contains(strings.Split(q.Get("itemType"), " || "), data["itemType"].(string)))
		for word := range strings.FieldsSeq(q.Get("q")) {
			chosen = chosen && strings.Contains(strings.ToLower(string(text)), strings.ToLower(word))
		}
		if chosen {
			found = append(found, it)
		}
	}
	return found
}

// groupList describes groups.
func groupList(ids []int64, works int) []map[string]any {
	all := []map[string]any{}
	for _, id := range ids {
		all = append(all, map[string]any{
			"id": id, "version": 1, "meta": map[string]any{"numItems": works},
			"data": map[string]any{"id": id, "name": "Circle " + Mark("group", id), "type": "Private", "libraryEditing": "members"},
		})
	}
	return all
}

// writePage writes a page of all, as the API does, or 304 if the caller has the
// current version: the libraries never change.
func writePage(w http.ResponseWriter, r *http.Request, all []map[string]any) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 25
	}
	if q.Get("itemKey") != "" {
		limit = 100
	}
	start = min(max(start, 0), len(all))
	end := min(start+limit, len(all))
	h := w.Header()
	h.Set("Total-Results", strconv.Itoa(len(all)))
	if end < len(all) {
		q.Set("start", strconv.Itoa(end))
		h.Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, q.Encode()))
	}
	if r.Header.Get("If-Modified-Since-Version") == "1" {
		h.Set("Last-Modified-Version", "1")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, all[start:end])
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Last-Modified-Version", "1")
	_ = json.NewEncoder(w).Encode(v) // fails only if the caller is gone
}
