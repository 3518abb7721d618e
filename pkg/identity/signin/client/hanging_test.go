package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// web simulates sites: those whose name begins with "hangs" never respond,
// those that are down reset the connection, the others serve a valid document
// at every path.
type web struct {
	down  atomic.Bool
	slow  atomic.Int64 // delay of a response in ns
	body  atomic.Value // instead of a valid document
	asked sync.Map     // by URL: *atomic.Int64
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	n, _ := w.asked.LoadOrStore(r.URL.String(), &atomic.Int64{})
	n.(*atomic.Int64).Add(1)
	if strings.HasPrefix(r.URL.Host, "hangs") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	select {
	case <-time.After(time.Duration(w.slow.Load())):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if w.down.Load() {
		return nil, errors.New("connection reset")
	}
	body, ok := w.body.Load().(string)
	if !ok {
		body = fmt.Sprintf(`{"client_id":%q,"client_name":"Client","redirect_uris":["https://client.example/cb"]}`, r.URL)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (w *web) count(url string) int64 {
	n, ok := w.asked.Load(url)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

const good = "https://client.example/client.json"

// TestDocumentsThatHang_LeaveOthersAlone has one caller name hanging documents
// on one site and on many, and many callers name some on one site.
func TestDocumentsThatHang_LeaveOthersAlone(t *testing.T) {
	for promise, attack := range map[string]func(i int) (id, caller string){
		"one caller, one site":     func(i int) (string, string) { return fmt.Sprintf("https://hangs.example/%d", i), "198.51.100.1" },
		"one caller, many sites":   func(i int) (string, string) { return fmt.Sprintf("https://hangs%d.example/x", i), "198.51.100.1" },
		"one caller, many hosts":   func(i int) (string, string) { return fmt.Sprintf("https://hangs%d.evil.example/x", i), "198.51.100.1" },
		"many callers, one site":   func(i int) (string, string) { return fmt.Sprintf("https://hangs.example/%d", i), fmt.Sprint(i) },
		"many callers, many hosts": func(i int) (string, string) { return fmt.Sprintf("https://hangs%d.evil.example/x", i), fmt.Sprint(i) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &web{}
			d := client.NewDocuments(w, time.Now)
			var group sync.WaitGroup
			for i := range 100 {
				group.Go(func() {
					id, caller := attack(i)
					if _, err := d.Get(t.Context(), id, caller); library.CodeOf(err) != library.Unavailable {
						t.Errorf("%s: a document that hangs: %v", promise, err)
					}
				})
			}
			time.Sleep(10 * time.Millisecond)
			start := time.Now()
			if _, err := d.Get(t.Context(), good, "203.0.113.1"); err != nil || time.Since(start) > 0 {
				t.Errorf("%s: another caller's document: %v after %v", promise, err, time.Since(start))
			}
			group.Wait()
			if took := time.Since(start); took > 7*time.Second {
				t.Errorf("%s: took %v", promise, took)
			}
		})
	}
}

// TestFetches_AreBoundedInTotal has as many callers as sites.
func TestFetches_AreBoundedInTotal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		d := client.NewDocuments(w, time.Now)
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() { _, _ = d.Get(t.Context(), fmt.Sprintf("https://hangs%d.example/x", i), fmt.Sprint(i)) })
		}
		time.Sleep(500 * time.Millisecond)
		running := 0
		w.asked.Range(func(any, any) bool { running++; return true })
		if running != 64 {
			t.Errorf("%d at once", running)
		}
		group.Wait()
	})
}

// TestOneSite_KeepsItsShareOfTheCache requests documents that are used once.
func TestOneSite_KeepsItsShareOfTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		d := client.NewDocuments(w, time.Now)
		ids := []string{good}
		for i := range 300 {
			ids = append(ids, fmt.Sprintf("https://h%d.evil.example/x", i))
		}
		for _, id := range ids {
			if _, err := d.Get(t.Context(), id, ""); err != nil {
				t.Fatal(err)
			}
		}
		for i, id := range []string{good, ids[300], ids[293], ids[292]} {
			_, _ = d.Get(t.Context(), id, "")
			if n := w.count(id); (n == 1) != (i < 3) {
				t.Errorf("%d requests for %s", n, id)
			}
		}
	})
}

func TestShares_AreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		w.slow.Store(int64(100 * time.Millisecond))
		d := client.NewDocuments(w, time.Now)
		for round := range 3 {
			var group sync.WaitGroup
			for i := range 12 { // three times a caller's share: the others wait
				group.Go(func() {
					if _, err := d.Get(t.Context(), fmt.Sprintf("https://a%d-%d.example/x", round, i), "198.51.100.1"); err != nil {
						t.Errorf("round %d, document %d: %v", round, i, err)
					}
				})
			}
			group.Wait()
		}
	})
}

