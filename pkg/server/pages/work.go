package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// workAnswer is what the page shows of the result of fetch.
type workAnswer struct {
	ID, Title, Text, URL string
	Metadata             map[string]string
	Creators             []struct{ Name, Role string }
	Tags                 []string
	Collections          []struct{ Key, Path string }
	Attachments          []attachment
	Notes                []struct {
		Key, Text, Part, Modified string
		Tags                      []string
	}
	Annotations []struct {
		Key, Attachment, Type, Color, Page, Text, Comment string
		Tags                                              []string
	}
	NextCursor string `json:"next_cursor"`
	Notices    []string
}

// attachment is a file of a work.
type attachment struct {
	Key, Title, URL, Reason string
	ContentType             string `json:"content_type"`
	Readable                bool
	Pages, Chars            int
}

// workPage is the data of the page.
type workPage struct {
	workAnswer

	Path, Library string
	Byline        string
	Query         string
	Abstract      []segment
	Facts         []fact
	History       []fact // when it was added and changed, and by whom
	ChangesURL    string // address of the changes of its library
	Elsewhere     string // address of the work at another site, ""
	Reading       *reading
	Citation      *citation
	Styles        []option
	Next          string // address of further notes and annotations, ""
	Adding        *addingForm
	Allow         string // address at which the person allows changes, ""
	Continued     bool   // the page goes on with notes and annotations
}

// fact is a field of a work.
type fact struct{ Name, Value string }

// Work serves the page of a work. With the parameter q it shows the passages that
// answer a question, with page a page of the text.
func (l *Library) Work(w http.ResponseWriter, r *http.Request, lib, key string) error {
	data := workPage{Path: WorkPath(lib + "/" + key), Library: lib, Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	if err := l.ask(r, "fetch", given(r, map[string]any{"id": lib + "/" + key}, "cursor"), &data.workAnswer); err != nil {
		return l.Fail(w, r, err)
	}
	data.describe(r)
	var err error
	if data.Continued {
		data.Notices = forPeople(data.Notices)
		return l.write(w, r, l.work, page.Options{Title: data.Title, Data: &data})
	}
	if data.Reading, err = l.read(r, &data); err != nil {
		data.Notices = append(data.Notices, "the text could not be read: "+library.AsError(err).Message)
	}
	if data.Citation, err = l.cite(r, data.ID); err != nil {
		data.Notices = append(data.Notices, "the work could not be cited: "+library.AsError(err).Message)
		data.Citation = &citation{}
	}
	if err := l.offerFile(r, &data); err != nil {
		data.Notices = append(data.Notices, "no file can be added now: "+library.AsError(err).Message)
	}
	data.Notices = forPeople(slices.Concat(data.Notices, data.Reading.Notices, data.Citation.Notices))
	for _, name := range tool.BuiltInStyles() {
		data.Styles = append(data.Styles, option{Value: name, Text: name, Chosen: name == data.Citation.Style})
	}
	return l.write(w, r, l.work, page.Options{Title: data.Title, Copy: true, Posts: data.Adding != nil, Data: &data})
}

// forPeople returns the notices as sentences, each once, without those that tell an
// assistant how to go on: the page has a link or a button there.
func forPeople(notices []string) []string {
	var out []string
	for _, notice := range notices {
		notice = sentence(notice)
		if !strings.Contains(notice, "_cursor") && !strings.Contains(notice, "_changes") && !slices.Contains(out, notice) {
			out = append(out, notice)
		}
	}
	return out
}

// describe fills in what the page shows of the result of fetch in another form.
func (d *workPage) describe(r *http.Request) {
	d.Continued = r.URL.Query().Get("cursor") != ""
	d.Next = nextPart(r, d.NextCursor)
	d.Abstract = marked(tool.Abstract(d.Text), queryWords(d.Query))
	if u, err := url.Parse(d.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Path != d.Path {
		d.Elsewhere = d.URL
	}
	var names []string
	for _, c := range d.Creators {
		if c.Role != "author" {
			c.Name += " (" + typeName(c.Role) + ")"
		}
		names = append(names, c.Name)
	}
	m := d.Metadata
	journal := cmp.Or(m["publicationTitle"], m["bookTitle"], m["proceedingsTitle"], m["encyclopediaTitle"], m["dictionaryTitle"])
	d.Byline = byline(strings.Join(names, ", "), 0, m["year"], journal, typeName(m["itemType"]), m["library"])
	for name, value := range m {
		switch name {
		case "itemType", "library", "year", "dateAdded", "addedBy", "dateModified", "modifiedBy", "version": // shown elsewhere
		default:
			d.Facts = append(d.Facts, fact{typeName(name), value})
		}
	}
	slices.SortFunc(d.Facts, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	d.ChangesURL = changesURL(url.Values{"library": {d.Library}}, "", "")
	for _, f := range []fact{{"Added", timeBy(m["dateAdded"], m["addedBy"])}, {"Last changed", timeBy(m["dateModified"], m["modifiedBy"])}, {"Version", m["version"]}} {
		if f.Value != "" {
			d.History = append(d.History, f)
		}
	}
}

// timeBy returns a time and who did something then, as far as they are known.
func timeBy(at, by string) string {
	if at = when(at); by == "" {
		return at
	}
	return strings.TrimSpace(at + " by " + by)
}

// Color returns the class of an annotation's colour, or "".
func (d *workPage) Color(name string) string {
	if strings.HasPrefix(name, "#") {
		return ""
	}
	return name
}

// TagURL returns the address of a search for the works with a tag.
func (d *workPage) TagURL(tag string) string { return tagsPage{}.URL(d.Library, tag) }

// CollectionURL returns the address of a search for the works of a collection.
func (d *workPage) CollectionURL(key string) string { return collectionsPage{}.URL(d.Library, key) }

// citation is the work in a citation style.
type citation struct {
	Style, Text string
	Notices     []string
}

// cite returns the work in the style that a request names.
func (l *Library) cite(r *http.Request, id string) (*citation, error) {
	answer := struct {
		Style, Locale string
		Bibliography  []struct{ Text string }
		Citations     []string
		Notices       []string
	}{}
	if err := l.ask(r, "cite", given(r, map[string]any{"ids": []string{id}}, "style"), &answer); err != nil {
		return nil, err
	}
	c := &citation{Style: answer.Style, Notices: answer.Notices}
	for _, entry := range answer.Bibliography {
		c.Text += entry.Text
	}
	return c, nil
}
