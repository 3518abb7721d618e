package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestFile_IsExclusive(t *testing.T) {
	folder := t.TempDir()
	if err := ledger.Probe(folder); err != nil {
		t.Errorf("free: %v", err)
	}
	l := openFile(t, folder, newClock())
	if err := ledger.Probe(folder); !errors.Is(err, ledger.ErrLocked) || library.CodeOf(err) != library.Unavailable {
		t.Errorf("in use: %v", err)
	}
	if info, err := os.Stat(filepath.Join(folder, ledger.FileName)); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	_ = l.Close()
	if err := os.WriteFile(filepath.Join(folder, ledger.FileName), []byte("not a database, but as long as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.OpenFile(folder, ledger.Options{}); library.CodeOf(err) != library.Unavailable || !strings.Contains(library.AsError(err).Hint, "STACKROOM_DATA") {
		t.Errorf("damaged: %v", err)
	}
	if _, err := ledger.OpenFile(filepath.Join(folder, ledger.FileName), ledger.Options{}); library.CodeOf(err) != library.Unavailable {
		t.Errorf("no folder: %v", err)
	}
}

func TestFile_FullRejectsAndForgetsNothing(t *testing.T) {
	c := newClock()
	l := openFile(t, t.TempDir(), c)
	ctx := t.Context()
	begin(t, l, signIn(ada, "f", c))
	ledger.SetEntries(l, ledger.MaxEntries)
	_, err := l.Begin(ctx, signIn(bob, "g", c))
	if e := library.AsError(err); e == nil || e.Code != library.Unavailable || e.RetryAfter <= 0 {
		t.Errorf("a full ledger: %v", err)
	}
	if _, err := l.Rotate(ctx, ada, "f", 0, life); err != nil {
		t.Errorf("refreshing when full: %v", err)
	}
	if err := l.End(ctx, signIn(ada, "f", c)); err != nil {
		t.Errorf("ending when full: %v", err)
	}
	if err := l.Owe(ctx, ledger.Debt{ID: "d"}); err != nil {
		t.Errorf("owing when full: %v", err)
	}
	c.pass(time.Minute + time.Second) // counts again
	begin(t, l, signIn(bob, "g", c))
}

func TestFile_DropsExpiredEntries(t *testing.T) {
	c, folder := newClock(), t.TempDir()
	l := openFile(t, folder, c)
	ledger.NoSync(l)
	ledger.SetEntries(l, 0)
	for i := range 100 {
		begin(t, l, signIn(fmt.Sprint(i), "f", c))
		if err := l.End(t.Context(), signIn(fmt.Sprint(i), "f", c)); err != nil {
			t.Fatal(err)
		}
	}
	c.pass(24*time.Hour + 2*time.Minute) // to the second
	begin(t, l, signIn(ada, "new", c))
	if n := ledger.Entries(l); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// TestRefreshesOfOneMember_LeaveOthersAlone repeats an attack that once filled
// the ledger: one member refreshes 200,000 times.
func TestRefreshesOfOneMember_LeaveOthersAlone(t *testing.T) {
	refreshes := 200_000
	if testing.Short() {
		refreshes = 20_000
	}
	c, folder := newClock(), t.TempDir()
	l := openFile(t, folder, c)
	ledger.NoSync(l)
	ctx := t.Context()
	begin(t, l, signIn(ada, "f", c))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	generation, refused := 0, 0
	for range refreshes {
		_, err := l.Rotate(ctx, ada, "f", generation, life)
		switch {
		case err == nil:
			generation++
		case library.CodeOf(err) == library.RateLimited:
			refused++
		default:
			t.Fatal(err)
		}
		c.pass(3 * time.Second)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for i := range 100 {
		begin(t, l, signIn(fmt.Sprint("zotero:", i), "f", c))
	}
	info, err := os.Stat(filepath.Join(folder, ledger.FileName))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d refreshes, %d refused; file %d kB, heap %+d kB", generation, refused, info.Size()>>10, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	if info.Size() > 1<<20 || after.HeapAlloc > before.HeapAlloc+(8<<20) || generation < refreshes/10 || refused == 0 {
		t.Error("too much is stored, or too little rejected")
	}
}

// TestFile_FullIsSmall fills a tenth of a ledger: 200 members with 50 sign-ins
// each. A full ledger may take 64 MB.
func TestFile_FullIsSmall(t *testing.T) {
	c, folder := newClock(), t.TempDir()
	l := openFile(t, folder, c)
	ledger.NoSync(l)
	for i := range ledger.MaxEntries / 10 {
		begin(t, l, signIn(fmt.Sprint("zotero:", i%200), fmt.Sprint("a family with an ID of 26 ", i), c))
	}
	info, err := os.Stat(filepath.Join(folder, ledger.FileName))
	if err != nil || info.Size() > 64<<20/10 {
		t.Errorf("%d kB, %v", info.Size()>>10, err)
	}
	t.Logf("%d kB", info.Size()>>10)
}

func TestBucket_ContainsNoReadableData(t *testing.T) {
	c, f := newClock(), buckettest.New(t)
	l := openBucket(t, f.URL, c)
	begin(t, l, signIn("zotero:SECRETSUBJECT", "SECRETFAMILY", c))
	if _, err := l.Rotate(t.Context(), "zotero:SECRETSUBJECT", "SECRETFAMILY", 0, life); err != nil {
		t.Fatal(err)
	}
	if err := l.End(t.Context(), signIn("zotero:SECRETSUBJECT", "SECRETFAMILY", c)); err != nil {
		t.Fatal(err)
	}
	objects := f.Objects()
	for name, o := range objects {
		if !strings.HasPrefix(name, ledger.Prefix) || strings.Contains(fmt.Sprint(name, string(o.Data), o.Metadata), "SECRET") {
			t.Errorf("%s: %s %v", name, o.Data, o.Metadata)
		}
		if want := c.now().Add(24*time.Hour + 2*time.Minute); !o.Expires.Equal(want) {
			t.Errorf("%s: the lifecycle rule sees %v, not %v", name, o.Expires, want)
		}
	}
	if len(objects) != 2 {
		t.Errorf("%d objects", len(objects))
	}
}

func TestA23_FailingBucketIsUnavailableInTime(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice that the client disconnected
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	down := buckettest.New(t)
	down.Down.Store(true)
	for name, url := range map[string]string{"hangs": hanging.URL, "is down": down.URL} {
		c := newClock()
		b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: url, Timeout: 50 * time.Millisecond, Attempts: 1})
		if err != nil {
			t.Fatal(err)
		}
		l := ledger.OpenBucket(t.Context(), b, c.options())
		ctx := t.Context()
		calls := map[string]func() error{
			"Begin":  func() error { _, err := l.Begin(ctx, signIn(ada, "f", c)); return err },
			"Rotate": func() error { _, err := l.Rotate(ctx, ada, "f", 0, life); return err },
			"End":    func() error { return l.End(ctx, signIn(ada, "x", c)) },
			"List":   func() error { _, err := l.List(ctx, ledger.SignIn, ada); return err },
			"Owe":    func() error { return l.Owe(ctx, ledger.Debt{}) },
			"Settle": func() error { return l.Settle(ctx, "x") },
			"Owed":   func() error { _, err := l.Owed(ctx, 1); return err },
			"Ended":  func() error { _, err := l.Ended(ctx, "f"); return err },
			"Check":  func() error { return l.Check(ctx) },
		}
		start := time.Now()
		for call, run := range calls {
			if e := library.AsError(run()); e == nil || e.Code != library.Unavailable || e.RetryAfter <= 0 {
				t.Errorf("%s while the bucket %s: %v", call, name, e)
			}
		}
		if time.Since(start) > 5*time.Second {
			t.Errorf("the bucket %s: %v", name, time.Since(start))
		}
		if ended, err := l.Ended(ctx, "x"); err != nil || !ended {
			t.Errorf("what this process ended: %t, %v", ended, err)
		}
	}
}

