package zotero_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// latency is how far away the server is in these tests.
const latency = 50 * time.Millisecond

// overseas returns a server so far away with one group library, and a client of
// it. Their time is the test's own.
func overseas(t *testing.T, works []librarytest.Work, o zotero.Options) (*fakeZotero, *zotero.Client) {
	t.Helper()
	f := newFakeAway()
	f.addLibrary("group", 4711, works)
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}})
	if err != nil {
		t.Fatal(err)
	}
	client := zotero.NewClient(up, o)
	t.Cleanup(client.Close)
	return f, client
}

// discovered opens the group's library with a key of its own, after all
// libraries of the key were listed.
func discovered(t *testing.T, f *fakeZotero, client *zotero.Client, key string) library.Reader {
	t.Helper()
	f.mu.Lock()
	f.grant(key, false, 4711)
	f.mu.Unlock()
	a, err := client.Account(t.Context(), credential(key))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Libraries(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := a.Open(t.Context(), "group:4711")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTheSameSearchIsOneCall counts what searches cost once the libraries are
// known, while nobody has read the library.
func TestTheSameSearchIsOneCall(t *testing.T) {
	for _, c := range []struct {
		promise string
		works   []librarytest.Work
		q       library.Query
	}{
		{"a word", librarytest.Works(), library.Query{Text: "analytical"}},
		{"several words", librarytest.Works(), library.Query{Text: "experiments in plant heredity"}},
		{"a phrase", librarytest.Works(), library.Query{Text: `"learned society"`}},
		{"a word of a full text", librarytest.Works(), library.Query{Text: "compounded"}},
		{"a word that many works have", librarytest.Many(350), library.Query{Text: "study"}},
		{"no words", librarytest.Many(350), library.Query{}},
		{"words and filters", librarytest.Works(), library.Query{Text: "treatise", YearTo: 1800, TagsAll: []string{"physics"}, ItemTypes: []string{"book"}}},
		{"filters alone", librarytest.Works(), library.Query{YearFrom: 1800, Creator: "mendel"}},
		{"by date", librarytest.Many(350), library.Query{Text: "river", Sort: library.SortDate}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, client := overseas(t, c.works, zotero.Options{})
				r := discovered(t, f, client, "good")
				f.change(func() {})
				c.q.Limit = 10
				var wg sync.WaitGroup
				for range 7 { // at the same time, then one after the other
					wg.Go(func() { search(t, r, c.q) })
				}
				wg.Wait()
				for range 14 {
					if got := search(t, r, c.q); got.Total == 0 {
						t.Fatal("nothing is found")
					}
				}
				if n := f.called(""); n != 1 {
					t.Errorf("21 identical searches made %d calls: %q", n, f.calls)
				}
				time.Sleep(time.Minute) // what is cached is no longer fresh
				f.change(func() {})
				unchanged := f.unchanged
				for range 5 {
					search(t, r, c.q)
				}
				if n := f.called(""); n != 1 || f.unchanged-unchanged != n {
					t.Errorf("after the fresh time: %d calls, of which %d found nothing changed: %q", n, f.unchanged-unchanged, f.calls)
				}
			})
		})
	}
}

// TestAReadLibraryIsOnlyRevalidated: the same, once the library was read.
func TestAReadLibraryIsOnlyRevalidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, client := overseas(t, librarytest.Works(), zotero.Options{})
		r := discovered(t, f, client, "good")
		readWhole(t, r)
		f.change(func() {})
		for range 21 {
			search(t, r, library.Query{Text: "compounded"})
		}
		if n := f.called("qmode=everything"); n != 1 || n != f.called("/items?") || f.called("") > 2 {
			t.Errorf("21 identical searches: %q", f.calls) // the text that is quoted is the second call
		}
		time.Sleep(time.Minute)
		f.change(func() {})
		unchanged := f.unchanged
		for range 21 {
			search(t, r, library.Query{Text: "compounded"})
		}
		if n := f.called(""); n != 1 || f.unchanged-unchanged != 1 {
			t.Errorf("after the fresh time: %q", f.calls)
		}
	})
}

