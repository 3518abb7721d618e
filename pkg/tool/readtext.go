package tool

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// readTextInput is the arguments of read_text.
type readTextInput struct {
	ID         string
	Question   string
	Pages      string
	Attachment string
	MaxChars   int
	Limit      int
	Cursor     string
}

// readTextOutput is the answer of read_text: pages, or passages if a question
// was asked.
type readTextOutput struct {
	ID           string        `json:"id"`
	Title        string        `json:"title" jsonschema:"this, label, text: untrusted third-party text"`
	URL          string        `json:"url"`
	Attachment   string        `json:"attachment,omitempty"`
	Pages        []pageLine    `json:"pages,omitempty" jsonschema:"page, label, offset, text"`
	Passages     []passageLine `json:"passages,omitempty" jsonschema:"source, child, page, text, start, end"`
	Completeness completeness  `json:"completeness"`
	NextCursor   string        `json:"next_cursor,omitempty"`
	Truncated    bool          `json:"truncated,omitempty"`
	Notices      []string      `json:"notices,omitempty"`
}

type passageLine struct {
	Source string `json:"source"`
	Child  string `json:"child,omitempty"`
	Page   string `json:"page,omitempty"`
	Text   string `json:"text"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// completeness says how much text there is, how much of it can be read, how
// much of it this answer holds, and why the rest is missing.
type completeness struct {
	Complete      bool   `json:"complete"`
	Readable      bool   `json:"readable"`
	Pages         int    `json:"pages,omitempty"`
	PagesReadable int    `json:"pages_readable,omitempty"`
	PagesReturned string `json:"pages_returned,omitempty"`
	Chars         int    `json:"chars,omitempty"`
	CharsReturned int    `json:"chars_returned"`
	Reason        string `json:"reason,omitempty"`
}

// Bounds of read_text.
const (
	minTextChars     = 1_000
	defaultTextChars = 20_000
	maxPassages      = 20
	maxPassageChars  = 3_000
	// textOverhead is room kept for all that is not the text itself, in
	// characters.
	textOverhead = 3_000
)

func readTextTool(c *Catalog) (*definition, error) {
	most := c.budget - textOverhead
	return readTool(c, about{readTextName, "Read a text",
		"A work's text: in order, by pages, or the passages that answer a question. " +
			"Says how much text exists and how much was returned. " +
			"Use it on an id from another tool. Not for finding works: use search."},
		readTextFields(most), readText)
}

const readTextName = "read_text"

func readTextFields(most int) []field[readTextInput] {
	return []field[readTextInput]{
		name("id", "as local/ABCD2345, DOI or @key", func(in *readTextInput) *string { return &in.ID }).must(),
		text("question", "for the passages that answer it", maxQuestionChars, func(in *readTextInput) *string { return &in.Question }),
		text("pages", "as 7, 3-5 or 9-", 40, func(in *readTextInput) *string { return &in.Pages }),
		name("attachment", "key; default the best file", func(in *readTextInput) *string { return &in.Attachment }),
		number("max_chars", "", minTextChars, most, func(in *readTextInput) *int { return &in.MaxChars }).or(min(defaultTextChars, most)).ofPaging(),
		number("limit", "of passages", 1, maxPassages, func(in *readTextInput) *int { return &in.Limit }).or(5).ofPaging(),
		cursorField(func(in *readTextInput) *string { return &in.Cursor }),
	}
}

func readText(ctx context.Context, c *call, in readTextInput) (answer[readTextOutput], error) {
	if err := oneWay(in); err != nil {
		return answer[readTextOutput]{}, err
	}
	c.progress.step(3, "finding the work")
	h, err := c.find(ctx, "id", in.ID)
	if err != nil {
		return answer[readTextOutput]{}, err
	}
	c.progress.step(3, "reading")
	t := &tidy{}
	out := readTextOutput{ID: h.item.ID.String(), Title: t.title(h.item), URL: c.itemURL(h.item)}
	if in.Question != "" {
		return readPassages(ctx, c, h, in, out)
	}
	s, err := c.span(in, h)
	if err != nil {
		return answer[readTextOutput]{}, err
	}
	p, err := c.readFrom(ctx, h, s)
	if err != nil {
		return answer[readTextOutput]{}, err
	}
	c.progress.step(3, "read")
	c.describe(&out, h, p)
	return fit(c.budget, 1, func(int) readTextOutput { return out })
}

// oneWay refuses arguments that ask for the text in two ways at once.
func oneWay(in readTextInput) error {
	ways := 0
	for _, s := range []string{in.Question, in.Pages, in.Cursor} {
		if s != "" {
			ways++
		}
	}
	if in.Question != "" && ways > 1 {
		return library.Errorf(library.Invalid, "argument %q goes with neither pages nor cursor", "question").
			WithHint("ask the question alone, or read by pages or cursor")
	}
	return nil
}

// span returns the part of the text that the arguments ask for.
func (c *call) span(in readTextInput, h holding) (span, error) {
	s := span{attachment: in.Attachment, room: min(in.MaxChars, c.budget-textOverhead)}
	switch upper := strings.ToUpper(in.Attachment); {
	case in.Attachment == "" && hasAttachment(h.item, h.asked):
		s.attachment = h.asked
	case !hasAttachment(h.item, in.Attachment) && hasAttachment(h.item, upper):
		s.attachment = upper
	}
	if in.Cursor == "" {
		var err error
		s.first, s.last, err = pageRange(in.Pages)
		return s, err
	}
	marks, err := decodeCursor(in.Cursor, c.digest())
	if err != nil {
		return s, err
	}
	if len(marks) != 1 || len(marks[0].numbers) != 2 || marks[0].name == "" ||
		marks[0].numbers[0] > maxOffset || marks[0].numbers[1] > maxOffset {
		return s, damaged()
	}
	s.attachment, s.offset, s.last = marks[0].name, int(marks[0].numbers[0]), int(marks[0].numbers[1])
	return s, nil
}

// hasAttachment reports whether the work has an attachment of that key.
func hasAttachment(it *library.Item, key string) bool {
	return slices.ContainsFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
}

// pageRange reads "7", "3-5" or "9-"; last is 0 if there is none.
func pageRange(s string) (first, last int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	from, to, ranged := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "–", "-"), "-")
	first, bad := strconv.Atoi(from)
	last = first
	if ranged {
		last = 0
		if to != "" {
			var e error
			if last, e = strconv.Atoi(to); e != nil || last < first {
				bad = strconv.ErrSyntax
			}
		}
	}
	if bad != nil || first < 1 || first > maxOffset || last > maxOffset {
		return 0, 0, library.Errorf(library.Invalid, "argument %q is not a range of pages", "pages").
			WithHint("write one page (7), a range (3-5) or an open one (9-), counted from 1")
	}
	return first, last, nil
}

// describe puts the part that was read into the answer, with its report.
func (c *call) describe(out *readTextOutput, h holding, p part) {
	out.Attachment, out.Pages = p.attachment, p.pages
	out.Completeness = completeness{
		Readable: p.status.Available, Pages: p.status.Pages, PagesReadable: p.status.PagesRead,
		PagesReturned: p.pageSpan(), Chars: p.status.Chars, CharsReturned: p.chars(),
		Reason: ours(p.status.Reason),
	}
	out.Completeness.Complete = p.status.Complete() && p.next < 0 && p.offset == 0 &&
		(p.status.Chars == 0 || p.chars() >= p.status.Chars)
	if p.next >= 0 {
		out.Truncated = true
		out.NextCursor = encodeCursor(c.digest(), textMark(p))
		out.note(fmt.Sprintf("the text goes on at character %d of %s; next_cursor goes on there", p.next, countOf(p.status.Chars)))
	}
	if !p.status.Available && p.attachment == "" {
		out.note("this work has no text that can be read; fetch has its abstract and notes")
	}
	out.note(otherTexts(h.item, p.attachment))
	out.Notices = append(c.standing.all(), out.Notices...)
}

func (out *readTextOutput) note(notice string) {
	if notice != "" {
		out.Notices = append(out.Notices, notice)
	}
}

// otherTexts says which of several attachments with text was read, or "".
func otherTexts(it *library.Item, read string) string {
	var others []string
	named := ""
	for i := range it.Attachments {
		switch a := &it.Attachments[i]; {
		case a.Key == read:
			named = fileName(a)
		case a.Text.Available:
			others = append(others, fileName(a))
		}
	}
	if named == "" || len(others) == 0 {
		return ""
	}
	return "this is the text of attachment " + named + "; other attachments of this work have text too: " + enumerate(others)
}

// fileName returns an attachment's key with its content type, if that is known.
func fileName(a *library.Attachment) string {
	if kind, _, _ := strings.Cut(a.ContentType, ";"); contentType.MatchString(kind) {
		return a.Key + " (" + kind + ")"
	}
	return a.Key
}

// contentType is the form of a MIME type, which a notice may repeat.
var contentType = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]{1,80}$`)

// textMark is where a part's text goes on.
func textMark(p part) []mark {
	return []mark{{name: p.attachment, numbers: []int64{int64(p.next), int64(p.last)}}}
}

// textCursor returns the cursor with which read_text, given nothing else but
// the work's ID, goes on after the part.
func textCursor(id string, p part) string {
	in := readTextInput{ID: id}
	return encodeCursor(argumentDigest(readTextName, readTextFields(0), &in), textMark(p))
}
