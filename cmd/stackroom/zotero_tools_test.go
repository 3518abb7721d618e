package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func testListsLibraries(t *testing.T, s *zoteroSeed, ask asker) {
	t.Helper()
	a := ask(t, "list_libraries", nil)
	if a.Total != len(s.open()) || len(a.Libraries) != len(s.open()) {
		t.Fatalf("%d libraries, not %d: %s", a.Total, len(s.open()), a.text)
	}
	for i, l := range s.open() {
		got := a.Libraries[i]
		if got.ID != l.ID || got.Items != l.Works || l.Name != "" && got.Name != l.Name {
			t.Errorf("library %d is %+v; seeded: %s %q with %d works", i, got, l.ID, l.Name, l.Works)
		}
	}
}

func testSearch(t *testing.T, l seededLibrary, ask asker) {
	t.Helper()
	if len(l.Titles) < 5 || len(l.Notes) < 2 || len(l.Documents) < 2 {
		t.Fatalf("too little is seeded to look for: %d titles, %d notes, %d documents", len(l.Titles), len(l.Notes), len(l.Documents))
	}
	for _, w := range l.Titles {
		if a := ask(t, "search", map[string]any{"query": w.Words, "library": l.ID}); len(a.Results) == 0 || a.Results[0].ID != l.id(w.Key) {
			t.Errorf("the title of %s finds %v first", w.Key, a.found())
		}
	}
	// By name, among all the libraries, and by what hangs below a work.
	if a := ask(t, "search", map[string]any{"query": l.Titles[0].Words}); !slices.Contains(a.found(), l.id(l.Titles[0].Key)) {
		t.Errorf("in all libraries the title of %s finds %v", l.Titles[0].Key, a.found())
	}
	if a := ask(t, "search", map[string]any{"query": l.Titles[1].Words, "library": strings.ToUpper(l.Name)}); !slices.Contains(a.found(), l.id(l.Titles[1].Key)) {
		t.Errorf("in the library by its name the title of %s finds %v", l.Titles[1].Key, a.found())
	}
	for _, w := range l.Notes {
		if a := ask(t, "search", map[string]any{"query": `"` + w.Words + `"`, "library": l.ID}); !slices.Contains(a.found(), l.id(w.Key)) {
			t.Errorf("the words of a note of %s find %v", w.Key, a.found())
		}
	}
	for _, d := range l.Documents {
		if a := ask(t, "search", map[string]any{"query": d.Words, "library": l.ID}); !slices.Contains(a.found(), l.id(d.Work)) {
			t.Errorf("the words marked in %s find %v", d.Work, a.found())
		}
	}
	if a := ask(t, "search", map[string]any{"query": l.Trashed.Words, "library": l.ID, "limit": 100}); slices.Contains(a.found(), l.id(l.Trashed.Key)) {
		t.Error("a search finds what is in the trash")
	}
	if a := ask(t, "search", map[string]any{"query": "", "library": l.ID, "tags": []string{l.Tag.Name}}); a.Total != l.Tag.Works {
		t.Errorf("%d works have the tag, not %d", a.Total, l.Tag.Works)
	}
	if l.Folder.Works > 0 {
		if a := ask(t, "search", map[string]any{"query": "", "library": l.ID, "collection": l.Folder.Key}); a.Total != l.Folder.Works {
			t.Errorf("%d works are in the collection, not %d: %s %.300s", a.Total, l.Folder.Works, a.code, a.text)
		}
	}
	seen := map[string]bool{}
	for cursor, pages := "", 0; pages == 0 || cursor != "" && pages < 100; pages++ {
		arguments := map[string]any{"query": "", "library": l.ID, "limit": 100}
		if cursor != "" {
			arguments["cursor"] = cursor
		}
		a := ask(t, "search", arguments)
		for _, id := range a.found() {
			if seen[id] {
				t.Errorf("%s is on two pages", id)
			}
			seen[id] = true
		}
		cursor = a.NextCursor
	}
	if len(seen) != l.Works {
		t.Errorf("the pages of everything hold %d works, not %d", len(seen), l.Works)
	}
}

