package datafolder

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

type data = datafoldertest.Data

const personal = library.ID("user:local-AbCd1234")

// folderOf returns a source of the personal library of a new data folder.
func folderOf(t *testing.T) (source, *datafoldertest.Folder) {
	t.Helper()
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	folder := New(dir, t.TempDir())
	t.Cleanup(folder.Close)
	return source{folder, personal}, f
}

func creator(first, last string) map[string]any {
	return map[string]any{"creatorType": "author", "firstName": first, "lastName": last}
}

func tag(name string) map[string]any { return map[string]any{"tag": name} }

// TestSearch_FindsBeforeTheLibraryIsRead asks in each way.
func TestSearch_FindsBeforeTheLibraryIsRead(t *testing.T) {
	s, f := folderOf(t)
	const lib = datafoldertest.Personal
	f.Collection(lib, "CCCC2222", "Sea", "")
	f.Collection(lib, "CCCC3333", "Deep sea", "CCCC2222")
	f.Collection(lib, "CCCC4444", "Land", "")
	f.Put(lib, data{"key": "AAAA2222", "dateAdded": "2020-01-31 23:59:59", "itemType": "journalArticle", "title": "Whale song and ship noise", "date": "2001-05", "creators": []any{creator("Ada", "Lovelace")},
		"tags": []any{tag("sound")}, "collections": []any{"CCCC3333"}})
	f.Put(lib, data{"key": "AAAA3333", "dateAdded": "2020-02-01 00:00:00", "itemType": "book", "title": "A history of ships", "date": "1999", "creators": []any{creator("Grace", "Hopper")},
		"tags": []any{tag("whale")}, "collections": []any{"CCCC2222"}})
	f.Put(lib, data{"key": "AAAA4444", "itemType": "book", "title": "Möwen", "publicationTitle": "Vögel", "collections": []any{"CCCC4444"}})
	f.Put(lib, data{"key": "NNNN2222", "itemType": "note", "parentItem": "AAAA4444", "note": "whale", "tags": []any{tag("whale")}})
	f.Put(lib, data{"key": "AAAA5555", "itemType": "book", "title": "Whale in the trash"})
	f.Trash(lib, "AAAA5555")
	added := time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		q      library.Query
		want   string
		total  int
		notice string
	}{
		"a word of a title comes first": {library.Query{Text: "whale"}, "AAAA2222 AAAA3333", 2, looked},
		"all words":                     {library.Query{Text: "whale noise"}, "AAAA2222", 1, looked},
		"words of title and tag":        {library.Query{Text: "history whale"}, "AAAA3333", 1, looked},
		"two of a title come first":     {library.Query{Text: "whale ship"}, "AAAA2222 AAAA3333", 2, looked},
		"some words":                    {library.Query{Text: "whale noise pollution"}, "AAAA2222 AAAA3333", 2, someTerms},
		"a phrase":                      {library.Query{Text: `"ship noise"`}, "AAAA2222", 1, looked},
		"a creator":                     {library.Query{Text: "hopper"}, "AAAA3333", 1, looked},
		"a year":                        {library.Query{Text: "2001"}, "AAAA2222", 1, looked},
		"folded":                        {library.Query{Text: "MOWEN vogel"}, "AAAA4444", 1, looked},
		"nothing":                       {library.Query{Text: "submarine"}, "", 0, looked},
		"everything, newest first":      {library.Query{}, "AAAA4444 AAAA3333 AAAA2222", 3, ""},
		"a collection and those below":  {library.Query{Collection: "CCCC2222"}, "AAAA3333 AAAA2222", 2, ""},
		"a type":                        {library.Query{ItemTypes: []string{"book"}}, "AAAA4444 AAAA3333", 2, ""},
		"a tag":                         {library.Query{TagsAll: []string{"sound"}}, "AAAA2222", 1, ""},
		"any tag":                       {library.Query{TagsAny: []string{"sound", "whale"}, Sort: library.SortTitle}, "AAAA3333 AAAA2222", 2, ""},
		"no tag":                        {library.Query{TagsNone: []string{"sound", "whale"}}, "AAAA4444", 1, ""},
		"the name of a creator":         {library.Query{Creator: "Ada"}, "AAAA2222", 1, ""},
		"years":                         {library.Query{YearFrom: 1999, YearTo: 2000}, "AAAA3333", 1, ""},
		"until a year":                  {library.Query{YearTo: 2001}, "AAAA3333 AAAA2222", 2, ""},
		"by date":                       {library.Query{Sort: library.SortDate}, "AAAA2222 AAAA3333 AAAA4444", 3, ""},
		"by title":                      {library.Query{Sort: library.SortTitle}, "AAAA3333 AAAA4444 AAAA2222", 3, ""},
		"by time":                       {library.Query{Sort: library.SortAdded}, "AAAA4444 AAAA3333 AAAA2222", 3, ""},
		"oldest first":                  {library.Query{Sort: library.SortDateAsc}, "AAAA3333 AAAA2222 AAAA4444", 3, ""},
		"first added first":             {library.Query{Sort: library.SortAddedAsc}, "AAAA2222 AAAA3333 AAAA4444", 3, ""},
		"a word, last added first":      {library.Query{Text: "whale", Sort: library.SortAdded}, "AAAA3333 AAAA2222", 2, looked},
		"added since":                   {library.Query{AddedSince: added}, "AAAA4444 AAAA3333", 2, ""},
		"a word, added since":           {library.Query{Text: "whale", AddedSince: added}, "AAAA3333", 1, looked},
		"a tag, added since":            {library.Query{TagsAll: []string{"sound"}, AddedSince: added}, "", 0, ""},
		"too many words":                {library.Query{Text: "whale " + strings.Join(words(maxTerms), " ")}, "AAAA2222 AAAA3333", 2, termsCut},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.Limit = 10
			found, err := s.Search(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			if got := keysOf(found.Works); got != c.want || found.Total != c.total || !strings.Contains(found.Notice, c.notice) || (c.notice == "") != (found.Notice == "") {
				t.Errorf("%s, total %d, %q", got, found.Total, found.Notice)
			}
		})
	}
	if found, err := s.Search(t.Context(), library.Query{Limit: 1}); err != nil || len(found.Works) != 1 || found.Total != 3 {
		t.Errorf("%d of %d works, %v", len(found.Works), found.Total, err)
	}
	if _, err := s.Search(t.Context(), library.Query{Collection: "CCCC9999", Limit: 1}); library.CodeOf(err) != library.NotFound {
		t.Errorf("an unknown collection: %v", err)
	}
	if _, err := s.Search(t.Context(), library.Query{}); library.CodeOf(err) != library.Invalid {
		t.Errorf("no limit: %v", err)
	}
}

