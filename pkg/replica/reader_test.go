package replica_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// held returns a source of which the reading stops at its second page until the
// test ends or release is called.
func held(t testing.TB, up *replicatest.Library) (src *replicatest.Source, release func()) {
	t.Helper()
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	src = &replicatest.Source{Library: up, PageSize: 3}
	src.Hook = func(ctx context.Context, request string) error {
		if request != "All" || src.Calls("All") < 2 {
			return nil
		}
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return src, release
}

func contains(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q, want %q in it", what, text, p)
		}
	}
}

func TestUnread_UpstreamSearches(t *testing.T) {
	t.Parallel()
	src, _ := held(t, small())
	rs := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond})
	r := rs.Open(opening(src))
	q := library.Query{Text: "harvest", Limit: 2}
	page, err := r.Search(t.Context(), q)
	if err != nil || len(page.Items) != 2 || page.Total != 3 || page.Items[0].Item.ID.Library != id {
		t.Fatalf("%+v, %v", page, err)
	}
	contains(t, "notice", page.Notice, "is being read", "one page")
	eventually(t, "the first page", func() bool { return src.Calls("All") == 2 })
	page, err = r.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "notice", page.Notice, "3 of 14 objects")
	if src.Calls("Search") != 1 {
		t.Errorf("the same question took %d searches", src.Calls("Search"))
	}
	q.After = &library.Position{Key: page.Items[0].Item.ID.Key, Taken: 1}
	_, err = r.Search(t.Context(), q)
	if e := library.AsError(err); e.Code != library.Unavailable || e.RetryAfter == 0 || e.Hint == "" {
		t.Errorf("a second page: %v", err)
	} else {
		contains(t, "error", e.Message, "3 of 14 objects")
	}
	if _, err := r.Search(t.Context(), library.Query{}); library.CodeOf(err) != library.Invalid {
		t.Errorf("no limit: %v", err)
	}
	if _, err := r.Search(t.Context(), library.Query{Limit: 1, Collection: "NNNNNNNN"}); library.CodeOf(err) != library.NotFound {
		t.Errorf("an unknown collection: %v", err)
	}
}

// TestUnread_SearchesWordsAlone has a query of which the upstream can't do all.
func TestUnread_SearchesWordsAlone(t *testing.T) {
	t.Parallel()
	src, _ := held(t, small())
	r := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond}).Open(opening(src))
	for text, notices := range map[string]int{"harvest": 0, "harvest -zebra": 1, "title:harvest year:>1000": 1, "(harvest": 1, "harvest -(zebra": 2} {
		page, err := r.Search(t.Context(), library.Query{Text: text, Limit: 2})
		if err != nil || text != "(harvest" && text != "harvest -(zebra" && page.Total != 3 {
			t.Errorf("%q: total %d, %v", text, page.Total, err)
		}
		if len(page.QueryNotices) != notices {
			t.Errorf("%q: notices %q", text, page.QueryNotices)
		}
		if plain := strings.Join(page.QueryNotices, " "); strings.Contains(plain, "only the words and phrases") != (text != "harvest" && text != "(harvest") {
			t.Errorf("%q: notices %q", text, page.QueryNotices)
		}
	}
}

// TestUnread_RefusesToTellWorksWithText does not ask the upstream's search, which
// does not know them.
func TestUnread_RefusesToTellWorksWithText(t *testing.T) {
	t.Parallel()
	src, release := held(t, small())
	rs := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond})
	r := rs.Open(opening(src))
	q := library.Query{Text: "harvest", HasText: true, Limit: 2}
	page, err := r.Search(t.Context(), q)
	e := library.AsError(err)
	if e == nil || e.Code != library.Unavailable || e.RetryAfter == 0 || len(page.Items) > 0 || src.Calls("Search") > 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	contains(t, "error", e.Message, "still being read")
	contains(t, "hint", e.Hint, "without has:text")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Search(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	release()
	withTexts(t, rs, 4)
	if page, err = r.Search(t.Context(), q); err != nil || page.Total == 0 || page.Total == 4 || page.Notice != "" {
		t.Errorf("once it is read: %d works, notice %q, %v", page.Total, page.Notice, err)
	}
}

