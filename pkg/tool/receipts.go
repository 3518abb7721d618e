package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// receiptLine is what a line of recent_changes says of a receipt.
type receiptLine struct {
	Tool   string `json:"tool"`
	Client string `json:"client,omitempty"`
	Status string `json:"status"` // as in [writeOutput]
	Edits  int    `json:"edits"`
	Names  string `json:"names,omitempty"` // of the first objects that were changed
	Undone bool   `json:"undone"`
	Undoes string `json:"undoes,omitempty"` // the receipt that this one takes back
}

// maxNames bounds the names of a receipt's objects in a line.
const maxNames = 3

// names returns the names of the first objects that a plan changes, and how many others
// there are.
func (t *tidy) names(edits []change.Edit) string {
	var all []string
	for _, e := range edits {
		if name := t.line(e.Name, maxName); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if more := len(all) - maxNames; more > 0 {
		all = append(all[:maxNames:maxNames], fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, "; ")
}

// receiptKind is the kind of a line that is a receipt.
const receiptKind = "receipt"

// receipts lists the receipts of libraries, the latest first.
func (c *Catalog) receipts(ctx context.Context, k *call, in changesInput, since time.Time, all []portion, notices []string) (answer[changesOutput], error) {
	if in.SinceVersion > 0 {
		return answer[changesOutput]{}, library.Errorf(library.Invalid, "argument %q is not for receipts", "since_version").WithHint("use since")
	}
	l, err := gather(ctx, k, all, in.Limit, func(ctx context.Context, _ library.Reader, p portion, limit int) (library.Page[change.Listed], error) {
		page, err := c.writing.Journal.List(ctx, p.lib.ID, since, p.taken, limit)
		if err != nil {
			return library.Page[change.Listed]{}, err
		}
		out := library.Page[change.Listed]{Items: page.Receipts, Total: page.Total, Version: max(page.Last.UnixMilli(), 0)}
		if page.More {
			out.Notice = fmt.Sprintf("only its last %d receipts are listed", change.MaxLatest)
		}
		return byOffset(out, p.taken), nil
	}, func(a, b entry[change.Listed]) int { return strings.Compare(b.value.ID, a.value.ID) })
	if err != nil {
		return answer[changesOutput]{}, err
	}
	l.notices = append(notices, l.notices...)
	l.extra = sinceMarks(since)
	return fit(k.budget, len(l.entries), func(n int) changesOutput {
		t := &tidy{}
		out := changesOutput{Changes: make([]changeLine, n), Versions: map[library.ID]int64{}, listed: l.listed(k, n)}
		for i, e := range l.entries[:n] {
			out.Changes[i] = t.receiptLine(e.value)
		}
		out.note(t.notice())
		return out
	})
}

func (t *tidy) receiptLine(r change.Listed) changeLine {
	line := &receiptLine{Tool: r.Tool, Client: t.line(r.By.Client, maxName), Status: statusOf(r.Receipt, nil), Edits: len(r.Edits), Names: t.names(r.Edits), Undone: r.Undone}
	if !r.Complete {
		line.Status = statusStopped
	}
	if r.Undoes != "" {
		line.Undoes = string(r.Library) + "/" + r.Undoes
	}
	return changeLine{
		Kind: receiptKind, ID: r.Name(), Title: r.Title, At: r.At.Format(time.RFC3339), By: t.line(r.By.Subject, maxName), receiptLine: line,
	}
}
