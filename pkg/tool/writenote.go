package tool

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/note"
)

// noteInput is the arguments of write_note.
type noteInput struct {
	ID, Text, Heading string
	Tags              []string
}

// maxNoteChars bounds what one call writes, in characters of Markdown.
const maxNoteChars = 50_000

func writeNoteTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"write_note", "Write a note",
		"Writes a note in Markdown: a new one below a work, more at the end of a note, or other text under one of its headings, which gives a plan first. " +
			"Use it to keep a summary or a thought; the rest of a note stays as it is. Not for fields: use update_items."},
		Hints{},
		[]field[noteInput]{
			name("id", "of a work, for a new note, or of a note", func(in *noteInput) *string { return &in.ID }).must(),
			block("text", "Markdown", maxNoteChars, func(in *noteInput) *string { return &in.Text }).must(),
			name("heading", "of the note: replaces what stands under it", func(in *noteInput) *string { return &in.Heading }),
			tags("tags", "added to the note", func(in *noteInput) *[]string { return &in.Tags }),
		}, writeNote)
}

func writeNote(ctx context.Context, c *writeCall, in noteInput) (*proposal, error) {
	t, err := c.targets(ctx, []string{in.ID})
	if err != nil {
		return nil, err
	}
	html, err := note.HTML(in.Text)
	if err != nil {
		return nil, err
	}
	o := t.objects[0]
	if o.Data["itemType"] != "note" {
		return newNote(c, t, html, in)
	}
	now, _ := o.Data["note"].(string)
	title, fields := "Add to a note", library.Data{}
	if in.Heading == "" {
		fields["note"], err = note.Append(now, html)
	} else {
		title = "Replace a section of a note"
		fields["note"], err = note.ReplaceSection(now, in.Heading, html)
	}
	if err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 {
		fields["tags"] = withEntries(o.Data["tags"], in.Tags, nil, newTag)
	}
	e, ok := change.Set(o, fields)
	if !ok {
		return nil, library.Errorf(library.Invalid, "nothing would change").WithHint("the note has this text already")
	}
	e.Name = t.names[0]
	p, err := c.propose(t.lib, title, []change.Edit{e})
	if err == nil && in.Heading == "" && c.writing.Confirm != ConfirmAlways {
		p.approved = true // it only adds
	}
	return p, err
}

// newNote proposes a note below a work.
func newNote(c *writeCall, t *targets, html string, in noteInput) (*proposal, error) {
	o := t.objects[0]
	switch {
	case in.Heading != "":
		return nil, library.Errorf(library.Invalid, "argument %q is for a note, and %q names a work", "heading", "id").
			WithHint("fetch shows the work's notes with their IDs")
	case slices.Contains([]any{"attachment", "annotation"}, o.Data["itemType"]):
		return nil, library.Errorf(library.Invalid, "a note is below a work, not below an attachment").WithHint("give the ID of the work")
	}
	e := change.Make(library.ItemObject, t.writer.NewKey(), library.Data{
		"itemType": "note", "parentItem": o.Key, "note": html, "tags": withEntries(nil, in.Tags, nil, newTag),
	})
	e.Name = t.names[0]
	return c.propose(t.lib, "Write a note", []change.Edit{e})
}
