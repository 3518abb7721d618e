package meaning

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// service is an embedding service in memory.
type service struct {
	mu    sync.Mutex
	sent  []string // all texts, in their order
	calls int
	took  time.Duration
	// answer is asked before the vectors are made; nil answers.
	answer func(p embed.Purpose, texts []string) ([][]float32, error)
}

func (*service) Model() string { return "toy" }

func (s *service) Embed(ctx context.Context, p embed.Purpose, texts []string) ([][]float32, error) {
	s.mu.Lock()
	s.sent, s.calls = append(s.sent, texts...), s.calls+1
	took, answer := s.took, s.answer
	s.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if answer != nil {
		return answer(p, texts)
	}
	return vectorsOf(texts), nil
}

// vectorsOf returns vectors that count letters.
func vectorsOf(texts []string) [][]float32 {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = make([]float32, 26)
		for _, r := range strings.ToLower(t) {
			if r >= 'a' && r <= 'z' {
				out[i][r-'a']++
			}
		}
	}
	return out
}

func (s *service) count() (texts, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent), s.calls
}

// newEmbeddings returns embeddings of the local library.
func newEmbeddings(s *service, change func(*Options)) *Embeddings {
	o := Options{Service: s, Libraries: []string{string(library.Local)}, Budget: 1_000_000}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func open(t *testing.T, dir string, e *Embeddings) *shelf.Shelf {
	t.Helper()
	s, err := shelf.Open(t.Context(), dir, shelf.WithEmbedder(e.Embedder(library.Local)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// put puts works with these titles, under keys that number them from a number on.
func put(t *testing.T, s *shelf.Shelf, from int, titles ...string) {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for i, title := range titles {
		it := &library.Item{ID: library.ItemID{Key: fmt.Sprintf("WORK%04d", from+i)}, Type: "book", Fields: map[string]string{"title": title}}
		if err := tx.Put(it); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context(), tx.Version()+1); err != nil {
		t.Fatal(err)
	}
}

// titles returns n titles of ten characters.
func titles(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("title %04d", i))
	}
	return out
}

// free is a lease that no other process holds.
func free(context.Context) (release func(), held bool) { return func() {}, true }

func left(t *testing.T, s *shelf.Shelf) int {
	t.Helper()
	todo, err := s.Unembedded(t.Context(), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return len(todo)
}

func TestFill_EmbedsEachTextOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		up := &service{}
		var sent []Sending
		e := newEmbeddings(up, func(o *Options) { o.Sent = func(_ context.Context, s Sending) { sent = append(sent, s) } })
		s := open(t, dir, e)
		put(t, s, 0, append(titles(150), "", "title 0003", "title 0149")...)
		stored, again := e.Filler(library.Local).Fill(t.Context(), s, free)
		if texts, _ := up.count(); stored != 153 || again != idle || texts != 150 || left(t, s) != 0 {
			t.Errorf("%d works stored, again after %v, %d texts sent, %d works left", stored, again, texts, left(t, s))
		}
		_, _ = e.Embedder(library.Local).Question(t.Context(), "whale")
		if want := []Sending{{library.Local, 64, 640}, {library.Local, 64, 640}, {library.Local, 22, 220}, {"", 0, 5}}; !slices.Equal(sent, want) {
			t.Errorf("told of %v", sent)
		}
		up.sent = up.sent[:150]
		// After a restart, and after a new work, only that one is sent.
		e = newEmbeddings(up, nil)
		s = open(t, dir, e)
		f := e.Filler(library.Local)
		if stored, again := f.Fill(t.Context(), s, free); stored != 0 || again != idle {
			t.Errorf("after a restart %d works were stored, again after %v", stored, again)
		}
		put(t, s, 200, "title new", "title 0007")
		if stored, again := f.Fill(t.Context(), s, free); stored != 0 || again > leastRest {
			t.Errorf("at once: %d works stored, again after %v", stored, again)
		}
		time.Sleep(leastRest)
		stored, _ = f.Fill(t.Context(), s, free)
		if texts, _ := up.count(); stored != 2 || texts != 151 {
			t.Errorf("%d works stored, %d texts sent", stored, texts)
		}
	})
}

func TestFill_KeepsToTheBudgetOfTheDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		up := &service{}
		e := newEmbeddings(up, func(o *Options) { o.Budget = 105 })
		s := open(t, dir, e)
		put(t, s, 0, titles(25)...)
		f := e.Filler(library.Local)
		stored, again := f.Fill(t.Context(), s, free)
		if stored != 10 || again > 24*time.Hour || again < time.Hour {
			t.Fatalf("%d works stored, again after %v", stored, again)
		}
		// A restart does not renew the budget.
		e = newEmbeddings(up, func(o *Options) { o.Budget = 105 })
		s = open(t, dir, e)
		f = e.Filler(library.Local)
		if stored, again := f.Fill(t.Context(), s, free); stored != 0 || again < time.Hour {
			t.Errorf("after a restart %d works were stored, again after %v", stored, again)
		}
		put(t, s, 100, "title more")
		if stored, _ := f.Fill(t.Context(), s, free); stored != 0 {
			t.Errorf("a change has %d works stored", stored)
		}
		time.Sleep(24 * time.Hour)
		if stored, _ := f.Fill(t.Context(), s, free); stored != 10 {
			t.Errorf("on the next day %d works were stored", stored)
		}
		if texts, _ := up.count(); texts != 20 {
			t.Errorf("%d texts were sent in two days", texts)
		}
	})
}