// TestSearch_PutsUnknownTimesLast has a work of which the time of addition is damaged.
func TestSearch_PutsUnknownTimesLast(t *testing.T) {
	s, f := folderOf(t)
	for _, w := range [][2]string{{"AAAA2222", "2020-02-01 00:00:00"}, {"AAAA3333", "?"}, {"AAAA4444", "2020-01-01 00:00:00"}} {
		f.Put(datafoldertest.Personal, data{"key": w[0], "dateAdded": w[1], "itemType": "book", "title": w[0]})
	}
	const last = "AAAA2222 AAAA4444 AAAA3333"
	for q, want := range map[library.Sort]string{"": last, library.SortAdded: last, library.SortAddedAsc: "AAAA4444 AAAA2222 AAAA3333"} {
		found, err := s.Search(t.Context(), library.Query{Sort: q, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if got := keysOf(found.Works); got != want {
			t.Errorf("%s: %s, want %s", q, got, want)
		}
	}
}

// keysOf returns the keys of works, with blanks between them.
func keysOf(works []replica.Object) string {
	var keys []string
	for _, w := range works {
		keys = append(keys, w.Key)
	}
	return strings.Join(keys, " ")
}

// words returns n words that no work has.
func words(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "x" + strings.Repeat("y", i)
	}
	return all
}

// TestSearch_SaysThatItTriedOnlySome asks for a type in a library that is larger
// than what is tried.
func TestSearch_SaysThatItTriedOnlySome(t *testing.T) {
	s, f := folderOf(t)
	f.Batch(func() {
		for n := range maxTried + 1 {
			f.Put(datafoldertest.Personal, data{"key": key(n), "itemType": "book", "title": "One of many"})
		}
	})
	found, err := s.Search(t.Context(), library.Query{ItemTypes: []string{"book"}, Limit: 5})
	if err != nil || len(found.Works) != 5 || found.Total != maxTried || !strings.Contains(found.Notice, "only the first 1000") {
		t.Errorf("%d of %d works, %q, %v", len(found.Works), found.Total, found.Notice, err)
	}
}

// key returns the nth key.
func key(n int) string {
	const digits = "23456789AB"
	b := []byte("WWWW2222")
	for i := len(b) - 1; n > 0; i-- {
		b[i] = digits[n%10]
		n /= 10
	}
	return string(b)
}

// TestSource_Answers asks each question of a source once.
func TestSource_Answers(t *testing.T) {
	s, f := folderOf(t)
	const lib = datafoldertest.Personal
	f.Put(lib, data{"key": "AAAA2222", "itemType": "book", "title": "One"})
	f.Put(lib, data{"key": "PPPP2222", "itemType": "attachment", "parentItem": "AAAA2222", "linkMode": "imported_file", "filename": "a.pdf", "contentType": "application/pdf"})
	f.Put(lib, data{"key": "LLLL2222", "itemType": "attachment", "parentItem": "AAAA2222", "linkMode": "linked_url", "url": "https://example.org/"})
	f.Put(lib, data{"key": "AAAA3333", "itemType": "book", "title": "In the trash"})
	f.Put(lib, data{"key": "NNNN3333", "itemType": "note", "parentItem": "AAAA3333", "note": "in the trash too"})
	f.Trash(lib, "AAAA3333")
	f.Text(lib, "PPPP2222", "words", 1, 1)
	head, err := s.Head(t.Context())
	if err != nil || head.Items != 1 || head.Objects != 3 || head.Version == 0 || head.Mark == "" {
		t.Errorf("head %+v, %v", head, err)
	}
	var batches []replica.Batch
	if all, err := s.All(t.Context(), func(b replica.Batch) error { batches = append(batches, b); return nil }); err != nil || all != head {
		t.Errorf("all %+v, %v", all, err)
	}
	if len(batches) != 1 || batches[0].Total != 3 || len(batches[0].Objects) != 3 || batches[0].Objects[0].Children != 2 {
		t.Errorf("batches %+v", batches)
	}
	stop := errors.New("stop")
	if _, err := s.All(t.Context(), func(replica.Batch) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	keys, again, err := s.Keys(t.Context())
	if err != nil || len(keys) != 3 || again != head {
		t.Errorf("keys %v, %+v, %v", keys, again, err)
	}
	for _, o := range batches[0].Objects {
		if keys[o.Key] != o.Version || o.Version <= 0 || o.Version > head.Version {
			t.Errorf("%s has version %d, of %d", o.Key, o.Version, keys[o.Key])
		}
	}
	got, err := s.Get(t.Context(), []string{"PPPP2222", "AAAA3333", "ZZZZ2222", "not a key"})
	if err != nil || len(got) != 1 || got[0].Parent != "AAAA2222" {
		t.Errorf("get %+v, %v", got, err)
	}
	below, err := s.Below(t.Context(), "AAAA2222")
	if err != nil || len(below) != 2 {
		t.Errorf("below %+v, %v", below, err)
	}
	if below, err := s.Below(t.Context(), "ZZZZ2222"); err != nil || len(below) != 0 {
		t.Errorf("below what is not there: %+v, %v", below, err)
	}
	texts, err := s.TextVersions(t.Context(), 0)
	if err != nil || len(texts) != 1 || texts["PPPP2222"] == 0 {
		t.Errorf("texts %v, %v", texts, err)
	}
	if later, err := s.TextVersions(t.Context(), texts["PPPP2222"]); err != nil || len(later) != 0 || later == nil {
		t.Errorf("texts later %v, %v", later, err)
	}
	text, err := s.Text(t.Context(), "PPPP2222")
	if err != nil || text.Version != texts["PPPP2222"] || !text.Status.Available {
		t.Errorf("text %+v, %v", text, err)
	}
	if _, err := s.Text(t.Context(), "../../ZZ"); library.CodeOf(err) != library.NotFound {
		t.Errorf("text of a path: %v", err)
	}
	if none, err := s.Text(t.Context(), "LLLL2222"); err != nil || none.Status.Available || none.Status.Reason == "" {
		t.Errorf("text of a link: %+v, %v", none, err)
	}
}

// TestSince_TellsChangesByMark asks what changed since several states.
func TestSince_TellsChangesByMark(t *testing.T) {
	s, f := folderOf(t)
	const lib = datafoldertest.Personal
	for _, k := range []string{"AAAA2222", "AAAA3333", "AAAA4444"} {
		f.Put(lib, data{"key": k, "itemType": "book", "title": k})
	}
	first, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same, err := s.Since(t.Context(), first.Mark)
	if err != nil || same.Whole || same.Head.Mark != first.Mark || len(same.Objects)+len(same.Removed) > 0 || same.Collections != nil {
		t.Errorf("nothing changed: %+v, %v", same, err)
	}
	f.Put(lib, data{"key": "AAAA3333", "itemType": "book", "title": "Changed"})
	f.Erase(lib, "AAAA4444")
	changes, err := s.Since(t.Context(), first.Mark)
	if err != nil || changes.Whole || changes.Head.Version < first.Version || changes.Collections == nil {
		t.Fatalf("%+v, %v", changes, err)
	}
	if len(changes.Objects) != 1 || changes.Objects[0].Work.Title() != "Changed" || changes.Objects[0].Version != changes.Head.Version || !slices.Equal(changes.Removed, []string{"AAAA4444"}) {
		t.Errorf("%+v", changes)
	}
	for mark, whole := range map[string]bool{
		first.Mark: false, changes.Head.Mark: false, "": true, "desktop 1 2 3": true, "folder 1 " + strings.Repeat("0", 32): true,
		"folder 1 ../../etc/passwd": true, changes.Head.Mark + "0": true, " " + changes.Head.Mark: true,
	} {
		if c, err := s.Since(t.Context(), mark); err != nil || c.Whole != whole {
			t.Errorf("%q: %+v, %v", mark, c, err)
		}
	}
	f.Batch(func() {
		for n := range maxChanges + 1 {
			f.Put(lib, data{"key": key(n), "itemType": "book", "title": "One of many"})
		}
	})
	if c, err := s.Since(t.Context(), first.Mark); err != nil || !c.Whole || len(c.Objects) != 0 {
		t.Errorf("many changes: %d, %v", len(c.Objects), err)
	}
	f.Erase(lib, key(0))
	f.Erase(lib, "AAAA3333") // maxChanges are left
	if c, err := s.Since(t.Context(), first.Mark); err != nil || c.Whole || len(c.Objects) != maxChanges {
		t.Errorf("as many as are told: %d, %v", len(c.Objects), err)
	}
}

// TestAll_EndsWithItsContext ends the context in the midst of a reading.
func TestAll_EndsWithItsContext(t *testing.T) {
	s, f := folderOf(t)
	f.Batch(func() {
		for n := range 4 * perPage {
			f.Put(datafoldertest.Personal, data{"key": key(n), "itemType": "book", "title": "One of many"})
		}
	})
	for name, c := range map[string]struct {
		take    int // pages until the end
		whole   bool
		objects int
	}{"at once": {1, false, perPage}, "never": {9, true, 4 * perPage}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			pages, objects := 0, 0
			_, err := s.All(ctx, func(b replica.Batch) error {
				if objects += len(b.Objects); len(b.Objects) > perPage {
					t.Errorf("a page of %d objects", len(b.Objects))
				}
				if pages++; pages == c.take {
					cancel()
				}
				return nil
			})
			if (err == nil) != c.whole || c.whole && objects != c.objects || objects < c.objects {
				t.Errorf("%d objects, %v", objects, err)
			}
			if s.folder.current.uses != 0 {
				t.Errorf("the copy is used %d times", s.folder.current.uses)
			}
		})
	}
}

