// Package sample is the library that Stackroom serves before anything is
// imported: real, well-known works from many fields, with abstracts and
// reader's notes written for it, and a few public-domain texts. The README
// beside this file says where its facts and texts come from.
//
// The works are JSON files in works, one file a field, and the texts are plain
// text in texts, a form feed between two pages. Both are part of the binary.
package sample

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// Name is the sample library's name.
const Name = "Sample library"

//go:embed works/*.json texts/*.txt
var files embed.FS

// Works returns the works of the sample library, always the same ones in the
// same order. Each call decodes them again, so the caller may change what it
// gets. An error means that the program was built with damaged data; its code
// is [library.Internal].
func Works() ([]shelf.Work, error) {
	return read(files)
}

// read decodes the works in fsys, file by file in the order of their names.
func read(fsys fs.FS) ([]shelf.Work, error) {
	names, err := fs.Glob(fsys, "works/*.json")
	if err != nil {
		return nil, damaged("works", err)
	}
	var works []shelf.Work
	for _, name := range names {
		entries, err := decode(fsys, name)
		if err != nil {
			return nil, damaged(name, err)
		}
		for i := range entries {
			work, err := entries[i].work(fsys)
			if err != nil {
				return nil, damaged(name, err)
			}
			work.Origin = "sample/" + path.Base(name) + ":" + entries[i].Fields["citationKey"]
			works = append(works, work)
		}
	}
	return works, nil
}

// decode reads one file of works. A name that entry doesn't know is an error,
// so that a slip in editing can't drop data unseen.
func decode(fsys fs.FS, name string) ([]entry, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var entries []entry
	return entries, dec.Decode(&entries)
}

func damaged(name string, cause error) error {
	return library.Errorf(library.Internal, "the sample library in this program is damaged: %s", name).
		WithHint("build the program again from a clean checkout").WithCause(cause)
}

// entry is a work as the files hold it.
type entry struct {
	Type        string            `json:"type"`
	Fields      map[string]string `json:"fields"`
	Creators    []creator         `json:"creators"`
	Date        string            `json:"date"`        // as in library.Item.ParsedDate
	Added       time.Time         `json:"added"`       // RFC 3339
	Collections []string          `json:"collections"` // paths: "Reading group/Causality"
	Tags        []string          `json:"tags"`
	Notes       [][]string        `json:"notes"` // lines of each note
	Attachments []attachment      `json:"attachments"`
}

type creator struct {
	Role   string `json:"role"`
	Given  string `json:"given"`
	Family string `json:"family"`
	Name   string `json:"name"`
}

type attachment struct {
	Title       string       `json:"title"`
	URL         string       `json:"url"`
	File        string       `json:"file"` // in texts; "" if there is no text
	ContentType string       `json:"contentType"`
	Missing     string       `json:"missing"` // what of the text is not here, and why
	Annotations []annotation `json:"annotations"`
}

type annotation struct {
	Type    string   `json:"type"`
	Text    string   `json:"text"`
	Comment string   `json:"comment"`
	Color   string   `json:"color"`
	Page    string   `json:"page"`
	Tags    []string `json:"tags"`
}

// work returns e as the shelf takes it.
func (e *entry) work(fsys fs.FS) (shelf.Work, error) {
	w := shelf.Work{Item: library.Item{
		Type:       e.Type,
		Fields:     e.Fields,
		Tags:       e.Tags,
		ParsedDate: e.Date,
		Added:      e.Added,
		Modified:   e.Added,
	}}
	for _, c := range e.Creators {
		w.Item.Creators = append(w.Item.Creators, library.Creator(c))
	}
	for _, lines := range e.Notes {
		w.Item.Notes = append(w.Item.Notes, library.Note{Text: strings.Join(lines, "\n")})
	}
	for _, c := range e.Collections {
		w.Collections = append(w.Collections, strings.Split(c, "/"))
	}
	for i := range e.Attachments {
		a, pages, err := e.Attachments[i].read(fsys)
		if err != nil {
			return shelf.Work{}, err
		}
		w.Item.Attachments = append(w.Item.Attachments, a)
		w.Texts = append(w.Texts, pages)
	}
	return w, nil
}

// read returns the attachment and the pages of its text, if it has one.
func (a *attachment) read(fsys fs.FS) (library.Attachment, []library.TextPage, error) {
	out := library.Attachment{
		Title:       a.Title,
		Filename:    a.File,
		ContentType: a.ContentType,
		URL:         a.URL,
		Text:        library.TextStatus{Reason: a.Missing},
	}
	for _, n := range a.Annotations {
		out.Annotations = append(out.Annotations, library.Annotation{
			Type: n.Type, Text: n.Text, Comment: n.Comment, Color: n.Color, Page: n.Page, Tags: n.Tags,
		})
	}
	if a.File == "" {
		if out.Text.Reason == "" {
			out.Text.Reason = "the sample library holds no text of this attachment"
		}
		return out, nil, nil
	}
	data, err := fs.ReadFile(fsys, "texts/"+a.File)
	if err != nil {
		return library.Attachment{}, nil, err
	}
	pages, chars := paginate(string(data))
	out.Text.Available = true
	out.Text.Pages, out.Text.PagesRead, out.Text.Chars = len(pages), len(pages), chars
	return out, pages, nil
}

// paginate cuts a text at its form feeds and returns the pages and how many
// characters they hold together. The white space before a form feed is part of
// the page, so that the pages put together are the text. The pages are the
// sample's own, not those of a printed edition, and their labels say so.
func paginate(text string) (pages []library.TextPage, chars int) {
	for i, s := range strings.Split(text, "\f") {
		pages = append(pages, library.TextPage{Number: i + 1, Label: fmt.Sprintf("sample p. %d", i+1), Offset: chars, Text: s})
		chars += utf8.RuneCountInString(s)
	}
	return pages, chars
}
