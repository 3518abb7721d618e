package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// work is an item with what hangs below it, not yet written.
type work struct {
	item  object
	notes []string // HTML
	// source and number name the work in the collection it was read from.
	source string
	number any
	// member are the source's names of the collections that hold it.
	member []string
}

// folder is a collection of a source.
type folder struct {
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Collections []string `json:"collections"`
	Items       []any    `json:"items"`
	Parent      any      `json:"parent"`
}

// readBetterBibTeX reads a library that a user of Better BibTeX sent in.
func readBetterBibTeX(fixtures fs.FS, s schema, name string) ([]*work, map[string]folder, error) {
	data, err := fs.ReadFile(fixtures, "better-bibtex/"+name)
	if err != nil {
		return nil, nil, err
	}
	var file struct {
		Items       []object
		Collections map[string]folder
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	holders := map[string][]string{}
	for key, f := range file.Collections {
		for _, item := range f.Items {
			holders[fmt.Sprint(item)] = append(holders[fmt.Sprint(item)], key)
		}
	}
	var works []*work
	for i, raw := range file.Items {
		w := newWork(s, raw, name, i)
		if w == nil {
			continue
		}
		w.member = holders[fmt.Sprint(raw["itemID"])]
		slices.Sort(w.member)
		works = append(works, w)
	}
	return works, file.Collections, nil
}

// readTranslators reads at most limit items that Zotero's translators made of
// real pages.
func readTranslators(fixtures fs.FS, s schema, limit int) ([]*work, error) {
	f, err := fixtures.Open("translators-testcases/items.jsonl")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	var works []*work
	for i := 0; lines.Scan() && len(works) < limit; i++ {
		var line struct{ Item object }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		if w := newWork(s, line.Item, "translators", i); w != nil {
			works = append(works, w)
		}
	}
	return works, lines.Err()
}

// isoDate is how a date of access begins, which the write API insists on.
var isoDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

// newWork makes of an exported item what the write API takes: fields of its
// type only, creators and tags in their one form. It returns nil for what is
// no work.
func newWork(s schema, raw object, source string, number any) *work {
	itemType, _ := raw["itemType"].(string)
	known, ok := s[itemType]
	if !ok || itemType == "attachment" || itemType == "annotation" {
		return nil
	}
	w := &work{source: source, number: number}
	if itemType == "note" {
		text, _ := raw["note"].(string)
		w.item = object{"itemType": "note", "note": text, "tags": tags(raw["tags"]), "relations": object{}, "collections": []string{}}
		return w
	}
	w.item = object{"itemType": itemType, "creators": creators(known, raw["creators"]), "tags": tags(raw["tags"]), "relations": object{}, "collections": []string{}}
	for name, value := range raw {
		if field := known.field(name); field != "" {
			if text := text(value); text != "" && (field != "accessDate" || isoDate.MatchString(text)) {
				w.item[field] = text
			}
		}
	}
	for _, n := range list(raw["notes"]) {
		switch n := n.(type) {
		case string:
			w.notes = append(w.notes, n)
		case map[string]any:
			if html := text(n["note"]); html != "" {
				w.notes = append(w.notes, html)
			}
		}
	}
	return w
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// text returns a field's value: a string, a number, or lines.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return fmt.Sprint(v)
	case []any:
		var lines []string
		for _, line := range v {
			lines = append(lines, text(line))
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// tags accepts "x" and {"tag": "x", "type": 1}.
func tags(v any) []object {
	out, seen := []object{}, map[string]bool{}
	for _, t := range list(v) {
		tag := object{"tag": text(t)}
		if o, ok := t.(map[string]any); ok {
			tag["tag"] = text(o["tag"])
			if o["type"] == 1.0 {
				tag["type"] = 1
			}
		}
		name := tag["tag"].(string)
		if name != "" && len(name) <= 200 && !seen[name] {
			seen[name] = true
			out = append(out, tag)
		}
	}
	return out
}

// creators keeps a name in one field or in two, never in both.
func creators(known itemType, v any) []object {
	out := []object{}
	for _, c := range list(v) {
		raw, ok := c.(map[string]any)
		if !ok {
			continue
		}
		role := known.role(text(raw["creatorType"]))
		first, last, name := text(raw["firstName"]), text(raw["lastName"]), text(raw["name"])
		switch {
		case name != "":
			out = append(out, object{"creatorType": role, "name": name})
		case first == "" && last != "":
			out = append(out, object{"creatorType": role, "name": last})
		case last != "":
			out = append(out, object{"creatorType": role, "firstName": first, "lastName": last})
		}
	}
	return out
}
