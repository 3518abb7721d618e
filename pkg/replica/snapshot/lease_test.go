package snapshot_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
)

// poll asks for the lease every five seconds for a time, and returns when it got
// it, or -1.
func poll(t *testing.T, p *process, long time.Duration) (release func(), after time.Duration) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Second) {
		release, held, err := p.Lease(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		if held {
			return release, time.Since(began)
		}
		if time.Since(began) >= long {
			return nil, -1
		}
	}
}

func apart(by time.Duration) func(*snapshot.Options) {
	return func(o *snapshot.Options) { o.Now = func() time.Time { return time.Now().Add(by) } }
}

// TestLease_OfProcessesWithClocksApart holds a lease for ten minutes, then stops
// the holder.
func TestLease_OfProcessesWithClocksApart(t *testing.T) {
	for _, by := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			f := buckettest.NewFake()
			a, b := start(t, f, apart(by)), start(t, f)
			release := lease(t, a, group)
			if _, held, err := a.Lease(t.Context(), group); held || err != nil {
				t.Errorf("twice in one process: %v, %v", held, err)
			}
			if _, after := poll(t, b, 10*time.Minute); after >= 0 {
				t.Errorf("%v: taken over after %v from a holder that runs", by, after)
			}
			a.set(func(*http.Request) (*http.Response, error) { return nil, errKilled })
			mine, after := poll(t, b, 5*time.Minute)
			if after < 45*time.Second || after > 65*time.Second {
				t.Errorf("%v: taken over %v after the end of the holder", by, after)
			}
			release() // can't reach the bucket
			mine()
			a.set(nil)
			lease(t, a, group)()
			lease(t, b, group)()
			if n := len(objects(f)); n != 0 {
				t.Errorf("%d objects are left", n)
			}
		})
	}
}

// TestLease_IsKeptOverAFailure fails each second renewal.
func TestLease_IsKeptOverAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buckettest.NewFake()
		a, b := start(t, f), start(t, f)
		release := lease(t, a, group)
		var count atomic.Int64
		a.set(func(*http.Request) (*http.Response, error) {
			if count.Add(1)%2 == 0 {
				return answer(http.StatusServiceUnavailable), nil
			}
			return nil, nil
		})
		if _, after := poll(t, b, 5*time.Minute); after >= 0 {
			t.Errorf("taken over after %v", after)
		}
		a.set(nil)
		release()
		lease(t, b, group)()
	})
}

// TestLease_EndsForAHolderThatCannotRenew tests that a holder whose bucket is
// down for longer than the lease knows that it has lost it, before it asks.
func TestLease_EndsForAHolderThatCannotRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buckettest.NewFake()
		p := start(t, f)
		s := replicaOf(t, t.TempDir(), group.Library, 3)
		defer s.Close()
		release := lease(t, p, group)
		f.Down.Store(true)
		time.Sleep(50 * time.Second)
		f.Down.Store(false)
		if err := p.Save(t.Context(), group, s); err != nil {
			t.Errorf("after 50 s: %v", err)
		}
		f.Down.Store(true)
		time.Sleep(80 * time.Second)
		p.set(nil)
		if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.Conflict || len(p.requests()) != 0 {
			t.Errorf("after 80 s: %v, requests %q", err, p.requests())
		}
		f.Down.Store(false)
		release()
		lease(t, p, group)() // its own: at once
	})
}

// TestLease_OfManyProcesses lets eight processes take, save and release.
func TestLease_OfManyProcesses(t *testing.T) {
	f := buckettest.NewFake()
	var holders, taken atomic.Int64
	var running sync.WaitGroup
	for range 8 {
		p := start(t, f)
		running.Go(func() {
			for range 20 {
				release, held, err := p.Lease(t.Context(), group)
				if err != nil {
					t.Error(err)
				}
				if !held {
					time.Sleep(time.Millisecond)
					continue
				}
				if taken.Add(1); holders.Add(1) != 1 {
					t.Error("two hold the lease")
				}
				holders.Add(-1)
				release()
			}
		})
	}
	running.Wait()
	if taken.Load() < 2 {
		t.Errorf("taken %d times", taken.Load())
	}
}

// TestSave_OfAFrozenHolder freezes a process in front of each of its writes,
// renewals and its taking of the lease included, while another one takes over
// and saves. When it goes on, none of its writes counts.
func TestSave_OfAFrozenHolder(t *testing.T) {
	for n := int64(1); n < maxRequests; n++ {
		done := false
		synctest.Test(t, func(t *testing.T) { done = !freezeAt(t, n) })
		if done {
			return
		}
	}
	t.Error("a saving without end")
}

