package signintest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Libraries simulates the libraries in Zotero's Web API: one for each user and
// one for each group. Use it as [Zotero.Other]. Every title, note, tag,
// collection, text and name contains the [Mark] of its library, and all
// libraries use the same keys, so that a leak to another caller is visible. They
// can be changed with a key that may, and store files.
type Libraries struct {
	Zotero *Zotero
	Works  int // in each library, at most 1,000

	mu      sync.Mutex
	shelves map[string]*shelf // by mark
	posts   []Post
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
	return string([]byte{kind, kind, kind, kind, kind, byte('A' + i/100), byte('A' + i/10%10), byte('A' + i%10)})
}

// shelf is one library.
type shelf struct {
	kind string
	id   int64
	mark string
	n    int // works at first

	mu          sync.Mutex
	version     int
	objects     []map[string]any // items as lists have them
	collections []map[string]any
	tokens      map[string]bool // write tokens that were used
	files       map[string]*storedFile
	full        bool // the file storage has no space
}

// shelf returns a library, and makes it at its first use.
func (l *Libraries) shelf(kind string, id int64) *shelf {
	l.mu.Lock()
	defer l.mu.Unlock()
	mark := Mark(kind, id)
	if l.shelves[mark] == nil {
		s := &shelf{kind: kind, id: id, mark: mark, n: l.Works, version: 1, tokens: map[string]bool{}}
		s.fill()
		if l.shelves == nil {
			l.shelves = map[string]*shelf{}
		}
		l.shelves[mark] = s
	}
	return l.shelves[mark]
}

// ServeHTTP implements [http.Handler].
func (l *Libraries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, storagePath) {
		l.serveStorage(w, r)
		return
	}
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
	kind := strings.TrimSuffix(parts[0], "s")
	read := own && k.Library || kind == "group" && k.Groups && slices.Contains(k.User.Groups, id)
	write := own && k.Write || kind == "group" && k.GroupsWrite
	if r.Method == http.MethodPost {
		l.record(k.User.ID, kind, id)
	}
	switch {
	case own && parts[2] == "groups":
		writePage(w, r, 1, groupList(k.User.Groups, l.Works))
	case !read, r.Method == http.MethodPost && !write:
		http.Error(w, "Forbidden", http.StatusForbidden)
	default:
		l.shelf(kind, id).serve(w, r, parts[2:])
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

func (s *shelf) serve(w http.ResponseWriter, r *http.Request, rest []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch path := strings.Join(rest, "/"); {
	case r.Method == http.MethodPost && (path == "items" || path == "collections"):
		s.post(w, r, path)
	case path == "items" && r.URL.Query().Get("format") == "versions":
		versions := map[string]any{}
		for _, it := range s.find(r, false) {
			versions[it["key"].(string)] = it["version"]
		}
		writeJSON(w, s.version, versions)
	case path == "items", path == "items/top", path == "items/trash":
		writePage(w, r, s.version, s.find(r, path == "items/top"))
	case path == "tags":
		writePage(w, r, s.version, []map[string]any{{"tag": "tag " + s.mark, "meta": map[string]any{"type": 0, "numItems": s.n}}})
	case path == "collections":
		writePage(w, r, s.version, chosen(s.collections, r.URL.Query().Get("collectionKey")))
	case path == "collections/"+CollectionKey+"/items/top":
		writePage(w, r, s.version, s.find(r, true))
	case path == "fulltext":
		texts := map[string]int{}
		for i := range s.n {
			texts[objectKey('T', i)] = 1
		}
		writeJSON(w, s.version, texts)
	case path == "deleted":
		writeJSON(w, s.version, map[string]any{"items": []string{}, "collections": []string{}, "searches": []string{}, "tags": []string{}})
	case rest[0] == "items" && len(rest) > 1:
		s.one(w, r, rest[1:])
	default:
		http.NotFound(w, r)
	}
}

// one serves one item: rest is its key, with an optional suffix "children" or
// "fulltext".
func (s *shelf) one(w http.ResponseWriter, r *http.Request, rest []string) {
	var item map[string]any
	children := []map[string]any{}
	for _, it := range s.objects {
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
		writeJSON(w, s.version, item)
	case what == "file":
		s.file(w, r, item)
	case what == "children":
		writePage(w, r, s.version, children)
	case what == "fulltext" && rest[0][0] == 'T':
		writeJSON(w, s.version, map[string]any{"content": "The whole text of " + s.mark + ".", "indexedPages": 1, "totalPages": 1})
	default:
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

// fill makes the objects of a new library.
func (s *shelf) fill() {
	s.collections = []map[string]any{{
		"key": CollectionKey, "version": 1, "meta": map[string]any{"numItems": s.n},
		"data": map[string]any{"key": CollectionKey, "name": "Shelf " + s.mark, "parentCollection": false},
	}}
	add := func(key string, data map[string]any) { s.objects = append(s.objects, s.envelope(key, data)) }
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
}

// envelope returns an object as lists have it, at the library's version.
func (s *shelf) envelope(key string, data map[string]any) map[string]any {
	data["key"], data["version"], data["dateAdded"], data["dateModified"] = key, s.version, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
	return map[string]any{
		"key": key, "version": s.version, "library": map[string]any{"type": s.kind, "id": s.id, "name": s.mark},
		"meta": map[string]any{"parsedDate": "2020", "numChildren": 2}, "data": data,
	}
}

// chosen returns the objects of these keys, separated by commas; all for "".
func chosen(all []map[string]any, keys string) []map[string]any {
	if keys == "" {
		return all
	}
	found := []map[string]any{}
	for _, o := range all {
		if slices.Contains(strings.Split(keys, ","), o["key"].(string)) {
			found = append(found, o)
		}
	}
	return found
}

// find returns the items that match the parameters.
func (s *shelf) find(r *http.Request, top bool) []map[string]any {
	q := r.URL.Query()
	since, _ := strconv.Atoi(q.Get("since"))
	trash := strings.HasSuffix(r.URL.Path, "/trash")
	found := []map[string]any{}
	for _, it := range chosen(s.objects, q.Get("itemKey")) {
		data := it["data"].(map[string]any)
		_, deleted := data["deleted"]
		chosen := it["version"].(int) > since && (!top || data["parentItem"] == nil) &&
			(deleted == trash || q.Get("includeTrashed") == "1") &&
			(q.Get("itemType") == "" || slices.Contains(strings.Split(q.Get("itemType"), " || "), data["itemType"].(string)))
		var text []byte
		if q.Get("q") != "" {
			text, _ = json.Marshal(data)
		}
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

// writePage writes a page of all, as the API does, or 304 if the caller has this
// version.
func writePage(w http.ResponseWriter, r *http.Request, version int, all []map[string]any) {
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
	if r.Header.Get("If-Modified-Since-Version") == strconv.Itoa(version) {
		h.Set("Last-Modified-Version", strconv.Itoa(version))
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, version, all[start:end])
}

func writeJSON(w http.ResponseWriter, version int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Last-Modified-Version", strconv.Itoa(version))
	_ = json.NewEncoder(w).Encode(v) // fails only if the caller is gone
}