func TestUnread_WorksByKey(t *testing.T) {
	t.Parallel()
	src, release := held(t, small())
	rs := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond})
	r := rs.Open(opening(src))
	for _, key := range []string{"WORKAAAA", "NOTEAAAA", "MARKAAAA"} {
		page, err := r.Items(t.Context(), []string{key, "NONE2222"})
		items := page.Items
		if err != nil || len(items) != 1 || items[0].ID.Key != "WORKAAAA" || len(items[0].Notes) != 1 || len(items[0].Attachments[0].Annotations) != 1 {
			t.Fatalf("%s: %+v, %v", key, items, err)
		}
	}
	if n := src.Calls("Get"); n > 6 {
		t.Errorf("%d requests for one work", n)
	}
	text, err := r.Text(t.Context(), "WORKAAAA", library.TextQuery{})
	if err != nil || len(text.Pages) != 1 || text.Pages[0].Text != "The text of WORKAAAA" {
		t.Errorf("text %+v, %v", text, err)
	}
	contains(t, "notice", text.Notice, "is being read")
	found, err := r.Passages(t.Context(), "WORKAAAA", library.PassageQuery{Question: "text", Limit: 3})
	if err != nil || len(found.Items) == 0 || found.Items[0].Source != library.SourceFulltext {
		t.Errorf("passages %+v, %v", found, err)
	}
	if _, err := r.Text(t.Context(), "NONE2222", library.TextQuery{}); library.CodeOf(err) != library.NotFound {
		t.Errorf("no such work: %v", err)
	}
	collections, err := r.Collections(t.Context())
	if err != nil || collections.Total != 2 || collections.Items[0].Name != "Later" {
		t.Errorf("collections %+v, %v", collections, err)
	}
	info, err := r.Info(t.Context())
	if err != nil || info.Items != 4 || info.Name != "Reading group" || !info.MayWrite {
		t.Errorf("info %+v, %v", info, err)
	}
	_, err = r.Tags(t.Context(), library.TagQuery{Limit: 5})
	if e := library.AsError(err); e.Code != library.Unavailable || e.RetryAfter == 0 {
		t.Errorf("tags: %v", err)
	}
	if _, err = r.Changes(t.Context(), library.ChangeQuery{Limit: 5}); library.CodeOf(err) != library.Unavailable {
		t.Errorf("changes: %v", err)
	}
	release()
	eventually(t, "complete", func() bool { return rs.State()[0].Complete })
	equal(t, src.Library, r)
}

// A source that fails for a caller fails the caller's question.
func TestUnread_ReturnsTheCallersError(t *testing.T) {
	t.Parallel()
	src, _ := held(t, small())
	rs := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond})
	if _, err := rs.Open(opening(src)).Search(t.Context(), library.Query{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	out := &replicatest.Source{Library: src.Library, Hook: func(context.Context, string) error {
		return library.Errorf(library.Forbidden, "no longer a member")
	}}
	_, err := rs.Open(opening(out)).Search(t.Context(), library.Query{Text: "other", Limit: 1})
	if library.CodeOf(err) != library.Forbidden {
		t.Errorf("error %v", err)
	}
}

func TestReplica_SaysHowOldItIs(t *testing.T) {
	t.Parallel()
	for code, want := range map[library.Code]string{
		library.Unavailable: "the upstream can't be asked", library.RateLimited: "asks to wait", library.Forbidden: "refuses the credentials",
	} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				var down bool
				src := &replicatest.Source{Library: small()}
				src.Hook = func(context.Context, string) error {
					if down {
						return library.Errorf(code, "no").WithRetryAfter(20 * time.Second)
					}
					return nil
				}
				r := newReplicas(t, replica.Options{Fresh: 15 * time.Second}).Open(opening(src))
				complete(t, r)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				page, err := r.Search(t.Context(), library.Query{Limit: 1})
				if err != nil || page.Notice != "" {
					t.Fatalf("notice %q, %v", page.Notice, err)
				}
				synctest.Wait()
				down = true
				time.Sleep(3*time.Minute + 10*time.Second)
				page, err = r.Search(t.Context(), library.Query{Text: "harvest", Limit: 1})
				if err != nil || page.Total != 3 {
					t.Fatalf("%+v, %v", page, err)
				}
				contains(t, "notice", page.Notice, want, "as of 00:05 UTC, 3 minutes ago")
				calls := src.Calls("Since")
				time.Sleep(16 * time.Second)
				_, _ = r.Search(t.Context(), library.Query{Text: "harvest", Limit: 1})
				if n := src.Calls("Since"); n != calls && code != library.Forbidden { // which says no time
					t.Errorf("asked again %d times before the upstream said", n-calls)
				}
				down = false
				time.Sleep(16 * time.Second)
				page, err = r.Search(t.Context(), library.Query{Text: "harvest", Limit: 1})
				if err != nil || page.Notice != "" {
					t.Errorf("later: notice %q, %v", page.Notice, err)
				}
			})
		})
	}
}

