package limit

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// spendAll makes calls until one is rejected, and returns the number of allowed
// ones.
func spendAll(t *testing.T, l *Limiter, key string, atMost int) (spent int, rejected Decision) {
	t.Helper()
	for range atMost {
		v := l.Allow(key)
		if !v.OK {
			return spent, v
		}
		spent++
	}
	t.Fatalf("%d calls of %s passed", spent, key)
	return 0, Decision{}
}

func TestLimiter_Allow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Max: 600, Window: 15 * time.Minute}) // the defaults: a call every 1.5 s, 60 at once
		first := l.Allow("a")
		if want := (Decision{OK: true, Limit: 600, Remaining: 59, Reset: 1500 * time.Millisecond}); first != want {
			t.Errorf("the first call: %+v, want %+v", first, want)
		}
		spent, rejected := spendAll(t, l, "a", 100)
		if spent != 59 {
			t.Errorf("%d more calls passed at once, want 59", spent)
		}
		if want := (Decision{Limit: 600, Reset: 90 * time.Second, RetryAfter: 1500 * time.Millisecond}); rejected != want {
			t.Errorf("the rejection: %+v, want %+v", rejected, want)
		}
		if v := l.Allow("b"); v != first {
			t.Errorf("another caller is limited: %+v", v)
		}

		time.Sleep(rejected.RetryAfter - 1)
		if v := l.Allow("a"); v.OK || v.RetryAfter != 1 {
			t.Errorf("a nanosecond early: %+v", v)
		}
		time.Sleep(time.Nanosecond)
		if v := l.Allow("a"); !v.OK || v.Remaining != 0 {
			t.Errorf("after the wait: %+v", v)
		}
		time.Sleep(90 * time.Second)
		if spent, _ := spendAll(t, l, "a", 100); spent != 60 {
			t.Errorf("after a pause %d calls passed, want the burst of 60", spent)
		}
	})
}

func TestLimiter_RejectedCallsDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Max: 60, Window: time.Minute, Burst: 1})
		l.Allow("a")
		for range 10_000 {
			l.Allow("a")
		}
		time.Sleep(time.Second)
		if v := l.Allow("a"); !v.OK {
			t.Errorf("rejected calls moved the end of the wait: %+v", v)
		}
	})
}

// TestLimiter_Window checks RATE_LIMIT_MAX: a caller at the sustained rate is
// never rejected, and no caller exceeds a window's calls plus a burst.
func TestLimiter_Window(t *testing.T) {
	for _, o := range []Options{
		{Max: 600, Window: 15 * time.Minute}, {Max: 7, Window: time.Second}, {Max: 1, Window: 24 * time.Hour},
		{Max: 1_000_000, Window: time.Second}, {Max: 10, Window: time.Minute, Burst: 10},
	} {
		t.Run(fmt.Sprintf("%d in %v", o.Max, o.Window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(o)
				for i := range min(o.Max, 1000) {
					if v := l.Allow("steady"); !v.OK {
						t.Fatalf("call %d of a steady caller: %+v", i, v)
					}
					time.Sleep(o.Window/time.Duration(o.Max) + 1)
				}
				if o.Max > 1000 {
					return
				}
				made := 0
				for end := time.Now().Add(o.Window); time.Now().Before(end); {
					v := l.Allow("greedy")
					if v.OK {
						made++
					}
					time.Sleep(v.RetryAfter)
				}
				if most := o.Max + max(1, o.Max/10) + o.Burst; made < o.Max || made > most {
					t.Errorf("%d calls in a window, want %d to %d", made, o.Max, most)
				}
			})
		})
	}
}

func TestLimiter_NilAllowsAll(t *testing.T) {
	l := New(Options{Window: time.Minute})
	for range 1000 {
		if v := l.Allow("a"); v != (Decision{OK: true}) {
			t.Fatalf("without a limit: %+v", v)
		}
	}
	h := http.Header{}
	if l.WriteHeader(h, Decision{OK: true, Limit: 1}); len(h) != 0 {
		t.Errorf("headers of no limit: %v", h)
	}
}

// TestLimiter_EvictionGainsLittle fills a table many times with other names, as
// a caller with many addresses can, and checks the calls gained by it.
func TestLimiter_EvictionGainsLittle(t *testing.T) {
	const room = 1024
	for _, test := range []struct {
		name   string
		others int // number of other names
		calls  int // calls of each
		most   int // bound of the calls that the first gains
	}{
		{"a hundred tables of names that call once gain nothing", 100 * room, 1, 0},
		{"names that spend less than it gain nothing", 10 * room, 9, 0},
		{"the gain is at most a burst", 10 * room, 10, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Max: 100, Window: time.Minute, Burst: 10, Callers: room})
				spendAll(t, l, "greedy", 11)
				for i := range test.others {
					for range test.calls {
						l.Allow(strconv.Itoa(i))
					}
				}
				if won, _ := spendAll(t, l, "greedy", 11); won > test.most {
					t.Errorf("%d calls gained, want at most %d", won, test.most)
				}
			})
		})
	}
}

func TestLimiter_MillionCallersFitInMemory(t *testing.T) {
	const callers = 1_000_000
	before := heap()
	l := New(Options{Max: 600, Window: 15 * time.Minute})
	for i := range callers {
		if v := l.Allow("zotero:" + strconv.Itoa(i)); !v.OK {
			t.Fatalf("the first call of caller %d was rejected", i)
		}
	}
	grown := heap() - before
	t.Logf("%d callers take %.1f MB", callers, float64(grown)/1e6)
	if grown > 20_000_000 {
		t.Errorf("%d callers take %d bytes", callers, grown)
	}
	runtime.KeepAlive(l)
}

// heap returns the bytes in use after a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestLimiter_IsSafeForConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no time passes
		l := New(Options{Max: 1000, Window: time.Minute, Burst: 100, Callers: 64})
		var passed [4]int
		var wg sync.WaitGroup
		for g := range passed {
			wg.Go(func() {
				for range 100 {
					if l.Allow("shared").OK {
						passed[g]++
					}
				}
			})
		}
		wg.Wait()
		if all := passed[0] + passed[1] + passed[2] + passed[3]; all != 100 {
			t.Errorf("%d calls passed, want the burst of 100", all)
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = "zotero:" + strconv.Itoa(i)
	}
	for name, callers := range map[string]int{"one caller": 1, "65536 callers": len(keys)} {
		b.Run(name, func(b *testing.B) {
			l := New(Options{Max: 600, Window: 15 * time.Minute})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := rand.IntN(callers); pb.Next(); i++ {
					l.Allow(keys[i%callers])
				}
			})
		})
	}
}
