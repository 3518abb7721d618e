package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// Forms makes and checks the hidden fields of forms: sealed, and bound to the session
// of a request and to what the form does.
type Forms interface {
	// Form returns the field. The error is a [*library.Error].
	Form(r *http.Request, does string) (string, error)
	// CheckForm returns an error with the code Forbidden unless the field is of Form
	// for that session and purpose.
	CheckForm(r *http.Request, does, field string) error
}

// undoing is what the form that takes a receipt back does: with a plan it carries that
// out.
func undoing(receipt, plan string) string {
	if plan == "" {
		return "plan the undo of " + receipt
	}
	sum := sha256.Sum256([]byte(plan))
	return "undo " + receipt + " by " + hex.EncodeToString(sum[:])
}

// ReceiptPath returns the path of the page of a receipt, given its name.
func ReceiptPath(name string) string {
	return ChangesPath + "/" + strings.TrimPrefix(WorkPath(name), WorksPath)
}

// editsAnswer is what the pages show of the result of show_receipt, and of the tools
// that write.
type editsAnswer struct {
	changeLine

	Plan, Receipt string
	Changes       []shownEdit
	Total         int
	Notices       []string
}

// shownEdit is the change of one object.
type shownEdit struct {
	ID, Kind, Name, Outcome string
	Before, After           map[string]string
	URL                     string        `json:"-"`
	Fields                  []fieldChange `json:"-"`
}

// fieldChange is a field before and after.
type fieldChange struct{ Name, Before, After string }

// receiptPage is the data of the pages of a receipt, of a plan to take it back and of
// what became of that.
type receiptPage struct {
	Lead    string
	Wrong   bool // the lead says that something failed
	Facts   []fact
	Edits   []shownEdit
	Notices []string
	Undo    *undoForm
	Allow   string // address at which the person allows changes, ""
	More    string // address of the receipt, ""
	Work    string // address of the work to which a file is added, ""
	Planned bool   // the changes are not made yet
}

// Receipt serves the page of a receipt: each change before and after.
func (l *Library) Receipt(w http.ResponseWriter, r *http.Request, lib, id string) error {
	answer := editsAnswer{}
	if err := l.ask(r, "show_receipt", map[string]any{"receipt": lib + "/" + id}, &answer); err != nil {
		return l.Fail(w, r, err)
	}
	libs, err := l.choices(r, lib)
	if err != nil {
		return l.Fail(w, r, err)
	}
	c := &answer.changeLine
	if err := l.describeReceipts(r, []*changeLine{c}, libs); err != nil {
		return l.Fail(w, r, err)
	}
	data := receiptPage{Edits: answer.edits(), Notices: forPeople(answer.Notices), Undo: c.Undo}
	for _, f := range []fact{{"Outcome", c.State}, {"When", c.When}, {"By", c.Who}, {"With", c.Client}, {"Tool", c.Tool}, {"Library", c.Library}} {
		if f.Value != "" {
			data.Facts = append(data.Facts, f)
		}
	}
	data.More = c.UndoesURL
	if data.Allow, err = l.allow(r, lib); err != nil {
		return l.Fail(w, r, err)
	}
	return l.write(w, r, l.receiptPage, page.Options{Title: c.Title, Posts: true, Data: &data})
}

// Undo serves the form that takes a receipt back: first what that would change, and with
// the plan of that page what it changed.
func (l *Library) Undo(w http.ResponseWriter, r *http.Request) error {
	receipt, plan := r.PostForm.Get("receipt"), r.PostForm.Get("plan")
	if err := l.options.Forms.CheckForm(r, undoing(receipt, plan), r.PostForm.Get("form")); err != nil {
		return l.Fail(w, r, err)
	}
	if !mayWrite(r) {
		return l.Fail(w, r, readingOnly())
	}
	tool, arguments := "undo_changes", map[string]any{"receipt": receipt}
	if plan != "" {
		tool, arguments = "apply_changes", map[string]any{"plan": plan}
	}
	answer := editsAnswer{}
	if err := l.ask(r, tool, arguments, &answer); err != nil {
		return l.Fail(w, r, err)
	}
	data := receiptPage{Edits: answer.edits(), Notices: forPeople(answer.Notices), Planned: answer.Status == "planned"}
	var title string
	title, data.Lead, data.Wrong = outcome(&answer)
	if answer.Receipt != "" {
		data.More = ReceiptPath(answer.Receipt)
	}
	if answer.Plan != "" {
		form, err := l.options.Forms.Form(r, undoing(receipt, answer.Plan))
		if err != nil {
			return l.Fail(w, r, err)
		}
		data.Undo = &undoForm{Form: form, Receipt: receipt, Plan: answer.Plan, Button: "Undo these changes"}
	}
	return l.write(w, r, l.receiptPage, page.Options{Title: title, Posts: true, Data: &data})
}

// outcome returns title and lead of the page of an undo, and whether it failed.
func outcome(a *editsAnswer) (title, lead string, wrong bool) {
	switch a.Status {
	case "planned":
		return a.Title + "?", "Nothing is changed yet. The changes below take the receipt back; the plan holds for ten minutes.", false
	case "done":
		return "Undone", "The receipt is taken back.", false
	case "refused":
		return "Nothing was changed", "The library refused all of the changes.", true
	case "partly":
		return "Undone in part", "Some of the changes were refused, as said at each.", true
	}
	return "Stopped before the end", "Some of the changes were not tried, or it is not known what became of them. To carry them out again changes nothing twice.", true
}

// edits returns the changes with what the page shows of them.
func (a *editsAnswer) edits() []shownEdit {
	for i := range a.Changes {
		e := &a.Changes[i]
		if e.Kind == "" {
			e.URL = WorkPath(e.ID)
		}
		for _, name := range slices.Sorted(maps.Keys(e.After)) {
			e.Fields = append(e.Fields, fieldChange{typeName(name), e.Before[name], e.After[name]})
		}
	}
	return a.Changes
}
