package index_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const spaceFile = "subjects.lsa"

// A library has a space from 500 works on.
func TestSpace_FromManyWorks(t *testing.T) {
	for works, want := range map[int]bool{499: false, 500: true} {
		if files := onDisk(t, t.TempDir(), topics(works)); slices.Contains(files, spaceFile) != want {
			t.Errorf("the index of %d works is in %q", works, files)
		}
	}
}

// onSubject returns the keys of works that are near the subject of a query.
func onSubject(t *testing.T, x *index.Index, text string) map[string]float64 {
	t.Helper()
	near := map[string]float64{}
	st := search(t, x, library.Query{Text: text, Mode: library.ModeBroad}).Statistics
	st.Added = nil
	for _, h := range search(t, x, library.Query{Text: text, Statistics: st, Limit: 100}).Hits {
		if h.Similar {
			near[h.Key] = h.Score
		}
	}
	return near
}

// A work that has no word of the query is found by its subject: one of the base
// and one that was put in after. An index without the space finds neither.
func TestSpace_FindsBySubject(t *testing.T) {
	s := topics(600)
	dir := t.TempDir()
	files := onDisk(t, dir, s)
	x := opened(t, dir, files, s)
	on, off := work(9001, "title", topicWord(4, 2)+" "+topicWord(4, 3)), work(9002, "title", topicWord(5, 2)+" "+topicWord(5, 3))
	put := []index.Document{{Item: on}, {Item: off}}
	for _, d := range put {
		s.put(d)
	}
	x = update(t, x, s, put)
	near := onSubject(t, x, topicWord(4, 0)+" "+topicWord(4, 1))
	if _, listed := near[keyOf(9002)]; listed || near[keyOf(9001)] == 0 || len(near) > 20 {
		t.Errorf("%v is near", near)
	}
	if st := search(t, x, library.Query{Text: topicWord(4, 0) + " " + topicWord(4, 1)}).Statistics; st.Near <= 0 {
		t.Errorf("being near adds %v", st.Near)
	}
	x = update(t, x, s, nil, keyOf(9001))
	if near := onSubject(t, x, topicWord(4, 0)+" "+topicWord(4, 1)); near[keyOf(9001)] > 0 {
		t.Error("a removed work is near")
	}
	without := opened(t, dir, slices.DeleteFunc(slices.Clone(files), func(name string) bool { return name == spaceFile }), s)
	if near := onSubject(t, without, topicWord(4, 0)+" "+topicWord(4, 1)); len(near) > 0 {
		t.Errorf("%v is near without a space", near)
	}
}

// The order in which works are added does not matter.
func TestSpace_IsThatOfTheWorks(t *testing.T) {
	s := topics(550)
	var all []string
	for range 2 {
		dir := t.TempDir()
		onDisk(t, dir, s) // in the order of a map
		x := opened(t, dir, []string{"words.zap", spaceFile}, s)
		all = append(all, subjects(t, x))
	}
	if all[0] != all[1] {
		t.Errorf("%s and %s are near", all[0], all[1])
	}
}

// subjects returns the works that are near each subject, with their scores.
func subjects(t *testing.T, x *index.Index) string {
	t.Helper()
	var all []string
	for subject := range topicCount {
		all = append(all, spread(onSubject(t, x, topicWord(subject, 0)+" "+topicWord(subject, 1))))
	}
	return strings.Join(all, "\n")
}