// freezeAt freezes a process at write n and reports whether there was one.
func freezeAt(t *testing.T, n int64) bool {
	f := buckettest.NewFake()
	first := replicaOf(t, t.TempDir(), group.Library, 20)
	defer first.Close()
	save(t, start(t, f), group, first)

	frozen := start(t, f)
	late := replicaOf(t, t.TempDir(), group.Library, 21)
	defer late.Close()
	thawed := make(chan struct{})
	var writes atomic.Int64
	frozen.set(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && writes.Add(1) >= n {
			<-thawed // also after the context ends: nothing of a frozen process runs
		}
		return nil, nil
	})
	ended := make(chan error)
	go func() {
		release, held, err := frozen.Lease(t.Context(), group)
		if held {
			err = frozen.Save(t.Context(), group, late)
			release()
		}
		ended <- err
	}()
	time.Sleep(time.Second)

	other := start(t, f)
	release, after := poll(t, other, 5*time.Minute)
	if after < 0 {
		t.Fatalf("write %d: never taken over", n)
	}
	s := replicaOf(t, t.TempDir(), group.Library, 22)
	defer s.Close()
	saveNow := func(what string, want int) {
		if err := other.Save(t.Context(), group, s); err != nil {
			t.Errorf("write %d, %s: %v", n, what, err)
		}
		if got := countOf(t, start(t, f)); got != want {
			t.Errorf("write %d, %s: %d works, want %d", n, what, got, want)
		}
	}
	saveNow("while it is frozen", 22)
	close(thawed)
	err := <-ended
	if froze := writes.Load() >= n; froze && err != nil && library.CodeOf(err) != library.Conflict {
		t.Errorf("write %d: the late saving: %v", n, err)
	}
	if got := countOf(t, start(t, f)); got != 22 {
		t.Errorf("write %d: %d works after the late saving", n, got)
	}
	add(t, s, 22)
	saveNow("after the late saving", 23)
	release()
	return writes.Load() >= n
}

// countOf restores the snapshot and returns how many works it has, -1 for none.
func countOf(t *testing.T, p *process) int {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shelf")
	if found, err := p.Restore(t.Context(), group, dir); err != nil || !found {
		t.Errorf("restore: %v, %v", found, err)
		return -1
	}
	s := open(t, dir, group.Library)
	defer s.Close()
	return len(works(t, s))
}

// TestStore_OfABucketThatHangs bounds what a bucket costs that takes requests
// and does not answer.
func TestStore_OfABucketThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buckettest.NewFake()
		p := start(t, f)
		release := lease(t, p, group)
		p.set(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		for what, call := range map[string]func(){
			"restore": func() { _, _ = p.Restore(t.Context(), group, filepath.Join(t.TempDir(), "shelf")) },
			"lease":   func() { _, _, _ = start(t, f).Lease(t.Context(), group) },
			"release": release,
		} {
			began := time.Now()
			if call(); time.Since(began) > 10*time.Second {
				t.Errorf("%s takes %v", what, time.Since(began))
			}
		}
	})
}

// TestExpiry_FollowsUse tests that what is used stays for 30 days more, and is
// written at most once a day for that.
func TestExpiry_FollowsUse(t *testing.T) {
	const day = 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		f := buckettest.NewFake()
		s := replicaOf(t, t.TempDir(), group.Library, 20)
		defer s.Close()
		save(t, start(t, f), group, s)
		check := func(when string, age time.Duration) {
			t.Helper()
			for name, o := range f.Objects() {
				if got := 30*day - time.Until(o.Expires); got != age {
					t.Errorf("%s: the last use of %s counts as %v ago, want %v", when, name[strings.LastIndex(name, "/"):], got, age)
				}
			}
		}
		extended := func() int { return f.Requests()[http.MethodPatch] }
		check("saved", 0)
		time.Sleep(23 * time.Hour)
		countOf(t, start(t, f))
		check("restored on the same day", 23*time.Hour)
		time.Sleep(2 * time.Hour)
		reader := start(t, f)
		countOf(t, reader)
		check("restored the next day", 0)
		if n := extended(); n != len(objects(f)) {
			t.Errorf("%d changes for %d objects", n, len(objects(f)))
		}
		reader.set(nil)
		countOf(t, reader)
		for _, r := range reader.requests() {
			if r == "GET o" {
				t.Error("listed again on the same day")
			}
		}
		time.Sleep(2 * day)
		keeper := start(t, f)
		release := lease(t, keeper, group)
		if err := keeper.Save(t.Context(), group, s); err != nil {
			t.Error(err)
		}
		release()
		check("saved without a change", 0)
	})
}
