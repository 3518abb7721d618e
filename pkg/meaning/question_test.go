package meaning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestQuestion_WaitsAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{took: QuestionWait - time.Millisecond}
		q := newEmbeddings(up, nil).Embedder(library.Local)
		if v, err := q.Question(t.Context(), "whale"); err != nil || len(v) != 26 {
			t.Errorf("%v, %v", v, err)
		}
		up.took = 2 * time.Second
		began := time.Now()
		if _, err := q.Question(t.Context(), "gletscher"); library.CodeOf(err) != library.Unavailable || time.Since(began) != QuestionWait || !strings.Contains(err.Error(), "150 ms") {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		// The vector that came late is there the next time, and none is asked for twice.
		time.Sleep(3 * time.Second)
		for _, text := range []string{"gletscher", "whale"} {
			if v, err := q.Question(t.Context(), text); err != nil || len(v) != 26 {
				t.Errorf("%s again: %v", text, err)
			}
		}
		if _, calls := up.count(); calls != 2 {
			t.Errorf("%d requests", calls)
		}
		up.took = time.Hour
		_, _ = q.Question(t.Context(), "never")
		time.Sleep(2 * lateWait) // the bubble would not end if the request were not given up
	})
}

func TestQuestion_SharesAndBoundsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{took: 100 * time.Millisecond}
		q := newEmbeddings(up, nil).Embedder(library.Local)
		var wg sync.WaitGroup
		ask := func(text string, failed *int, mu *sync.Mutex) {
			wg.Go(func() {
				if _, err := q.Question(t.Context(), text); err != nil {
					mu.Lock()
					*failed++
					mu.Unlock()
				}
			})
		}
		var mu sync.Mutex
		failed := 0
		for range 10 {
			ask("one", &failed, &mu)
		}
		wg.Wait()
		if _, calls := up.count(); calls != 1 || failed != 0 {
			t.Errorf("%d requests for one question, %d failed", calls, failed)
		}
		for i := range 20 {
			ask(fmt.Sprint("question ", i), &failed, &mu)
		}
		wg.Wait()
		if _, calls := up.count(); calls != 17 || failed != 4 {
			t.Errorf("%d requests in all, %d failed", calls, failed)
		}
	})
}

func TestQuestion_Failures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &service{}
		q := newEmbeddings(up, func(o *Options) { o.Budget = 20 }).Embedder(library.Local)
		up.answer = func(embed.Purpose, []string) ([][]float32, error) { return [][]float32{nil}, nil }
		if _, err := q.Question(t.Context(), "12345"); library.CodeOf(err) != library.Unavailable {
			t.Errorf("no vector: %v", err)
		}
		var purposes []embed.Purpose
		up.answer = func(p embed.Purpose, texts []string) ([][]float32, error) {
			purposes = append(purposes, p)
			return vectorsOf(texts), nil
		}
		if _, err := q.Question(t.Context(), "12345"); err != nil || !slices.Equal(purposes, []embed.Purpose{embed.Question}) {
			t.Errorf("a failure is kept: %v, %v", err, purposes)
		}
		if _, err := q.Question(t.Context(), "12345678901"); library.CodeOf(err) != library.Unavailable || !strings.Contains(err.Error(), "today") {
			t.Errorf("beyond the budget: %v", err)
		}
		time.Sleep(24 * time.Hour)
		if _, err := q.Question(t.Context(), "12345678901"); err != nil {
			t.Errorf("on the next day: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		up.took = time.Second
		if _, err := q.Question(ctx, "x"); err == nil {
			t.Error("an ended call has a vector")
		}
		time.Sleep(time.Minute)
	})
}
