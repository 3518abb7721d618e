package zotero_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// fakeItem is an item of any kind in a fake library.
type fakeItem struct {
	key     string
	version int64
	data    map[string]any
	by      string
}

func (it *fakeItem) text(name string) string {
	s, _ := it.data[name].(string)
	return s
}

func (it *fakeItem) trashed() bool { return it.data["deleted"] != nil }

// fakeLibrary is one library of the fake server.
type fakeLibrary struct {
	path        string // "/groups/4711"
	kind        string
	id          int64
	version     int64
	items       []*fakeItem
	collections []map[string]any
	texts       map[string]string // of attachments, pages ended by form feeds
	totalPages  map[string]int

	textVersions          map[string]int64 // 1 if not set
	collectionVersions    map[string]int64
	gone, goneCollections map[string]int64 // versions of removals by key
}

// goneSince returns the keys that were removed after a version.
func goneSince(gone map[string]int64, since int64) []string {
	keys := []string{}
	for key, version := range gone {
		if version > since {
			keys = append(keys, key)
		}
	}
	return keys
}

// item returns the item of a key, or nil.
func (l *fakeLibrary) item(key string) *fakeItem {
	for _, it := range l.items {
		if it.key == key {
			return it
		}
	}
	return nil
}

func (l *fakeLibrary) hasCollection(key string) bool {
	return slices.ContainsFunc(l.collections, func(c map[string]any) bool { return c["key"] == key })
}

// rename gives a collection another name and a new version.
func (l *fakeLibrary) rename(key, name string) {
	l.version++
	l.collectionVersions[key] = l.version
	for _, c := range l.collections {
		if c["key"] == key {
			c["name"] = name
		}
	}
}

// dropCollection deletes a collection for good.
func (l *fakeLibrary) dropCollection(key string) {
	l.version++
	l.goneCollections[key] = l.version
	l.collections = slices.DeleteFunc(l.collections, func(c map[string]any) bool { return c["key"] == key })
}

func (l *fakeLibrary) put(key string, data map[string]any) *fakeItem {
	l.version++
	it := &fakeItem{key: key, version: l.version, data: data}
	data["key"] = key
	l.items = append(l.items, it)
	return it
}

func (l *fakeLibrary) addWork(i int, w librarytest.Work) {
	it := w.Item
	added := it.Added.Format("2006-01-02T15:04:05Z")
	data := map[string]any{"itemType": it.Type, "dateAdded": added, "dateModified": it.Modified.Format("2006-01-02T15:04:05Z"), "relations": map[string]any{}}
	for name, value := range it.Fields {
		data[name] = value
	}
	creators := []any{}
	for _, c := range it.Creators {
		if c.Name != "" {
			creators = append(creators, map[string]any{"creatorType": c.Role, "name": c.Name})
		} else {
			creators = append(creators, map[string]any{"creatorType": c.Role, "firstName": c.Given, "lastName": c.Family})
		}
	}
	data["creators"], data["tags"] = creators, tagList(it.Tags)
	keys := []string{}
	for _, path := range w.Collections {
		keys = append(keys, l.collection(path))
	}
	data["collections"] = keys
	key := librarytest.Key("ITM", i)
	l.put(key, data)
	child := func(prefix string, n int, parent string, data map[string]any) string {
		data["parentItem"], data["dateAdded"], data["dateModified"] = parent, added, added
		k := librarytest.Key(prefix, n)
		l.put(k, data)
		return k
	}
	for n, note := range it.Notes {
		child("NTE", i*10+n, key, map[string]any{"itemType": "note", "note": "<p>" + note.Text + "</p>", "tags": tagList(note.Tags)})
	}
	for n, a := range it.Attachments {
		kind := cmp.Or(a.ContentType, "application/pdf")
		if len(a.Annotations) > 0 { // which Zotero has of a few types only
			kind = "application/pdf"
		}
		data := map[string]any{
			"itemType": "attachment", "linkMode": "imported_file", "title": a.Title, "filename": a.Filename, "contentType": kind, "md5": nil, "mtime": 1234567890123, "tags": []any{},
		}
		if n < len(w.FileNotes) {
			data["note"] = "<p>" + w.FileNotes[n] + "</p>"
		}
		ak := child("ATT", i*10+n, key, data)
		for k, x := range a.Annotations {
			child("ANN", (i*10+n)*10+k, ak, map[string]any{
				"itemType": "annotation", "annotationType": x.Type, "annotationText": x.Text, "annotationComment": x.Comment,
				"annotationColor": x.Color, "annotationPageLabel": x.Page, "annotationSortIndex": fmt.Sprintf("%05d|000000|00000", k), "tags": tagList(x.Tags),
			})
		}
		if n < len(w.Texts) {
			for _, p := range w.Texts[n] {
				l.texts[ak] += p.Text + "\f"
			}
			l.totalPages[ak] = len(w.Texts[n])
		}
	}
}

func tagList(names []string) []any {
	tags := []any{}
	for _, name := range names {
		tags = append(tags, map[string]any{"tag": name, "type": 1})
	}
	return tags
}

func (l *fakeLibrary) collection(path []string) string {
	parent := any(false)
	for _, name := range path {
		at := slices.IndexFunc(l.collections, func(c map[string]any) bool { return c["parentCollection"] == parent && c["name"] == name })
		if at < 0 {
			at = len(l.collections)
			l.collections = append(l.collections, map[string]any{"key": librarytest.Key("CLL", at), "name": name, "parentCollection": parent})
		}
		parent = l.collections[at]["key"]
	}
	return parent.(string)
}

