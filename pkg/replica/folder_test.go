package replica_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// After a restart the folder answers, and the upstream is asked only what changed.
func TestReplica_AnswersAtOnceAfterARestart(t *testing.T) {
	t.Parallel()
	dir, up := t.TempDir(), small()
	first := replica.New(replica.Options{Dir: dir, Patience: 5 * time.Second})
	complete(t, first.Open(opening(&replicatest.Source{Library: up})))
	withTexts(t, first, 4)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Open(opening(&replicatest.Source{Library: up})).Info(t.Context()); library.CodeOf(err) != library.Unavailable {
		t.Errorf("after Close: %v", err)
	}
	up.PutWork("WORKDDDD", work("A later harvest"))
	src := &replicatest.Source{Library: up}
	rs := newReplicas(t, replica.Options{Dir: dir})
	r := rs.Open(opening(src))
	page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 10})
	if err != nil || page.Total != 4 {
		t.Fatalf("%d works, %v", page.Total, err)
	}
	if src.Calls("All")+src.Calls("Search") > 0 || src.Calls("") > 5 {
		t.Errorf("%d pages, %d searches, %d requests", src.Calls("All"), src.Calls("Search"), src.Calls(""))
	}
	equal(t, up, r)
	if n := src.Calls("Text"); n > 0 {
		t.Errorf("%d texts were read again", n)
	}
}

// Two processes with one folder read the library once, and each sees what the
// other has taken in.
func TestReplica_SharesAFolder(t *testing.T) {
	t.Parallel()
	dir, up := t.TempDir(), small()
	sources := []*replicatest.Source{{Library: up, PageSize: 100}, {Library: up, PageSize: 100}}
	var readers []library.Reader
	var wg sync.WaitGroup
	for _, src := range sources {
		r := newReplicas(t, replica.Options{Dir: dir}).Open(opening(src))
		readers = append(readers, r)
		wg.Go(func() { complete(t, r) })
	}
	wg.Wait()
	if n := sources[0].Calls("All") + sources[1].Calls("All"); n != 1 {
		t.Errorf("%d pages were read, want 1", n)
	}
	for _, step := range steps() {
		step.do(up)
		for _, r := range readers {
			wg.Go(func() { _, _ = r.Search(t.Context(), library.Query{Limit: 1}) })
		}
		wg.Wait()
		for _, r := range readers {
			equal(t, up, r)
		}
	}
}

// A credential that dies while the library is read is replaced by another one.
func TestReplica_GoesOnWithAnotherCredential(t *testing.T) {
	t.Parallel()
	up := small()
	dead := &replicatest.Source{Library: up, PageSize: 3}
	dead.Hook = func(_ context.Context, request string) error {
		if request != "Search" && dead.Calls("All") > 1 {
			return library.Errorf(library.Unauthenticated, "the key was deleted")
		}
		return nil
	}
	rs := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond})
	if _, err := rs.Open(opening(dead)).Search(t.Context(), library.Query{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key dies", func() bool { return dead.Calls("All") > 1 })
	alive := &replicatest.Source{Library: up, PageSize: 3}
	r := rs.Open(opening(alive))
	if _, err := r.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "complete", func() bool { return rs.State()[0].Complete })
	equal(t, up, r)
	if dead.Calls("All") > 2 {
		t.Errorf("the dead key was used for %d pages", dead.Calls("All"))
	}
}

// A replica is found by library and view alone.
func TestReplica_KeepsViewsApart(t *testing.T) {
	t.Parallel()
	whole, bare := small(), replicatest.New()
	bare.PutWork("WORKAAAA", work("The bare harvest"))
	dir := t.TempDir()
	rs := newReplicas(t, replica.Options{Dir: dir})
	a, b := opening(&replicatest.Source{Library: whole}), opening(&replicatest.Source{Library: bare})
	b.View = ""
	c := opening(&replicatest.Source{Library: bare})
	c.About.ID = "group:47"
	for range 2 {
		for _, x := range []struct {
			o    replica.Opening
			want *replicatest.Library
		}{{a, whole}, {b, bare}, {c, bare}} {
			r := rs.Open(x.o)
			complete(t, r)
			equal(t, x.want, r)
		}
	}
	if n := len(rs.State()); n != 3 {
		t.Errorf("%d replicas, want 3", n)
	}
	// A folder of another view under this name is not opened.
	if err := rs.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := func(view string) string { return filepath.Join(dir, replica.Name{Library: id, View: view}.Folder()) }
	if err := os.RemoveAll(name("")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name("notes,files"), name("")); err != nil {
		t.Fatal(err)
	}
	r := newReplicas(t, replica.Options{Dir: dir}).Open(b)
	complete(t, r)
	equal(t, bare, r)
}

