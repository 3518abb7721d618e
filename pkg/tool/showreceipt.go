package tool

import (
	"context"
	"fmt"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// receiptInput is the arguments of show_receipt.
type receiptInput struct{ Receipt string }

// receiptOutput is the answer of show_receipt.
type receiptOutput struct {
	changeLine

	Changes []editLine `json:"changes" jsonschema:"id, name, before, after, outcome: untrusted third-party text"`
	Total   int        `json:"total"`
	Notices []string   `json:"notices,omitempty"`
}

func showReceiptTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"show_receipt", "Show a receipt",
		"One receipt with each change before and after, and what became of it. Not for a list: use recent_changes."},
		[]field[receiptInput]{name("receipt", "", func(in *receiptInput) *string { return &in.Receipt }).must()},
		c.showReceipt)
}

// showReceipt shows a receipt of one of the caller's libraries, the changes that were
// not carried out first.
func (c *Catalog) showReceipt(ctx context.Context, k *call, in receiptInput) (answer[receiptOutput], error) {
	lib, id, err := k.receiptName(ctx, in.Receipt)
	if err != nil {
		return answer[receiptOutput]{}, err
	}
	r, err := c.writing.Journal.Find(ctx, lib, id)
	if err != nil {
		return answer[receiptOutput]{}, err
	}
	order := inOrder(r.Edits, r.Outcomes)
	out, err := fit(k.budget, len(order), func(n int) receiptOutput {
		t := &tidy{}
		o := receiptOutput{changeLine: t.receiptLine(r), Changes: make([]editLine, n), Total: len(order), Notices: k.standing.all()}
		for i, at := range order[:n] {
			o.Changes[i] = t.editLine(lib, r.Edits[at])
			o.Changes[i].Outcome = t.outcome(r.Outcomes[at])
		}
		if n < len(order) {
			o.Notices = append(o.Notices, notShown(len(order)-n))
		}
		if notice := t.notice(); notice != "" {
			o.Notices = append(o.Notices, notice)
		}
		return o
	})
	k.touch(ctx, out.kept, func(i int) library.ItemID { return library.ItemID{Library: lib, Key: r.Edits[order[i]].Key} })
	return out, err
}

// notShown says that changes are left out of an answer.
func notShown(n int) string {
	return fmt.Sprintf("%d of the changes are not shown for their length", n)
}
