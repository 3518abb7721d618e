// Package describe makes works of PDF files: title, people, year and identifiers,
// as far as a file says them, in its metadata or on its first page.
//
// What it finds is a guess, so each work has the tag [library.Unconfirmed].
package describe

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// ErrUntitled means that nothing in a file says what it is.
var ErrUntitled = errors.New("the file holds no text and no title; it may hold images of pages")

// pagesRead is how many pages are looked at.
const pagesRead = 2

// Work returns the work that a file seems to be. name is the file's name. The
// errors are [ErrUntitled] and those of package pdf.
func Work(ctx context.Context, file *os.File, name string) (*library.Item, error) {
	doc, err := pdf.Layout(ctx, file, 1, pagesRead)
	if err != nil {
		return nil, err
	}
	packet, err := pdf.XMP(ctx, file)
	if err != nil && ctx.Err() != nil {
		return nil, err // a damaged packet is as none
	}
	return work(&source{name: path.Base(name), doc: doc, meta: readXMP(packet)})
}

// source is what is known of a file.
type source struct {
	name string
	doc  *pdf.Document
	meta metadata
}

// work puts together what a file says.
func work(s *source) (*library.Item, error) {
	it := &library.Item{Type: "document", Fields: map[string]string{}, Tags: []string{library.Unconfirmed}}
	front := frontOf(s.doc)
	title := s.title(front)
	if title == "" {
		return nil, ErrUntitled
	}
	doi, arXiv := s.doi(front), s.arXiv(front)
	switch {
	case s.meta.first("prism:isbn") != "" && s.meta.first("prism:publicationName") == "":
		it.Type = "book"
	case s.meta.first("prism:publicationName") != "":
		it.Type = "journalArticle"
	case arXiv != "":
		it.Type = "preprint"
	}
	set := func(field, value string) {
		if value == "" {
			return
		}
		if own, ok := zschema.FieldFor(it.Type, field); ok {
			it.Fields[own] = value
		} else {
			it.Fields["extra"] = strings.TrimPrefix(it.Fields["extra"]+"\n"+field+": "+value, "\n")
		}
	}
	set("title", title)
	set("DOI", doi)
	switch {
	case it.Type == "preprint":
		set("archiveID", "arXiv:"+arXiv)
		set("repository", "arXiv")
	case arXiv != "":
		set("arXiv", arXiv)
	}
	if it.Type != "document" {
		s.published(set)
	}
	it.Creators = s.creators(front, title)
	it.ParsedDate = s.date(front, arXiv)
	set("date", it.ParsedDate)
	return it, nil
}

// published sets where a work appeared, as its metadata says.
func (s *source) published(set func(field, value string)) {
	for field, property := range map[string]string{
		"publicationTitle": "prism:publicationName", "volume": "prism:volume", "issue": "prism:number", "ISSN": "prism:issn", "ISBN": "prism:isbn",
		"publisher": "dc:publisher",
	} {
		set(field, s.meta.first(property))
	}
	pages := s.meta.first("prism:pageRange")
	if first, last := s.meta.first("prism:startingPage"), s.meta.first("prism:endingPage"); pages == "" && first != "" {
		pages = strings.TrimSuffix(first+"-"+last, "-")
	}
	set("pages", pages)
}