func testReading(t *testing.T, l seededLibrary, ask asker) {
	t.Helper()
	for _, d := range l.Documents {
		var whole struct {
			ID, Title   string
			Attachments []struct {
				Key      string
				Readable bool
				Pages    int
			}
			Annotations []struct{ Attachment, Page, Text, Comment string }
		}
		a := ask(t, "fetch", map[string]any{"id": l.id(d.Work)})
		if err := json.Unmarshal([]byte(a.text), &whole); err != nil {
			t.Fatalf("%v: %.300s", err, a.text)
		}
		if whole.ID != l.id(d.Work) || len(whole.Attachments) != 1 || whole.Attachments[0].Key != d.Attachment || !whole.Attachments[0].Readable {
			t.Errorf("fetch %s: %+v", d.Work, whole)
		}
		if n := len(whole.Annotations); n == 0 || whole.Annotations[n-1].Page != fmt.Sprint(d.Page) || whole.Annotations[n-1].Text != d.Words || whole.Annotations[n-1].Comment != d.Comment {
			t.Errorf("fetch %s: the last mark in reading order is not %q on page %d: %+v", d.Work, d.Words, d.Page, whole.Annotations)
		}
		var part struct {
			Pages []struct {
				Page int
				Text string
			}
			Passages     []struct{ Text string }
			Completeness struct {
				Complete      bool
				Pages         int
				PagesReadable int `json:"pages_readable"`
			}
		}
		a = ask(t, "read_text", map[string]any{"id": l.id(d.Work), "pages": fmt.Sprint(d.Page)})
		if err := json.Unmarshal([]byte(a.text), &part); err != nil {
			t.Fatalf("%v: %.300s", err, a.text)
		}
		if len(part.Pages) != 1 || part.Pages[0].Page != d.Page || !strings.Contains(part.Pages[0].Text, d.Words) {
			t.Errorf("read_text %s: page %d does not say %q: %.300s", d.Work, d.Page, d.Words, a.text)
		}
		if c := part.Completeness; c.Pages != d.Pages || c.PagesReadable != d.Indexed {
			t.Errorf("read_text %s says that %d of %d pages can be read, not %d of %d", d.Work, c.PagesReadable, c.Pages, d.Indexed, d.Pages)
		}
		a = ask(t, "read_text", map[string]any{"id": l.id(d.Work), "question": d.Words})
		if err := json.Unmarshal([]byte(a.text), &part); err != nil || len(part.Passages) == 0 {
			t.Errorf("read_text %s: no passage answers: %.300s", d.Work, a.text)
		}
	}
	for tool, id := range map[string]string{"fetch": l.id(l.Removed), "read_text": l.id("ZZZZZZZZ")} {
		if a := ask(t, tool, map[string]any{"id": id}); a.code != "not_found" {
			t.Errorf("%s of what is not there: %q %.200s", tool, a.code, a.text)
		}
	}
}

func testLists(t *testing.T, l seededLibrary, ask asker) {
	t.Helper()
	a := ask(t, "list_collections", map[string]any{"library": l.ID, "limit": 200})
	if a.Total != l.Collections || len(a.Collections) != l.Collections {
		t.Errorf("%d of %d collections, not %d: %s %.300s", len(a.Collections), a.Total, l.Collections, a.code, a.text)
	}
	a = ask(t, "list_tags", map[string]any{"library": l.ID, "prefix": l.Tag.Name})
	if !slices.ContainsFunc(a.Tags, func(tag struct {
		Tag   string
		Items int
	}) bool {
		return tag.Tag == l.Tag.Name && tag.Items == l.Tag.Works
	}) {
		t.Errorf("the tag with %d works is not in %+v", l.Tag.Works, a.Tags)
	}
}

func testChanges(t *testing.T, l seededLibrary, ask asker) {
	t.Helper()
	version := int64(0)
	for _, got := range ask(t, "list_libraries", nil).Libraries {
		if got.ID == l.ID {
			version = got.Version
		}
	}
	// The removal is one of the last writes to every library.
	a := ask(t, "recent_changes", map[string]any{"library": l.ID, "since_version": version - 3})
	kinds := map[string]string{}
	for _, c := range a.Changes {
		kinds[c.ID] = c.Kind + " by " + c.By
	}
	// It came before the library was first read here, so that the answer says that
	// such removals are not known.
	if got := kinds[l.id(l.Removed)]; !strings.HasPrefix(got, "removed") && !strings.Contains(a.text, "no longer known") {
		t.Errorf("the removed work is %q among %v", got, kinds)
	}
	if w := l.ChangedBy.Key; w != "" && !strings.HasSuffix(kinds[l.id(w)], "by User 202") {
		t.Errorf("what User 202 changed is %q among %v", kinds[l.id(w)], kinds)
	}
	if a := ask(t, "recent_changes", map[string]any{"library": l.ID, "since_version": version}); a.Total != 0 || a.code != "" {
		t.Errorf("since now: %s", a.text)
	}
}

func testExport(t *testing.T, l seededLibrary, ask asker) {
	t.Helper()
	ids := []string{}
	for _, w := range l.Titles {
		ids = append(ids, l.id(w.Key))
	}
	for format, mark := range map[string]string{"bibtex": "@", "biblatex": "@", "ris": "TY  - ", "csljson": `"type"`} {
		a := ask(t, "export", map[string]any{"ids": ids, "format": format})
		if n := strings.Count(a.Text, mark); n < len(ids) {
			t.Errorf("export as %s has %d entries, not %d", format, n, len(ids))
		}
	}
}