// TestEnded_WhileTheBucketFails uses the last list, and retries.
func TestEnded_WhileTheBucketFails(t *testing.T) {
	c, f := newClock(), buckettest.New(t)
	one, two := openBucket(t, f.URL, c), openBucket(t, f.URL, c)
	ctx := t.Context()
	if err := one.End(ctx, signIn(ada, "f", c)); err != nil {
		t.Fatal(err)
	}
	f.Down.Store(true)
	c.pass(2 * ledger.EndedFresh)
	if ended, err := two.Ended(ctx, "f"); err != nil || ended {
		t.Errorf("not known yet: %t, %v", ended, err)
	}
	f.Down.Store(false)
	c.pass(5 * time.Second)
	if ended, err := two.Ended(ctx, "f"); err != nil || !ended {
		t.Errorf("afterwards: %t, %v", ended, err)
	}
}

// TestEnded_ReadsListSeldom counts the requests that calls cause.
func TestEnded_ReadsListSeldom(t *testing.T) {
	c, f := newClock(), buckettest.New(t)
	l := openBucket(t, f.URL, c)
	for range 1000 {
		if _, err := l.Ended(context.Background(), "f"); err != nil {
			t.Fatal(err)
		}
		c.pass(29 * time.Millisecond)
	}
	if n := f.Requests()[http.MethodGet]; n != 1 {
		t.Errorf("%d lists in 29 s", n)
	}
}

func TestBucket_RemovesExpiredEntries(t *testing.T) {
	c, f := newClock(), buckettest.New(t)
	l := openBucket(t, f.URL, c)
	if err := l.End(t.Context(), signIn(ada, "f", c)); err != nil {
		t.Fatal(err)
	}
	c.pass(25 * time.Hour)
	l = openBucket(t, f.URL, c)
	if _, err := l.List(t.Context(), ledger.SignIn, ada); err != nil {
		t.Fatal(err)
	}
	if n := len(f.Objects()); n != 0 {
		t.Errorf("%d objects", n)
	}
}

func BenchmarkRotate(b *testing.B) {
	c := newClock()
	l := openFile(b, b.TempDir(), c)
	ledger.NoSync(l)
	begin(b, l, signIn(ada, "f", c))
	for generation := 0; b.Loop(); generation++ {
		if _, err := l.Rotate(b.Context(), ada, "f", generation, life); err != nil {
			b.Fatal(err)
		}
		c.pass(ledger.Grace)
	}
}

func BenchmarkEnded(b *testing.B) {
	c := newClock()
	l := openFile(b, b.TempDir(), c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Ended(b.Context(), "a family"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFile_CountsWhatItHolds holds that a removed entry makes space for another.
func TestFile_CountsWhatItHolds(t *testing.T) {
	c := newClock()
	l := openFile(t, t.TempDir(), c)
	begin(t, l, signIn("zotero:1", "a", c))
	before := ledger.Entries(l)
	for range 3 {
		if err := l.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := ledger.Entries(l); n != before || n != 1 {
		t.Errorf("%d entries after checks, which remove theirs; want %d", n, before)
	}
}