func TestName_Folder(t *testing.T) {
	t.Parallel()
	seen := map[string]replica.Name{}
	for _, n := range []replica.Name{
		{Library: "group:1"}, {Library: "group:1", View: "notes"}, {Library: "group:1", View: "notes,files"}, {Library: "group-1"},
		{Library: "group:11"}, {Library: "user:1"}, {Library: "../../etc"}, {Library: "GROUP:1"},
		{Library: library.ID(strings.Repeat("x", 300))}, {Library: library.ID(strings.Repeat("x", 301))},
	} {
		f := n.Folder()
		if other, ok := seen[f]; ok {
			t.Errorf("%v and %v have one folder", n, other)
		}
		seen[f] = n
		if filepath.Base(f) != f || len(f) > 100 || strings.Contains(f, "..") {
			t.Errorf("%v: folder %q", n, f)
		}
	}
}

// A library beyond the budget stays with the upstream's search, and says so.
func TestBudget_LeavesOutALargeLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, most := range map[string]int64{"the spool is too large": 100, "the shelf is": 3000, "that of a direct source is": 3001} {
		src := &replicatest.Source{Library: small(), Direct: most == 3001}
		rs := newReplicas(t, replica.Options{Dir: filepath.Join(dir, fmt.Sprint(most)), MaxBytes: most, Patience: 20 * time.Millisecond})
		r := rs.Open(opening(src))
		var notice string
		eventually(t, name, func() bool {
			page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 10})
			if err != nil || page.Total != 3 {
				t.Fatalf("%s: %d works, %v", name, page.Total, err)
			}
			notice = page.Notice
			return strings.Contains(notice, "larger than this server keeps")
		})
		if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); library.CodeOf(err) != library.Unavailable {
			t.Errorf("%s: tags: %v", name, err)
		}
		pages := src.Calls("All")
		time.Sleep(10 * time.Millisecond)
		if src.Calls("All") != pages {
			t.Errorf("%s: it is read again at once", name)
		}
		if st := rs.State()[0]; st.Bytes > most+200 || st.Complete {
			t.Errorf("%s: %d bytes are left", name, st.Bytes)
		}
	}
}

// The least recently used replica is removed first, and read again when it is
// asked.
func TestBudget_RemovesTheLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	probe := newReplicas(t, replica.Options{Dir: t.TempDir()})
	complete(t, probe.Open(opening(&replicatest.Source{Library: small()})))
	withTexts(t, probe, 4)
	one := probe.State()[0].Bytes
	rs := newReplicas(t, replica.Options{Dir: dir, MaxBytes: 3*one - one/4})
	open := func(view string) (library.Reader, *replicatest.Source) {
		src := &replicatest.Source{Library: small()}
		o := opening(src)
		o.View = view
		return rs.Open(o), src
	}
	var views []string
	for _, view := range []string{"a", "b", "a", "c"} {
		r, _ := open(view)
		complete(t, r)
		time.Sleep(10 * time.Millisecond) // the time of use is that of a file
	}
	eventually(t, "one is removed", func() bool {
		views = nil
		for _, st := range rs.State() {
			views = append(views, st.Name.View)
		}
		return len(views) == 2
	})
	for _, v := range views {
		if v == "b" {
			t.Errorf("left are %q; b was used least recently", views)
		}
	}
	r, src := open("b")
	complete(t, r)
	equal(t, src.Library, r)
}

// A folder that was not used for a month is removed at the next start.
func TestNew_RemovesWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := replica.Name{Library: id, View: "notes,files"}.Folder()
	for _, c := range []struct {
		days int
		left bool
	}{{29, true}, {31, false}} {
		rs := replica.New(replica.Options{Dir: dir})
		complete(t, rs.Open(opening(&replicatest.Source{Library: small()})))
		if err := rs.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := time.Now().AddDate(0, 0, -c.days)
		if err := os.Chtimes(filepath.Join(dir, name, "used"), at, at); err != nil {
			t.Fatal(err)
		}
		if err := replica.New(replica.Options{Dir: dir}).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != c.left {
			t.Errorf("after %d days: %v", c.days, err)
		}
	}
}
