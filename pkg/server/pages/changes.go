package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// Lengths of the lists of changes, in entries. A receipt costs two reads of the journal.
const (
	listedChanges  = 25
	listedReceipts = 10
)

// Values of the parameter show of the page of changes.
const (
	showReceipts = "receipts"
	showWorks    = "works"
)

// changeLine is a change of a work, or a receipt, in the result of recent_changes.
type changeLine struct {
	Kind, ID, Title, Creators, At, By    string
	Year                                 int
	ItemType                             string `json:"item_type"`
	Tool, Client, Status, Undoes, Names  string
	Edits                                int
	Undone                               bool
	URL, When, Library, State, UndoesURL string    `json:"-"`
	Who                                  string    `json:"-"` // By, or "you"
	Byline                               string    `json:"-"`
	Undo                                 *undoForm `json:"-"`
}

// changeList is a part of the list of changes.
type changeList struct {
	listEnd

	Changes []*changeLine
}

// changesPage is the data of the page.
type changesPage struct {
	Libraries       []libraryLine
	Ages            []option
	Shown           []option
	Receipts, Works *changeList // nil is not shown
	Allow           string      // address at which the person allows changes, ""
	All             string      // address of the page with both lists, "" on that
}

// undoForm is a form that takes a receipt back: a button for the plan, and with a plan
// one that carries it out.
type undoForm struct{ Form, Receipt, Plan, Button, Label string }

// Changes serves the page of what changed in the person's libraries, and of what tools
// did there.
func (l *Library) Changes(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	data := changesPage{
		Ages: options(q.Get("since"), option{Text: "at any time"}, option{Value: "24h", Text: "in the last day"},
			option{Value: "7d", Text: "in the last week"}, option{Value: "30d", Text: "in the last 30 days"}),
	}
	show := q.Get("show")
	if l.options.Writes {
		data.Shown = options(show, option{Text: "everything"}, option{Value: showReceipts, Text: "what tools did"}, option{Value: showWorks, Text: "works"})
	}
	var err error
	if data.Libraries, err = l.choices(r, q.Get("library")); err != nil {
		return l.Fail(w, r, err)
	}
	if l.options.Writes && show != showWorks {
		if data.Receipts, err = l.changes(r, showReceipts, map[string]any{"limit": listedReceipts, "receipts": true}); err != nil {
			return l.Fail(w, r, err)
		}
		if err := l.describeReceipts(r, data.Receipts.Changes, data.Libraries); err != nil {
			return l.Fail(w, r, err)
		}
	}
	if show != showReceipts || !l.options.Writes {
		if data.Works, err = l.changes(r, showWorks, map[string]any{"limit": listedChanges}); err != nil {
			return l.Fail(w, r, err)
		}
		describeChanges(r, data.Works.Changes, data.Libraries)
	}
	if data.Allow, err = l.allow(r, shownIDs(data.Libraries)...); err != nil {
		return l.Fail(w, r, err)
	}
	if data.Receipts == nil && l.options.Writes || data.Works == nil {
		data.All = changesURL(q, "", "")
	}
	return l.write(w, r, l.changesPage, page.Options{Title: "Recent changes", Posts: true, Data: &data})
}

// changes asks for a part of the list that a request names. Its cursor is of the list
// that the page shows alone.
func (l *Library) changes(r *http.Request, show string, arguments map[string]any) (*changeList, error) {
	q := r.URL.Query()
	names := []string{"library", "since"}
	if q.Get("show") == show || !l.options.Writes {
		names = append(names, "cursor")
	}
	list := &changeList{}
	if err := l.ask(r, "recent_changes", given(r, arguments, names...), list); err != nil {
		return nil, err
	}
	list.Notices = forPeople(list.Notices)
	if list.NextCursor != "" {
		list.Next = changesURL(q, show, list.NextCursor)
	}
	return list, nil
}

