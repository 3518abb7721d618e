package datafolder_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

type data = datafoldertest.Data

// open returns the provider of a data folder, whose replicas ask it at each call.
func open(t *testing.T, dir string) *datafolder.Provider {
	t.Helper()
	work := t.TempDir()
	replicas := replica.New(replica.Options{Dir: filepath.Join(work, "replicas"), Fresh: time.Nanosecond})
	folder := datafolder.New(dir, filepath.Join(work, "folder"))
	t.Cleanup(func() {
		_ = replicas.Close(context.Background())
		folder.Close()
	})
	return datafolder.NewProvider(folder, replicas)
}

// reader opens a library and waits until its replica is complete.
func reader(t *testing.T, p *datafolder.Provider, id library.ID) library.Reader {
	t.Helper()
	r, err := p.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		page, err := r.Tags(t.Context(), library.TagQuery{Limit: 1})
		if err == nil && page.Notice == "" {
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
	_, err = r.Tags(t.Context(), library.TagQuery{Limit: 1})
	t.Fatalf("the library is not read: %v", err)
	return nil
}

// item returns a work of a library, or nil.
func item(t *testing.T, r library.Reader, key string) *library.Item {
	t.Helper()
	page, err := r.Items(t.Context(), []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

// content returns the pages of a text as one.
func content(t library.Text) string {
	var all strings.Builder
	for _, p := range t.Pages {
		all.WriteString(p.Text)
	}
	return all.String()
}

// whales puts a work with everything that an item can have into the personal
// library.
func whales(f *datafoldertest.Folder) {
	const lib = datafoldertest.Personal
	f.Collection(lib, "CCCC2222", "Oceans", "")
	f.Collection(lib, "CCCC3333", "Whales", "CCCC2222")
	f.Put(lib, data{
		"key": "AAAA2222", "itemType": "journalArticle", "title": "Songs of the blue whale", "date": "March 2015", "DOI": "10.1000/whale",
		"accessDate": "2020-01-02T03:04:05Z", "publicationTitle": "Marine Letters", "extra": "Citation Key: mueller2015", "volume": 12,
		"creators": []any{
			map[string]any{"creatorType": "author", "firstName": "Ada", "lastName": "Müller"},
			map[string]any{"creatorType": "editor", "name": "Whale Society"},
		},
		"tags":        []any{map[string]any{"tag": "sound"}, map[string]any{"tag": "automatic", "type": 1}},
		"collections": []any{"CCCC3333"},
	})
	f.Put(lib, data{"key": "NNNN2222", "itemType": "note", "parentItem": "AAAA2222", "note": "<p>Loud at <b>20 Hz</b></p>"})
	f.Put(lib, data{
		"key": "PPPP2222", "itemType": "attachment", "parentItem": "AAAA2222", "linkMode": "imported_file", "title": "Full text",
		"contentType": "application/pdf", "filename": "whale.pdf", "note": "<p>on the file</p>",
	})
	f.Put(lib, data{
		"key": "HHHH2222", "itemType": "annotation", "parentItem": "PPPP2222", "annotationType": "highlight", "annotationText": "They sing",
		"annotationComment": "really?", "annotationColor": "#ffd400", "annotationPageLabel": "7", "annotationSortIndex": "00006|000001|00002",
	})
	f.Text(lib, "PPPP2222", "First page about krill.\fSecond page about song.\f", 2, 3)
}

func TestProvider_GivesEverythingOfAnItem(t *testing.T) {
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	f.Account(475425)
	whales(f)
	r := reader(t, open(t, dir), "user:475425")
	it := item(t, r, "AAAA2222")
	if it == nil {
		t.Fatal("no such work")
	}
	want := map[string]string{
		"title": "Songs of the blue whale", "date": "March 2015", "DOI": "10.1000/whale", "accessDate": "2020-01-02T03:04:05Z",
		"publicationTitle": "Marine Letters", "extra": "Citation Key: mueller2015", "citationKey": "mueller2015", "volume": "12",
	}
	if diff := cmp.Diff(want, it.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if it.ID.String() != "user:475425/AAAA2222" || it.Type != "journalArticle" || it.ParsedDate != "2015" {
		t.Errorf("got %s, a %s of %q", it.ID, it.Type, it.ParsedDate)
	}
	creators := []library.Creator{{Role: "author", Given: "Ada", Family: "Müller"}, {Role: "editor", Name: "Whale Society"}}
	if diff := cmp.Diff(creators, it.Creators); diff != "" {
		t.Errorf("creators (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"automatic", "sound"}, it.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if !slices.Equal(it.Collections, []string{"CCCC3333"}) || it.Added.IsZero() || it.Modified.IsZero() {
		t.Errorf("collections %v, added %v, modified %v", it.Collections, it.Added, it.Modified)
	}
	var notes []string
	for _, n := range it.Notes {
		notes = append(notes, n.Key+" "+n.Text)
	}
	if diff := cmp.Diff([]string{"NNNN2222 Loud at **20 Hz**", "PPPP2222 on the file"}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if len(it.Attachments) != 1 || it.Attachments[0].Filename != "whale.pdf" || it.Attachments[0].Title != "Full text" || it.Attachments[0].ContentType != "application/pdf" {
		t.Fatalf("attachments: %+v", it.Attachments)
	}
	annotation := library.Annotation{
		Key: "HHHH2222", Type: "highlight", Text: "They sing", Comment: "really?", Color: "#ffd400", Page: "7",
		Position: "00006|000001|00002", Modified: it.Attachments[0].Annotations[0].Modified,
	}
	if diff := cmp.Diff([]library.Annotation{annotation}, it.Attachments[0].Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(content(text), "krill") || !strings.Contains(content(text), "song") || text.Status.Pages != 3 || text.Status.PagesRead != 2 {
		t.Errorf("text: %+v", text)
	}
	collections, err := r.Collections(t.Context())
	if err != nil || len(collections.Items) != 2 || collections.Items[1].Name != "Whales" || collections.Items[1].Parent != "CCCC2222" {
		t.Errorf("collections: %+v, %v", collections, err)
	}
}

func TestProvider_ListsPersonalAndGroupsNotFeeds(t *testing.T) {
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	lab := f.Group(4711, "Lab")
	f.Put(lab, data{"key": "AAAA2222", "itemType": "book", "title": "Of the group"})
	f.Put(datafoldertest.Personal, data{"key": "AAAA2222", "itemType": "book", "title": "Of the person"})
	f.Put(datafoldertest.Personal, data{"key": "AAAA3333", "itemType": "book", "title": "Another"})
	f.Put(datafoldertest.Feed, data{"key": "FFFF2222", "itemType": "journalArticle", "title": "News"})
	p := open(t, dir)
	var got []string
	infos, err := p.Libraries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		got = append(got, strings.Join([]string{string(info.ID), info.Name, string(info.Kind)}, " "))
		if info.MayWrite || info.Version == 0 || info.Notice != "" {
			t.Errorf("%+v", info)
		}
	}
	if diff := cmp.Diff([]string{"user:local-AbCd1234 My Library user", "group:4711 Lab group"}, got); diff != "" {
		t.Error(diff)
	}
	if infos[0].Items != 2 || infos[1].Items != 1 {
		t.Errorf("%d and %d works", infos[0].Items, infos[1].Items)
	}
	if it := item(t, reader(t, p, "group:4711"), "AAAA2222"); it == nil || it.Title() != "Of the group" {
		t.Errorf("of the group: %+v", it)
	}
	for _, id := range []library.ID{"group:1", "user:1", "user:local-other"} {
		if _, err := p.Open(t.Context(), id); library.CodeOf(err) != library.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestProvider_FollowsChanges makes each kind of change and looks for it in the
// next answer.
func TestProvider_FollowsChanges(t *testing.T) {
	const lib = datafoldertest.Personal
	for _, journal := range []string{"DELETE", "WAL"} {
		t.Run(journal, func(t *testing.T) {
			dir := t.TempDir()
			f := datafoldertest.New(t, dir, datafoldertest.Options{Journal: journal, Exclusive: true})
			whales(f)
			f.Put(lib, data{"key": "BBBB2222", "itemType": "book", "title": "A second work"})
			p := open(t, dir)
			r := reader(t, p, "user:local-AbCd1234")
			other, err := p.Open(t.Context(), "user:local-AbCd1234")
			if err != nil {
				t.Fatal(err)
			}
			var before int64
			for _, step := range []struct {
				name   string
				change func()
				seen   func() bool
			}{
				{"added", func() { f.Put(lib, data{"key": "DDDD2222", "itemType": "book", "title": "New"}) },
					func() bool { return item(t, r, "DDDD2222") != nil }},
				{"changed", func() { f.Put(lib, data{"key": "BBBB2222", "itemType": "book", "title": "Renamed"}) },
					func() bool { return item(t, r, "BBBB2222").Title() == "Renamed" }},
				{"a note", func() {
					f.Put(lib, data{"key": "NNNN2222", "itemType": "note", "parentItem": "AAAA2222", "note": "<p>Quiet</p>"})
				}, func() bool { return item(t, r, "AAAA2222").Notes[0].Text == "Quiet" }},
				{"moved below another work", func() {
					f.Put(lib, data{"key": "NNNN2222", "itemType": "note", "parentItem": "BBBB2222", "note": "<p>Quiet</p>"})
				}, func() bool { return len(item(t, r, "AAAA2222").Notes) == 1 && len(item(t, r, "BBBB2222").Notes) == 1 }},
				{"to the trash", func() { f.Trash(lib, "AAAA2222") }, func() bool { return item(t, r, "AAAA2222") == nil }},
				{"from the trash", func() { f.Restore(lib, "AAAA2222") },
					func() bool {
						it := item(t, r, "AAAA2222")
						return it != nil && len(it.Attachments) == 1 && len(it.Attachments[0].Annotations) == 1
					}},
				{"removed", func() { f.Erase(lib, "DDDD2222") }, func() bool { return item(t, r, "DDDD2222") == nil }},
				{"a collection", func() { f.Collection(lib, "CCCC4444", "Later", "") }, func() bool {
					page, err := r.Collections(t.Context())
					return err == nil && len(page.Items) == 3
				}},
				// Older versions of Zotero change no date here.
				{"into a collection", func() {
					f.Exec(`INSERT INTO collectionItems (collectionID, itemID) SELECT collectionID, itemID FROM collections, items WHERE collections.key = 'CCCC4444' AND items.key = 'BBBB2222'`)
				}, func() bool { return slices.Contains(item(t, r, "BBBB2222").Collections, "CCCC4444") }},
				{"synced", func() {
					before = item(t, r, "BBBB2222").Version
					f.Exec(`UPDATE items SET version = 99, synced = 1 WHERE key = 'BBBB2222'`)
				}, func() bool { return item(t, r, "BBBB2222").Version > before }},
			} {
				step.change()
				if !step.seen() {
					t.Errorf("%s: not seen", step.name)
				}
				page, err := other.Search(t.Context(), library.Query{Limit: 10})
				if err != nil || page.Notice != "" {
					t.Errorf("%s: %q, %v", step.name, page.Notice, err)
				}
			}
		})
	}
}

// TestProvider_FollowsTexts adds and changes the text of a file.
func TestProvider_FollowsTexts(t *testing.T) {
	const lib = datafoldertest.Personal
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	whales(f)
	f.Put(lib, data{"key": "PPPP3333", "itemType": "attachment", "parentItem": "AAAA2222", "linkMode": "linked_file", "path": "/home/ada/notes.pdf", "contentType": "application/pdf"})
	r := reader(t, open(t, dir), "user:local-AbCd1234")
	seen := func(attachment, word string) bool {
		for range 100 {
			text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{Attachment: attachment})
			if err == nil && strings.Contains(content(text), word) {
				return true
			}
			time.Sleep(20 * time.Millisecond)
		}
		return false
	}
	if !seen("PPPP2222", "krill") {
		t.Error("the first text is not seen")
	}
	f.Text(lib, "PPPP3333", "a linked file about plankton", 1, 1)
	if !seen("PPPP3333", "plankton") {
		t.Error("a new text is not seen")
	}
	f.Text(lib, "PPPP2222", "another text about squid", 1, 1)
	if !seen("PPPP2222", "squid") {
		t.Error("a changed text is not seen")
	}
	if it := item(t, r, "AAAA2222"); it.Attachments[1].Filename != "notes.pdf" {
		t.Errorf("linked file: %+v", it.Attachments[1])
	}
}

// TestProvider_RestartsWithoutReadingWhole closes everything, changes one work,
// and opens the same replica again.
func TestProvider_RestartsWithoutReadingWhole(t *testing.T) {
	const lib = datafoldertest.Personal
	dir, work := t.TempDir(), t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	whales(f)
	f.Put(lib, data{"key": "BBBB2222", "itemType": "book", "title": "A second work"})
	start := func() (library.Reader, func()) {
		replicas := replica.New(replica.Options{Dir: filepath.Join(work, "replicas"), Fresh: time.Nanosecond})
		folder := datafolder.New(dir, filepath.Join(work, "folder"))
		p := datafolder.NewProvider(folder, replicas)
		return reader(t, p, "user:local-AbCd1234"), func() { _ = replicas.Close(context.Background()); folder.Close() }
	}
	r, stop := start()
	before := item(t, r, "AAAA2222").Version
	stop()
	f.Put(lib, data{"key": "BBBB2222", "itemType": "book", "title": "Renamed"})
	r, stop = start()
	defer stop()
	if it := item(t, r, "BBBB2222"); it.Title() != "Renamed" || it.Version <= before {
		t.Errorf("%q at version %d, after %d", it.Title(), it.Version, before)
	}
	if it := item(t, r, "AAAA2222"); it.Version != before {
		t.Errorf("a work that did not change has version %d, not %d: it was read again", it.Version, before)
	}
	entries, err := os.ReadDir(filepath.Join(work, "folder"))
	if err != nil || len(entries) == 0 || len(entries) > 4 {
		t.Errorf("kept: %v, %v", entries, err)
	}
}
