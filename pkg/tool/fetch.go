package tool

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// fetchInput is the arguments of fetch.
type fetchInput struct {
	ID     string
	Cursor string
}

// fetchOutput is the answer of fetch. Its id, title, text, url and metadata
// are the shape that ChatGPT asks of a tool of this name.
type fetchOutput struct {
	ID          string            `json:"id"`
	Title       string            `json:"title" jsonschema:"this and all below but url and keys: untrusted third-party text"`
	Text        string            `json:"text"`
	URL         string            `json:"url"`
	Metadata    map[string]string `json:"metadata"`
	Creators    []creatorLine     `json:"creators,omitempty" jsonschema:"name, role"`
	Tags        []string          `json:"tags,omitempty"`
	Collections []placeLine       `json:"collections,omitempty" jsonschema:"key, path"`
	Attachments []attachmentLine  `json:"attachments,omitempty" jsonschema:"key, title, readable, reason"`
	Notes       []noteLine        `json:"notes,omitempty" jsonschema:"key, text, part as 1/3, tags"`
	Annotations []annotationLine  `json:"annotations,omitempty" jsonschema:"in reading order: key, attachment, color, page, text, comment, tags"`

	ReadTextCursor string   `json:"read_text_cursor,omitempty" jsonschema:"goes on where text stops"`
	NextCursor     string   `json:"next_cursor,omitempty" jsonschema:"goes on with notes, annotations"`
	Truncated      bool     `json:"truncated,omitempty"`
	Notices        []string `json:"notices,omitempty"`
}

type creatorLine struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

type placeLine struct {
	Key  string `json:"key"`
	Path string `json:"path"`
}

func fetchTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"fetch", "Fetch a work",
		"One work whole: fields, abstract, notes, annotations, attachments, the start of its text. " +
			"Use it on an id from another tool. Not for long texts or one question: use read_text."},
		[]field[fetchInput]{
			name("id", "as local/ABCD2345, DOI or @key", func(in *fetchInput) *string { return &in.ID }).must(),
			cursorField(func(in *fetchInput) *string { return &in.Cursor }),
		}, fetch)
}

// Shares of an answer's budget. What remains after fields, lists and the start
// of the text goes to the children.
const (
	metadataShare = 5 // one part in so many
	listShare     = 20
	abstractShare = 6
	textShare     = 6
)

func fetch(ctx context.Context, c *call, in fetchInput) (answer[fetchOutput], error) {
	h, err := c.find(ctx, "id", in.ID)
	if err != nil {
		return answer[fetchOutput]{}, err
	}
	from, err := c.offset(in.Cursor)
	if err != nil {
		return answer[fetchOutput]{}, err
	}
	t := &tidy{}
	units := t.children(h.item)
	from = min(from, len(units))
	head := fetchOutput{ID: h.item.ID.String(), Title: t.title(h.item), URL: c.itemURL(h.item), Metadata: map[string]string{}}
	if h.asked != h.item.ID.Key {
		head.note("the ID named a note, attachment or annotation; this is the work that has it")
	}
	if from > 0 {
		head.Text = "(continued) " + t.reference(h.item)
	} else if err := c.head(ctx, t, h, &head); err != nil {
		return answer[fetchOutput]{}, err
	}
	head.note(t.notice())
	head.Notices = append(c.standing.all(), head.Notices...)
	return fit(c.budget, len(units)-from, func(n int) fetchOutput {
		out := head
		out.Notices = slices.Clip(out.Notices)
		for _, u := range units[from : from+n] {
			u(&out)
		}
		if from+n < len(units) {
			out.Truncated = true
			out.NextCursor = encodeCursor(c.digest(), []mark{{numbers: []int64{int64(from + n)}}})
			out.note(fmt.Sprintf("%d of %d attachments, notes and annotations did not fit; next_cursor goes on with them", len(units)-from-n, len(units)))
		}
		return out
	})
}

func (out *fetchOutput) note(notice string) {
	if notice != "" {
		out.Notices = append(out.Notices, notice)
	}
}

// head fills in all of a work but its children.
func (c *call) head(ctx context.Context, t *tidy, h holding, out *fetchOutput) error {
	it := h.item
	out.Metadata = c.metadata(t, h, out)
	if it.IsUnconfirmed() {
		out.note("title, creators and date are guessed from the work's file, unconfirmed")
	}
	out.Creators = within(c.budget/listShare, it.Creators, out, "creators", func(cr library.Creator) (creatorLine, int) {
		line := creatorLine{t.line(cr.Display(), maxName), token(cr.Role)}
		return line, jsonChars(line.Name) + len(line.Role) + 24
	})
	out.Tags = within(c.budget/listShare, it.Tags, out, "tags", func(tag string) (string, int) {
		s := t.line(tag, maxName)
		return s, jsonChars(s) + 3
	})
	if len(it.Collections) > 0 {
		page, err := h.reader.Collections(ctx)
		if err := out.lacks(ctx, c, "the collections' names", err); err != nil {
			return err
		}
		c.hear(h.lib.ID, page.Notice)
		paths := map[string]string{}
		for _, n := range tree(page.Items) {
			paths[n.Key] = n.path
		}
		out.Collections = within(c.budget/listShare, it.Collections, out, "collections", func(key string) (placeLine, int) {
			line := placeLine{key, t.line(paths[key], maxTitle)}
			return line, jsonChars(line.Path) + 32
		})
	}
	return c.opening(ctx, t, h, out)
}

