package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// clock is a manual clock.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) options() ledger.Options { return ledger.Options{Now: c.now} }

func openFile(t testing.TB, folder string, c *clock) *ledger.Ledger {
	t.Helper()
	l, err := ledger.OpenFile(folder, c.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func openBucket(t testing.TB, url string, c *clock) *ledger.Ledger {
	t.Helper()
	b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: url, RetryBase: time.Millisecond, Attempts: 2})
	if err != nil {
		t.Fatal(err)
	}
	return ledger.OpenBucket(t.Context(), b, c.options())
}

// both runs a test with both stores: one process with a file, and two processes
// with a bucket.
func both(t *testing.T, test func(t *testing.T, one, two *ledger.Ledger, c *clock)) {
	t.Run("file", func(t *testing.T) {
		c := newClock()
		l := openFile(t, t.TempDir(), c)
		ledger.NoSync(l)
		test(t, l, l, c)
	})
	t.Run("bucket", func(t *testing.T) {
		c := newClock()
		f := buckettest.New(t)
		test(t, openBucket(t, f.URL, c), openBucket(t, f.URL, c), c)
	})
}

const (
	ada  = "zotero:475425"
	bob  = "zotero:475426"
	life = 90 * 24 * time.Hour
)

func signIn(subject, id string, c *clock) ledger.Family {
	return ledger.Family{Kind: ledger.SignIn, Subject: subject, ID: id, Created: c.now(), Expires: c.now().Add(life)}
}

func begin(t testing.TB, l *ledger.Ledger, f ledger.Family) {
	t.Helper()
	if first, err := l.Begin(t.Context(), f); err != nil || !first {
		t.Fatalf("begin %s: first %t, %v", f.ID, first, err)
	}
}

func TestBegin_IsFirstOnce(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		var group sync.WaitGroup
		firsts := make(chan bool, 16)
		for i := range 16 {
			l := one
			if i%2 == 1 {
				l = two
			}
			group.Go(func() {
				first, err := l.Begin(t.Context(), signIn(ada, "f", c))
				if err != nil {
					t.Error(err)
				}
				firsts <- first
			})
		}
		group.Wait()
		close(firsts)
		n := 0
		for first := range firsts {
			if first {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d were first", n)
		}
	})
}

func TestRotate_IsIdempotentWithinGrace(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		begin(t, one, signIn(ada, "f", c))
		first, err := one.Rotate(t.Context(), ada, "f", 0, life)
		if err != nil || !first.Equal(c.now()) {
			t.Fatalf("%v, %v", first, err)
		}
		c.pass(time.Minute)
		second, err := two.Rotate(t.Context(), ada, "f", 1, life)
		if err != nil || !second.Equal(c.now()) {
			t.Fatalf("%v, %v", second, err)
		}
		c.pass(time.Minute)
		for generation, want := range []time.Time{first, second} {
			for _, l := range []*ledger.Ledger{one, two} {
				if at, err := l.Rotate(t.Context(), ada, "f", generation, life); err != nil || !at.Equal(want) {
					t.Errorf("generation %d: %v, not %v, %v", generation, at, want, err)
				}
			}
		}
		c.pass(time.Nanosecond)
		if _, err := one.Rotate(t.Context(), ada, "f", 0, life); !errors.Is(err, ledger.ErrReplaced) {
			t.Errorf("after the grace: %v", err)
		}
		for _, generation := range []int{-1, 3, 1000} {
			if _, err := one.Rotate(t.Context(), ada, "f", generation, life); !errors.Is(err, ledger.ErrReplaced) {
				t.Errorf("generation %d: %v", generation, err)
			}
		}
		if _, err := two.Rotate(t.Context(), ada, "f", 2, life); err != nil {
			t.Errorf("the newest: %v", err)
		}
	})
}

