package pages

import (
	"encoding/json"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// addingForm is the form that adds a file to a work.
type addingForm struct {
	To, Form string
	Most     int64 // MB of a file
}

// adding is what that form does.
func adding(id string) string { return "add a file to " + id }

// offerFile offers to add a file to a work: to a person who may change its library here
// the form, to one whose browser only reads the way there.
func (l *Library) offerFile(r *http.Request, d *workPage) error {
	if l.options.FileRights == nil {
		return nil
	}
	rights, err := l.options.FileRights(r, d.Library)
	switch {
	case err != nil || !rights.Stored:
		return err
	case !mayWrite(r):
		d.Allow, err = l.allow(r, d.Library)
	case rights.May:
		d.Adding = &addingForm{To: WorkPath(d.ID), Most: l.options.MaxFileBytes >> 20}
		d.Adding.Form, err = l.options.Forms.Form(r, adding(d.ID))
	}
	return err
}

// CheckAdding returns an error with the code Forbidden unless the hidden field of a form
// is that for adding a file to a work, and the person may change libraries here.
func (l *Library) CheckAdding(r *http.Request, id, field string) error {
	if err := l.options.Forms.CheckForm(r, adding(id), field); err != nil {
		return err
	}
	if !mayWrite(r) {
		return readingOnly()
	}
	return nil
}

// readingOnly is the error for a change by a session that reads.
func readingOnly() *library.Error {
	return library.Errorf(library.Forbidden, "this browser may only read").WithHint("allow changes on the page of recent changes")
}

// Added serves the page of what became of a file that a person added to a work.
func (l *Library) Added(w http.ResponseWriter, r *http.Request, id string, result json.RawMessage, err error) error {
	answer := editsAnswer{}
	if err == nil {
		err = json.Unmarshal(result, &answer)
	}
	if err != nil {
		return l.Fail(w, r, err)
	}
	data := receiptPage{Edits: answer.edits(), Notices: forPeople(answer.Notices), Work: WorkPath(id)}
	var title string
	title, data.Lead, data.Wrong = addedOutcome(answer.Status)
	if answer.Receipt != "" {
		form, err := l.options.Forms.Form(r, undoing(answer.Receipt, ""))
		if err != nil {
			return l.Fail(w, r, err)
		}
		data.More, data.Undo = ReceiptPath(answer.Receipt), &undoForm{Form: form, Receipt: answer.Receipt, Button: "Undo"}
	}
	return l.write(w, r, l.receiptPage, page.Options{Title: title, Posts: true, Data: &data})
}

// addedOutcome returns title and lead of the page of an added file, and whether it
// failed.
func addedOutcome(status string) (title, lead string, wrong bool) {
	switch status {
	case "done":
		return "File added", "The library has the file.", false
	case "refused":
		return "Nothing was changed", "The library refused the file.", true
	case "partly":
		return "The file is not stored", "The work has an attachment without a file.", true
	}
	return "Stopped before the end", "It is not known whether the work has the file. Its page shows it; the receipt takes it back.", true
}
