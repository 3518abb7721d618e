package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// keyAlphabet holds the characters of Zotero's object keys.
const keyAlphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"

// keyOf returns the key that a thing has in every run: what was written once
// is found again.
func keyOf(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	key := make([]byte, 8)
	for i := range key {
		key[i] = keyAlphabet[int(sum[i])%len(keyAlphabet)]
	}
	return string(key)
}

// shelf is a library as it will be written.
type shelf struct {
	prefix  string // "/users/101"
	name    string
	folders []object // parents before children
	// items stand in an order in which every parent precedes its children.
	works, children, marks []object
	texts                  []fullText
}

// fullText is what an attachment's file says.
type fullText struct {
	Key          string `json:"key"`
	Content      string `json:"content"`
	IndexedPages int    `json:"indexedPages,omitempty"`
	TotalPages   int    `json:"totalPages,omitempty"`
	IndexedChars int    `json:"indexedChars,omitempty"`
	TotalChars   int    `json:"totalChars,omitempty"`
}

// add puts a work and its notes into the library and returns its key.
func (s *shelf) add(w *work) string {
	key, ok := w.item["key"].(string)
	if !ok {
		key = keyOf(s.prefix, w.source, w.number)
		w.item["key"] = key
	}
	held := []string{}
	for _, name := range w.member {
		held = append(held, keyOf(s.prefix, w.source, "folder", name))
	}
	w.item["collections"] = held
	s.works = append(s.works, w.item)
	for i, note := range w.notes {
		s.children = append(s.children, object{"key": keyOf(key, "note", i), "itemType": "note", "parentItem": key, "note": note, "tags": []object{}, "relations": object{}})
	}
	return key
}

// addFolders puts a source's collections into the library.
func (s *shelf) addFolders(source string, folders map[string]folder) {
	parents := map[string]string{}
	for key, f := range folders {
		for _, child := range f.Collections {
			parents[child] = key
		}
	}
	names := make([]string, 0, len(folders))
	for name := range folders {
		names = append(names, name)
	}
	depth := func(name string) (n int) {
		for ; parents[name] != "" && n < len(folders); name = parents[name] {
			n++
		}
		return n
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := depth(a) - depth(b); d != 0 {
			return d
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	for _, name := range names {
		f := object{"key": keyOf(s.prefix, source, "folder", name), "name": folders[name].Name, "parentCollection": false, "relations": object{}}
		if p := parents[name]; p != "" {
			f["parentCollection"] = keyOf(s.prefix, source, "folder", p)
		}
		s.folders = append(s.folders, f)
	}
}

// items returns everything but the folders, parents first.
func (s *shelf) items() []object { return slices.Concat(s.works, s.children, s.marks) }