func TestRotate_ConcurrentOverTwoProcesses(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		begin(t, one, signIn(ada, "f", c))
		var group sync.WaitGroup
		for i := range 12 {
			l := one
			if i%2 == 1 {
				l = two
			}
			group.Go(func() {
				if at, err := l.Rotate(t.Context(), ada, "f", 0, life); err != nil || !at.Equal(c.now()) {
					t.Errorf("%v, %v", at, err)
				}
			})
		}
		group.Wait()
		if _, err := one.Rotate(t.Context(), ada, "f", 1, life); err != nil {
			t.Errorf("the successor: %v", err)
		}
	})
}

func TestRotate_IsBounded(t *testing.T) {
	both(t, func(t *testing.T, one, _ *ledger.Ledger, c *clock) {
		begin(t, one, signIn(ada, "f", c))
		for generation := range ledger.MaxRotations {
			if _, err := one.Rotate(t.Context(), ada, "f", generation, life); err != nil {
				t.Fatalf("generation %d: %v", generation, err)
			}
			c.pass(time.Second)
		}
		_, err := one.Rotate(t.Context(), ada, "f", ledger.MaxRotations, life)
		e := library.AsError(err)
		if e == nil || e.Code != library.RateLimited || e.RetryAfter != ledger.Grace-ledger.MaxRotations*time.Second {
			t.Fatalf("%+v", err)
		}
		if _, err := one.Rotate(t.Context(), ada, "f", 0, life); err != nil {
			t.Errorf("the first one again, within the grace: %v", err)
		}
		c.pass(e.RetryAfter + time.Nanosecond)
		if _, err := one.Rotate(t.Context(), ada, "f", ledger.MaxRotations, life); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

func TestRotate_RejectsEndedFamilies(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		if _, err := one.Rotate(t.Context(), ada, "unknown", 0, life); !errors.Is(err, ledger.ErrEnded) {
			t.Errorf("never begun: %v", err)
		}
		begin(t, one, signIn(ada, "f", c))
		if _, err := one.Rotate(t.Context(), bob, "f", 0, life); !errors.Is(err, ledger.ErrEnded) {
			t.Errorf("another member's: %v", err)
		}
		c.pass(life - time.Second)
		if _, err := one.Rotate(t.Context(), ada, "f", 0, life); err != nil {
			t.Errorf("before its end: %v", err)
		}
		c.pass(life)
		if _, err := two.Rotate(t.Context(), ada, "f", 1, life); !errors.Is(err, ledger.ErrEnded) {
			t.Errorf("expired: %v", err)
		}
	})
}

func TestEnd(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		ctx := t.Context()
		begin(t, one, signIn(ada, "f", c))
		begin(t, one, signIn(ada, "other", c))
		for range 2 {
			if err := one.End(ctx, signIn(ada, "f", c)); err != nil {
				t.Fatal(err)
			}
		}
		if ended, err := one.Ended(ctx, "f"); err != nil || !ended {
			t.Errorf("here: %t, %v", ended, err)
		}
		for _, l := range []*ledger.Ledger{one, two} {
			if _, err := l.Rotate(ctx, ada, "f", 0, life); !errors.Is(err, ledger.ErrEnded) {
				t.Errorf("refreshed: %v", err)
			}
			if first, err := l.Begin(ctx, signIn(ada, "f", c)); first || err != nil {
				t.Errorf("begun again: %t, %v", first, err)
			}
		}
		c.pass(2 * ledger.EndedFresh)
		if ended, err := two.Ended(ctx, "f"); err != nil || !ended {
			t.Errorf("in the other process after a minute: %t, %v", ended, err)
		}
		if ended, err := two.Ended(ctx, "other"); err != nil || ended {
			t.Errorf("another family: %t, %v", ended, err)
		}
		c.pass(24 * time.Hour)
		if ended, _ := two.Ended(ctx, "f"); !ended {
			t.Error("forgotten before the last access token expired, with clocks apart")
		}
		if _, err := two.Rotate(ctx, ada, "other", 0, life); err != nil {
			t.Errorf("another family: %v", err)
		}
	})
}

