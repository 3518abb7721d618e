package change

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// object names an object.
type object struct {
	kind library.ObjectKind
	key  string
}

// current reads the objects that the edits change, as they are now.
func current(ctx context.Context, w library.Writer, edits []Edit) (map[object]library.Object, error) {
	byKind := map[library.ObjectKind][]string{}
	for _, e := range edits {
		byKind[e.Kind] = append(byKind[e.Kind], e.Key)
	}
	found := make(map[object]library.Object, len(edits))
	for kind, keys := range byKind {
		for part := range slices.Chunk(keys, library.MaxEdits) {
			objects, err := w.Objects(ctx, kind, part)
			if err != nil {
				return nil, err
			}
			for _, o := range objects {
				found[object{kind, o.Key}] = o
			}
		}
	}
	return found, nil
}

// Meanwhile is a work that changed between a plan and its execution.
type Meanwhile struct {
	Kind   library.ObjectKind
	Key    string
	Fields []string // those of the plan that have other values now, in order
	Gone   bool     // the library no longer has the object
}

// Again returns a plan for the edits of a receipt that were refused because their
// objects had changed, made for what these are now, and says what changed. The plan is
// nil if no edit is left. Of tags and collections it adds and removes what the former
// plan did; other fields get the same values.
func Again(ctx context.Context, w library.Writer, r *Receipt, now time.Time) (*Plan, []Meanwhile, error) {
	var refused []Edit
	for i, o := range r.Outcomes {
		if o.Status == library.EditRefused && o.Code == library.Conflict {
			refused = append(refused, r.Edits[i])
		}
	}
	if len(refused) == 0 {
		return nil, nil, nil
	}
	objects, err := current(ctx, w, refused)
	if err != nil {
		return nil, nil, err
	}
	var edits []Edit
	var changed []Meanwhile
	for _, e := range refused {
		o, ok := objects[object{e.Kind, e.Key}]
		switch {
		case !ok && e.Version != 0:
			changed = append(changed, Meanwhile{Kind: e.Kind, Key: e.Key, Gone: true})
			continue
		case !ok: // below an object that was refused
			edits = append(edits, e)
			continue
		}
		m := Meanwhile{Kind: e.Kind, Key: e.Key}
		fields := library.Data{}
		for name, after := range e.After {
			if !Same(name, o.Data[name], e.Before[name]) {
				m.Fields = append(m.Fields, name)
			}
			fields[name] = merged(name, o.Data[name], e.Before[name], after)
		}
		slices.Sort(m.Fields)
		if o.Version != e.Version { // else it was only held back
			changed = append(changed, m)
		}
		if fresh, ok := Set(o, fields); ok {
			fresh.Name, fresh.Stay, fresh.Step = e.Name, e.Stay, e.Step
			edits = append(edits, fresh)
		}
	}
	if len(edits) == 0 {
		return nil, changed, nil
	}
	p, err := New(r.Library, r.Tool, r.Title, r.Plan.By, edits, now)
	if p != nil {
		p.Undoes = r.Undoes
	}
	return p, changed, err
}

// Back returns the plan that takes a receipt back: fields get their values from
// before, and objects that it made go to the trash. Edits that were not carried out
// are left out. The error has the code Conflict, and names the objects, if something
// newer changed what the receipt did, and NotFound if nothing is left to take back.
func Back(ctx context.Context, w library.Writer, r *Receipt, by Caller, now time.Time) (*Plan, error) {
	objects, err := current(ctx, w, r.Edits)
	if err != nil {
		return nil, err
	}
	var edits []Edit
	var newer []string
	for i, e := range slices.Backward(r.Edits) {
		o, ok := objects[object{e.Kind, e.Key}]
		if !ok || !r.mayHaveDone(i) {
			continue
		}
		switch inverse, state := invert(e, o, r.Outcomes[i].Version); state {
		case isOurs:
			inverse.Name = e.Name
			edits = append(edits, inverse)
		case isNewer:
			newer = append(newer, e.Key)
		}
	}
	switch {
	case len(newer) > 0:
		slices.Sort(newer)
		return nil, library.Errorf(library.Conflict, "nothing was taken back, since these changed again after the receipt: %s", list(newer)).
			WithHint("look at them with fetch and change them with update_items")
	case len(edits) == 0:
		return nil, library.Errorf(library.NotFound, "nothing of this receipt is left to take back").WithHint("it was taken back before, or nothing was done")
	}
	slices.SortStableFunc(edits, func(a, b Edit) int { return relates(b) - relates(a) })
	p, err := New(r.Library, "undo_changes", "Take back: "+r.Title, by, edits, now)
	if p != nil {
		p.Undoes = r.ID
	}
	return p, err
}

// relates returns 1 if an edit sets relations. Such edits are in one batch, because
// Zotero's server keeps both sides of a relation: after a batch it may change objects
// that are edited in a later one.
func relates(e Edit) int {
	if _, ok := e.After["relations"]; ok {
		return 1
	}
	return 0
}

// mayHaveDone reports whether the library may hold what edit i set: it was done, or
// the run was cut off.
func (r *Receipt) mayHaveDone(i int) bool {
	status := r.Outcomes[i].Status
	return status == library.EditDone || status == library.EditUnknown || !r.Complete && !r.Outcomes[i].settled()
}

// What an object is now, compared with an edit.
type state int

const (
	isBefore state = iota // as before the edit
	isOurs                // as the edit left it
	isNewer               // changed after it
)

// invert returns the edit that takes e back. version is that of the object after e, 0
// if it is not known.
func invert(e Edit, o library.Object, version int64) (Edit, state) {
	if e.Version == 0 {
		if !empty(o.Data["deleted"]) {
			return Edit{}, isBefore
		}
		if version == o.Version || Holds(o.Data, e.After) {
			inverse, _ := Set(o, library.Data{"deleted": true})
			return inverse, isOurs
		}
		return Edit{}, isNewer
	}
	fields := library.Data{}
	asBefore := true
	for name, after := range e.After {
		before, had := e.Before[name]
		if !had {
			before = emptyLike(after)
		}
		fields[name] = before
		asBefore = asBefore && Same(name, o.Data[name], before)
	}
	inverse, differs := Set(o, fields)
	switch {
	case asBefore || !differs:
		return Edit{}, isBefore
	case version == o.Version || Holds(o.Data, e.After):
		return inverse, isOurs
	}
	return Edit{}, isNewer
}

// maxListed bounds the keys that an error names.
const maxListed = 20

func list(keys []string) string {
	if more := len(keys) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(keys[:maxListed], ", "), more)
	}
	return strings.Join(keys, ", ")
}
