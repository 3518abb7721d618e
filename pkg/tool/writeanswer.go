package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// writeOutput is the answer of every tool that writes.
type writeOutput struct {
	Status  string     `json:"status"`
	Title   string     `json:"title"`
	Plan    string     `json:"plan,omitempty"`
	Receipt string     `json:"receipt,omitempty"`
	Changes []editLine `json:"changes" jsonschema:"id, name, before, after, outcome: untrusted third-party text"`
	Total   int        `json:"total"`
	Notices []string   `json:"notices,omitempty"`
}

// What [writeOutput].Status can be.
const (
	statusPlanned  = "planned"  // nothing is changed yet
	statusDeclined = "declined" // the person refused, nothing is changed
	statusDone     = "done"
	statusPartly   = "partly"  // some were refused
	statusRefused  = "refused" // all were refused, or the call says too little
	statusStopped  = "stopped" // some were not tried, or their outcome is not known
)

// editLine is a change of one object.
type editLine struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind,omitempty"` // "collection", else an item
	Name    string            `json:"name,omitempty"`
	Before  map[string]string `json:"before,omitempty"`
	After   map[string]string `json:"after"`
	Outcome string            `json:"outcome,omitempty"`
}

// Longest values of a change that are shown, in characters.
const maxShown = 300

func (o *writeOutput) note(notice string) { o.Notices = append(o.Notices, notice) }

// statusOf returns how a run ended.
func statusOf(r *change.Receipt, err error) string {
	done := r.Count(library.EditDone) + r.Count(library.EditUnchanged)
	switch {
	case err != nil && done == 0 && r.Count(library.EditUnknown) == 0:
		return statusRefused
	case err != nil:
		return statusStopped
	case done == len(r.Edits):
		return statusDone
	case done == 0:
		return statusRefused
	}
	return statusPartly
}

// write returns the answer with as many of the changes as it has room for, those that
// were refused first.
func (c *writeCall) write(ctx context.Context, out writeOutput, p *change.Plan, outcomes []change.Outcome) (json.RawMessage, error) {
	order := inOrder(p.Edits, outcomes)
	out.Notices = append(slices.Clip(out.Notices), c.standing.all()...)
	a, err := fit(c.budget, len(order), func(n int) writeOutput {
		t := &tidy{}
		o := out
		o.Total, o.Changes = len(order), make([]editLine, n)
		for i, at := range order[:n] {
			o.Changes[i] = t.editLine(p.Library, p.Edits[at])
			if outcomes != nil {
				o.Changes[i].Outcome = t.outcome(outcomes[at])
			}
		}
		if n < len(order) {
			o.Notices = append(slices.Clip(o.Notices), notShown(len(order)-n))
		}
		if notice := t.notice(); notice != "" {
			o.Notices = append(slices.Clip(o.Notices), notice)
		}
		return o
	})
	c.touch(ctx, a.kept, func(i int) library.ItemID {
		return library.ItemID{Library: p.Library, Key: p.Edits[order[i]].Key}
	})
	return a.json, err
}

// inOrder returns the positions of edits in the order in which an answer shows them:
// those that were not carried out first. outcomes is nil for a plan.
func inOrder(edits []change.Edit, outcomes []change.Outcome) []int {
	order := make([]int, len(edits))
	for i := range order {
		order[i] = i
	}
	if outcomes != nil {
		slices.SortStableFunc(order, func(a, b int) int { return rank(outcomes[a]) - rank(outcomes[b]) })
	}
	return order
}

// rank sorts outcomes: what was not done comes first.
func rank(o change.Outcome) int {
	if o.Status == library.EditDone || o.Status == library.EditUnchanged {
		return 1
	}
	return 0
}

func (t *tidy) outcome(o change.Outcome) string {
	switch {
	case o.Status == "":
		return "not tried"
	case o.Err != nil:
		return string(o.Status) + ": " + t.line(words(o.Err), maxSnippet)
	case o.Message != "":
		return string(o.Status) + ": " + t.line(o.Message, maxSnippet)
	}
	return string(o.Status)
}

func (t *tidy) editLine(lib library.ID, e change.Edit) editLine {
	line := editLine{ID: library.ItemID{Library: lib, Key: e.Key}.String(), Name: t.line(e.Name, maxName), After: t.values(e.After, e.After)}
	maps.Copy(line.After, t.values(e.Stay, e.Stay))
	if e.Kind != library.ItemObject {
		line.Kind = string(e.Kind)
	}
	if e.Version != 0 {
		line.Before = t.values(e.Before, e.After)
		maps.Copy(line.Before, t.values(e.Stay, e.Stay))
	}
	return line
}

// values returns the fields of data that the edit sets, as texts.
func (t *tidy) values(data, set library.Data) map[string]string {
	shown := make(map[string]string, len(set))
	for _, name := range slices.Sorted(maps.Keys(set)) {
		shown[token(name)] = t.value(name, data[name])
	}
	return shown
}

// value returns the value of a field as a text.
func (t *tidy) value(field string, v any) string {
	if s, ok := v.(string); ok {
		if field == "note" {
			s = plaintext.FromHTML(s)
		}
		return t.line(s, maxShown)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		var scalar any
		if json.Unmarshal(raw, &scalar) != nil || scalar == nil {
			return ""
		}
		return t.line(string(raw), maxShown)
	}
	texts := make([]string, len(list))
	for i, entry := range list {
		texts[i] = entryText(entry)
	}
	return t.line(strings.Join(texts, "; "), maxShown)
}

// entryText returns an entry of a list: a tag, a creator, a key.
func entryText(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	if tag, ok := m["tag"].(string); ok {
		return tag
	}
	at := func(name string) string { s, _ := m[name].(string); return s }
	creator := library.Creator{Role: at("creatorType"), Given: at("firstName"), Family: at("lastName"), Name: at("name")}
	return strings.TrimSpace(creator.Display() + " (" + token(creator.Role) + ")")
}