func TestEnd_BeforeTheFamilyBegins(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		if err := one.End(t.Context(), signIn(ada, "f", c)); err != nil {
			t.Fatal(err)
		}
		if first, err := two.Begin(t.Context(), signIn(ada, "f", c)); first || err != nil {
			t.Errorf("%t, %v", first, err)
		}
	})
}

func TestList(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		ctx := t.Context()
		for i, id := range []string{"a", "b", "c"} {
			f := signIn(ada, id, c)
			f.Kind, f.Note, f.Expires = ledger.Token, []byte("note "+id), c.now().Add(time.Hour+time.Duration(i)*time.Minute)
			begin(t, one, f)
			c.pass(time.Second)
		}
		begin(t, one, signIn(bob, "d", c))
		begin(t, one, signIn(ada, "e", c))
		all, err := two.List(ctx, ledger.Token, ada)
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v, %v", all, err)
		}
		for i, f := range all {
			if string(f.Note) != "note "+string(rune('a'+i)) || !f.Created.Equal(newClock().at.Add(time.Duration(i)*time.Second)) || f.Expires.Sub(f.Created) < time.Hour {
				t.Errorf("%+v", f)
			}
		}
		if err := two.EndListed(ctx, ledger.Token, bob, all[1].Key); !errors.Is(err, ledger.ErrEnded) {
			t.Errorf("another member ends it: %v", err)
		}
		for _, key := range []string{"", "x", "../" + all[1].Key[3:], strings.Repeat("0", 32)} {
			if err := two.EndListed(ctx, ledger.Token, ada, key); !errors.Is(err, ledger.ErrEnded) {
				t.Errorf("key %q: %v", key, err)
			}
		}
		if err := two.EndListed(ctx, ledger.Token, ada, all[1].Key); err != nil {
			t.Fatal(err)
		}
		if ended, _ := two.Ended(ctx, "b"); !ended {
			t.Error("not ended")
		}
		if rest, err := one.List(ctx, ledger.Token, ada); err != nil || len(rest) != 2 || rest[0].Key != all[0].Key || rest[1].Key != all[2].Key {
			t.Errorf("%+v, %v", rest, err)
		}
		c.pass(time.Hour)
		if rest, err := one.List(ctx, ledger.Token, ada); err != nil || len(rest) != 1 {
			t.Errorf("after their time: %+v, %v", rest, err)
		}
	})
}

func TestMaxFamilies(t *testing.T) {
	both(t, func(t *testing.T, one, _ *ledger.Ledger, c *clock) {
		ctx := t.Context()
		for i := range ledger.MaxFamilies {
			begin(t, one, signIn(ada, fmt.Sprint(i), c))
			token := signIn(ada, fmt.Sprint("token ", i), c)
			token.Kind = ledger.Token
			begin(t, one, token)
			c.pass(time.Second)
		}
		if _, err := one.Rotate(ctx, ada, "0", 0, life); err != nil { // used last now
			t.Fatal(err)
		}
		begin(t, one, signIn(ada, "more", c))
		for id, want := range map[string]bool{"0": false, "1": true, "2": false, "more": false} {
			if ended, _ := one.Ended(ctx, id); ended != want {
				t.Errorf("%s has ended: %t", id, ended)
			}
		}
		token := signIn(ada, "token more", c)
		token.Kind = ledger.Token
		if _, err := one.Begin(ctx, token); library.CodeOf(err) != library.Conflict {
			t.Errorf("one token more: %v", err)
		}
		token.Subject = bob
		begin(t, one, token)
	})
}

