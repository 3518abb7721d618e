package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// twin returns the work of [librarytest.TitleEngine] as another source has it.
func twin() librarytest.Work {
	return librarytest.Work{Item: library.Item{
		Type: "journalArticle", ParsedDate: "1843",
		Fields: map[string]string{
			"title": "SKETCH of the analytical engine", "publicationTitle": "Sci. Mem.", "date": "1843", "volume": "3", "DOI": "https://doi.org/10.5555/ENGINE.1843",
			"<script>": "no field", "pages": "666-731",
		},
		Creators:    []library.Creator{{Role: "author", Given: "L. F.", Family: "Menabrea"}},
		Attachments: []library.Attachment{{Filename: "a.pdf", Annotations: []library.Annotation{{Type: "highlight", Text: "x"}, {Type: "note", Comment: "y"}}}, {Filename: "b.pdf"}},
	}}
}

func TestFindDuplicates_SaysWhatDiffers(t *testing.T) {
	lib := memory(library.Local, "Home", append(librarytest.Works(), twin()))
	c := connect(t, fleet{lib})
	var out duplicatesOutput
	c.ask(t, "find_duplicates", `{}`, &out)
	if out.Total != 1 || out.Returned != 1 || out.NextCursor != "" || len(out.Groups) != 1 {
		t.Fatalf("%+v", out)
	}
	g := out.Groups[0]
	if g.By != "doi" || g.Title != librarytest.TitleEngine || g.MoreWorks+g.MoreFields != 0 {
		t.Errorf("%+v", g)
	}
	want := []duplicateWork{{ID: "local/" + lib.Keys()[0], Notes: 1}, {ID: "local/" + lib.Keys()[6], Files: 2, Annotations: 2}}
	if !slices.Equal(g.Works, want) {
		t.Errorf("works %+v, want %+v", g.Works, want)
	}
	for name, values := range map[string][2]string{
		"title": {librarytest.TitleEngine, "SKETCH of the analytical engine"}, "date": {"October 1843", "1843"},
		"publicationTitle": {"Scientific Memoirs", "Sci. Mem."}, "citationKey": {"lovelace1843sketch", ""},
		"creators": {"Menabrea, Luigi Federico; Lovelace, Ada", "Menabrea, L. F."}, "tags": {"computing, history", ""}, "collections": {"1", "0"},
	} {
		if !slices.Equal(g.Differs[name], values[:]) {
			t.Errorf("%s: %q, want %q", name, g.Differs[name], values)
		}
	}
	for _, name := range []string{"volume", "pages", "item_type", "<script>"} {
		if g.Differs[name] != nil {
			t.Errorf("%s: %q", name, g.Differs[name])
		}
	}
	if got := g.Differs["abstractNote"]; len(got) != 2 || len([]rune(got[0])) != maxDiffer || got[1] != "" {
		t.Errorf("abstract %q", got)
	}
}

func TestFindDuplicates_OfSeveralLibraries(t *testing.T) {
	home, group := memory(library.Local, "Home", librarytest.Works()[:2]), memory("group:7", "Group", []librarytest.Work{twin(), librarytest.Works()[1], librarytest.Works()[1]})
	c := connect(t, fleet{home, group})
	for arguments, want := range map[string]string{
		`{}`:                        "group:7+group:7 title",
		`{"library":"Home"}`:        "",
		`{"across_libraries":true}`: "local+group:7 doi, local+group:7+group:7 title",
		`{"library":"group:7"}`:     "group:7+group:7 title",
	} {
		var out duplicatesOutput
		c.ask(t, "find_duplicates", arguments, &out)
		var groups []string
		for _, g := range out.Groups {
			var libs []string
			for _, w := range g.Works {
				libs = append(libs, strings.Split(w.ID, "/")[0])
			}
			groups = append(groups, strings.Join(libs, "+")+" "+g.By)
		}
		if got := strings.Join(groups, ", "); got != want || out.Total != len(groups) {
			t.Errorf("%s: %q of %d, want %q", arguments, got, out.Total, want)
		}
	}
	group.Fail(library.Errorf(library.Unavailable, "Zotero does not answer"))
	c = connect(t, fleetOf{[]library.ID{library.Local, "group:7"}, fleet{home, group}})
	var out duplicatesOutput
	c.ask(t, "find_duplicates", `{}`, &out)
	if len(out.Notices) != 1 || !strings.Contains(out.Notices[0], "library group:7 did not answer and is left out: Zotero does not answer") {
		t.Errorf("notices %q", out.Notices)
	}
	c.refuse(t, "find_duplicates", `{"library":"group:7"}`, library.Unavailable)
	c.refuse(t, "find_duplicates", `{"library":"group:9"}`, library.NotFound)
}

// TestFindDuplicates_Pages reads groups page by page; of a large group the first works
// are shown.
func TestFindDuplicates_Pages(t *testing.T) {
	var works []librarytest.Work
	for _, w := range librarytest.Many(23) {
		works = append(works, w, w)
	}
	for range 13 {
		works = append(works, librarytest.Works()[1])
	}
	c := connect(t, fleet{memory(library.Local, "Home", works)})
	seen, cursor := map[string]bool{}, ""
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		var out duplicatesOutput
		c.ask(t, "find_duplicates", fmt.Sprintf(`{"limit":10,"cursor":%q}`, cursor), &out)
		if out.Total != 24 {
			t.Fatalf("total %d", out.Total)
		}
		for _, g := range out.Groups {
			for _, w := range g.Works {
				if seen[w.ID] {
					t.Errorf("%s is on two pages", w.ID)
				}
				seen[w.ID] = true
			}
			if want := map[bool]int{true: 3}[g.Title == librarytest.TitleLight]; g.MoreWorks != want || len(g.Works) != map[bool]int{true: maxDuplicate, false: 2}[want > 0] {
				t.Errorf("%s: %d works and %d more", g.Title, len(g.Works), g.MoreWorks)
			}
		}
		cursor = out.NextCursor
	}
	if len(seen) != 46+maxDuplicate {
		t.Errorf("%d works", len(seen))
	}
}

