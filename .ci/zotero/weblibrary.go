package main

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
)

// addWebLibrary puts what the web library held of a real account into the
// library, with the keys that it had there.
func (s *shelf) addWebLibrary(fixtures fs.FS, known schema, name string) error {
	data, err := fs.ReadFile(fixtures, "web-library/state/"+name)
	if err != nil {
		return err
	}
	var state struct {
		Libraries map[string]struct {
			Items map[string]object
		}
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return err
	}
	objects := state.Libraries["u1"].Items
	keys := make([]string, 0, len(objects))
	for key := range objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		raw := objects[key]
		switch {
		case s.has(key):
		case raw["@@type@@"] == "collection":
			f := object{"key": key, "name": raw["name"], "parentCollection": raw["parentCollection"], "relations": object{}}
			if raw["deleted"] == true {
				f["deleted"] = true
			}
			s.folders = append(s.folders, f)
		case raw["parentItem"] != nil:
			s.addChild(raw, objects)
		default:
			if w := newWork(known, raw, name, key); w != nil {
				w.item["key"] = key
				held, _ := raw["collections"].([]any)
				s.add(w)
				w.item["collections"] = held
			}
		}
	}
	slices.SortStableFunc(s.folders, func(a, b object) int {
		return strings.Compare(text(a["parentCollection"]), text(b["parentCollection"]))
	})
	return nil
}

// addChild puts a note or an attachment below a work that is there.
func (s *shelf) addChild(raw object, objects map[string]object) {
	if objects[text(raw["parentItem"])] == nil {
		return
	}
	child := object{"relations": object{}}
	for name, value := range raw {
		switch name {
		case "version", "dateAdded", "dateModified", "md5", "mtime", "relations", "lastRead":
		default:
			if !strings.HasPrefix(name, "@@") {
				child[name] = value
			}
		}
	}
	s.children = append(s.children, child)
}

func (s *shelf) has(key string) bool {
	return slices.ContainsFunc(slices.Concat(s.folders, s.items()), func(o object) bool { return o["key"] == key })
}