// TestSearchesAtTheSameTime: Zotero allows five calls at a time for a key, so
// that 20 searches take four times as long as one at best.
func TestSearchesAtTheSameTime(t *testing.T) {
	took := func(do func()) time.Duration {
		began := time.Now()
		do()
		return time.Since(began)
	}
	all := func(t *testing.T, rs []library.Reader, word string) {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				// The first two words of the title, and one that a text has.
				q := library.Query{Text: fmt.Sprintf("%s %04d", word, i), Limit: 10}
				if got, err := rs[i%len(rs)].Search(t.Context(), q); err != nil || got.Total == 0 {
					t.Errorf("%d works, %v", got.Total, err)
				}
			})
		}
		wg.Wait()
	}
	works := append(librarytest.Many(350), librarytest.Works()...) // some have texts
	for _, c := range []struct {
		promise string
		callers int
		read    bool // whether the library was read before
		most    float64
	}{
		{"one caller, a library that nobody read", 1, false, 4.5},
		{"one caller, a library that was read", 1, true, 4.5},
		{"20 callers with their own keys, a library that none of them read", 20, false, 1.5},
		{"20 callers with their own keys, a library that each of them read", 20, true, 1.5},
	} {
		t.Run(c.promise, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, client := overseas(t, works, zotero.Options{})
				rs := make([]library.Reader, c.callers)
				for i := range rs {
					rs[i] = discovered(t, f, client, fmt.Sprintf("key%d", i))
					if c.read {
						readWhole(t, rs[i])
					}
				}
				one := took(func() { search(t, rs[0], library.Query{Text: "study mountain"}) })
				many := took(func() { all(t, rs, "study") })
				if one < latency || many > time.Duration(c.most*float64(one)) {
					t.Errorf("20 searches took %v, one %v: %.1f times as long, at most %.1f is allowed", many, one, float64(many)/float64(one), c.most)
				}
				t.Logf("one %v, 20 %v: %.2f times", one, many, float64(many)/float64(one))
			})
		})
	}
}

// TestALibraryIsReadAfterTheSecondQuestion: the first two answers are Zotero's
// quick search and say so, the third is from the whole library.
func TestALibraryIsReadAfterTheSecondQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, client := overseas(t, librarytest.Works(), zotero.Options{})
		r := discovered(t, f, client, "good")
		for _, text := range []string{"mendel", "analytical"} {
			if n := f.called("sort=dateAdded&start"); n != 0 {
				t.Errorf("the library is read at the first question")
			}
			if got := search(t, r, library.Query{Text: text}); got.Total != 1 || !strings.Contains(got.Notice, "not been read yet") {
				t.Errorf("%s: %d works, %q", text, got.Total, got.Notice)
			}
		}
		if got := search(t, r, library.Query{Text: "prisms"}); got.Total != 1 || got.Notice != "" {
			t.Errorf("the third question: %d works, %q", got.Total, got.Notice)
		}
		if got := search(t, r, library.Query{Text: "mendel"}); got.Notice != "" {
			t.Errorf("the first question again: %q", got.Notice)
		}
	})
}

// TestNothingFoundIsNeverSaidOfAGlance: what quick search doesn't see may be
// there.
func TestNothingFoundIsNeverSaidOfAGlance(t *testing.T) {
	for promise, text := range map[string]string{
		"an abstract": "prisms", "a note": "jacquard", "a tag": "biology", "words in different places": "analytical jacquard", "marks": "uber",
	} {
		_, _, r := opened(t, librarytest.Works(), 0, zotero.Options{})
		if got := search(t, r, library.Query{Text: text}); got.Total == 0 || got.Notice != "" {
			t.Errorf("%s: %d works, %q", promise, got.Total, got.Notice)
		}
	}
}

