package main

import (
	"regexp"
	"strings"
)

// describe chooses what must be found: works by their title, if no other work
// has it, by words of their notes, a collection and a tag.
func (s *shelf) describe(made *madeLibrary) {
	made.Children, made.Marks, made.Texts = len(s.children), len(s.marks), len(s.texts)
	works := s.visible(made)
	made.Works = len(works)
	titles, tagged, direct := map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range works {
		titles[strings.ToLower(text(w["title"]))]++
		for _, t := range w["tags"].([]object) {
			tagged[t["tag"].(string)]++
		}
		for _, c := range members(w["collections"]) {
			direct[c]++
		}
	}
	step := max(1, len(works)/20)
	for i := step / 2; i < len(works); i += step {
		title := text(works[i]["title"])
		if titles[strings.ToLower(title)] == 1 && plainTitle.MatchString(title) {
			made.Titles = append(made.Titles, probe{Key: works[i]["key"].(string), Words: title})
		}
	}
	for _, c := range s.folders {
		if c["deleted"] == nil {
			made.Collections++
		}
		if n := direct[c["key"].(string)]; n > made.Folder.Works && c["deleted"] == nil {
			made.Folder = held{Key: c["key"].(string), Name: text(c["name"]), Works: n}
		}
	}
	for name, n := range tagged {
		if n > made.Tag.Works || n == made.Tag.Works && name < made.Tag.Name {
			made.Tag = held{Name: name, Works: n}
		}
	}
	made.Notes = s.noteProbes(3)
}

// visible returns the works that a reader must see.
func (s *shelf) visible(made *madeLibrary) []object {
	var out []object
	for _, w := range s.works {
		key := w["key"].(string)
		if w["deleted"] == nil && key != made.Removed && !strings.Contains(strings.Join(made.Refused, " "), key) {
			out = append(out, w)
		}
	}
	return out
}

var (
	// plainTitle is a title of at least three words that every reader prints
	// alike and that has a word of its own.
	plainTitle = regexp.MustCompile(`^\pL+( [\pL\d,:.'-]+){2,20}$`)
	// passage is running text in a note.
	passage = regexp.MustCompile(`\pL{4,}( \pL{3,}){5,7}`)
	markup  = regexp.MustCompile(`<[^>]*>|&[a-z]+;`)
)

// noteProbes returns at most n works with words that stand in one of their
// notes and in no other.
func (s *shelf) noteProbes(n int) []probe {
	seen := map[string]int{}
	var probes []probe
	for _, c := range s.children {
		if c["itemType"] != "note" {
			continue
		}
		if words := passage.FindString(markup.ReplaceAllString(text(c["note"]), "\n")); words != "" {
			seen[words]++
			probes = append(probes, probe{Key: text(c["parentItem"]), Words: words})
		}
	}
	var out []probe
	for i := 0; i < len(probes) && len(out) < n; i++ {
		if seen[probes[i].Words] == 1 {
			out = append(out, probes[i])
		}
	}
	return out
}

// members reads a work's collections, which are strings however they came.
func members(v any) []string {
	if s, ok := v.([]string); ok {
		return s
	}
	var out []string
	for _, c := range list(v) {
		out = append(out, text(c))
	}
	return out
}