func TestBegin_BoundsSignInsOfOneMember(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	c := newClock()
	l := openFile(t, t.TempDir(), c)
	ledger.NoSync(l)
	var err error
	begun := 0
	for ; begun < 2*ledger.MaxListed && err == nil; begun++ {
		_, err = l.Begin(t.Context(), signIn(ada, fmt.Sprint(begun), c))
	}
	if e := library.AsError(err); e == nil || e.Code != library.RateLimited || e.RetryAfter <= 0 || begun != ledger.MaxListed+1 {
		t.Errorf("sign-in %d: %v", begun, err)
	}
	begin(t, l, signIn(bob, "b", c))
	c.pass(25 * time.Hour)
	begin(t, l, signIn(ada, "later", c))
}

func TestDebts(t *testing.T) {
	both(t, func(t *testing.T, one, two *ledger.Ledger, c *clock) {
		ctx := t.Context()
		for i := range 5 {
			if err := one.Owe(ctx, ledger.Debt{ID: fmt.Sprint(i), Sealed: []byte{byte(i)}, Due: c.now().Add(time.Duration(i) * time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		c.pass(2 * time.Minute)
		due, err := two.Owed(ctx, 10)
		if err != nil || len(due) != 3 {
			t.Fatalf("%+v, %v", due, err)
		}
		for _, d := range due {
			if d.ID != fmt.Sprint(d.Sealed[0]) {
				t.Errorf("%+v", d)
			}
		}
		if some, err := two.Owed(ctx, 2); err != nil || len(some) != 2 {
			t.Errorf("%+v, %v", some, err)
		}
		if err := one.Owe(ctx, ledger.Debt{ID: "4", Sealed: []byte{4}, Due: c.now()}); err != nil { // due earlier now
			t.Fatal(err)
		}
		for _, id := range []string{"3", "unknown"} {
			if err := two.Hasten(ctx, id); err != nil {
				t.Error(err)
			}
		}
		for _, id := range []string{"0", "0", "unknown"} {
			if err := two.Settle(ctx, id); err != nil {
				t.Error(err)
			}
		}
		if due, err = one.Owed(ctx, 10); err != nil || len(due) != 4 {
			t.Errorf("%+v, %v", due, err)
		}
		c.pass(89 * 24 * time.Hour)
		begin(t, two, signIn(ada, "f", c)) // a file drops expired entries
		if due, err = one.Owed(ctx, 10); err != nil || len(due) != 4 {
			t.Errorf("three months later: %+v, %v", due, err)
		}
	})
}

func TestCheck(t *testing.T) {
	both(t, func(t *testing.T, one, _ *ledger.Ledger, _ *clock) {
		for range 2 {
			if err := one.Check(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestFile_EndedFamiliesSurviveRestart(t *testing.T) {
	c, folder := newClock(), t.TempDir()
	l := openFile(t, folder, c)
	ctx := t.Context()
	begin(t, l, signIn(ada, "ended", c))
	begin(t, l, signIn(ada, "live", c))
	if _, err := l.Rotate(ctx, ada, "live", 0, life); err != nil {
		t.Fatal(err)
	}
	if err := l.End(ctx, signIn(ada, "ended", c)); err != nil {
		t.Fatal(err)
	}
	if err := l.Owe(ctx, ledger.Debt{ID: "d", Due: c.now()}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Hour)
	l = openFile(t, folder, c)
	if ended, err := l.Ended(ctx, "ended"); err != nil || !ended {
		t.Errorf("ended: %t, %v", ended, err)
	}
	if _, err := l.Rotate(ctx, ada, "ended", 0, life); !errors.Is(err, ledger.ErrEnded) {
		t.Errorf("ended: %v", err)
	}
	if _, err := l.Rotate(ctx, ada, "live", 0, life); !errors.Is(err, ledger.ErrReplaced) {
		t.Errorf("replaced: %v", err)
	}
	if _, err := l.Rotate(ctx, ada, "live", 1, life); err != nil {
		t.Errorf("live: %v", err)
	}
	if due, err := l.Owed(ctx, 10); err != nil || len(due) != 1 {
		t.Errorf("owed: %v, %v", due, err)
	}
}