// TestFill_OneBudgetForAllLibraries also checks that libraries keep apart.
func TestFill_OneBudgetForAllLibraries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{}
		e := newEmbeddings(up, func(o *Options) { o.Budget, o.Libraries = 155, []string{All} })
		for i, want := range []int{10, 5} {
			id := library.ID(fmt.Sprintf("group:%d", i))
			s, err := shelf.Open(t.Context(), t.TempDir(), shelf.WithLibrary(id), shelf.WithEmbedder(e.Embedder(id)))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			put(t, s, 0, titles(10)...)
			if stored, _ := e.Filler(id).Fill(t.Context(), s, free); stored != want {
				t.Errorf("library %d: %d works stored, want %d", i, stored, want)
			}
		}
	})
}

func TestFill_AfterFailures(t *testing.T) {
	nan := make([]float32, 26)
	nan[3] = float32(math.NaN())
	for _, tc := range []struct {
		about  string
		answer func(embed.Purpose, []string) ([][]float32, error)
		wait   time.Duration
	}{
		{"an outage", func(embed.Purpose, []string) ([][]float32, error) {
			return nil, library.Errorf(library.Unavailable, "down")
		}, failing},
		{"a limit", func(embed.Purpose, []string) ([][]float32, error) {
			return nil, library.Errorf(library.RateLimited, "slow down").WithRetryAfter(10 * time.Minute)
		}, 10 * time.Minute},
		{"a refused key", func(embed.Purpose, []string) ([][]float32, error) {
			return nil, library.Errorf(library.Unauthenticated, "no")
		}, refused},
		{"no such model", func(embed.Purpose, []string) ([][]float32, error) {
			return nil, library.Errorf(library.NotFound, "no")
		}, refused},
		{"too few vectors", func(_ embed.Purpose, texts []string) ([][]float32, error) { return vectorsOf(texts[1:]), nil }, refused},
		{"other dimensions", func(_ embed.Purpose, texts []string) ([][]float32, error) {
			v := vectorsOf(texts)
			v[1] = v[1][:5]
			return v, nil
		}, refused},
		{"no number", func(_ embed.Purpose, texts []string) ([][]float32, error) {
			v := vectorsOf(texts)
			v[1] = nan
			return v, nil
		}, refused},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			up := &service{answer: tc.answer}
			e := newEmbeddings(up, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			s := open(t, t.TempDir(), e)
			put(t, s, 0, titles(3)...)
			f := e.Filler(library.Local)
			if stored, again := f.Fill(t.Context(), s, free); stored != 0 || again != tc.wait || left(t, s) != 3 {
				t.Errorf("%s: %d works stored, again after %v, want %v", tc.about, stored, again, tc.wait)
			}
			put(t, s, 10, "title late")
			if stored, again := f.Fill(t.Context(), s, free); stored != 0 || again > tc.wait || again < tc.wait-time.Minute {
				t.Errorf("%s: meanwhile %d works stored, again after %v", tc.about, stored, again)
			}
			if _, calls := up.count(); calls != 1 {
				t.Errorf("%s: %d requests", tc.about, calls)
			}
			time.Sleep(tc.wait)
			f.Fill(t.Context(), s, free)
			if n := strings.Count(log.String(), "level=WARN"); n != 1 || strings.Contains(log.String(), "title") {
				t.Errorf("%s: %d warnings: %s", tc.about, n, log.String())
			}
			up.mu.Lock()
			up.answer = nil
			up.mu.Unlock()
			time.Sleep(refused)
			if stored, again := f.Fill(t.Context(), s, free); stored != 4 || again != idle {
				t.Errorf("%s: in the end %d works stored, again after %v", tc.about, stored, again)
			}
		})
	}
}

// TestFill_EndsWhenTextsAreRefused checks that texts without a vector, of which
// there may be only such, do not keep a pass going.
func TestFill_EndsWhenTextsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{answer: func(_ embed.Purpose, texts []string) ([][]float32, error) { return make([][]float32, len(texts)), nil }}
		e := newEmbeddings(up, nil)
		s := open(t, t.TempDir(), e)
		put(t, s, 0, titles(100)...)
		_, again := e.Filler(library.Local).Fill(t.Context(), s, free)
		if texts, _ := up.count(); texts != 100 || again != idle {
			t.Errorf("%d texts sent, again after %v", texts, again)
		}
	})
}

