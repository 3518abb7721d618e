package change

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// ReceiptLife is how long the journal keeps a receipt.
const ReceiptLife = 90 * 24 * time.Hour

// Receipt is a plan that was carried out, wholly or in part.
type Receipt struct {
	Plan
	// By is who carried the plan out and At when that began.
	By Caller
	At time.Time
	// Outcomes says what became of each edit, in the order of the edits. An edit
	// that was not sent, or whose run was cut off, has no status.
	Outcomes []Outcome
	// Complete says that each outcome is settled and recorded.
	Complete bool
	// Repeated says that the plan had been carried out before, so that nothing
	// changed now.
	Repeated bool
}

// Outcome is what became of an edit.
type Outcome struct {
	Status  library.EditStatus `json:"status,omitempty"`
	Version int64              `json:"version,omitempty"` // of the object after the edit
	Code    library.Code       `json:"code,omitempty"`    // of the error, if there was one
	Message string             `json:"message,omitempty"`
	// Err is the error as the library gave it; nil in a receipt from the journal.
	Err *library.Error `json:"-"`
}

// Count returns the number of edits with a status.
func (r *Receipt) Count(status library.EditStatus) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Status == status {
			n++
		}
	}
	return n
}

// Name returns the receipt's ID with its library before it, as [ParseName] reads it.
func (r *Receipt) Name() string { return string(r.Library) + "/" + r.ID }

// ParseName reads the name of a receipt. Any other text is an error with the code
// Invalid.
func ParseName(s string) (lib library.ID, id string, err error) {
	name, err := library.ParseItemID(s)
	if err != nil || !validID(name.Key) {
		return "", "", library.Errorf(library.Invalid, "this is not a receipt").
			WithHint("a receipt looks like local/01KB5D3F8Q7V2M4N6P8R0S2T4V; a tool that changed something returned it")
	}
	return name.Library, name.Key, nil
}

// Journal keeps receipts. It is safe for concurrent use, and several processes may
// have journals in one store.
type Journal struct {
	store  Store
	sealer Sealer // or nil
	now    func() time.Time
}

// NewJournal returns the journal in a store. A nil sealer keeps receipts unsealed; a
// nil now is [time.Now].
func NewJournal(store Store, sealer Sealer, now func() time.Time) *Journal {
	if now == nil {
		now = time.Now
	}
	return &Journal{store: store, sealer: sealer, now: now}
}

// intent is the first object of a receipt.
type intent struct {
	Plan Plan      `json:"plan"`
	By   Caller    `json:"by"`
	At   time.Time `json:"at"`
}

// Suffixes of the names of a receipt's objects.
const (
	intentSuffix   = "-1-intent"
	outcomesSuffix = "-2-outcomes"
)

// folderOf returns what the names of the receipts of a library begin with.
func folderOf(lib library.ID) string { return "journal/" + url.PathEscape(string(lib)) + "/" }

// nameOf returns what the names of a receipt's objects begin with. The time in it
// counts down, so that a list begins with the latest receipt.
func nameOf(lib library.ID, id string) string { return folderOf(lib) + flipped(id) }

// flipped counts the time of an ID down instead of up, and back.
func flipped(id string) string {
	b := []byte(id)
	for i := range timeChars {
		b[i] = crockford[len(crockford)-1-strings.IndexByte(crockford, b[i])]
	}
	return string(b)
}

// begin records the plan before it is carried out. If it was recorded before, begin
// returns that receipt and found is true.
func (j *Journal) begin(ctx context.Context, p *Plan, by Caller) (r *Receipt, found bool, err error) {
	at := j.now().UTC().Truncate(time.Second)
	err = j.create(ctx, nameOf(p.Library, p.ID)+intentSuffix, intent{Plan: *p, By: by, At: at}, at)
	if library.CodeOf(err) == library.Conflict {
		r, err = j.Get(ctx, p.Library, p.ID)
		return r, true, err
	}
	return &Receipt{Plan: *p, By: by, At: at, Outcomes: make([]Outcome, len(p.Edits))}, false, err
}

// finish records the outcomes.
func (j *Journal) finish(ctx context.Context, r *Receipt) error {
	err := j.create(ctx, nameOf(r.Library, r.ID)+outcomesSuffix, r.Outcomes, r.At)
	if library.CodeOf(err) == library.Conflict { // another process ran the same plan
		return nil
	}
	return err
}

func (j *Journal) create(ctx context.Context, name string, v any, at time.Time) error {
	raw, err := json.Marshal(v)
	if err == nil {
		raw, err = deflate(raw)
	}
	if err == nil && j.sealer != nil {
		raw, err = j.sealer.Seal(raw, []byte(name))
	}
	if err != nil {
		return err
	}
	return j.store.Create(ctx, name, raw, at.Add(ReceiptLife))
}

func (j *Journal) read(ctx context.Context, name string, v any) error {
	raw, err := j.store.Get(ctx, name)
	if err != nil {
		return err
	}
	if j.sealer != nil {
		raw, err = j.sealer.Open(raw, []byte(name))
	}
	if err == nil {
		raw, err = inflate(raw)
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return library.Errorf(library.Unavailable, "a record in the journal of changes can't be read").
			WithHint("it was damaged, or its master secret was removed from the deployment").WithCause(err)
	}
	return nil
}

// Get returns a receipt. The error has the code NotFound if the journal has none of
// that ID, or no longer.
func (j *Journal) Get(ctx context.Context, lib library.ID, id string) (*Receipt, error) {
	var first intent
	if !validID(id) {
		return nil, noReceipt(nil)
	}
	switch err := j.read(ctx, nameOf(lib, id)+intentSuffix, &first); {
	case library.CodeOf(err) == library.NotFound:
		return nil, noReceipt(err)
	case err != nil:
		return nil, err
	}
	r := &Receipt{Plan: first.Plan, By: first.By, At: first.At}
	switch err := j.read(ctx, nameOf(lib, id)+outcomesSuffix, &r.Outcomes); {
	case library.CodeOf(err) == library.NotFound:
		r.Outcomes = make([]Outcome, len(r.Edits))
	case err != nil:
		return nil, err
	case len(r.Outcomes) != len(r.Edits):
		return nil, library.Errorf(library.Internal, "a record in the journal of changes does not fit its plan")
	default:
		r.Complete = true
	}
	return r, nil
}

func noReceipt(cause error) error {
	return library.Errorf(library.NotFound, "there is no such receipt").
		WithHint("the tool that made a change returned it; receipts are kept for %d days", int(ReceiptLife.Hours()/24)).WithCause(cause)
}
