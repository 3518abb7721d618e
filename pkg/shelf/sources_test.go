package shelf

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// synced imports sources as they are.
func synced(t *testing.T, dir string, inputs ...*Input) Report {
	t.Helper()
	r, err := Import(t.Context(), dir, inputs, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// paper returns a work with a citation key.
func paper(key, title string, fields ...string) Work {
	w := work("journalArticle", "Shaw", append([]string{"title", title, "citationKey", key}, fields...)...)
	w.Origin = "refs.bib:" + key
	return w
}

// titles returns the titles of a library's works, sorted.
func titles(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, it := range whole(t, mustOpen(t, dir)) {
		all = append(all, it.Title())
	}
	slices.Sort(all)
	return all
}

// counts returns the counts of a report.
func counts(r Report) string {
	return fmt.Sprintf("%d added, %d updated, %d unchanged, %d merged, %d removed, %d kept; %d works", r.Added, r.Updated, r.Unchanged, r.Merged, r.Removed, r.Kept, r.Items)
}

func TestImport_MakesTheLibraryWhatTheSourceSays(t *testing.T) {
	dir := t.TempDir()
	a := paper("ice1", "On the strength of ice", "abstractNote", "Short.", "volume", "3")
	a.Item.Tags, a.Item.Notes = []string{"ice", "cold"}, []library.Note{{Text: "Read again."}, {Text: "Lent to Ada."}}
	a.Collections = [][]string{{"Winter"}, {"Physics"}}
	synced(t, dir, input("refs.bib", a, paper("sea1", "Tides and moons")))
	was := whole(t, mustOpen(t, dir))
	b := paper("ice1", "On the strength of ice", "volume", "4")
	b.Item.Tags, b.Item.Notes = []string{"ice"}, []library.Note{{Text: "Lent to Ada."}}
	b.Collections = [][]string{{"Physics"}}
	r := synced(t, dir, input("refs.bib", b, paper("wind1", "Trade winds")))
	if got := counts(r); got != "1 added, 1 updated, 0 unchanged, 0 merged, 1 removed, 0 kept; 2 works" {
		t.Error(got)
	}
	s := mustOpen(t, dir)
	now := whole(t, s)
	if it := now[0]; it.ID != was[0].ID || it.Field("volume") != "4" || it.Abstract() != "" || !slices.Equal(it.Tags, []string{"ice"}) ||
		len(it.Collections) != 1 || len(it.Notes) != 1 || it.Notes[0].Key != was[0].Notes[1].Key {
		t.Errorf("the edited work: %+v", it)
	}
	page, err := s.Collections(t.Context())
	if err != nil || len(page.Items) != 1 || page.Items[0].Name != "Physics" {
		t.Errorf("collections %+v, %v", page.Items, err)
	}
	for text, want := range map[string]int{"tides": 0, "winds": 1, "ice": 1} {
		if got, err := s.Search(t.Context(), library.Query{Text: text, Limit: 10}); err != nil || got.Total != want {
			t.Errorf("%q finds %d works, %v, want %d", text, got.Total, err, want)
		}
	}
	changes, err := s.Changes(t.Context(), library.ChangeQuery{SinceVersion: 1, Limit: 10})
	if err != nil || changes.Total != 3 || !slices.ContainsFunc(changes.Items, func(c library.Change) bool { return c.Kind == library.Removed && c.Key == was[1].ID.Key }) {
		t.Errorf("changes %+v, %v", changes.Items, err)
	}
	want := []WorkReport{
		{Removed, was[1].ID.Key, "sea1", "Tides and moons", "refs.bib"},
		{Added, now[1].ID.Key, "wind1", "Trade winds", "refs.bib:wind1"}, {Updated, was[0].ID.Key, "ice1", "On the strength of ice", "refs.bib:ice1"},
	}
	slices.SortFunc(r.Works[1:], func(a, b WorkReport) int { return int(a.Outcome[0]) - int(b.Outcome[0]) })
	if diff := cmp.Diff(want, r.Works); diff != "" {
		t.Errorf("works of the report (-want +got):\n%s", diff)
	}
}

func TestImport_RecognisesEditedEntries(t *testing.T) {
	for name, after := range map[string]Work{
		"title": paper("ice1", "How strong is ice? A study"), "key": paper("shaw2020ice", "On the strength of ice"),
		"key, year and journal at publication": paper("shaw2020", "On the strength of ice sheets", "publicationTitle", "Ice", "date", "2020", "DOI", "10.5555/ice"),
		"all but the key":                      paper("ice1", "Another matter", "DOI", "10.5555/matter"),
	} {
		dir := t.TempDir()
		synced(t, dir, input("refs.bib", paper("ice1", "On the strength of ice"), paper("sea1", "Tides and moons")))
		was := whole(t, mustOpen(t, dir))
		r := synced(t, dir, input("refs.bib", after, paper("sea1", "Tides and moons")))
		if got := counts(r); got != "0 added, 1 updated, 1 unchanged, 0 merged, 0 removed, 0 kept; 2 works" {
			t.Errorf("%s: %s", name, got)
		}
		s := mustOpen(t, dir)
		now, err := s.Items(t.Context(), []string{was[0].ID.Key})
		if err != nil || len(now.Items) != 1 || now.Items[0].Title() != after.Item.Title() || now.Items[0].CitationKey != citationKey(&after.Item) {
			t.Errorf("%s: %+v, %v", name, now, err)
		}
		if found, err := s.Search(t.Context(), library.Query{Text: "@ice1", Limit: 5}); err != nil || found.Total != 1 || found.Items[0].Item.ID != was[0].ID {
			t.Errorf("%s: the former key finds %d works, %v", name, found.Total, err)
		}
		if r := synced(t, dir, input("refs.bib", after, paper("sea1", "Tides and moons"))); r.Unchanged != 2 || r.Version != 2 {
			t.Errorf("%s: again: %s", name, counts(r))
		}
	}
}

// A key that two entries swap, or that moves to a new entry, goes where the file
// says.
func TestImport_KeysMoveBetweenEntries(t *testing.T) {
	dir := t.TempDir()
	one, two := paper("a", "On the strength of ice", "DOI", "10.5555/1"), paper("b", "Tides and moons", "DOI", "10.5555/2")
	synced(t, dir, input("refs.bib", one, two))
	keys := func() map[string]string {
		out := map[string]string{}
		for _, it := range whole(t, mustOpen(t, dir)) {
			out[it.Title()] = it.CitationKey + " " + it.Field("extra")
		}
		return out
	}
	one.Item.Fields["citationKey"], two.Item.Fields["citationKey"] = "b", "a"
	if r := synced(t, dir, input("refs.bib", one, two)); r.KeyClashCount != 0 || r.Updated != 2 {
		t.Errorf("%s, clashes %+v", counts(r), r.KeyClashes)
	}
	if diff := cmp.Diff(map[string]string{"On the strength of ice": "b ", "Tides and moons": "a "}, keys()); diff != "" {
		t.Errorf("after a swap (-want +got):\n%s", diff)
	}
	one.Item.Fields["citationKey"] = "c"
	synced(t, dir, input("refs.bib", one, two))
	if got := keys()["On the strength of ice"]; got != "c ids: b" {
		t.Errorf("after a new key: %q", got)
	}
	synced(t, dir, input("refs.bib", one, two, paper("b", "Trade winds")))
	if diff := cmp.Diff(map[string]string{"On the strength of ice": "c ", "Tides and moons": "a ", "Trade winds": "b "}, keys()); diff != "" {
		t.Errorf("after a new entry has the former key (-want +got):\n%s", diff)
	}
	if r := synced(t, dir, input("refs.bib", one, two, paper("b", "Trade winds"))); r.Unchanged != 3 || r.Version != 4 {
		t.Errorf("again: %s, version %d", counts(r), r.Version)
	}
}

func TestImport_SourcesShareWorks(t *testing.T) {
	dir := t.TempDir()
	shared := func(title, volume string, tags ...string) Work {
		w := paper("ice1", title, "DOI", "10.5555/ice", "volume", volume)
		w.Item.Tags = tags
		return w
	}
	one := input("one.bib", shared("On ice", "1", "a"), paper("sea1", "Tides"))
	two := input("two.bib", shared("On ice", "2", "b"))
	if got := counts(synced(t, dir, one, two)); got != "2 added, 0 updated, 0 unchanged, 1 merged, 0 removed, 0 kept; 2 works" {
		t.Error(got)
	}
	ice := func() *library.Item { return whole(t, mustOpen(t, dir))[0] }
	if it := ice(); it.Field("volume") != "2" || !slices.Equal(it.Tags, []string{"a", "b"}) {
		t.Errorf("from both: %+v", it)
	}
	edited := input("one.bib", shared("On ice", "3", "c"), paper("sea1", "Tides"))
	synced(t, dir, edited)
	if it := ice(); it.Field("volume") != "3" || !slices.Equal(it.Tags, []string{"b", "c"}) {
		t.Errorf("the source that changed last: %+v", it)
	}
	for range 2 { // in any order, and again
		if r := synced(t, dir, two, edited); r.Version != 2 || r.Unchanged != 2 {
			t.Errorf("again: %s, version %d", counts(r), r.Version)
		}
	}
	s := mustOpen(t, dir)
	sources, err := s.Sources(t.Context())
	if err != nil || len(sources) != 2 || sources[0].ID != "one.bib" || sources[0].Works != 2 || sources[1].Works != 1 || sources[1].Changed.IsZero() {
		t.Errorf("sources %+v, %v", sources, err)
	}
	if got := counts(synced(t, dir, input("one.bib", paper("sea1", "Tides")))); got != "0 added, 1 updated, 1 unchanged, 0 merged, 0 removed, 0 kept; 2 works" {
		t.Error(got)
	}
	if it := ice(); it.Field("volume") != "2" || !slices.Equal(it.Tags, []string{"b"}) {
		t.Errorf("from the other source alone: %+v", it)
	}
	if got := counts(synced(t, dir, &Input{ID: "two.bib"})); got != "0 added, 0 updated, 0 unchanged, 0 merged, 1 removed, 0 kept; 1 works" {
		t.Error(got)
	}
	if sources, err := mustOpen(t, dir).Sources(t.Context()); err != nil || len(sources) != 1 {
		t.Errorf("sources %+v, %v", sources, err)
	}
}

// A source that tells of a work in two entries says what it said before, however
// often it is read.
func TestImport_DuplicatesDoNotMakeASourceTheLast(t *testing.T) {
	dir := t.TempDir()
	entry := func(volume string) Work { return paper("ice1", "On ice", "DOI", "10.5555/ice", "volume", volume) }
	one, two := input("one.bib", entry("1"), entry("3")), input("two.bib", entry("2"))
	synced(t, dir, one)
	synced(t, dir, two)
	if r := synced(t, dir, one); r.Version != 2 || whole(t, mustOpen(t, dir))[0].Field("volume") != "2" {
		t.Errorf("%s, version %d", counts(r), r.Version)
	}
	synced(t, dir, two, input("one.bib", entry("1"), entry("4")))
	if it := whole(t, mustOpen(t, dir))[0]; it.Field("volume") != "4" {
		t.Errorf("after an edit: %+v", it)
	}
}

func TestImport_KeepsTextsThatCanNoLongerBeRead(t *testing.T) {
	dir := t.TempDir()
	synced(t, dir, input("refs.bib", annotated()))
	was := whole(t, mustOpen(t, dir))[0]
	gone := annotated()
	gone.Texts, gone.Item.Fields["abstractNote"] = nil, "Edited."
	synced(t, dir, input("refs.bib", gone))
	s := mustOpen(t, dir)
	it := whole(t, s)[0]
	text, err := s.Text(t.Context(), it.ID.Key, library.TextQuery{})
	if err != nil || len(text.Pages) != 2 || it.Attachments[0].Text != was.Attachments[0].Text || it.Attachments[0].Annotations[0].Key != was.Attachments[0].Annotations[0].Key {
		t.Errorf("%d pages, %v; %+v", len(text.Pages), err, it.Attachments)
	}
}

func TestImport_MovesWorksBetweenSources(t *testing.T) {
	dir := t.TempDir()
	synced(t, dir, input("one.bib", paper("ice1", "On ice")), input("two.bib", paper("sea1", "Tides")))
	was := whole(t, mustOpen(t, dir))
	if got := counts(synced(t, dir, input("one.bib"), input("two.bib", paper("sea1", "Tides"), paper("ice1", "On ice")))); got != "0 added, 0 updated, 2 unchanged, 0 merged, 0 removed, 0 kept; 2 works" {
		t.Error(got)
	}
	if now := whole(t, mustOpen(t, dir)); now[0].ID != was[0].ID {
		t.Errorf("the work that moved is %s, was %s", now[0].ID, was[0].ID)
	}
}

func TestImport_KeepsWhatAnIncompleteSourceLacks(t *testing.T) {
	for name, in := range map[string]*Input{
		"asked for":  {ID: "refs.bib", Keep: true, Tell: telling(slices.Values([]Work{paper("sea1", "Tides")}))},
		"incomplete": {ID: "refs.bib", Tell: func(take func(Work) error) (bool, error) { return false, take(paper("sea1", "Tides")) }},
		"too large": input("refs.bib", paper("sea1", "Tides"), func() Work {
			w := paper("ice1", "On ice")
			w.Item.Tags = slices.Repeat([]string{"t"}, maxParts+1)
			return w
		}()),
	} {
		dir := t.TempDir()
		synced(t, dir, input("refs.bib", paper("ice1", "On ice"), paper("sea1", "Tides")))
		r := synced(t, dir, in)
		if r.Removed != 0 || r.Kept != 1 || r.Sources[0].Kept != 1 || r.Sources[0].Works != 2 || r.Version != 1 || r.Works[0].Outcome != Kept {
			t.Errorf("%s: %s, %+v", name, counts(r), r.Sources)
		}
		if got := counts(synced(t, dir, input("refs.bib", paper("sea1", "Tides")))); got != "0 added, 0 updated, 1 unchanged, 0 merged, 1 removed, 0 kept; 1 works" {
			t.Errorf("%s: then %s", name, got)
		}
	}
}

func TestReset(t *testing.T) {
	dir := t.TempDir()
	synced(t, dir, input("refs.bib", books(0, 3)...))
	open := mustOpen(t, dir)
	if err := Reset(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	m, err := open.Meta(t.Context())
	sources, also := open.Sources(t.Context())
	if err != nil || also != nil || m.Items != 0 || m.Version != 2 || len(sources) != 0 || len(titles(t, dir)) != 0 {
		t.Errorf("%+v, %+v, %v, %v", m, sources, err, also)
	}
	changes, err := open.Changes(t.Context(), library.ChangeQuery{Limit: 10})
	if err != nil || changes.Notice == "" {
		t.Errorf("changes %+v, %v", changes, err)
	}
	if r := synced(t, dir, input("refs.bib", books(0, 3)...)); r.Added != 3 || r.Version != 3 {
		t.Error(counts(r))
	}
}

// Of many entries that were edited at once only some wait: one whose key was
// changed, and that waited no longer, is a new work.
func TestImport_ManyEditedEntries(t *testing.T) {
	dir := t.TempDir()
	var before, after []Work
	for i := range 40 {
		before = append(before, paper(fmt.Sprintf("k%d", i), fmt.Sprintf("Word%d of the wise", i)))
		w := paper(fmt.Sprintf("k%d", i), fmt.Sprintf("Quite another title, number %d", i))
		if i == 3 {
			w = paper("renamed", "Word3 of the wise ones")
		}
		w.Item.Attachments = []library.Attachment{{Filename: "a.txt"}}
		w.Texts = [][]library.TextPage{{{Number: 1, Text: string(make([]byte, maxWaitingBytes/16))}}}
		after = append(after, w)
	}
	synced(t, dir, input("refs.bib", before...))
	m := testImporter(dir, 1, ImportOptions{DryRun: true})
	r, err := m.run(t.Context(), []*Input{input("refs.bib", after...)})
	if got := counts(r); err != nil || got != "1 added, 39 updated, 0 unchanged, 0 merged, 1 removed, 0 kept; 40 works" {
		t.Errorf("%s, %v", got, err)
	}
}