// TestReplica_SaysHowOldItIsInEachAnswer holds the contract of a library whose
// upstream does not answer.
func TestReplica_SaysHowOldItIsInEachAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		down := false
		up := replicatest.New()
		up.Fill(librarytest.Works())
		src := &replicatest.Source{Library: up, Hook: func(context.Context, string) error {
			if down {
				return library.Errorf(library.Unavailable, "no")
			}
			return nil
		}}
		rs := newReplicas(t, replica.Options{Fresh: 15 * time.Second})
		r := rs.Open(opening(src))
		complete(t, r)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		_, _ = r.Info(t.Context()) // brings it up to date
		synctest.Wait()
		down = true
		time.Sleep(3*time.Minute + 10*time.Second)
		librarytest.CheckNotices(t, r, "this is the library as of 00:05 UTC, 3 minutes ago")
	})
}

// Many calls at a time ask the upstream once, and once a fresh time.
func TestReplica_SharesRefreshes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		up := small()
		slow := &replicatest.Source{Library: up, Hook: func(_ context.Context, request string) error {
			if request == "Since" {
				time.Sleep(time.Second)
			}
			return nil
		}}
		rs := newReplicas(t, replica.Options{Fresh: 15 * time.Second})
		complete(t, rs.Open(opening(slow)))
		synctest.Wait()
		time.Sleep(time.Minute)
		before := slow.Calls("Since")
		up.PutWork("WORKNEWW", work("A fresh harvest"))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				page, err := rs.Open(opening(slow)).Search(t.Context(), library.Query{Text: "harvest", Limit: 10})
				if err != nil || page.Total != 4 {
					t.Errorf("%d works, %v", page.Total, err)
				}
			})
		}
		wg.Wait()
		time.Sleep(10 * time.Second)
		if _, err := rs.Open(opening(slow)).Search(t.Context(), library.Query{Limit: 10}); err != nil {
			t.Fatal(err)
		}
		if n := slow.Calls("Since") - before; n != 1 {
			t.Errorf("%d questions for changes, want 1", n)
		}
		calls := slow.Calls("")
		time.Sleep(6 * time.Second)
		up.PutNote("NOTENEWW", "WORKNEWW", library.Note{Text: "new"})
		if _, err := rs.Open(opening(slow)).Search(t.Context(), library.Query{Limit: 10}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := slow.Calls("") - calls; n > 4 {
			t.Errorf("a change took %d requests, want at most 3 and one for texts", n)
		}
	})
}

// A call waits for a slow upstream as long as patience lasts.
func TestReplica_DoesNotWaitForASlowUpstream(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		up := small()
		src := &replicatest.Source{Library: up}
		slow := false
		src.Hook = func(ctx context.Context, request string) error {
			if slow && request == "Since" {
				select {
				case <-time.After(time.Minute):
				case <-ctx.Done():
				}
			}
			return nil
		}
		r := newReplicas(t, replica.Options{Fresh: time.Second, Patience: 3 * time.Second}).Open(opening(src))
		complete(t, r)
		time.Sleep(time.Minute)
		synctest.Wait()
		slow = true
		began := time.Now()
		page, err := r.Search(t.Context(), library.Query{Limit: 10})
		if took := time.Since(began); err != nil || took != 3*time.Second {
			t.Errorf("took %v, %v", took, err)
		}
		contains(t, "notice", page.Notice, "slow to say what changed")
	})
}

// After the library came from another past it is read again, and the old state
// answers meanwhile, with a notice.
func TestReplica_ReadsAgainWhenVersionsGoBackwards(t *testing.T) {
	t.Parallel()
	up := small()
	src := &replicatest.Source{Library: up, PageSize: 3}
	var again atomic.Bool
	gate := make(chan struct{})
	src.Hook = func(_ context.Context, request string) error {
		if request == "All" && again.Load() {
			<-gate
		}
		return nil
	}
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(src))
	complete(t, r)
	withTexts(t, rs, 4)
	again.Store(true)
	up.Reset()
	up.Delete("WORKBBBB")
	up.PutText("FILEAAAA", pages("Quite another text"))
	page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 10})
	if err != nil || page.Total != 3 {
		t.Fatalf("meanwhile: %d works, %v", page.Total, err)
	}
	contains(t, "notice", page.Notice, "is being read again", "as of")
	close(gate)
	eventually(t, "the library is read again", func() bool {
		page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 10})
		return err == nil && page.Total == 2 && !strings.Contains(page.Notice, "again")
	})
	equal(t, up, r)
}

