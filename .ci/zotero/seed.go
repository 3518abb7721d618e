package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
)

// seed is what the tests are told.
type seed struct {
	URL       string            `json:"url"`
	Keys      map[string]string `json:"keys"` // "all", "personal", "read_only", "one_group", "outsider", "dead"
	Libraries []madeLibrary     `json:"libraries"`
	Contract  contractSeed      `json:"contract"`
	Pair      pairSeed          `json:"pair"`
	Written   int               `json:"written"` // objects, in this run
	Seconds   float64           `json:"seconds"`
}

// pairSeed is an empty group that two members may change, each with a key for it alone.
type pairSeed struct {
	Group int      `json:"group"`
	Keys  []string `json:"keys"`
}

// madeLibrary is one library and what must be found in it.
type madeLibrary struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Works       int      `json:"works"` // not trashed
	Children    int      `json:"children"`
	Marks       int      `json:"marks"`
	Texts       int      `json:"texts"`
	Collections int      `json:"collections"` // not trashed
	Titles      []probe  `json:"titles"`
	Documents   []place  `json:"documents"`
	Notes       []probe  `json:"notes"` // of a work, by words of a note
	Folder      held     `json:"folder"`
	Tag         held     `json:"tag"`
	Trashed     probe    `json:"trashed"`
	Removed     string   `json:"removed"`    // key
	ChangedBy   probe    `json:"changed_by"` // changed by the outsider
	Refused     []string `json:"refused"`
}

// probe is a work that words must find.
type probe struct {
	Key   string `json:"key"`
	Words string `json:"words"`
}

// held is a collection or tag and how many works are directly in it.
type held struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Works int    `json:"works"`
}

// Groups by name; the last one is the outsider's alone.
const (
	readingGroup = "Reading Group: Translated Pages"
	minds        = "Minds and Machines, 1960–1990"
	closedGroup  = "Closed group"
)

// fill makes the users, keys and groups and writes every library. A library gets at most
// so many works of each source: for each page of a list the server sorts the whole
// library again, which takes it seconds.
func fill(ctx context.Context, admin *api, key string, fixtures fs.FS, most int) (*seed, error) {
	shelves, places, err := shelve(fixtures, most)
	if err != nil {
		return nil, err
	}
	s := &seed{URL: admin.base, Keys: map[string]string{"dead": "deadDEADdeadDEADdeadDEAD"}}
	if s.Keys["all"], s.Keys["outsider"], err = signUp(ctx, admin, key); err != nil {
		return nil, err
	}
	groups := map[string]int{}
	for _, g := range []struct {
		name   string
		people []int
	}{{readingGroup, []int{owner}}, {minds, []int{owner, outsider}}, {closedGroup, []int{outsider}}} {
		if groups[g.name], err = ensureGroup(ctx, admin, g.name, g.people[0], g.people[1:]...); err != nil {
			return nil, err
		}
	}
	// The server asks for the right to write before it lists a user's top items.
	if s.Keys["personal"], err = ensureKey(ctx, admin, owner, "personal library only", object{"user": object{"library": true, "notes": true, "files": true, "write": true}}); err != nil {
		return nil, err
	}
	if s.Keys["read_only"], err = ensureKey(ctx, admin, owner, "personal library, read only", object{"user": object{"library": true, "notes": true, "files": true}}); err != nil {
		return nil, err
	}
	if s.Keys["one_group"], err = ensureKey(ctx, admin, owner, "one group only", object{"groups": object{fmt.Sprint(groups[minds]): object{"library": true}}}); err != nil {
		return nil, err
	}
	if s.Pair, err = makePair(ctx, admin); err != nil {
		return nil, err
	}
	for i, b := range shelves {
		made, written, err := b.write(ctx, admin, s.Keys, groups)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		made.Documents = places[i]
		s.Written += written
		s.Libraries = append(s.Libraries, *made)
	}
	return s, nil
}

// secondOfPair is a person who is in no other group.
const secondOfPair = 404

// makePair makes the group of two members: the other tests' people don't see it.
func makePair(ctx context.Context, admin *api) (p pairSeed, err error) {
	if p.Group, err = ensureGroup(ctx, admin, "Two members", contractOwner, secondOfPair); err != nil {
		return p, err
	}
	access := object{"groups": object{fmt.Sprint(p.Group): object{"library": true, "write": true}}}
	for _, user := range []int{contractOwner, secondOfPair} {
		key, err := ensureKey(ctx, admin, user, "the group of two members only", access)
		if err != nil {
			return p, err
		}
		p.Keys = append(p.Keys, key)
	}
	return p, nil
}

