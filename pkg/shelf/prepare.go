package shelf

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// What a shelf takes. The bounds are far above what bibliographies hold; they
// keep one bad entry from harming the rest.
const (
	maxItemBytes = 4 << 20  // of one work's row, without the texts of its attachments
	maxTextBytes = 64 << 20 // of one attachment's text
	maxPages     = 1 << 20  // of one attachment's text
	maxNameBytes = 4 << 10  // of a tag's or collection's name
	maxDepth     = 32       // of nested collections
	maxParts     = 10_000   // of tags, collections, notes, attachments and annotations together
)

// noText is why an attachment has no text, if nothing better is known.
const noText = "the library holds no text of this attachment"

// prepared is a work in the form in which the shelf keeps it, without keys.
type prepared struct {
	item        *library.Item
	collections [][]string
	texts       [][]library.TextPage // of item.Attachments, by position
	entry       identity
	problems    []string // what had to be left out, in our words
}

// prepare returns w in the shelf's form: valid UTF-8, no empty fields, no
// double tags, no keys, exact text statuses.
func prepare(w Work) (*prepared, error) {
	if n := parts(&w); n > maxParts {
		return nil, library.Errorf(library.TooLarge, "the entry has %d tags, collections, notes, attachments and annotations, the most is %d", n, maxParts)
	}
	p := &prepared{}
	c := canonical(&w.Item)
	c.Tags = p.names("tag", c.Tags)
	texts := p.prepareTexts(c.Attachments, w.Texts)
	p.item = merged(c)
	p.texts = make([][]library.TextPage, len(p.item.Attachments))
	for i, pages := range texts {
		if pages != nil { // an entry may name the same file twice
			p.texts[attachmentAt(p.item.Attachments, c.Attachments[i])] = pages
		}
	}
	for _, path := range w.Collections {
		p.prepareCollection(path)
	}
	if row := encodeItem(p.item); len(row) > maxItemBytes {
		return nil, library.Errorf(library.TooLarge, "the entry has %d bytes, the most is %d", len(row), maxItemBytes)
	}
	p.entry = entryIdentity(p.item)
	return p, nil
}

// parts counts what hangs on a work.
func parts(w *Work) int {
	n := len(w.Item.Tags) + len(w.Collections) + len(w.Item.Notes) + len(w.Item.Attachments)
	for _, a := range w.Item.Attachments {
		n += len(a.Annotations)
	}
	return n
}

// merged returns it as merging it into nothing leaves it, which is the form
// that merging it again does not change.
func merged(it *library.Item) *library.Item {
	m, _ := merge(&library.Item{}, it)
	m.Added = it.Added
	return m
}

// canonical returns a deep copy of it without keys, version and collections.
func canonical(it *library.Item) *library.Item {
	c := &library.Item{
		Type: cmp.Or(clean(it.Type), "document"), Fields: map[string]string{}, ParsedDate: clean(it.ParsedDate),
		Added: utc(it.Added), Modified: utc(it.Modified), AddedBy: clean(it.AddedBy), ModifiedBy: clean(it.ModifiedBy),
		Tags: cleanAll(it.Tags),
	}
	for _, name := range slices.Sorted(maps.Keys(it.Fields)) {
		if value := clean(it.Fields[name]); value != "" && name != "" {
			c.Fields[clean(name)] = value
		}
	}
	for _, x := range it.Creators {
		x = library.Creator{Role: clean(x.Role), Given: clean(x.Given), Family: clean(x.Family), Name: clean(x.Name)}
		if x.Display() != "" {
			c.Creators = append(c.Creators, x)
		}
	}
	for _, n := range it.Notes {
		if text := clean(n.Text); text != "" {
			c.Notes = append(c.Notes, library.Note{Text: text, Tags: cleanAll(n.Tags), Modified: utc(n.Modified)})
		}
	}
	for _, a := range it.Attachments {
		c.Attachments = append(c.Attachments, canonicalAttachment(a))
	}
	return c
}