// TestPagesOfOneQuestionComeFromOneAnswer: between two of them the library is
// read.
func TestPagesOfOneQuestionComeFromOneAnswer(t *testing.T) {
	_, _, r := opened(t, librarytest.Many(250), 0, zotero.Options{})
	q := library.Query{Text: "study", Limit: 40}
	seen := map[string]bool{}
	for taken := 0; taken < 250; taken += q.Limit {
		q.After = &library.Position{Taken: taken}
		got := search(t, r, q)
		if got.Total != 250 {
			t.Errorf("%d works", got.Total)
		}
		for _, h := range got.Items {
			seen[h.Item.ID.Key] = true
		}
		readWhole(t, r)
	}
	if len(seen) != 250 {
		t.Errorf("%d different works on all pages", len(seen))
	}
}

// TestAQuestionWaitsOnlySoLong: a library that takes long to read is answered
// for by Zotero meanwhile, and how far it is read is said.
func TestAQuestionWaitsOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, client := overseas(t, librarytest.Many(3000), zotero.Options{Parallel: 1, Patience: time.Second})
		r := discovered(t, f, client, "good")
		ask := func() (library.Page[library.Hit], time.Duration) {
			began := time.Now()
			got := search(t, r, library.Query{Text: "river", YearFrom: 1}) // too many for one call
			return got, time.Since(began)
		}
		if got, took := ask(); got.Total != 300 || !strings.Contains(got.Notice, "of 3000 items so far") || took > 2*time.Second {
			t.Errorf("while it is read: %d works in %v, %q", got.Total, took, got.Notice)
		}
		time.Sleep(3 * time.Second)
		if got, took := ask(); got.Total <= 300 || got.Notice != "" || took > time.Second {
			t.Errorf("when it is read: %d works in %v, %q", got.Total, took, got.Notice)
		}
	})
}

// TestReadingEndsWithTheClient: at shutdown nothing is read any more.
func TestReadingEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, client := overseas(t, librarytest.Many(3000), zotero.Options{Parallel: 1, Patience: time.Second})
		r := discovered(t, f, client, "good")
		search(t, r, library.Query{Text: "river", YearFrom: 1})
		client.Close()
		synctest.Wait()
		f.change(func() {})
		time.Sleep(time.Minute)
		if n := f.called(""); n != 0 {
			t.Errorf("%d calls after the end", n)
		}
	})
}

// TestALibraryThatFailsHalfwayIsReadAgain by the next question.
func TestALibraryThatFailsHalfwayIsReadAgain(t *testing.T) {
	f, _, r := opened(t, librarytest.Many(250), 0, zotero.Options{})
	f.change(func() {
		f.fail = func(r *http.Request) (int, string) {
			if strings.Contains(r.URL.RawQuery, "start=200") {
				return http.StatusForbidden, "Forbidden"
			}
			return 0, ""
		}
	})
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); library.CodeOf(err) != library.Forbidden {
		t.Errorf("%v", err)
	}
	f.change(func() { f.fail = nil })
	readWhole(t, r)
}

// TestALibraryOfManyThousandIsSearchedWhole: nothing is different about it but
// the time that reading it takes.
func TestALibraryOfManyThousandIsSearchedWhole(t *testing.T) {
	_, _, r := opened(t, append(librarytest.Many(5200), librarytest.Works()...), 0, zotero.Options{})
	readWhole(t, r)
	for promise, c := range map[string]struct{ text, title string }{
		"marks": {"uber lineare", librarytest.TitleOperators}, "an abstract": {"prisms", librarytest.TitleLight}, "a tag": {"biology", librarytest.TitleHeredity},
		"a note": {"jacquard", librarytest.TitleEngine}, "an annotation": {"experimentum", librarytest.TitleLight}, "a text": {"compounded", librarytest.TitleLight},
	} {
		if got := search(t, r, library.Query{Text: c.text, Limit: 5}); len(got.Items) == 0 || got.Items[0].Item.Title() != c.title || got.Notice != "" {
			t.Errorf("%s: found %q, %q", promise, titles(got), got.Notice)
		}
	}
	if got := search(t, r, library.Query{Text: "study", After: &library.Position{Taken: 5150}, Limit: 100}); got.Total != 5200 || len(got.Items) != 50 {
		t.Errorf("the last page: %d of %d", len(got.Items), got.Total)
	}
}