func TestFill_OneProcessAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{}
		e := newEmbeddings(up, nil)
		s := open(t, t.TempDir(), e)
		put(t, s, 0, titles(3)...)
		f := e.Filler(library.Local)
		if stored, again := f.Fill(t.Context(), s, func(context.Context) (func(), bool) { return nil, false }); stored != 0 || again != taken {
			t.Errorf("%d works stored without the lease, again after %v", stored, again)
		}
		released := 0
		f.Fill(t.Context(), s, func(context.Context) (func(), bool) { return func() { released++ }, true })
		if released != 1 || left(t, s) != 0 {
			t.Errorf("the lease was released %d times, %d works left", released, left(t, s))
		}
		time.Sleep(time.Hour)
		if _, again := f.Fill(t.Context(), s, func(context.Context) (func(), bool) { t.Error("asked for a lease"); return nil, false }); again != idle {
			t.Errorf("with nothing to do, again after %v", again)
		}
	})
}

// TestFill_LeavesTimeToOthers checks that a pass over a slow service ends, and goes
// on where it was.
func TestFill_LeavesTimeToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{took: 25 * time.Second}
		e := newEmbeddings(up, nil)
		s := open(t, t.TempDir(), e)
		put(t, s, 0, titles(5*batchWorks)...)
		f := e.Filler(library.Local)
		began := time.Now()
		stored, again := f.Fill(t.Context(), s, free)
		if took := time.Since(began); stored != 3*batchWorks || again != 0 || took != 3*26*time.Second {
			t.Errorf("%d works stored in %v, again after %v", stored, took, again)
		}
		if stored, again := f.Fill(t.Context(), s, free); stored != 2*batchWorks || again != idle {
			t.Errorf("then %d works, again after %v", stored, again)
		}
	})
}

func TestFill_KeepsWhatWasStoredWhenItIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		ctx, kill := context.WithCancel(t.Context())
		up := &service{}
		up.answer = func(_ embed.Purpose, texts []string) ([][]float32, error) {
			if _, calls := up.count(); calls == 3 {
				kill()
				return nil, ctx.Err()
			}
			return vectorsOf(texts), nil
		}
		e := newEmbeddings(up, nil)
		s := open(t, dir, e)
		put(t, s, 0, titles(4*batchWorks)...)
		if stored, _ := e.Filler(library.Local).Fill(ctx, s, free); stored != 2*batchWorks {
			t.Errorf("%d works stored", stored)
		}
		up.answer, up.sent = nil, nil
		e = newEmbeddings(up, nil)
		if stored, _ := e.Filler(library.Local).Fill(t.Context(), open(t, dir, e), free); stored != 2*batchWorks || len(up.sent) != 2*batchWorks {
			t.Errorf("the next process stored %d works and sent %d texts", stored, len(up.sent))
		}
	})
}

func TestEmbeddings_OnlyOfTheLibrariesThatTheAdminNames(t *testing.T) {
	var none *Embeddings
	e := newEmbeddings(&service{}, func(o *Options) { o.Libraries = []string{"group:4711"} })
	all := newEmbeddings(&service{}, func(o *Options) { o.Libraries = []string{All} })
	for _, tc := range []struct {
		e    *Embeddings
		id   library.ID
		want bool
	}{{e, "group:4711", true}, {e, "group:471", false}, {e, library.Local, false}, {all, library.Local, true}, {none, library.Local, false}} {
		if got := tc.e.Embedder(tc.id) != nil; got != tc.want {
			t.Errorf("%s: questions %v", tc.id, got)
		}
		if got := tc.e.Filler(tc.id) != nil; got != tc.want {
			t.Errorf("%s: works %v", tc.id, got)
		}
	}
	if stored, again := none.Filler(library.Local).Fill(t.Context(), nil, free); stored != 0 || again != idle {
		t.Errorf("%d works stored, again after %v", stored, again)
	}
}

func TestKeep_EmbedsAsTheLibraryComesAndGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		up := &service{}
		e := newEmbeddings(up, nil)
		var s *shelf.Shelf // none yet
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		var mu sync.Mutex
		go func() {
			defer close(done)
			e.Keep(ctx, library.Local, dir, func(context.Context) (*shelf.Shelf, error) {
				mu.Lock()
				defer mu.Unlock()
				return s, nil
			})
		}()
		time.Sleep(time.Minute)
		opened := open(t, dir, e)
		put(t, opened, 0, titles(3)...)
		mu.Lock()
		s = opened
		mu.Unlock()
		time.Sleep(2 * look)
		if n := left(t, opened); n != 0 {
			t.Errorf("%d works left", n)
		}
		put(t, opened, 5, "title late")
		time.Sleep(2 * look)
		if n := left(t, opened); n != 0 {
			t.Errorf("%d works left after a change", n)
		}
		stop()
		<-done
		// A library whose texts may not be sent is not looked at.
		e.Keep(t.Context(), "group:1", dir, func(context.Context) (*shelf.Shelf, error) { t.Error("opened"); return nil, nil })
	})
}
