package shelf

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// books returns works numbered from one number to just before another.
func books(from, to int) []Work {
	var all []Work
	for i := from; i < to; i++ {
		w := work("book", "Author"+fmt.Sprint(i%7), "title", fmt.Sprintf("Volume of harvest %d", i), "citationKey", fmt.Sprintf("book%d", i), "year", "1999")
		w.Item.Tags = []string{"farming"}
		w.Collections = [][]string{{"Shelf", fmt.Sprintf("Row %d", i%3)}}
		w.Origin = fmt.Sprintf("refs.bib:%d", i+1)
		all = append(all, w)
	}
	return all
}

// annotated returns a work with a note, a file of two pages and an annotation.
func annotated() Work {
	w := work("report", "Writer", "title", "On Lanterns", "citationKey", "lanterns")
	w.Item.Notes = []library.Note{{Text: "Read the second page."}}
	w.Item.Attachments = []library.Attachment{{
		Filename: "lanterns.pdf", ContentType: "application/pdf",
		Annotations: []library.Annotation{{Type: "highlight", Text: "oil", Page: "2"}},
	}}
	w.Texts = [][]library.TextPage{{{Number: 1, Text: "Of glass.\n"}, {Number: 2, Text: "Of oil and wicks.\n"}}}
	return w
}

// input returns a source of works.
func input(id string, works ...Work) *Input {
	return &Input{ID: id, Tell: telling(slices.Values(works))}
}

// telling returns an [Input.Tell] of works that are all that the source has.
func telling(works iter.Seq[Work]) func(func(Work) error) (bool, error) {
	return func(take func(Work) error) (bool, error) {
		for w := range works {
			if err := take(w); err != nil {
				return false, err
			}
		}
		return true, nil
	}
}

// more returns a source of works that keeps those it had before.
func more(works iter.Seq[Work]) []*Input {
	return []*Input{{ID: "test", Keep: true, Tell: telling(works)}}
}

