// Package model holds what the readers of the bibliography formats share: the
// entries they read and the report of what they could not.
package model

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Document is what one bibliography file holds.
type Document struct {
	Entries []Entry
	// Problems are the entries that were skipped or repaired, and why, in
	// the order of the file.
	Problems []Problem
	// Open opens a file that came with the document, by the path of a
	// [File]. It is nil where files lie beside the document.
	Open func(path string) (io.ReadCloser, error)
}

// Add adds an entry and, if something had to be repaired, its problem.
func (d *Document) Add(file string, e Entry, reasons ...string) {
	d.Entries = append(d.Entries, e)
	if len(reasons) > 0 {
		d.Problems = append(d.Problems, Problem{
			File: file, Line: e.Line, Entry: strconv.Itoa(len(d.Entries)), Severity: Repaired, Reason: strings.Join(reasons, "; "),
		})
	}
}

// Skip reports something at a line that is not in the document.
func (d *Document) Skip(file string, line int, reason string) {
	d.Problems = append(d.Problems, Problem{File: file, Line: line, Severity: Skipped, Reason: reason})
}

// Reasons of problems that say that an entry is not whole.
const (
	FileEnds   = "the file ends within the entry"
	EndMissing = "its end (ER) is missing"
)

// IsCut reports whether the document seems to end within its last entry, as one
// does that is being written.
func (d *Document) IsCut() bool {
	if len(d.Entries) == 0 {
		return false
	}
	last := d.Entries[len(d.Entries)-1].Line
	return slices.ContainsFunc(d.Problems, func(p Problem) bool {
		return p.Severity == Repaired && p.Line >= last && (strings.Contains(p.Reason, FileEnds) || strings.Contains(p.Reason, EndMissing))
	})
}

// Entry is one work as a bibliography file tells it.
type Entry struct {
	// Item has no ID, keys, version or collections: the library that takes
	// it gives it those. Fields["citationKey"] is the entry's key, if any.
	// What the file says and no field can hold is in Fields["extra"], a
	// line "name: value" each.
	Item library.Item
	// Line is where the entry begins, from 1.
	Line int
	// Collections are the paths of the collections that hold the work, the
	// top one first.
	Collections [][]string
	// Files are the attachments that the entry names.
	Files []File
}

// File is an attachment that an entry names.
type File struct {
	Path        string // as written; relative to the bibliography file, or absolute
	Title       string
	ContentType string // MIME type, or ""
}

// Severity says what became of an entry with a problem.
type Severity string

// The severities.
const (
	Skipped  Severity = "skipped"  // the entry is not in the document
	Repaired Severity = "repaired" // the entry is there; the reason says what was repaired
)

// Problem reports an entry that was skipped or repaired.
type Problem struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`            // from 1
	Entry    string   `json:"entry,omitempty"` // citation key or number, cleaned
	Severity Severity `json:"severity"`
	Reason   string   `json:"reason"`
}
