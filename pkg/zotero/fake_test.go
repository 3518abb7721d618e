package zotero_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// fakeZotero answers as the Web API does, for the routes that the package
// reads: all words must match, "everything" adds full texts, /top maps children
// to their works.
type fakeZotero struct {
	*httptest.Server
	local  bool
	modern bool          // the app is version 10 or later
	fresh  time.Duration // of the client's cache; 0 is its default

	mu           sync.Mutex
	user         int64
	keys         map[string]string // key to its JSON
	libraries    map[string]*fakeLibrary
	groups       []map[string]any
	calls        []string // path and query of each
	unchanged    int      // how many were answered with 304
	fail         func(r *http.Request) (status int, body string)
	after        func(r *http.Request) // runs when a response is written
	header       http.Header           // of every response
	total        *string               // stands for the right Total-Results
	body         string                // stands for every right body
	tokens       map[string]bool       // write tokens that were used
	hangUp       int                   // how many batches are carried out without a response
	outages      int                   // how many batches are refused object by object, for no reason
	loseRequests int                   // how many batches are lost on their way
	between      func(i int)           // runs after each object of a batch
	files        map[string]fakeFile   // by key of their attachments
	uploads      fakeUploads
}

func newFake(t testing.TB) *fakeZotero {
	t.Helper()
	f := newFakeAway()
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// newFakeAway returns a server that listens nowhere: a [faraway] leads to it.
func newFakeAway() *fakeZotero {
	return &fakeZotero{
		Server: &httptest.Server{URL: "http://zotero.test"},
		user:   475425, keys: map[string]string{}, libraries: map[string]*fakeLibrary{},
	}
}

// faraway carries requests to a server that is so far away, without a network,
// so that the time of a test may be made.
type faraway struct {
	server  http.Handler
	latency time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (w faraway) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(w.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// addLibrary puts a library with works into the server.
func (f *fakeZotero) addLibrary(kind string, id int64, works []librarytest.Work) *fakeLibrary {
	l := &fakeLibrary{path: fmt.Sprintf("/%ss/%d", kind, id), kind: kind, id: id, texts: map[string]string{}, totalPages: map[string]int{}, textVersions: map[string]int64{}, collectionVersions: map[string]int64{}, gone: map[string]int64{}, goneCollections: map[string]int64{}}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.libraries[l.path] = l
	if kind == "group" {
		f.groups = append(f.groups, map[string]any{
			"id": id, "version": 1, "meta": map[string]any{"numItems": len(works)},
			"data": map[string]any{"id": id, "name": fmt.Sprintf("Group %d", id), "libraryEditing": "members"},
		})
	}
	for i, w := range works {
		l.addWork(i, w)
	}
	return l
}

// grant gives a key access to the personal library and to groups.
func (f *fakeZotero) grant(key string, personal bool, groups ...int64) {
	access := map[string]any{}
	if personal {
		access["user"] = map[string]any{"library": true, "files": true, "notes": true, "write": true}
	}
	byGroup := map[string]any{}
	for _, id := range groups {
		byGroup[strconv.FormatInt(id, 10)] = map[string]any{"library": true, "write": false}
	}
	if len(groups) > 0 {
		access["groups"] = byGroup
	}
	raw, _ := json.Marshal(map[string]any{"key": key, "userID": f.user, "username": "ada", "access": access})
	f.keys[key] = string(raw)
}

// change does something to the server's libraries between calls.
func (f *fakeZotero) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	f.calls = nil
}

// called returns how many calls had a path and query with that part.
func (f *fakeZotero) called(part string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, call := range f.calls {
		if strings.Contains(call, part) {
			n++
		}
	}
	return n
}

func (f *fakeZotero) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r.URL.RequestURI())
	maps.Copy(w.Header(), f.header)
	if f.modern {
		w.Header().Set("Zotero-Server-ID", "ABCDEFGHIJKL")
	}
	if f.after != nil {
		defer f.after(r)
	}
	if f.fail != nil {
		if status, body := f.fail(r); status != 0 {
			http.Error(w, body, status)
			return
		}
	}
	if !f.local {
		if r.Header.Get("Zotero-API-Version") != "3" && !strings.HasPrefix(r.URL.Path, "/upload/") {
			http.Error(w, "wrong version", http.StatusBadRequest)
			return
		}
		if f.keys[r.Header.Get("Zotero-API-Key")] == "" && !strings.HasPrefix(r.URL.Path, "/upload/") {
			http.Error(w, "Invalid key", http.StatusForbidden)
			return
		}
	}
	switch path := r.URL.Path; {
	case path == "/keys/current" && !f.local:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, f.keys[r.Header.Get("Zotero-API-Key")])
	case strings.HasSuffix(path, "/groups"):
		f.list(w, r, f.groups, 0)
	case strings.HasPrefix(path, "/storage/"):
		_, _ = w.Write(f.files[path[len("/storage/"):]].content)
	case strings.HasPrefix(path, "/upload/"):
		f.uploads.take(w, r, path[len("/upload/"):])
	default:
		for prefix, l := range f.libraries {
			if rest, ok := strings.CutPrefix(path, prefix+"/"); ok {
				f.serve(w, r, l, rest)
				return
			}
		}
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

func (f *fakeZotero) serve(w http.ResponseWriter, r *http.Request, l *fakeLibrary, rest string) {
	parts := strings.Split(rest, "/")
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && (rest == "items" || rest == "collections"):
		f.post(w, r, l, rest)
	case rest == "items" && q.Get("format") == "versions":
		versions := map[string]int64{}
		for _, it := range l.find(q, rest) {
			versions[it.key] = it.version
		}
		f.write(w, versions, l.version)
	case rest == "items", rest == "items/top":
		f.list(w, r, l.envelopes(l.find(q, rest)), l.version)
	case parts[0] == "items" && len(parts) == 3 && parts[2] == "children" && l.item(parts[1]) == nil:
		http.Error(w, "Not found", http.StatusNotFound)
	case parts[0] == "items" && len(parts) == 3 && parts[2] == "children" && l.item(parts[1]).text("contentType") == "image/png":
		http.Error(w, "/children can only be called on PDF, EPUB, and snapshot attachments", http.StatusBadRequest)
	case parts[0] == "items" && len(parts) == 3 && parts[2] == "children":
		found := []*fakeItem{}
		for _, it := range l.items {
			if it.text("parentItem") == parts[1] && !it.trashed() {
				found = append(found, it)
			}
		}
		f.list(w, r, l.envelopes(found), l.version)
	case parts[0] == "items" && len(parts) == 3 && parts[2] == "fulltext" && l.texts[parts[1]] != "":
		n := strings.Count(l.texts[parts[1]], "\f")
		f.write(w, map[string]any{"content": l.texts[parts[1]], "indexedPages": n, "totalPages": max(n, l.totalPages[parts[1]])}, l.version)
	case r.Method == http.MethodPost && parts[0] == "items" && len(parts) == 3 && parts[2] == "file":
		f.attach(w, r, l, l.item(parts[1]))
	case parts[0] == "items" && len(parts) == 3 && parts[2] == "file":
		f.file(w, r, l.item(parts[1]))
	case rest == "fulltext":
		versions := map[string]int64{}
		since, _ := strconv.ParseInt(q.Get("since"), 10, 64)
		for key := range l.texts {
			if version := max(l.textVersions[key], 1); version > since {
				versions[key] = version
			}
		}
		f.write(w, versions, l.version)
	case rest == "deleted" && !f.local:
		since, _ := strconv.ParseInt(q.Get("since"), 10, 64)
		f.write(w, map[string]any{"items": goneSince(l.gone, since), "collections": goneSince(l.goneCollections, since), "searches": []string{}, "tags": []string{}}, l.version)
	case rest == "collections":
		since, _ := strconv.ParseInt(q.Get("since"), 10, 64)
		found := l.collectionEnvelopes(since)
		if keys := q.Get("collectionKey"); keys != "" {
			found = slices.DeleteFunc(found, func(c map[string]any) bool { return !slices.Contains(strings.Split(keys, ","), c["key"].(string)) })
		}
		f.list(w, r, found, l.version)
	case parts[0] == "collections" && len(parts) == 4 && parts[3] == "top" && !l.hasCollection(parts[1]):
		http.Error(w, "Collection not found", http.StatusNotFound)
	case parts[0] == "collections" && len(parts) == 4 && parts[3] == "top":
		found := []*fakeItem{}
		for _, it := range l.find(q, "items/top") {
			if in, _ := it.data["collections"].([]string); slices.Contains(in, parts[1]) {
				found = append(found, it)
			}
		}
		f.list(w, r, l.envelopes(found), l.version)
	default:
		http.Error(w, "Not found", http.StatusNotFound)
	}
}

