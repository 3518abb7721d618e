package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest" //nolint:depguard // this program prepares a test
)

// contractOwner is the person whose groups hold what the contract of
// library.Reader is checked with. It is their only member.
const contractOwner = 303

// contractSeed is what the test of the contract is told.
type contractSeed struct {
	Key    string         `json:"key"`    // reads the groups and nothing else
	Groups map[string]int `json:"groups"` // number of the group, by the name of its set of works
	// WriteKey may change the group of the number Writes and nothing else.
	WriteKey string `json:"write_key"`
	Writes   int    `json:"writes"`
}

// fillContract makes a group of each set. It returns how many objects it
// wrote.
func fillContract(ctx context.Context, admin *api) (contractSeed, int, error) {
	made := contractSeed{Groups: map[string]int{}}
	writer, err := ensureKey(ctx, admin, contractOwner, "writes the contract's groups", object{"groups": object{"all": object{"library": true, "write": true}}})
	if err != nil {
		return made, 0, err
	}
	who := *admin
	who.key = writer
	written, readable := 0, object{}
	sets := librarytest.Sets()
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		group, err := ensureGroup(ctx, admin, "Contract: "+name, contractOwner)
		if err != nil {
			return made, written, err
		}
		made.Groups[name] = group
		readable[strconv.Itoa(group)] = object{"library": true}
		n, err := who.writeContract(ctx, fmt.Sprintf("/groups/%d", group), contractShelf(name, sets[name]))
		written += n
		if err != nil {
			return made, written, fmt.Errorf("contract's %s: %w", name, err)
		}
	}
	if made.Key, err = ensureKey(ctx, admin, contractOwner, "reads the contract's groups", object{"groups": readable}); err != nil {
		return made, written, err
	}
	if made.Writes, err = ensureGroup(ctx, admin, "Contract: writes", contractOwner); err != nil {
		return made, written, err
	}
	made.WriteKey, err = ensureKey(ctx, admin, contractOwner, "changes one group", object{"groups": object{strconv.Itoa(made.Writes): object{"library": true, "write": true}}})
	return made, written, err
}

// writeContract writes a library of which nothing may be refused: the data is
// ours.
func (a *api) writeContract(ctx context.Context, path string, s *shelf) (written int, err error) {
	for _, part := range []struct {
		kind    string
		objects []object
	}{{"collections", s.folders}, {"items", s.items()}} {
		n, refused, err := a.create(ctx, path, part.kind, part.objects)
		written += n
		if err != nil {
			return written, err
		}
		if len(refused) > 0 {
			return written, fmt.Errorf("the server refused %s", strings.Join(refused, "; "))
		}
	}
	return written, a.putTexts(ctx, path, s.texts)
}

// contractShelf returns the library that holds a set of works.
func contractShelf(name string, works []librarytest.Work) *shelf {
	s := &shelf{prefix: "contract " + name, name: name}
	for i, w := range works {
		it := w.Item
		item := object{"itemType": it.Type, "creators": contractCreators(it.Creators), "tags": contractTags(it.Tags), "relations": object{}}
		for field, value := range it.Fields {
			item[field] = value
		}
		dated(item, it.Added, it.Modified)
		key := keyOf(s.prefix, "work", i)
		item["key"] = key
		held := []string{}
		for _, path := range w.Collections {
			held = append(held, s.folder(path))
		}
		item["collections"] = held
		s.works = append(s.works, item)
		s.addContractChildren(key, w)
	}
	return s
}

// addContractChildren puts what hangs below a work into the library.
func (s *shelf) addContractChildren(work string, w librarytest.Work) {
	added := w.Item.Added
	for i, note := range w.Item.Notes {
		s.children = append(s.children, dated(object{
			"key": keyOf(work, "note", i), "itemType": "note", "parentItem": work, "note": "<p>" + note.Text + "</p>", "tags": contractTags(note.Tags), "relations": object{},
		}, added, added))
	}
	for i, a := range w.Item.Attachments {
		file := keyOf(work, "file", i)
		kind := a.ContentType
		if len(a.Annotations) > 0 {
			// Zotero takes annotations on PDF, EPUB and HTML only.
			kind = "application/pdf"
		}
		attachment := dated(object{
			"key": file, "itemType": "attachment", "parentItem": work, "linkMode": "imported_file", "title": a.Title,
			"contentType": kind, "charset": "", "filename": a.Filename, "tags": []object{}, "relations": object{},
		}, added, added)
		if i < len(w.FileNotes) {
			attachment["note"] = "<p>" + w.FileNotes[i] + "</p>"
		}
		s.children = append(s.children, attachment)
		for n, mark := range a.Annotations {
			s.marks = append(s.marks, dated(contractMark(file, n, mark), added, added))
		}
		if i < len(w.Texts) {
			s.texts = append(s.texts, contractText(file, w.Texts[i]))
		}
	}
}

// contractMark returns the nth annotation of a file. Its page label is the
// page's number.
func contractMark(file string, n int, mark library.Annotation) object {
	page, err := strconv.Atoi(mark.Page)
	if err != nil {
		page = 1
	}
	return object{
		"key": keyOf(file, "mark", n), "itemType": "annotation", "parentItem": file, "annotationType": mark.Type,
		"annotationText": mark.Text, "annotationComment": mark.Comment, "annotationColor": mark.Color, "annotationPageLabel": mark.Page,
		"annotationSortIndex": fmt.Sprintf("%05d|%06d|%05d", page-1, n, 100), "annotationPosition": position(page - 1), "tags": contractTags(mark.Tags), "relations": object{},
	}
}

// contractText returns the text of a file whose pages are all indexed.
func contractText(file string, pages []library.TextPage) fullText {
	parts := make([]string, len(pages))
	for i, p := range pages {
		parts[i] = p.Text
	}
	return fullText{Key: file, Content: strings.Join(parts, "\f"), IndexedPages: len(pages), TotalPages: len(pages)}
}

// folder returns the key of the collection at the end of a path, and puts
// those of the path that are missing into the library.
func (s *shelf) folder(path []string) string {
	parent := any(false)
	key := ""
	for i, name := range path {
		key = keyOf(s.prefix, "folder", strings.Join(path[:i+1], "/"))
		if !s.has(key) {
			s.folders = append(s.folders, object{"key": key, "name": name, "parentCollection": parent, "relations": object{}})
		}
		parent = key
	}
	return key
}

// dated gives an object its times, as the write API takes them.
func dated(o object, added, modified time.Time) object {
	o["dateAdded"], o["dateModified"] = added.UTC().Format(time.RFC3339), modified.UTC().Format(time.RFC3339)
	return o
}

func contractTags(names []string) []object {
	out := []object{}
	for _, name := range names {
		out = append(out, object{"tag": name})
	}
	return out
}

func contractCreators(all []library.Creator) []object {
	out := []object{}
	for _, c := range all {
		if c.Name != "" {
			out = append(out, object{"creatorType": c.Role, "name": c.Name})
		} else {
			out = append(out, object{"creatorType": c.Role, "firstName": c.Given, "lastName": c.Family})
		}
	}
	return out
}