// touch gives an item a new version and time.
func (l *fakeLibrary) touch(key string, change map[string]any) {
	l.version++
	for _, it := range l.items {
		if it.key == key {
			it.version = l.version
			maps.Copy(it.data, change)
		}
	}
}

// drop deletes an item for good.
func (l *fakeLibrary) drop(key string) {
	l.version++
	l.gone[key] = l.version
	l.items = slices.DeleteFunc(l.items, func(it *fakeItem) bool { return it.key == key })
}

// keyOf returns the key of the work of that title.
func (l *fakeLibrary) keyOf(title string) string {
	for _, it := range l.items {
		if it.text("title") == title {
			return it.key
		}
	}
	return ""
}

func (l *fakeLibrary) envelopes(items []*fakeItem) []map[string]any {
	children := map[string]int{}
	for _, child := range l.items {
		children[child.text("parentItem")]++
	}
	out := make([]map[string]any, len(items))
	for i, it := range items {
		meta := map[string]any{"numChildren": children[it.key]}
		if date := it.text("date"); date == "October 1843" {
			meta["parsedDate"] = "1843-10"
		} else if date != "" {
			meta["parsedDate"] = date
		} else {
			meta["parsedDate"] = false
		}
		if it.by != "" {
			meta["createdByUser"] = map[string]any{"id": 1, "username": it.by, "name": ""}
		}
		it.data["version"] = it.version
		out[i] = map[string]any{
			"key": it.key, "version": it.version, "meta": meta, "data": it.data,
			"library": map[string]any{"type": l.kind, "id": l.id, "name": "a library"},
		}
	}
	return out
}

func (l *fakeLibrary) collectionEnvelopes(since int64) []map[string]any {
	out := []map[string]any{}
	for _, c := range l.collections {
		version := max(l.collectionVersions[c["key"].(string)], 1)
		if version <= since {
			continue
		}
		n := 0
		for _, it := range l.items {
			if in, _ := it.data["collections"].([]string); slices.Contains(in, c["key"].(string)) && !it.trashed() {
				n++
			}
		}
		out = append(out, map[string]any{"key": c["key"], "version": version, "data": c, "meta": map[string]any{"numItems": n}})
	}
	return out
}

// find returns the items that the parameters choose, in their order.
func (l *fakeLibrary) find(q url.Values, rest string) []*fakeItem {
	byKey := map[string]*fakeItem{}
	for _, it := range l.items {
		byKey[it.key] = it
	}
	found, seen := []*fakeItem{}, map[string]bool{}
	filtered := q.Get("q") != "" || q.Get("itemType") != "" || len(q["tag"]) > 0
	for _, it := range l.items {
		if it.trashed() != (rest == "items/trash") && q.Get("includeTrashed") == "" || !l.chosen(it, q) {
			continue
		}
		if rest == "items/top" && it.text("parentItem") != "" {
			if !filtered {
				continue
			}
			for it.text("parentItem") != "" {
				it = byKey[it.text("parentItem")]
			}
			if it.trashed() {
				continue
			}
		}
		if since, _ := strconv.ParseInt(q.Get("since"), 10, 64); it.version > since && !seen[it.key] {
			seen[it.key] = true
			found = append(found, it)
		}
	}
	if by := q.Get("sort"); by != "" {
		order := func(a, b *fakeItem) int {
			n := cmp.Or(strings.Compare(a.text(by), b.text(by)), cmp.Compare(a.version, b.version))
			if q.Get("direction") == "desc" {
				return -n
			}
			return n
		}
		if !slices.IsSortedFunc(found, order) {
			slices.SortStableFunc(found, order)
		}
	}
	return found
}

// chosen reports whether an item meets the parameters by itself.
func (l *fakeLibrary) chosen(it *fakeItem, q url.Values) bool {
	if keys := q.Get("itemKey"); keys != "" && !slices.Contains(strings.Split(keys, ","), it.key) {
		return false
	}
	if types := q.Get("itemType"); types != "" && !slices.Contains(strings.Split(types, " || "), it.text("itemType")) {
		return false
	}
	for _, term := range q["tag"] {
		ok := false
		for name := range strings.SplitSeq(term, " || ") {
			tags, _ := it.data["tags"].([]any)
			ok = ok || slices.ContainsFunc(tags, func(tag any) bool {
				return strings.EqualFold(tag.(map[string]any)["tag"].(string), strings.TrimPrefix(name, `\`))
			})
		}
		if !ok {
			return false
		}
	}
	for i, words := range strings.Split(q.Get("q"), `"`) {
		parts := strings.Fields(words)
		if i%2 == 1 {
			parts = []string{words}
		}
		for _, part := range parts {
			if !l.matches(it, part, q.Get("qmode") == "everything") {
				return false
			}
		}
	}
	return true
}

func (l *fakeLibrary) matches(it *fakeItem, part string, everything bool) bool {
	raw, _ := json.Marshal(it.data["creators"])
	where := it.text("title") + " " + string(raw) + " " + it.text("date")
	if everything {
		where += " " + l.texts[it.key]
	}
	return strings.Contains(strings.ToLower(where), strings.ToLower(part))
}