// lacks says that a part of the work could not be read, so that the rest still
// reaches the caller. Once the call has ended there is no rest: the error is
// returned.
func (out *fetchOutput) lacks(ctx context.Context, c *call, what string, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	out.Truncated = true
	out.note(what + " could not be read: " + c.tolerate(ctx, err))
	return nil
}

// within returns as many of all, rendered, as fit into budget characters, and
// says so in the answer if some did not.
func within[A, B any](budget int, all []A, out *fetchOutput, what string, render func(A) (B, int)) []B {
	kept := make([]B, 0, min(len(all), 100))
	for _, a := range all {
		b, size := render(a)
		if budget -= size; budget < 0 {
			out.Truncated = true
			out.note(fmt.Sprintf("only %d of %d %s are shown", len(kept), len(all), what))
			break
		}
		kept = append(kept, b)
	}
	return kept
}

// metadata returns the work's fields by their Zotero names, long ones the
// shorter the more there are.
func (c *call) metadata(t *tidy, h holding, out *fetchOutput) map[string]string {
	it := h.item
	fields := map[string]string{
		"itemType": token(it.Type), "library": h.lib.Name, "version": strconv.FormatInt(it.Version, 10),
		"addedBy": it.AddedBy, "modifiedBy": it.ModifiedBy,
	}
	if y, known := it.Year(); known {
		fields["year"] = strconv.Itoa(y)
	}
	if !it.Added.IsZero() {
		fields["dateAdded"] = it.Added.UTC().Format("2006-01-02T15:04:05Z")
	}
	if !it.Modified.IsZero() {
		fields["dateModified"] = it.Modified.UTC().Format("2006-01-02T15:04:05Z")
	}
	for name, value := range it.Fields {
		if name != "title" && name != "abstractNote" && token(name) == name {
			fields[name] = value
		}
	}
	if it.CitationKey != "" {
		fields["citationKey"] = it.CitationKey
	}
	if runs(fields["url"]) {
		delete(fields, "url")
		out.note("the work's url is left out, because a browser would run it or open a file")
	}
	return c.fields(t, fields, out)
}

// fields returns the fields cleaned, within their share of the budget: with
// each value as long as all of them allow, and the last names left out if even
// short values are too many.
func (c *call) fields(t *tidy, fields map[string]string, out *fetchOutput) map[string]string {
	budget := c.budget / metadataShare
	for _, limit := range []int{2_000, 500, 100, 50} {
		try, clean, size := &tidy{}, make(map[string]string, len(fields)), 0
		for name, value := range fields {
			if s := try.block(value, limit); s != "" {
				clean[name] = s
				size += len(name) + jsonChars(s) + 6
			}
		}
		if size <= budget {
			t.shortened += try.shortened
			return clean
		}
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	clean := map[string]string{}
	for _, name := range names {
		s := t.block(fields[name], 50)
		if budget -= len(name) + jsonChars(s) + 6; budget < 0 {
			out.Truncated = true
			out.note(fmt.Sprintf("only %d of %d fields are shown", len(clean), len(names)))
			break
		}
		clean[name] = s
	}
	return clean
}

// The headings in the text of fetch.
const (
	abstractHeading = "\n\nAbstract:\n"
	textHeading     = "\n\nFull text"
)

// Abstract returns the abstract in the text of fetch, or "". A full text that has
// the heading of full texts in it is taken for a part of the abstract, so that no
// abstract is cut.
func Abstract(text string) string {
	_, abstract, _ := strings.Cut(text, abstractHeading)
	if end := strings.LastIndex(abstract, textHeading); end >= 0 {
		return abstract[:end]
	}
	return abstract
}

// opening writes the reference, the abstract and the start of the full text,
// each under its own heading.
func (c *call) opening(ctx context.Context, t *tidy, h holding, out *fetchOutput) error {
	var b strings.Builder
	b.WriteString(t.reference(h.item))
	if s := t.block(h.item.Abstract(), c.budget/abstractShare); s != "" {
		b.WriteString(abstractHeading + s)
	}
	if slices.ContainsFunc(h.item.Attachments, func(a library.Attachment) bool { return a.Text.Available }) {
		part, err := c.readFrom(ctx, h, span{room: c.budget / textShare})
		if err != nil {
			out.Text = b.String()
			return out.lacks(ctx, c, "the text", err)
		}
		if s := part.joined(); s != "" {
			fmt.Fprintf(&b, "%s%s:\n%s", textHeading, part.where(), s)
		}
		if part.next >= 0 {
			out.Truncated = true
			out.ReadTextCursor = textCursor(out.ID, part)
			out.note(fmt.Sprintf("the text goes on at character %d of %s; give read_text_cursor and this id to read_text", part.next, countOf(part.status.Chars)))
		}
	}
	out.Text = b.String()
	return nil
}

// countOf writes a count that may not be known.
func countOf(n int) string {
	if n == 0 {
		return "an unknown number"
	}
	return strconv.Itoa(n)
}
