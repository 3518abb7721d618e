package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// standIn serves works as Zotero's Web API does one key's personal library,
// so that what is measured is Stackroom over a warm cache and not an upstream.
type standIn struct{ items []json.RawMessage }

// newStandIn returns a stand-in that holds the works.
func newStandIn(works []*library.Item) (*standIn, error) {
	s := &standIn{}
	for i, it := range works {
		raw, err := json.Marshal(zoteroItem(i, it))
		if err != nil {
			return nil, err
		}
		s.items = append(s.items, raw)
	}
	return s, nil
}

// serveHere serves from this program, until it ends, and returns the URL.
func serveHere(ctx context.Context, h http.Handler) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // until the program ends
	return "http://" + l.Addr().String(), nil
}

// zoteroKey returns the key of the item of a number.
func zoteroKey(i int) string {
	const alphabet, length = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ", 8 // of Zotero's keys
	key := ""
	for n, left := 0, i; n < length; n++ {
		key = string(alphabet[left%len(alphabet)]) + key
		left /= len(alphabet)
	}
	return key
}

// zoteroItem returns a work as the API writes it.
func zoteroItem(i int, it *library.Item) map[string]any {
	key := zoteroKey(i)
	data := map[string]any{
		"key": key, "version": 1, "itemType": it.Type, "collections": []string{}, "relations": map[string]any{},
		"dateAdded": "2026-01-01T00:00:00Z", "dateModified": "2026-01-01T00:00:00Z",
	}
	for name, value := range it.Fields {
		data[name] = value
	}
	tags, creators := []map[string]string{}, []map[string]string{}
	for _, t := range it.Tags {
		tags = append(tags, map[string]string{"tag": t})
	}
	for _, c := range it.Creators {
		creators = append(creators, map[string]string{"creatorType": c.Role, "firstName": c.Given, "lastName": c.Family + c.Name})
	}
	data["tags"], data["creators"] = tags, creators
	return map[string]any{
		"key": key, "version": 1, "library": map[string]any{"type": "user", "id": 1, "name": "loadtest"},
		"meta": map[string]any{"parsedDate": it.ParsedDate}, "data": data,
	}
}

// ServeHTTP implements [http.Handler].
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Last-Modified-Version", "1")
	switch {
	case r.URL.Path == "/keys/current":
		fmt.Fprint(w, `{"key":"loadtest","userID":1,"username":"loadtest","access":{"user":{"library":true,"notes":true}}}`)
	case strings.HasSuffix(r.URL.Path, "/fulltext"), strings.HasSuffix(r.URL.Path, "/deleted"):
		fmt.Fprint(w, `{}`)
	case r.Header.Get("If-Modified-Since-Version") == "1":
		w.WriteHeader(http.StatusNotModified)
	case r.URL.Query().Get("format") == "versions":
		s.versions(w)
	case r.URL.Query().Get("q") != "", r.URL.Query().Get("since") != "": // no full texts, and nothing changes
		h.Set("Total-Results", "0")
		fmt.Fprint(w, `[]`)
	case strings.Contains(r.URL.Path, "/items"):
		s.page(w, r)
	default:
		h.Set("Total-Results", "0")
		fmt.Fprint(w, `[]`)
	}
}

// versions answers with the version of each item.
func (s *standIn) versions(w http.ResponseWriter) {
	versions := make(map[string]int, len(s.items))
	for i := range s.items {
		versions[zoteroKey(i)] = 1
	}
	if err := json.NewEncoder(w).Encode(versions); err != nil {
		return // the client left
	}
}

// page answers with a page of the items.
func (s *standIn) page(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	start, _ := strconv.Atoi(query.Get("start"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 25
	}
	start = min(max(start, 0), len(s.items))
	end := min(start+limit, len(s.items))
	w.Header().Set("Total-Results", strconv.Itoa(len(s.items)))
	if end < len(s.items) {
		query.Set("start", strconv.Itoa(end))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, query.Encode()))
	}
	if err := json.NewEncoder(w).Encode(s.items[start:end]); err != nil {
		return // the client left
	}
}
