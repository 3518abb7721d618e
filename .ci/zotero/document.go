package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// document is a page of Zotero's documentation: a real text of several pages
// that can be read, marked and quoted.
type document struct {
	name  string
	title string
	pages []string
}

// pageChars is about how long a page of a document is.
const pageChars = 3000

// readDocuments reads the documentation's pages, in order of their names.
func readDocuments(fixtures fs.FS) ([]document, error) {
	paths, err := fs.Glob(fixtures, "zotero-docs-v3/*.md")
	if err != nil || len(paths) == 0 {
		return nil, errors.New("no documents in zotero-docs-v3")
	}
	var docs []document
	for _, name := range paths {
		data, err := fs.ReadFile(fixtures, name)
		if err != nil {
			return nil, err
		}
		if d := (document{name: path.Base(name), pages: paginate(string(data))}); len(d.pages) > 1 {
			d.title = "Zotero Web API documentation: " + strings.ReplaceAll(strings.TrimSuffix(d.name, ".md"), "_", " ")
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// paginate cuts a text into pages at line ends.
func paginate(text string) []string {
	var pages []string
	var page strings.Builder
	for line := range strings.Lines(text) {
		page.WriteString(line)
		if page.Len() >= pageChars {
			pages = append(pages, page.String())
			page.Reset()
		}
	}
	return append(pages, page.String())
}

// place is a sentence in a document, and where it stands.
type place struct {
	Work       string `json:"work"`
	Attachment string `json:"attachment"`
	Pages      int    `json:"pages"`
	Indexed    int    `json:"indexed"`
	Page       int    `json:"page"`
	Words      string `json:"words"`
	Color      string `json:"color"`
	Comment    string `json:"comment"`
}

// addDocument puts a document with its text and marks into the library. If
// indexed is smaller than its number of pages, Zotero knows the first ones
// only.
func (s *shelf) addDocument(d document, indexed int) place {
	indexed = min(indexed, len(d.pages))
	w := &work{source: "documents", number: d.name, item: object{
		"itemType": "webpage", "title": d.title, "websiteTitle": "Zotero Documentation", "date": "2026-06-17", "language": "en",
		"creators": []object{{"creatorType": "author", "name": "Corporation for Digital Scholarship"}},
		"tags":     []object{{"tag": "documentation"}, {"tag": "API", "type": 1}}, "relations": object{},
	}}
	p := place{Work: s.add(w), Pages: len(d.pages), Indexed: indexed, Color: "#5fb236"}
	p.Attachment = keyOf(p.Work, "file")
	s.children = append(s.children, object{
		"key": p.Attachment, "itemType": "attachment", "parentItem": p.Work, "linkMode": "imported_file", "title": "Full Text PDF",
		"contentType": "application/pdf", "charset": "", "filename": strings.TrimSuffix(d.name, ".md") + ".pdf", "tags": []object{}, "relations": object{},
	})
	s.texts = append(s.texts, fullText{Key: p.Attachment, Content: strings.Join(d.pages[:indexed], "\f"), IndexedPages: indexed, TotalPages: len(d.pages)})
	// The last mark is written first, so that reading order is not the order
	// of writing.
	for n := indexed; n >= 1; n-- {
		words := longestLine(d.pages[n-1])
		if words == "" {
			continue
		}
		mark := object{
			"key": keyOf(p.Attachment, "mark", n), "itemType": "annotation", "parentItem": p.Attachment, "annotationType": "highlight",
			"annotationText": words, "annotationComment": fmt.Sprint("Seen on page ", n), "annotationColor": p.Color, "annotationPageLabel": fmt.Sprint(n),
			"annotationSortIndex": fmt.Sprintf("%05d|%06d|%05d", n-1, 100, 100), "annotationPosition": position(n - 1), "tags": []object{}, "relations": object{},
		}
		s.marks = append(s.marks, mark)
		if p.Page == 0 {
			p.Page, p.Words, p.Comment = n, words, fmt.Sprint("Seen on page ", n)
		}
	}
	return p
}

func position(page int) string {
	b, err := json.Marshal(map[string]any{"pageIndex": page, "rects": [][]float64{{100, 100, 400, 112}}})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// longestLine returns the longest line of a page that is running text, at
// most 300 bytes, or "".
func longestLine(page string) string {
	best := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if len(line) > len(best) && len(line) < 300 && utf8.ValidString(line) && !strings.ContainsAny(line, "|<>&#*[]{}\\`\"") && !strings.HasPrefix(line, "-") {
			best = line
		}
	}
	return best
}

// addAbstractTexts gives works with long abstracts a file whose text is known
// by characters: the abstract is the one real text that such a work has.
func (s *shelf) addAbstractTexts(limit int) {
	for _, w := range slices.Clone(s.works) {
		abstract, _ := w["abstractNote"].(string)
		if limit == 0 {
			return
		}
		if len(abstract) < 800 {
			continue
		}
		limit--
		key := keyOf(w["key"], "abstract")
		s.children = append(s.children, object{
			"key": key, "itemType": "attachment", "parentItem": w["key"], "linkMode": "imported_url", "title": "Snapshot", "url": "https://example.org/" + key,
			"contentType": "text/html", "charset": "utf-8", "filename": "snapshot.html", "tags": []object{}, "relations": object{},
		})
		n := utf8.RuneCountInString(abstract)
		s.texts = append(s.texts, fullText{Key: key, Content: abstract, IndexedChars: n, TotalChars: n})
	}
}