// TestFindDuplicates_KeepsItsBudget has works that differ in more fields than are shown,
// all of them long.
func TestFindDuplicates_KeepsItsBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	var works []librarytest.Work
	for i := range 200 {
		w := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"DOI": fmt.Sprintf("10.5555/%d", i/2)}}}
		for f := range 40 {
			w.Item.Fields[fmt.Sprintf("field%d", f)] = strings.Repeat(fmt.Sprint(i, " \"<i>"), 60)
		}
		works = append(works, w)
	}
	c := connect(t, fleet{memory(library.Local, "Home", works)})
	var out duplicatesOutput
	c.ask(t, "find_duplicates", `{"limit":50}`, &out)
	if out.Total != 100 || !out.Truncated || out.NextCursor == "" || out.Groups[0].MoreFields != 40-maxDiffering || len(out.Groups[0].Differs) != maxDiffering {
		t.Errorf("%d of %d, truncated %v, %d more fields", out.Returned, out.Total, out.Truncated, out.Groups[0].MoreFields)
	}
}

// partOnly is a library that does not give all its works.
type partOnly struct{ library.Reader }

func TestFindDuplicates_NeedsAllWorks(t *testing.T) {
	c := connect(t, fleet{partOnly{memory(library.Local, "Home", librarytest.Works())}})
	if got := c.refuse(t, "find_duplicates", `{}`, library.Unavailable); !strings.Contains(got, "does not give all its works") {
		t.Errorf("%q", got)
	}
}

// versioned is a library whose version a test sets.
type versioned struct {
	*librarytest.Memory
	version int64
}

func (v *versioned) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	page, err := v.Memory.Each(ctx, yield)
	page.Version = v.version
	return page, err
}

func TestFindDuplicates_SaysThatALibraryChanged(t *testing.T) {
	var works []librarytest.Work
	for _, w := range librarytest.Many(3) {
		works = append(works, w, w)
	}
	lib := &versioned{memory(library.Local, "Home", works), 7}
	c := connect(t, fleet{lib})
	var first duplicatesOutput
	c.ask(t, "find_duplicates", `{"limit":1}`, &first)
	for version, notices := range map[int64]int{7: 0, 8: 1} {
		lib.version = version
		var next duplicatesOutput
		c.ask(t, "find_duplicates", fmt.Sprintf(`{"limit":1,"cursor":%q}`, first.NextCursor), &next)
		if len(next.Notices) != notices || notices > 0 && !strings.Contains(next.Notices[0], "changed since the page before") {
			t.Errorf("at version %d: notices %q", version, next.Notices)
		}
	}
}

// endless is a library of more works than are compared.
type endless struct {
	library.Reader
	given int
}

func (e *endless) Each(_ context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	for i := range maxCompared + 50 {
		e.given = i
		if err := yield(&library.Item{ID: library.ItemID{Library: library.Local, Key: fmt.Sprint(i)}, Type: "book"}); err != nil {
			return library.Page[*library.Item]{Notice: ageNotice}, err
		}
	}
	return library.Page[*library.Item]{}, nil
}

func TestFindDuplicates_BoundsItsMemory(t *testing.T) {
	lib := &endless{Reader: memory(library.Local, "Home", nil)}
	var out duplicatesOutput
	callDirectly(t, catalogOf(t, fleet{lib}, Options{}), "find_duplicates", `{}`, &out)
	if len(out.Notices) != 2 || !strings.Contains(out.Notices[0], ageNotice) || !strings.Contains(out.Notices[1], "only the first 100000 works were compared") || lib.given != maxCompared {
		t.Errorf("%q after %d works", out.Notices, lib.given)
	}
}

// TestFindDuplicates_ComparesFewAtATime holds back all calls, and counts those that
// read.
func TestFindDuplicates_ComparesFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lib := &slowWhole{Reader: memory(library.Local, "Home", nil), next: make(chan struct{})}
		c := catalogOf(t, fleet{lib}, Options{})
		for range 5 {
			go func() { _, _ = c.Call(t.Context(), "find_duplicates", nil) }()
		}
		ctx, cancel := context.WithCancel(t.Context())
		synctest.Wait()
		failed := make(chan error)
		go func() { _, err := c.Call(ctx, "find_duplicates", nil); failed <- err }()
		synctest.Wait()
		if len(lib.reading()) != maxComparing {
			t.Errorf("%d calls read", len(lib.reading()))
		}
		cancel()
		if err := <-failed; err == nil {
			t.Error("a call that waits does not end with its context")
		}
		close(lib.next)
		synctest.Wait()
		if len(lib.reading()) != 5 {
			t.Errorf("%d calls have read", len(lib.reading()))
		}
	})
}

// slowWhole is a library whose works come when next is closed.
type slowWhole struct {
	library.Reader
	next chan struct{}

	mu    sync.Mutex
	calls []struct{}
}

func (s *slowWhole) reading() []struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *slowWhole) Each(context.Context, func(*library.Item) error) (library.Page[*library.Item], error) {
	s.mu.Lock()
	s.calls = append(s.calls, struct{}{})
	s.mu.Unlock()
	<-s.next
	return library.Page[*library.Item]{}, nil
}