// mustImport adds works to a library, which keeps those that it has.
func mustImport(t *testing.T, dir string, works ...Work) Report {
	t.Helper()
	report, err := Import(t.Context(), dir, more(slices.Values(works)), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func mustOpen(t *testing.T, dir string) *Shelf {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// whole reads all that the library says of its works, in the order of their
// titles.
func whole(t *testing.T, s *Shelf) []*library.Item {
	t.Helper()
	var all []*library.Item
	q := library.Query{Sort: library.SortTitle, Limit: library.MaxLimit}
	for {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Items {
			all = append(all, h.Item)
			q.After = &library.Position{Value: h.Value, Key: h.Item.ID.Key}
		}
		if !page.More {
			return all
		}
	}
}

// files returns the files in dir with their sizes, for telling whether
// anything changed.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && filepath.Ext(path) != ".lock" {
			all = append(all, fmt.Sprintf("%s %d %s", path, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// testImporter returns an importer with a fixed clock that keeps so many bytes
// of rows in memory.
func testImporter(dir string, batch int, opts ImportOptions) *importer {
	m := newImporter(dir, opts)
	m.now, m.batch = importTime, batch
	return m
}

func ignoreLists() cmp.Option {
	return cmpopts.IgnoreFields(Report{}, "Merges", "Problems", "Works", "KeyClashes", "Sources", "Kept", "Overruled")
}

func TestImportingAgainChangesNothing(t *testing.T) {
	twin := work("book", "Other", "title", "Volume of harvest 3", "DOI", "10.1/3", "citationKey", "twin", "abstractNote", "Longer.")
	first := work("book", "Author3", "title", "Volume of Harvest 3", "DOI", "10.1/3", "citationKey", "first", "publisher", "P")
	works := append(books(0, 5), annotated(), first, twin)
	dir := t.TempDir()
	report := mustImport(t, dir, works...)
	if diff := cmp.Diff(Report{Version: 1, Items: 7, Read: 8, Added: 7, Merged: 1}, report, ignoreLists()); diff != "" {
		t.Fatalf("first import (-want +got):\n%s", diff)
	}
	if want := (Merge{Origin: "refs.bib:1", Into: "refs.bib:1", By: "doi", Replaced: []string{"citationKey", "title", "creators"}}); !cmp.Equal(want, report.Merges[0], cmpopts.IgnoreFields(Merge{}, "Key")) {
		t.Errorf("merge %+v, want %+v", report.Merges[0], want)
	}
	before, saw := files(t, dir), whole(t, mustOpen(t, dir))
	for range 3 {
		report = mustImport(t, dir, works...)
		if diff := cmp.Diff(Report{Version: 1, Items: 7, Read: 8, Unchanged: 7, Merged: 1}, report, ignoreLists()); diff != "" {
			t.Fatalf("again (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("importing again wrote files:\n%s", diff)
	}
	if diff := cmp.Diff(saw, whole(t, mustOpen(t, dir))); diff != "" {
		t.Errorf("importing again changed works:\n%s", diff)
	}
}

func TestAnImportUpdatesWhatChanged(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, append(books(0, 3), annotated())...)
	was := whole(t, mustOpen(t, dir))
	edited := annotated()
	edited.Item.Fields["abstractNote"] = "A survey of wicks."
	edited.Item.Tags = []string{"light"}
	edited.Collections = [][]string{{"Shelf"}}
	report := mustImport(t, dir, append(books(2, 5), edited)...)
	if diff := cmp.Diff(Report{Version: 2, Items: 6, Read: 4, Added: 2, Updated: 1, Unchanged: 1}, report, ignoreLists()); diff != "" {
		t.Fatalf("report (-want +got):\n%s", diff)
	}
	s := mustOpen(t, dir)
	now := whole(t, s)
	if old, it := was[0], now[0]; it.ID != old.ID || !it.Added.Equal(old.Added) || it.Version != 2 || !it.Modified.After(old.Modified) ||
		it.Notes[0].Key != old.Notes[0].Key || it.Attachments[0].Key != old.Attachments[0].Key || len(it.Tags) != 1 || len(it.Collections) != 1 {
		t.Errorf("updated work %+v, before %+v", it, old)
	}
	if diff := cmp.Diff(was[1:], now[1:4]); diff != "" {
		t.Errorf("a work of which nothing new was said changed:\n%s", diff)
	}
	for text, want := range map[string]int{"wicks": 1, "harvest": 5, "survey": 1} {
		if got, err := s.Search(t.Context(), library.Query{Text: text, Limit: 10}); err != nil || got.Total != want {
			t.Errorf("%q finds %d works, %v, want %d", text, got.Total, err, want)
		}
	}
	var kinds []string
	changes, err := s.Changes(t.Context(), library.ChangeQuery{SinceVersion: 1, Limit: 10})
	for _, c := range changes.Items {
		kinds = append(kinds, fmt.Sprintf("%s %d %s", c.Kind, c.Version, c.Item.Title()))
	}
	slices.Sort(kinds)
	want := []string{"added 2 Volume of harvest 3", "added 2 Volume of harvest 4", "changed 2 On Lanterns"}
	if err != nil || !slices.Equal(kinds, want) || changes.Total != 3 {
		t.Errorf("changes %q, %v, want %q", kinds, err, want)
	}
}

func TestManySmallBatchesMakeTheSameLibrary(t *testing.T) {
	works := append(books(0, 40), annotated(), books(5, 6)[0])
	one, many := t.TempDir(), t.TempDir()
	for dir, batch := range map[string]int{one: batchBytes, many: 1} {
		m := testImporter(dir, batch, ImportOptions{})
		report, err := m.run(t.Context(), more(slices.Values(works)))
		if err != nil || report.Added != 41 || report.Merged != 1 {
			t.Fatalf("report %+v, %v", report, err)
		}
	}
	if diff := cmp.Diff(whole(t, mustOpen(t, one)), whole(t, mustOpen(t, many))); diff != "" {
		t.Errorf("(-one batch +many):\n%s", diff)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	report, err := Import(t.Context(), missing, more(slices.Values(books(0, 3))), ImportOptions{DryRun: true})
	if _, statErr := os.Stat(missing); err != nil || report.Added != 3 || !report.DryRun || statErr == nil {
		t.Errorf("into a missing folder: %+v, %v; the folder was made: %t", report, err, statErr == nil)
	}
	mustImport(t, dir, books(0, 3)...)
	before := files(t, dir)
	m := testImporter(dir, 1, ImportOptions{DryRun: true})
	report, err = m.run(t.Context(), more(slices.Values(append(books(1, 9), annotated()))))
	if diff := cmp.Diff(Report{DryRun: true, Version: 2, Items: 10, Read: 9, Added: 7, Unchanged: 2}, report, ignoreLists()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the dry run wrote files:\n%s", diff)
	}
	if _, err := os.Stat(m.folder); m.folder == "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dry run left %q: %v", m.folder, err)
	}
}

func TestAnImportThatFailsLeavesTheLibraryAsItWas(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, at := range []step{stepRun, stepRows, stepIndex, stepManifest, stepPublish} {
		for _, base := range [][]Work{nil, books(0, 4)} {
			dir := t.TempDir()
			if base != nil {
				mustImport(t, dir, base...)
			}
			before := files(t, dir)
			m := testImporter(dir, 1, ImportOptions{})
			m.fault = func(s step) error {
				if s == at {
					return broken
				}
				return nil
			}
			_, err := m.run(t.Context(), more(slices.Values(books(2, 20))))
			if !errors.Is(err, broken) || library.CodeOf(err) != library.Unavailable || strings.Contains(library.AsError(err).Message, "broken") {
				t.Errorf("%s: error %v", at, err)
			}
			if diff := cmp.Diff(before, files(t, dir)); diff != "" {
				t.Errorf("%s: files (-before +after):\n%s", at, diff)
			}
			if got := whole(t, mustOpen(t, dir)); len(got) != len(base) {
				t.Errorf("%s: %d works, want %d", at, len(got), len(base))
			}
			if r := mustImport(t, dir, books(0, 6)...); r.Items != 6 {
				t.Errorf("%s: the next import leaves %d works, want 6", at, r.Items)
			}
		}
	}
}

func TestACancelledImportLeavesTheLibraryAsItWas(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 4)...)
	before := files(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Import(ctx, dir, more(slices.Values(books(4, 50))), ImportOptions{Progress: func(done int) {
		if done == 20 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

func TestASecondImportIsToldThatOneIsRunning(t *testing.T) {
	dir := t.TempDir()
	_, err := Import(t.Context(), dir, more(slices.Values(books(0, 2))), ImportOptions{Progress: func(done int) {
		_, err := Import(t.Context(), dir, more(slices.Values(books(0, 1))), ImportOptions{})
		if e := library.AsError(err); e.Code != library.Conflict || !strings.Contains(e.Message, fmt.Sprint(os.Getpid())) || e.Hint == "" {
			t.Errorf("the second import: %v", err)
		}
	}})
	if err != nil {
		t.Errorf("the first import: %v", err)
	}
}

func TestImport_RemovesOldGenerations(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "gen-000007"), 0o700); err != nil {
		t.Fatal(err) // what an import that broke off may leave
	}
	for i := range 4 {
		mustImport(t, dir, books(i, i+1)...)
	}
	got, err := generations(dir)
	current, _ := currentGeneration(dir)
	if err != nil || len(got) != 1 || generationName(got[0]) != current {
		t.Errorf("generations %d, current %s, %v; want the current one", got, current, err)
	}
}

func TestABadWorkIsReportedAndTheRestIsTaken(t *testing.T) {
	huge := work("book", "A", "title", "Huge", "abstractNote", strings.Repeat("x", maxItemBytes))
	huge.Origin = "refs.bib:77"
	odd := work("book", "\xff", "title", "Odd \xff\x00", "citationKey", "odd")
	odd.Item.Tags = []string{strings.Repeat("t", maxNameBytes+1), "kept"}
	odd.Collections = [][]string{slices.Repeat([]string{"deep"}, maxDepth+1), {"", " "}, {"kept"}}
	dir := t.TempDir()
	many := work("book", "A", "title", "Many")
	many.Item.Tags = slices.Repeat([]string{"t"}, maxParts+1)
	r := mustImport(t, dir, append(books(0, 2), huge, odd, many)...)
	if r.Added != 3 || r.Failed != 2 || r.ProblemCount != 4 || r.Problems[0].Origin != "refs.bib:77" || !r.Problems[0].Failed {
		t.Errorf("report %+v", r)
	}
	for _, it := range whole(t, mustOpen(t, dir)) {
		if it.Field("citationKey") == "odd" && (!slices.Equal(it.Tags, []string{"kept"}) || len(it.Collections) != 1 || it.Title() != "Odd \uFFFD\x00") {
			t.Errorf("work %+v", it)
		}
	}
}

func TestTheSameWorksGetTheSameKeys(t *testing.T) {
	works := append(books(0, 30), annotated())
	var saw []*library.Item
	for range 2 {
		s, err := FromWorks(t.Context(), "Memory", works)
		if err != nil {
			t.Fatal(err)
		}
		got := whole(t, s)
		if saw != nil {
			if diff := cmp.Diff(saw, got); diff != "" {
				t.Errorf("at the next start (-before +now):\n%s", diff)
			}
		}
		saw = got
	}
	dir := t.TempDir()
	mustImport(t, dir, works...)
	for i, it := range whole(t, mustOpen(t, dir)) {
		if it.ID != saw[i].ID {
			t.Errorf("%s on disk, %s in memory", it.ID, saw[i].ID)
		}
	}
}
