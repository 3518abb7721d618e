package shelf

import "github.com/stackroom-mcp/stackroom/pkg/library"

// Work is a work on its way into the shelf. The shelf gives it its ID, its
// children's keys, version and times; what the caller sets of those in a new
// work is kept only where the field says so.
type Work struct {
	// Item holds type, fields, creators, tags, date, notes and attachments.
	// Added and Modified are kept if set.
	Item library.Item
	// Collections are the paths of the collections that hold the work, the
	// top one first; they are made as needed.
	Collections [][]string
	// Texts are the texts of Item.Attachments, by position; a missing or
	// empty one means that the attachment has no readable text.
	Texts [][]library.TextPage
	// Origin says where the work came from, for reports: "refs.bib:120".
	Origin string
}