func TestDocuments_UseStaleDocumentWhileSiteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		d := client.NewDocuments(w, time.Now)
		get := func(promise string, ok bool, most time.Duration) {
			t.Helper()
			start := time.Now()
			if _, err := d.Get(t.Context(), good, ""); (err == nil) != ok || time.Since(start) > most {
				t.Errorf("%s: %v after %v", promise, err, time.Since(start))
			}
		}
		get("the site responds", true, 0)
		time.Sleep(6 * time.Minute)
		w.down.Store(true)
		get("the site is down", true, 0)
		get("and is requested again", true, 0)
		if n := w.count(good); n != 2 {
			t.Errorf("%d requests within 10 s", n)
		}
		w.down.Store(false)
		w.slow.Store(int64(time.Hour))
		time.Sleep(11 * time.Second)
		get("the site hangs", true, time.Second)
		time.Sleep(10 * time.Second)
		w.slow.Store(0)
		time.Sleep(time.Minute)
		before := w.count(good)
		get("the site responds again", true, 0)
		get("and is fresh", true, 0)
		if n := w.count(good) - before; n != 1 {
			t.Errorf("%d requests", n)
		}
		w.down.Store(true)
		time.Sleep(23 * time.Hour)
		get("a day without it", true, 0)
		time.Sleep(2 * time.Hour)
		get("more than a day without it", false, 0)
		before = w.count(good)
		get("and at once again", false, 0)
		if n := w.count(good) - before; n != 0 {
			t.Errorf("%d requests after a failure", n)
		}
	})
}

func TestDocuments_DropDocumentThatBecomesInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		d := client.NewDocuments(w, time.Now)
		if _, err := d.Get(t.Context(), good, ""); err != nil {
			t.Fatal(err)
		}
		w.body.Store(`{"client_id":"https://other.example/x"}`)
		time.Sleep(6 * time.Minute)
		for range 2 {
			if _, err := d.Get(t.Context(), good, ""); library.CodeOf(err) != library.Invalid {
				t.Errorf("%v", err)
			}
		}
		w.down.Store(true)
		time.Sleep(time.Minute)
		if _, err := d.Get(t.Context(), good, ""); library.CodeOf(err) != library.Unavailable {
			t.Errorf("a document that became invalid: %v", err)
		}
	})
}

// TestMadeUpDocuments_DoNotFlushTheCache requests many valid and many invalid
// documents beside one that is in use.
func TestMadeUpDocuments_DoNotFlushTheCache(t *testing.T) {
	for promise, made := range map[string]func(i int) string{
		"of one site":   func(i int) string { return fmt.Sprintf("https://evil.example/%d", i) },
		"of many hosts": func(i int) string { return fmt.Sprintf("https://h%d.evil.example/x", i) },
		"of many sites": func(i int) string { return fmt.Sprintf("https://evil%d.example/x", i) },
		"that fail":     func(i int) string { return fmt.Sprintf("https://hangs%d.example/x", i) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &web{}
			d := client.NewDocuments(w, time.Now)
			neighbour := "https://neighbour.example/x"
			for range 2 {
				for _, id := range []string{good, neighbour} {
					if _, err := d.Get(t.Context(), id, ""); err != nil {
						t.Fatal(err)
					}
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for i := range 1000 {
				short, stop := context.WithTimeout(ctx, 10*time.Millisecond)
				_, _ = d.Get(short, made(i), "198.51.100.1")
				stop()
			}
			for _, id := range []string{good, neighbour} {
				if _, err := d.Get(t.Context(), id, ""); err != nil || w.count(id) != 1 {
					t.Errorf("documents %s: %s was asked for %d times, %v", promise, id, w.count(id), err)
				}
			}
			time.Sleep(10 * time.Second) // hanging fetches end
		})
	}
}

func TestSharesOfAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		w.slow.Store(int64(2 * time.Second))
		d := client.NewDocuments(w, time.Now)
		var group sync.WaitGroup
		var failed atomic.Int64
		for i := range 10 { // addresses of one network are one site
			group.Go(func() {
				if _, err := d.Get(t.Context(), fmt.Sprintf("https://203.0.113.%d/x", i), fmt.Sprint(i)); err != nil {
					failed.Add(1)
				}
			})
		}
		group.Wait()
		if failed.Load() != 6 {
			t.Errorf("%d of 10 failed, where 4 may run", failed.Load())
		}
	})
}