func canonicalAttachment(a library.Attachment) library.Attachment {
	c := library.Attachment{
		Title: clean(a.Title), Filename: clean(a.Filename), ContentType: clean(a.ContentType), URL: clean(a.URL), Path: a.Path, Text: a.Text,
	}
	c.Text.Reason = clean(a.Text.Reason)
	for _, x := range a.Annotations {
		c.Annotations = append(c.Annotations, library.Annotation{
			Type: clean(x.Type), Text: clean(x.Text), Comment: clean(x.Comment), Color: clean(x.Color), Page: clean(x.Page),
			Tags: cleanAll(x.Tags), Modified: utc(x.Modified),
		})
	}
	return c
}

// clean returns s as valid UTF-8 without white space at its ends. What a
// reader should not see in it is removed where it leaves the server, not here.
func clean(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
}

// cleanAll returns the texts cleaned, without empty and double ones.
func cleanAll(texts []string) []string {
	var all []string
	for _, s := range texts {
		if s = clean(s); s != "" {
			all = union(all, []string{s})
		}
	}
	return all
}

// utc returns t as it comes back from a row, and no time for one that JSON
// can't hold.
func utc(t time.Time) time.Time {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

// names returns the names that are short enough and reports the others.
func (p *prepared) names(what string, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(s string) bool {
		if len(s) <= maxNameBytes {
			return false
		}
		p.problems = append(p.problems, fmt.Sprintf("a %s of %d bytes was left out; the most is %d", what, len(s), maxNameBytes))
		return true
	})
}

func (p *prepared) prepareCollection(path []string) {
	names := []string{}
	for _, s := range path {
		if s = clean(s); s != "" {
			names = append(names, s)
		}
	}
	if len(names) > maxDepth {
		p.problems = append(p.problems, fmt.Sprintf("a collection %d levels deep was left out; the most is %d", len(names), maxDepth))
		return
	}
	if kept := p.names("collection name", names); len(names) > 0 && len(kept) == len(names) {
		p.collections = append(p.collections, names)
	}
}

// prepareTexts returns the texts of the attachments, by position, and makes
// the attachments' statuses say what there is.
func (p *prepared) prepareTexts(attachments []library.Attachment, texts [][]library.TextPage) [][]library.TextPage {
	out := make([][]library.TextPage, len(attachments))
	for i := range attachments {
		var pages []library.TextPage
		if i < len(texts) {
			pages = texts[i]
		}
		var problem string
		if out[i], problem = settledText(&attachments[i].Text, pages); problem != "" {
			p.problems = append(p.problems, "the text of an attachment was left out: "+problem)
		}
	}
	return out
}

// settledText returns a text as the shelf keeps it, and makes status say what
// there is. The text is nil if there is none, or if it is too large; problem
// then says so.
func settledText(status *library.TextStatus, pages []library.TextPage) (text []library.TextPage, problem string) {
	size := 0
	for _, page := range pages {
		size += len(page.Text)
	}
	if size > maxTextBytes || len(pages) > maxPages {
		size = 0
		problem = fmt.Sprintf("the text has more than %d MiB or %d pages", maxTextBytes>>20, maxPages)
		status.Reason = problem
	}
	if size == 0 {
		*status = library.TextStatus{Pages: status.Pages, Reason: first(status.Reason, noText)}
		return nil, problem
	}
	text = withOffsets(pages)
	settle(status, text)
	return text, ""
}

// withOffsets returns the pages as valid UTF-8, each with the place where it
// begins in the whole text.
func withOffsets(pages []library.TextPage) []library.TextPage {
	out := make([]library.TextPage, len(pages))
	offset := 0
	for i, page := range pages {
		out[i] = library.TextPage{
			Number: min(max(page.Number, 0), maxPages), Label: clean(page.Label), Offset: offset, Text: strings.ToValidUTF8(page.Text, "\uFFFD"),
		}
		offset += utf8.RuneCountInString(out[i].Text)
	}
	return out
}

// settle makes status say what the pages are. How many pages there are beside
// those that were read, and why they were not, only the caller knows.
func settle(status *library.TextStatus, pages []library.TextPage) {
	last := pages[len(pages)-1]
	status.Available = true
	status.Chars = last.Offset + utf8.RuneCountInString(last.Text)
	numbered, highest := 0, 0
	for _, page := range pages {
		if page.Number > 0 {
			numbered++
			highest = max(highest, page.Number)
		}
	}
	status.PagesRead = numbered
	status.Pages = max(status.Pages, numbered, highest)
	if status.PagesRead < status.Pages && status.Reason == "" {
		status.Reason = "not every page could be turned into text"
	}
}
