package zotero

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// report is what became of a batch.
type report struct {
	outcomes []library.Outcome
	items    []item // the objects that were changed, as they are now
	stale    []bool // the edit was refused because of the object's version
	open     bool   // the report does not say what became of each edit
}

// errMissing says that a report leaves out an edit.
var errMissing = errors.New("the report leaves out an edit")

// openReport returns the report of a batch of which nothing is known.
func openReport(b library.Batch, why error) *report {
	r := &report{outcomes: make([]library.Outcome, len(b.Edits)), stale: make([]bool, len(b.Edits)), open: true}
	for i := range r.outcomes {
		r.outcomes[i] = library.Outcome{Status: library.EditUnknown, Err: library.AsError(why)}
	}
	return r
}

// readReport reads the response to a batch
// (https://www.zotero.org/support/dev/web_api/v3/write_requests). Its status is 200
// even if every edit is refused. PHP writes an empty object as an array.
func readReport(b library.Batch, body []byte) (*report, error) {
	m := asObject(body)
	if m == nil {
		return nil, unreadable(errNotObject)
	}
	r := openReport(b, unreadable(errMissing))
	r.open = false
	for index, raw := range asObject(m["successful"]) {
		var it item
		if i := indexOf(index, len(b.Edits)); i >= 0 && json.Unmarshal(raw, &it) == nil && it.key == b.Edits[i].Key {
			r.outcomes[i] = library.Outcome{Status: library.EditDone, Version: it.version}
			r.items = append(r.items, it)
		}
	}
	for index := range asObject(m["unchanged"]) {
		if i := indexOf(index, len(b.Edits)); i >= 0 {
			r.outcomes[i] = library.Outcome{Status: library.EditUnchanged, Version: b.Edits[i].Version}
		}
	}
	for index, raw := range asObject(m["failed"]) {
		if i := indexOf(index, len(b.Edits)); i >= 0 {
			f := asObject(raw)
			code := int(asNumber(f["code"], 0))
			r.outcomes[i] = library.Outcome{Status: library.EditRefused, Err: refusal(code, f)}
			r.stale[i] = code == http.StatusPreconditionFailed
		}
	}
	for _, o := range r.outcomes {
		r.open = r.open || o.Status == library.EditUnknown
	}
	return r, nil
}

// undone returns the edits of a batch that were not carried out.
func (r *report) undone(b library.Batch) library.Batch {
	rest := library.Batch{ID: b.ID, Kind: b.Kind}
	for i, o := range r.outcomes {
		if o.Status == library.EditRefused {
			rest.Edits = append(rest.Edits, b.Edits[i])
		}
	}
	return rest
}

// take takes the outcomes of a part of a batch from another report.
func (r *report) take(b, part library.Batch, from *report) {
	for i, e := range part.Edits {
		at := slices.IndexFunc(b.Edits, func(x library.Edit) bool { return x.Key == e.Key })
		r.outcomes[at] = from.outcomes[i]
	}
}

// changedSince is the error of an edit of an object that changed.
func changedSince() *library.Error {
	return library.Errorf(library.Conflict, "the object changed in Zotero in the meantime").WithHint("read it again and decide again")
}

// unknownObject is the error of an edit of an object that does not exist.
func unknownObject() *library.Error {
	return library.Errorf(library.NotFound, "Zotero has no such object").WithHint("search for the work again")
}

// refusal returns why Zotero refused an edit. Its message can repeat texts of the
// library, so only the names of fields are taken from it.
func refusal(code int, f map[string]json.RawMessage) *library.Error {
	message := asText(f["message"])
	names := fieldsIn(asText(asObject(f["data"])["field"]), message)
	var err *library.Error
	switch code {
	case http.StatusPreconditionFailed:
		err = changedSince()
	case http.StatusNotFound:
		err = unknownObject()
	case http.StatusConflict:
		err = library.Errorf(library.Conflict, "the object above, or a collection of this edit, is missing%s", names)
	case http.StatusRequestEntityTooLarge:
		err = library.Errorf(library.TooLarge, "a value is longer than Zotero takes%s", names).WithHint("shorten it")
	case http.StatusForbidden:
		err = library.Errorf(library.Forbidden, "the key may not change this object").WithHint("https://www.zotero.org/settings/keys shows what the key may do")
	case http.StatusBadRequest:
		err = library.Errorf(library.Invalid, "Zotero refuses a field of this edit%s", names)
	default:
		err = library.Errorf(library.Unavailable, "Zotero could not carry out this edit").WithHint("try again")
	}
	return err.WithCause(errors.New(message))
}

// fieldName matches a field, an item type or a role in a message of Zotero.
var fieldName = regexp.MustCompile(`'([a-z][A-Za-z]{1,30})'`)

// fieldsIn returns the names in a message for the end of an error, or "".
func fieldsIn(field, message string) string {
	var names []string
	for _, m := range fieldName.FindAllStringSubmatch("'"+field+"' "+message, 3) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": " + strings.Join(names, ", ")
}