// What is cheaper to read whole is read whole.
func TestReplica_ReadsWholeWhereThatIsCheaper(t *testing.T) {
	t.Parallel()
	up := small()
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(&replicatest.Source{Library: up, WholeAfter: 3}))
	complete(t, r)
	for _, step := range steps()[:10] {
		step.do(up)
	}
	eventually(t, "the library is read again", func() bool {
		page, err := r.Search(t.Context(), library.Query{Limit: 10})
		return err == nil && page.Version == up.Version() && page.Notice == ""
	})
	equal(t, up, r)
}

// Children in a circle, or of nothing, are left out, and nothing hangs.
func TestReplica_LeavesOutWhatHasNoPlace(t *testing.T) {
	t.Parallel()
	up := small()
	up.PutAttachment("FILECIRC", "FILECIRD", library.Attachment{Title: "A"})
	up.PutAttachment("FILECIRD", "FILECIRC", library.Attachment{Title: "B"})
	up.PutNote("NOTESELF", "NOTESELF", library.Note{Text: "Its own"})
	up.PutNote("NOTELOST", "NONE2222", library.Note{Text: "Lost"})
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	equal(t, up, r)
	up.PutNote("NOTESELF", "NOTESELF", library.Note{Text: "Its own again"})
	up.PutAttachment("FILECIRC", "FILECIRD", library.Attachment{Title: "A again"})
	equal(t, up, r)
}

// A direct source is read once, without a spool and without lists of its keys. Its
// progress is told.
func TestReading_OfADirectSource(t *testing.T) {
	t.Parallel()
	up, dir := small(), t.TempDir()
	src := &replicatest.Source{Library: up, PageSize: 4, Direct: true}
	rs := replica.New(replica.Options{Dir: dir})
	t.Cleanup(func() { _ = rs.Close(context.WithoutCancel(t.Context())) })
	var spools []string
	var told []replica.State
	rs.SetFault(func(at string) error {
		if at == "page" {
			left, err := filepath.Glob(filepath.Join(dir, "*", "spool-*"))
			spools, told = append(spools, left...), append(told, rs.State()[0])
			return err
		}
		return nil
	})
	r := rs.Open(opening(src))
	complete(t, r)
	equal(t, up, r)
	if len(spools) > 0 || src.Calls("Keys")+src.Calls("Get") > 0 || src.Calls("All") != len(told) || len(told) != 3 {
		t.Errorf("spools %q, %d lists of keys, %d of %d pages", spools, src.Calls("Keys"), len(told), src.Calls("All"))
	}
	objects := len(up.Keys())
	for i, s := range told {
		if s.Total != objects || s.Done <= 0 || i > 0 && s.Done <= told[i-1].Done {
			t.Errorf("page %d: %d of %d objects", i, s.Done, s.Total)
		}
	}
	if last := told[len(told)-1].Done; last != objects {
		t.Errorf("in the end %d of %d objects", last, objects)
	}
}

// A direct source whose library changes after collections were read is read again: a
// work that came and went between two marks does not stay, and a new collection is not
// lost.
func TestReading_AgainIfADirectSourceChanged(t *testing.T) {
	t.Parallel()
	up := small()
	var once sync.Once
	src := &replicatest.Source{Library: up, Direct: true, Hook: func(_ context.Context, request string) error {
		if request == "All" {
			once.Do(func() {
				up.PutWork("GHOSTAAA", work("Came and went"))
				up.PutCollection("COLLCCCC", "New", "")
				up.PutWork("WORKDDDD", work("In a new collection", "COLLCCCC"))
			})
		}
		return nil
	}}
	r := newReplicas(t, replica.Options{}).Open(opening(src))
	complete(t, r)
	up.Delete("GHOSTAAA")
	present(t, r)
	equal(t, up, r)
	if n := src.Calls("All"); n != 2 {
		t.Errorf("it was read %d times", n)
	}
}