// TestAll_GivesEachWorkWithItsChildren reads works whose children came earlier and
// later than they did: works in the order of their keys, and in the same page after
// each work what is below it.
func TestAll_GivesEachWorkWithItsChildren(t *testing.T) {
	s, f := folderOf(t)
	const works = perPage - 1 // so that the last work of the first page has children
	f.Batch(func() {
		for n := range works {
			f.Put(datafoldertest.Personal, data{"key": key(works - n), "itemType": "book", "title": "One of many"})
		}
		for n := range works {
			file := "F" + key(n + 1)[1:]
			f.Put(datafoldertest.Personal, data{"key": file, "itemType": "attachment", "parentItem": key(n + 1), "linkMode": "imported_file", "filename": "a.pdf", "contentType": "application/pdf"})
			f.Put(datafoldertest.Personal, data{"key": "A" + key(n + 1)[1:], "itemType": "annotation", "parentItem": file, "annotationType": "highlight", "annotationText": "Marked"})
		}
	})
	objects, pages, last := 0, 0, ""
	_, err := s.All(t.Context(), func(b replica.Batch) error {
		objects += len(b.Objects)
		if pages++; b.Total != 3*works {
			t.Errorf("page %d is one of %d objects", pages, b.Total)
		}
		work := "none" // the one at hand: all of its children have its number
		for _, o := range b.Objects {
			switch {
			case o.Parent != "" && o.Key[1:] != work[1:]:
				t.Errorf("page %d: %s is below %s", pages, o.Key, work)
			case o.Parent == "" && o.Key <= last:
				t.Errorf("page %d: %s comes after %s", pages, o.Key, last)
			case o.Parent == "":
				work, last = o.Key, o.Key
			}
		}
		return nil
	})
	if err != nil || objects != 3*works || pages != 3 {
		t.Errorf("%d objects in %d pages, %v", objects, pages, err)
	}
}