// An index that is written in several segments at the same time, and takes over works
// of an earlier one that lost some, is that of the same works in one segment.
func TestBuilder_PartsMakeOneIndex(t *testing.T) {
	s := topics(900)
	whole := t.TempDir()
	want := opened(t, whole, onDisk(t, whole, s), s)

	first := topics(400)
	for n := range 50 { // among the others in the order of the file
		first.put(index.Document{Item: work(9000+n, "title", topicWord(n%topicCount, 0)+" "+topicWord(n%topicCount, 1)+" gone")})
	}
	before := t.TempDir()
	from := opened(t, before, onDisk(t, before, first), first)
	var gone []string
	for n := range 50 {
		gone = append(gone, keyOf(9000+n))
	}
	from = update(t, from, s, nil, gone...)

	dir := t.TempDir()
	b := index.NewBuilder(dir)
	index.SetBatch(b, 4<<10)
	for n := 401; n <= 900; n++ {
		if err := b.Add(t.Context(), s[keyOf(n)]); err != nil {
			t.Fatal(err)
		}
	}
	files, err := b.Finish(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if left := namesIn(t, dir); !slices.Equal(left, []string{spaceFile, "words.zap"}) {
		t.Errorf("the folder has %q", left)
	}
	got := opened(t, dir, files, s)
	if n := index.Fitted(got); n != 900 || got.Works() != 900 {
		t.Errorf("%d works, the space is fitted to %d", got.Works(), n)
	}
	if is, was := subjects(t, got), subjects(t, want); is != was {
		t.Errorf("near are %s, want %s", is, was)
	}
}

// Parts that are left as they are find the same works as the one index that is made of
// them, which has a space. A single part is the index.
func TestBuilder_LeavesPartsThatAreMergedLater(t *testing.T) {
	s := topics(600)
	parts, whole := t.TempDir(), t.TempDir()
	build := func(dir string, batch int, finish func(*index.Builder) ([]string, error)) *index.Index {
		t.Helper()
		b := index.NewBuilder(dir)
		index.SetBatch(b, batch)
		if dir != whole {
			for _, d := range s.documents() {
				if err := b.Add(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
		}
		files, err := finish(b)
		if err != nil {
			t.Fatal(err)
		}
		if left := namesIn(t, dir); len(left) != len(files) {
			t.Errorf("files %q, the folder has %q", files, left)
		}
		return opened(t, dir, files, s)
	}
	left := func(b *index.Builder) ([]string, error) { return b.FinishParts(t.Context()) }
	first := build(parts, 64<<10, left)
	if n := index.Segments(first); !first.InParts() || n < 3 || first.Works() != 600 || index.Fitted(first) != 0 {
		t.Errorf("%d segments with %d works, fitted to %d", n, first.Works(), index.Fitted(first))
	}
	second := build(whole, 64<<10, func(b *index.Builder) ([]string, error) { return b.Finish(t.Context(), first) })
	if second.InParts() || second.Works() != 600 || index.Fitted(second) != 600 {
		t.Errorf("%d segments with %d works, fitted to %d", index.Segments(second), second.Works(), index.Fitted(second))
	}
	for subject := range topicCount {
		q := library.Query{Text: topicWord(subject, 0), Limit: 100}
		in, one := search(t, first, q), search(t, second, q)
		if len(in.Notices) != 1 || !strings.Contains(in.Notices[0], "until the search index is merged") || len(one.Notices) > 0 {
			t.Errorf("notices %q, then %q", in.Notices, one.Notices)
		}
		if q.Mode = library.ModeExact; search(t, first, q).Notices != nil {
			t.Errorf("an exact query has the notices %q", search(t, first, q).Notices)
		}
		if is, want := keys(search(t, first, q)), keys(search(t, second, q)); is != want || is == "" {
			t.Errorf("%s finds %s, want %s", q.Text, is, want)
		}
	}
	q := library.Query{Text: topicWord(0, 0), Limit: 100}
	all := search(t, first, q)
	q.Statistics, q.Limit = all.Statistics, 30
	pages := keys(search(t, first, q))
	q.Statistics, q.Limit = all.Statistics, 100
	if next := search(t, second, q); all.Statistics.Near != 0 || keys(next) != keys(all) || !strings.HasPrefix(keys(all), strings.TrimSuffix(pages, "]")) {
		t.Errorf("a page after the merging is of another order: %s, want %s", keys(next), keys(all))
	}
	search(t, first, library.Query{Text: topicWord(0, 0)})
	for name, r := range map[string]index.Result{
		"no word":          search(t, first, library.Query{Text: "?!"}),
		"no part in files": search(t, memory(t, s), library.Query{Text: topicWord(0, 0)}),
	} {
		if strings.Contains(strings.Join(r.Notices, " "), "merged") {
			t.Errorf("%s: notices %q", name, r.Notices)
		}
	}
	if r := search(t, first, library.Query{Limit: 100}); r.Total != 600 || r.Notices != nil {
		t.Errorf("all works: %d, notices %q", r.Total, r.Notices)
	}
	if one := build(t.TempDir(), 64<<20, left); one.InParts() || index.Fitted(one) != 600 {
		t.Errorf("a single part has %d segments, fitted to %d", index.Segments(one), index.Fitted(one))
	}
}

// A batch that can't be written ends the building, not only its end.
func TestBuilder_FailsOnceABatchCannotBeWritten(t *testing.T) {
	b := index.NewBuilder(filepath.Join(t.TempDir(), "none"))
	defer b.Close()
	index.SetBatch(b, 1)
	var err error
	added := 0
	for _, d := range topics(10).documents() {
		if err = b.Add(t.Context(), d); err != nil {
			break
		}
		added++
	}
	if !errors.Is(err, os.ErrNotExist) || added > 3 {
		t.Errorf("%v after %d works", err, added)
	}
}

// namesIn returns the names of the files in a folder, sorted.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// spread returns scores by key as a text, sorted by key.
func spread(scores map[string]float64) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(scores)) {
		all = append(all, fmt.Sprintf("%s %.6f", key, scores[key]))
	}
	return strings.Join(all, ", ")
}

// A base keeps the space of the one before until the library has grown by half.
func TestSpace_IsKeptUntilOutgrown(t *testing.T) {
	s := topics(600)
	first := t.TempDir()
	x := opened(t, first, onDisk(t, first, s), s)
	before := index.Fitted(x)
	for works, want := range map[int]int{899: 600, 900: 900} {
		more := topics(works)
		var put []index.Document
		for n := 601; n <= works; n++ {
			put = append(put, more[keyOf(n)])
		}
		dir := t.TempDir()
		files, err := index.NewBuilder(dir).Finish(t.Context(), update(t, x, more, put))
		if err != nil {
			t.Fatal(err)
		}
		next := opened(t, dir, files, more)
		if got := index.Fitted(next); got != want || before != 600 {
			t.Errorf("the space of %d works is fitted to %d, the first to %d", works, got, before)
		}
		if near := onSubject(t, next, topicWord(4, 0)+" "+topicWord(4, 1)); len(near) < 3 {
			t.Errorf("%v is near", near)
		}
	}
}

func TestSpace_DamagedIsRebuilt(t *testing.T) {
	s := topics(500)
	dir := t.TempDir()
	files := onDisk(t, dir, s)
	path := filepath.Join(dir, spaceFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	onDisk(t, other, topics(501))
	foreign, err := os.ReadFile(filepath.Join(other, spaceFile))
	if err != nil {
		t.Fatal(err)
	}
	bit := slices.Clone(good)
	bit[len(bit)/2] ^= 1
	for name, content := range map[string][]byte{"empty": {}, "cut short": good[:len(good)-1], "one bit": bit, "of other works": foreign} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := index.Open(dir, files, s); !errors.Is(err, index.ErrRebuild) {
			t.Errorf("%s: %v, want ErrRebuild", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Open(dir, files, s); !errors.Is(err, index.ErrRebuild) {
		t.Errorf("missing: %v, want ErrRebuild", err)
	}
}
