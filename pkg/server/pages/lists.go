package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// Lengths of the lists, in entries.
const (
	listedLibraries   = 100
	listedCollections = 200
	listedTags        = 100
)

// libraryLine is a library in the result of list_libraries.
type libraryLine struct {
	ID, Name, Kind, Notice string
	Items                  *int
	Version                int64
	MayWrite               bool `json:"may_write"`
	Chosen                 bool `json:"-"`
}

// Size returns the number of works in words.
func (l libraryLine) Size() string {
	if l.Items == nil {
		return works(-1)
	}
	return works(*l.Items)
}

// listEnd is what the results of lists have at their end.
type listEnd struct {
	Total      int
	NextCursor string `json:"next_cursor"`
	Notices    []string
	Next       string `json:"-"` // address of the part after, "" on the last
}

// finish adds the address of the part after.
func (e *listEnd) finish(r *http.Request) {
	e.Next, e.Notices = nextPart(r, e.NextCursor), forPeople(e.Notices)
}

// choices returns the person's libraries for a form, with the chosen one marked.
func (l *Library) choices(r *http.Request, chosen string) ([]libraryLine, error) {
	answer := struct{ Libraries []libraryLine }{}
	if err := l.ask(r, "list_libraries", map[string]any{"limit": listedLibraries}, &answer); err != nil {
		return nil, err
	}
	known := chosen == ""
	for i := range answer.Libraries {
		answer.Libraries[i].Chosen = answer.Libraries[i].ID == chosen
		known = known || answer.Libraries[i].Chosen
	}
	if !known { // a name, or a library beyond the first ones
		answer.Libraries = append(answer.Libraries, libraryLine{ID: chosen, Name: chosen, Chosen: true})
	}
	return answer.Libraries, nil
}

// Libraries serves the page of the person's libraries and their state.
func (l *Library) Libraries(w http.ResponseWriter, r *http.Request) error {
	answer := struct {
		listEnd

		Libraries []libraryLine
	}{}
	if err := l.ask(r, "list_libraries", given(r, map[string]any{"limit": listedLibraries}, "cursor"), &answer); err != nil {
		return l.Fail(w, r, err)
	}
	answer.finish(r)
	return l.write(w, r, l.libraries, page.Options{Title: "Libraries", Data: &answer})
}

// collectionsPage is the data of the page of collections.
type collectionsPage struct {
	listEnd

	Collections []struct {
		Key, Path, Library string
		Items              int
	}
	Libraries []libraryLine `json:"-"`
}

// URL returns the address of a search for the works of a collection.
func (collectionsPage) URL(lib, key string) string {
	return SearchPath + "?" + url.Values{"library": {lib}, "collection": {key}}.Encode()
}

// Collections serves the page of the person's collections.
func (l *Library) Collections(w http.ResponseWriter, r *http.Request) error {
	answer := collectionsPage{}
	if err := l.ask(r, "list_collections", given(r, map[string]any{"limit": listedCollections}, "library", "cursor"), &answer); err != nil {
		return l.Fail(w, r, err)
	}
	var err error
	if answer.Libraries, err = l.choices(r, r.URL.Query().Get("library")); err != nil {
		return l.Fail(w, r, err)
	}
	answer.finish(r)
	return l.write(w, r, l.collections, page.Options{Title: "Collections", Data: &answer})
}

// tagsPage is the data of the page of tags.
type tagsPage struct {
	listEnd

	Tags []struct {
		Tag, Library string
		Items        int
	}
	Prefix    string        `json:"-"`
	Libraries []libraryLine `json:"-"`
}

// URL returns the address of a search for the works with a tag.
func (tagsPage) URL(lib, tag string) string {
	return SearchPath + "?" + url.Values{"library": {lib}, "tag": {tag}}.Encode()
}

// Tags serves the page of the person's tags.
func (l *Library) Tags(w http.ResponseWriter, r *http.Request) error {
	answer := tagsPage{Prefix: r.URL.Query().Get("prefix")}
	if err := l.ask(r, "list_tags", given(r, map[string]any{"limit": listedTags}, "library", "prefix", "cursor"), &answer); err != nil {
		return l.Fail(w, r, err)
	}
	var err error
	if answer.Libraries, err = l.choices(r, r.URL.Query().Get("library")); err != nil {
		return l.Fail(w, r, err)
	}
	answer.finish(r)
	return l.write(w, r, l.tags, page.Options{Title: "Tags", Data: &answer})
}

// given returns the arguments with those that a request names.
func given(r *http.Request, arguments map[string]any, names ...string) map[string]any {
	q := r.URL.Query()
	for _, name := range names {
		if value := strings.TrimSpace(q.Get(name)); value != "" {
			arguments[name] = value
		}
	}
	return arguments
}

// nextPart returns the address of the part of a list that begins at a cursor, or "".
func nextPart(r *http.Request, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := r.URL.Query()
	q.Set("cursor", cursor)
	return r.URL.Path + "?" + q.Encode()
}
