package change

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// MaxEdits is the most edits of a [Plan].
const MaxEdits = 2_000

// Caller says who changes a library.
type Caller struct {
	// Subject identifies the caller; "" on a server without sign-in.
	Subject string `json:"subject,omitempty"`
	// Client is the name of the program that called, as it gives it: untrusted.
	Client string `json:"client,omitempty"`
}

// Edit is a change of one object.
type Edit struct {
	Kind    library.ObjectKind `json:"kind"`
	Key     string             `json:"key"`
	Name    string             `json:"name,omitempty"`   // what a person calls the object: untrusted, for the reader of the plan
	Version int64              `json:"version"`          // what it builds on; 0 makes the object
	Before  library.Data       `json:"before,omitempty"` // the fields of After that the object has; nil for a new object
	After   library.Data       `json:"after"`            // the fields to set, as in [library.Edit]
	Stay    library.Data       `json:"stay,omitempty"`   // further fields that a reader of the plan should see
	// Step orders the edits: those of a step are carried out if none of a step before
	// was refused.
	Step int `json:"step,omitempty"`
}

// Plan is a list of edits of one library, in the order in which they are carried out.
type Plan struct {
	// ID names the plan and its receipt: 26 characters, those of a later plan sort
	// after those of an earlier one.
	ID      string     `json:"id"`
	Library library.ID `json:"library"`
	Tool    string     `json:"tool"`
	Title   string     `json:"title"` // what the plan does, in our words
	By      Caller     `json:"by"`
	Made    time.Time  `json:"made"`
	Undoes  string     `json:"undoes,omitempty"` // the receipt that the plan takes back
	// Arguments is the digest of the arguments of the call that made the plan, for
	// those who ask the caller's approval within that call.
	Arguments string `json:"arguments,omitempty"`
	Edits     []Edit `json:"edits"`
}

// New returns a plan for the edits. The error has the code TooLarge for more than
// [MaxEdits], Invalid for none and for two edits of one object.
func New(lib library.ID, tool, title string, by Caller, edits []Edit, now time.Time) (*Plan, error) {
	switch {
	case len(edits) == 0:
		return nil, library.Errorf(library.Invalid, "nothing would change").WithHint("each object has these values already")
	case len(edits) > MaxEdits:
		return nil, library.Errorf(library.TooLarge, "the plan would change %d objects, at most %d are changed at a time", len(edits), MaxEdits).
			WithHint("narrow it, for example to a collection, and repeat it for the rest")
	}
	seen := make(map[string]bool, len(edits))
	for _, e := range edits {
		name := string(e.Kind) + "/" + e.Key
		if seen[name] {
			return nil, library.Errorf(library.Invalid, "two edits of one plan change %s %s", e.Kind, e.Key)
		}
		seen[name] = true
	}
	return &Plan{ID: newID(now), Library: lib, Tool: tool, Title: title, By: by, Made: now.UTC().Truncate(time.Second), Edits: edits}, nil
}

// Adds reports whether the plan makes new objects and does nothing else.
func (p *Plan) Adds() bool {
	return !slices.ContainsFunc(p.Edits, func(e Edit) bool { return e.Version != 0 })
}

// batches returns the plan as its library takes it: consecutive edits of one kind and
// step, at most [library.MaxEdits] each. The IDs are always the same, so that a batch whose
// outcome is not known can be sent again.
func (p *Plan) batches() []library.Batch {
	var all []library.Batch
	for i, e := range p.Edits {
		last := len(all) - 1
		if last < 0 || all[last].Kind != e.Kind || p.Edits[i-1].Step != e.Step || len(all[last].Edits) == library.MaxEdits {
			all = append(all, library.Batch{ID: fmt.Sprintf("%sB%04d", p.ID, len(all)), Kind: e.Kind})
			last++
		}
		all[last].Edits = append(all[last].Edits, library.Edit{Key: e.Key, Version: e.Version, Data: sendable(e.After)})
	}
	return all
}

// crockford is the alphabet of IDs: digits and letters in the order of their bytes.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Lengths of an ID: the time in characters, and the whole.
const (
	timeChars = 10
	idChars   = 26
)

// newID returns the time in milliseconds and 80 random bits: a ULID
// (https://github.com/ulid/spec).
func newID(now time.Time) string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // crypto/rand never fails
	return timeOf(now) + base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(random[:])
}

// timeOf returns what the IDs of plans of a time begin with. A time before 1970 counts
// as 1970.
func timeOf(t time.Time) string {
	var id strings.Builder
	ms := uint64(max(t.UnixMilli(), 0))
	for shift := 5 * (timeChars - 1); shift >= 0; shift -= 5 {
		id.WriteByte(crockford[ms>>shift&31])
	}
	return id.String()
}

// plannedAt returns the time of the plan of an ID.
func plannedAt(id string) time.Time {
	var ms int64
	for i := range timeChars {
		ms = ms<<5 | int64(strings.IndexByte(crockford, id[i]))
	}
	return time.UnixMilli(ms)
}

// validID reports whether s has the form of an ID.
func validID(s string) bool {
	return len(s) == idChars && strings.Trim(s, crockford) == ""
}