// shelve reads the fixtures and decides what goes where.
func shelve(fixtures fs.FS, most int) ([]*shelf, [][]place, error) {
	known, err := readSchema(fixtures)
	if err != nil {
		return nil, nil, err
	}
	docs, err := readDocuments(fixtures)
	if err != nil {
		return nil, nil, err
	}
	shelves := []*shelf{{name: "", prefix: "/users/101"}, {name: readingGroup}, {name: minds}, {name: closedGroup}}
	if err := addCollected(shelves, fixtures, known, most); err != nil {
		return nil, nil, err
	}
	shelves[1].prefixFor()
	translated, err := readTranslators(fixtures, known, most)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range translated {
		shelves[1].add(w)
	}
	for _, state := range []string{"desktop-test-user-library-view.json", "desktop-test-user-note-view.json", "item-with-emoji-and-flags.json"} {
		if err := shelves[0].addWebLibrary(fixtures, known, state); err != nil {
			return nil, nil, err
		}
	}
	shelves[1].addAbstractTexts(20)
	places := make([][]place, len(shelves))
	for i, d := range docs {
		to := i % 3
		indexed := len(d.pages)
		if i >= 3 && i < 6 {
			indexed = 2 // Zotero indexes the first pages only, of a long text
		}
		if p := shelves[to].addDocument(d, indexed); p.Words != "" {
			places[to] = append(places[to], p)
		}
	}
	for _, b := range shelves {
		b.add(&work{source: "trash", number: 0, item: object{"itemType": "book", "title": "Thrown away: the history of wastepaper", "creators": []object{}, "tags": []object{}, "relations": object{}, "deleted": 1}})
		b.add(&work{source: "removed", number: 0, item: object{"itemType": "book", "title": "Removed for good", "creators": []object{}, "tags": []object{}, "relations": object{}}})
	}
	return shelves, places, nil
}

// addCollected puts what users of Better BibTeX sent in into the libraries.
func addCollected(shelves []*shelf, fixtures fs.FS, known schema, most int) error {
	for i, sources := range [][]string{
		{"bulk-performance-test", "collected-notes-subcollections-1768"},
		nil,
		{"entries-discarded-873", "collected-notes"},
		{"csl-exporters-1179"},
	} {
		for _, source := range sources {
			name := source + ".zotero-items.json"
			works, folders, err := readBetterBibTeX(fixtures, known, name)
			if err != nil {
				return err
			}
			shelves[i].prefixFor()
			shelves[i].addFolders(name, folders)
			for _, w := range works[:min(most, len(works))] {
				shelves[i].add(w)
			}
		}
	}
	return nil
}

// prefixFor lets keys differ between libraries whose number is not known yet.
func (s *shelf) prefixFor() {
	if s.prefix == "" {
		s.prefix = s.name
	}
}

// write writes a library and tells what must be found in it.
func (s *shelf) write(ctx context.Context, admin *api, keys map[string]string, groups map[string]int) (*madeLibrary, int, error) {
	who := *admin
	who.key = keys["all"]
	path, made := fmt.Sprintf("/users/%d", owner), &madeLibrary{ID: fmt.Sprintf("user:%d", owner), Refused: []string{}}
	if s.name != "" {
		path = fmt.Sprintf("/groups/%d", groups[s.name])
		made.ID, made.Name = fmt.Sprintf("group:%d", groups[s.name]), s.name
	}
	if s.name == closedGroup {
		who.key = keys["outsider"]
	}
	removed := keyOf(s.prefix, "removed", 0)
	items := s.items()
	if gone, err := who.isGone(ctx, path, removed); err != nil {
		return nil, 0, err
	} else if gone {
		items = slices.DeleteFunc(items, func(o object) bool { return o["key"] == removed })
	}
	written := 0
	for _, part := range []struct {
		kind    string
		objects []object
	}{{"collections", s.folders}, {"items", items}} {
		n, refused, err := who.create(ctx, path, part.kind, part.objects)
		if err != nil {
			return nil, written, err
		}
		written += n
		made.Refused = append(made.Refused, refused...)
	}
	if err := who.putTexts(ctx, path, s.texts); err != nil {
		return nil, written, err
	}
	if err := who.remove(ctx, path, removed); err != nil {
		return nil, written, err
	}
	made.Removed, made.Trashed = removed, probe{Key: keyOf(s.prefix, "trash", 0), Words: "Thrown away wastepaper"}
	s.describe(made)
	if s.name == minds {
		other := who
		other.key = keys["outsider"]
		made.ChangedBy = made.Titles[0]
		if err := other.touch(ctx, path, made.ChangedBy.Key); err != nil {
			return nil, written, err
		}
	}
	return made, written, nil
}