// list answers with a page of all, as the API pages.
func (f *fakeZotero) list(w http.ResponseWriter, r *http.Request, all []map[string]any, version int64) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit <= 0 {
		limit = 25
	}
	if limit > 100 || q.Get("itemKey") != "" {
		limit = 100
	}
	w.Header().Set("Total-Results", strconv.Itoa(len(all)))
	if f.total != nil {
		w.Header().Set("Total-Results", *f.total)
	}
	page := all[min(start, len(all)):min(start+limit, len(all))]
	if start+limit < len(all) {
		next := url.Values{}
		maps.Copy(next, q)
		next.Set("start", strconv.Itoa(start+limit))
		w.Header().Add("Link", fmt.Sprintf(`<%s%s?%s>; rel="next", <https://www.zotero.org/x>; rel="alternate"`, f.URL, r.URL.Path, next.Encode()))
	}
	if since := r.Header.Get("If-Modified-Since-Version"); since != "" && version > 0 {
		if n, _ := strconv.ParseInt(since, 10, 64); version <= n {
			f.unchanged++
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	f.write(w, page, version)
}

func (f *fakeZotero) write(w http.ResponseWriter, v any, version int64) {
	w.Header().Set("Content-Type", "application/json")
	if version > 0 {
		w.Header().Set("Last-Modified-Version", strconv.FormatInt(version, 10))
	}
	if f.body != "" {
		fmt.Fprint(w, f.body)
		return
	}
	_ = json.NewEncoder(w).Encode(v)
}