// changesURL returns the address of a part of a list, with the filters of q.
func changesURL(q url.Values, show, cursor string) string {
	to := url.Values{}
	for name, value := range map[string]string{"library": q.Get("library"), "since": q.Get("since"), "show": show, "cursor": cursor} {
		if value != "" {
			to.Set(name, value)
		}
	}
	if len(to) == 0 {
		return ChangesPath
	}
	return ChangesPath + "?" + to.Encode()
}

// shownIDs returns the IDs of the libraries that a page shows: the chosen one, or all.
func shownIDs(libs []libraryLine) []string {
	var all []string
	for _, lib := range libs {
		if lib.Chosen {
			return []string{lib.ID}
		}
		all = append(all, lib.ID)
	}
	return all
}

// allow returns the address at which the person lets this browser change one of these
// libraries, and "" if they need not or can't.
func (l *Library) allow(r *http.Request, libs ...string) (string, error) {
	if !l.options.Writes || l.options.Allow == nil || !slices.ContainsFunc(libs, l.options.Writable) {
		return "", nil
	}
	return l.options.Allow(r, r.URL.RequestURI())
}

// describeChanges fills in what the page shows of changes of works.
func describeChanges(r *http.Request, changes []*changeLine, libs []libraryLine) {
	for _, c := range changes {
		c.describe(r, libs)
		c.Title = cmp.Or(c.Title, c.ID)
		c.Byline = byline(c.Creators, c.Year, typeName(c.ItemType))
		if c.Kind != "removed" {
			c.URL = WorkPath(c.ID)
		}
	}
}

// describeReceipts fills in what the page shows of receipts.
func (l *Library) describeReceipts(r *http.Request, receipts []*changeLine, libs []libraryLine) error {
	for _, c := range receipts {
		c.describe(r, libs)
		c.URL, c.State = ReceiptPath(c.ID), stateName(c)
		if c.Undoes != "" {
			c.UndoesURL = ReceiptPath(c.Undoes)
		}
		var err error
		if c.Undo, err = l.undoOf(r, c, libs); err != nil {
			return err
		}
	}
	return nil
}

// describe fills in what is the same for changes and receipts.
func (c *changeLine) describe(r *http.Request, libs []libraryLine) {
	if c.Who = c.By; c.By != "" && c.By == subject(r) {
		c.Who = "you"
	}
	lib, _, _ := strings.Cut(c.ID, "/")
	c.Library = lib
	if at := slices.IndexFunc(libs, func(l libraryLine) bool { return l.ID == lib }); at >= 0 {
		c.Library = libs[at].Name
	}
	c.When = when(c.At)
}

// when returns an RFC 3339 time for people, "" for none.
func when(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// stateName says how a receipt's run ended, and whether it was taken back.
func stateName(c *changeLine) string {
	state := map[string]string{"partly": "done in part", "stopped": "stopped before its end"}[c.Status]
	state = cmp.Or(state, c.Status)
	if c.Undone {
		state += ", taken back"
	}
	return state
}

// undoOf returns the form that takes a receipt back: one of the person, in a library
// that they may change here. It is nil for others.
func (l *Library) undoOf(r *http.Request, c *changeLine, libs []libraryLine) (*undoForm, error) {
	lib, _, _ := strings.Cut(c.ID, "/")
	writable := slices.ContainsFunc(libs, func(l libraryLine) bool { return l.ID == lib && l.MayWrite })
	if !writable || c.Undone || c.Status == "refused" || c.By != subject(r) || !mayWrite(r) {
		return nil, nil //nolint:nilnil // no form is a good answer
	}
	form, err := l.options.Forms.Form(r, undoing(c.ID, ""))
	return &undoForm{Form: form, Receipt: c.ID, Button: "Undo", Label: "Undo " + c.Title + ", " + c.When}, err
}

// subject returns who the person of a request is; "" without sign-in.
func subject(r *http.Request) string {
	if p := identity.PrincipalFrom(r.Context()); p != nil {
		return p.Subject
	}
	return ""
}

// mayWrite reports whether the person of a request may change libraries here.
func mayWrite(r *http.Request) bool {
	p := identity.PrincipalFrom(r.Context())
	return p == nil || p.May(identity.Write)
}
