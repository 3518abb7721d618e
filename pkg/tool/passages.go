package tool

import (
	"context"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// readPassages answers a question from the texts of all files of a work, its
// abstract, notes and annotations.
func readPassages(ctx context.Context, c *call, h holding, in readTextInput, out readTextOutput) (answer[readTextOutput], error) {
	page, err := h.reader.Passages(ctx, h.item.ID.Key, library.PassageQuery{Question: in.Question, Limit: in.Limit})
	if err != nil {
		return answer[readTextOutput]{}, err
	}
	c.hear(h.lib.ID, page.Notice)
	// The question may have made the library read texts that it did not have.
	_, again, err := c.itemsOf(ctx, h.lib.ID, []string{h.item.ID.Key})
	if err != nil {
		return answer[readTextOutput]{}, err
	}
	if again[0].item != nil {
		h.item = again[0].item
	}
	c.progress.step(3, "read")
	t := &tidy{}
	lines := make([]passageLine, len(page.Items))
	chars := 0
	for i, p := range page.Items {
		lines[i] = passageLine{token(string(p.Source)), p.Child, t.line(p.Page, 20), t.block(p.Text, maxPassageChars), p.Start, p.End}
		chars += p.End - p.Start
	}
	out.describeSearched(h.item, chars)
	if len(lines) == 0 {
		out.note("no passage matches the question; read_text without it gives the text in order")
	}
	out.note(t.notice())
	out.Notices = append(c.standing.all(), out.Notices...)
	return fit(c.budget, len(lines), func(n int) readTextOutput {
		out := out
		out.Passages, out.Notices = lines[:n], slices.Clip(out.Notices)
		if n < len(lines) {
			out.Truncated = true
			out.note(fmt.Sprintf("%d weaker passages did not fit", len(lines)-n))
		}
		return out
	})
}

// describeSearched says what of a work a question was asked of. Completeness is
// that of the file that stands for the work.
func (out *readTextOutput) describeSearched(it *library.Item, chars int) {
	var files []string
	for i := range it.Attachments {
		if a := &it.Attachments[i]; a.Text.Available {
			files = append(files, fileName(a))
		}
	}
	status := library.TextStatus{Reason: "the work has no attachment with text"}
	switch best := it.BestText(); {
	case best >= 0:
		out.Attachment, status = it.Attachments[best].Key, it.Attachments[best].Text
	case len(it.Attachments) > 0:
		out.Attachment, status = it.Attachments[0].Key, it.Attachments[0].Text
	}
	out.Completeness = completeness{
		Readable: status.Available, Pages: status.Pages, PagesReadable: status.PagesRead,
		Chars: status.Chars, CharsReturned: chars, Reason: ours(status.Reason),
	}
	switch {
	case len(files) == 0:
		out.note("no file of this work has text that can be read; abstract, notes and annotations were searched")
	case len(files) > 1:
		out.note("abstract, notes, annotations and the texts of several attachments were searched: " + enumerate(files))
	}
}
