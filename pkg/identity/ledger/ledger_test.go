package ledger_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/fsouza/fake-gcs-server/fakestorage"
	"google.golang.org/api/option"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// store is what both ledgers do.
type store interface {
	Claim(ctx context.Context, name string, expires time.Time) (ledger.Entry, error)
	Holds(ctx context.Context, name string) (bool, error)
}

// clock is a time that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 123, time.UTC)} }

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

// emulator is a bucket in this process.
func emulator(t *testing.T) (*fakestorage.Server, *storage.BucketHandle) {
	t.Helper()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, Writer: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "state"})
	return server, server.Client().Bucket("state")
}

// both runs a test over both stores: two views of one ledger, as two processes
// have.
func both(t *testing.T, test func(t *testing.T, one, two store, c *clock)) {
	t.Run("memory", func(t *testing.T) {
		c := newClock()
		m := ledger.NewMemory(100, c.now)
		test(t, m, m, c)
	})
	t.Run("bucket", func(t *testing.T) {
		c := newClock()
		_, bucket := emulator(t)
		test(t, ledger.NewBucket(bucket, 5*time.Second, c.now), ledger.NewBucket(bucket, 5*time.Second, c.now), c)
	})
}

func TestOnlyTheFirstClaimIsFirst(t *testing.T) {
	both(t, func(t *testing.T, one, two store, c *clock) {
		start := c.now()
		end := start.Add(time.Minute)
		if e, err := one.Claim(t.Context(), "code x", end); err != nil || !e.First || !e.At.Equal(start) {
			t.Fatalf("%+v, %v", e, err)
		}
		c.pass(10 * time.Second)
		if e, err := two.Claim(t.Context(), "code x", end); err != nil || e.First || !e.At.Equal(start) {
			t.Errorf("the second claim: %+v, %v", e, err)
		}
		if held, err := two.Holds(t.Context(), "code x"); err != nil || !held {
			t.Errorf("is not held: %v", err)
		}
		if held, err := two.Holds(t.Context(), "code y"); err != nil || held {
			t.Errorf("another name is held: %v", err)
		}
	})
}

func TestEntriesExpire(t *testing.T) {
	both(t, func(t *testing.T, one, two store, c *clock) {
		if _, err := one.Claim(t.Context(), "x", c.now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Minute)
		if held, err := two.Holds(t.Context(), "x"); err != nil || held {
			t.Errorf("is held after its time: %v", err)
		}
		if e, err := two.Claim(t.Context(), "x", c.now().Add(time.Minute)); err != nil || !e.First || !e.At.Equal(c.now()) {
			t.Errorf("can't be claimed after its time: %+v, %v", e, err)
		}
		if e, err := one.Claim(t.Context(), "x", c.now().Add(time.Minute)); err != nil || e.First {
			t.Errorf("is claimed twice after its time: %+v, %v", e, err)
		}
	})
}

func TestOfManyClaimsAtOnceOneIsFirst(t *testing.T) {
	both(t, func(t *testing.T, one, two store, c *clock) {
		var group sync.WaitGroup
		firsts := make(chan bool, 16)
		for i := range 16 {
			s := one
			if i%2 == 1 {
				s = two
			}
			group.Go(func() {
				e, err := s.Claim(t.Context(), "x", c.now().Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				firsts <- e.First
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
			t.Errorf("%d claims were the first", n)
		}
	})
}

func TestMemoryIsBoundedAndForgetsNothingEarly(t *testing.T) {
	c := newClock()
	m := ledger.NewMemory(2, c.now)
	for _, name := range []string{"a", "b"} {
		if _, err := m.Claim(t.Context(), name, c.now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Claim(t.Context(), "c", c.now().Add(time.Minute)); library.CodeOf(err) != library.Unavailable {
		t.Errorf("a full ledger: %v", err)
	}
	if e, err := m.Claim(t.Context(), "a", c.now().Add(time.Minute)); err != nil || e.First {
		t.Errorf("what it holds when full: %+v, %v", e, err)
	}
	c.pass(time.Minute)
	if e, err := m.Claim(t.Context(), "c", c.now().Add(time.Minute)); err != nil || !e.First {
		t.Errorf("after its entries expired: %+v, %v", e, err)
	}
}

func TestNothingInTheBucketCanBeRead(t *testing.T) {
	c := newClock()
	server, bucket := emulator(t)
	end := c.now().Add(time.Hour)
	if _, err := ledger.NewBucket(bucket, 5*time.Second, c.now).Claim(t.Context(), "refresh SECRETFAMILY 3", end); err != nil {
		t.Fatal(err)
	}
	objects, _, err := server.ListObjectsWithOptions("state", fakestorage.ListOptions{})
	if err != nil || len(objects) != 1 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	o := objects[0]
	if !strings.HasPrefix(o.Name, ledger.Prefix) || strings.Contains(o.Name, "SECRET") || len(o.Name) != len(ledger.Prefix)+64 {
		t.Errorf("named %q", o.Name)
	}
	if o.Size != 0 {
		t.Errorf("%d bytes", o.Size)
	}
	for name, value := range o.Metadata {
		if strings.Contains(name+value, "SECRET") {
			t.Errorf("metadata %s: %s", name, value)
		}
	}
	if !o.CustomTime.Equal(end.Truncate(time.Microsecond)) && !o.CustomTime.Equal(end) {
		t.Errorf("the lifecycle rule sees %v, not %v", o.CustomTime, end)
	}
}

func TestA23ABucketThatIsDownIsUnavailableInTime(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(broken.Close)
	missing, _ := emulator(t)
	for name, client := range map[string]*storage.Client{"hangs": dial(t, hanging.URL), "is broken": dial(t, broken.URL), "has no such bucket": missing.Client()} {
		bucket := client.Bucket("nowhere")
		_, err := ledger.NewBucket(bucket, 50*time.Millisecond, time.Now).Claim(t.Context(), "x", time.Now().Add(time.Hour))
		if e := library.AsError(err); e == nil || e.Code != library.Unavailable || e.RetryAfter <= 0 {
			t.Errorf("claiming while it %s: %v", name, err)
		}
		if name == "has no such bucket" {
			continue // Cloud Storage says of an object that it is not there
		}
		if _, err := ledger.NewBucket(bucket, 50*time.Millisecond, time.Now).Holds(t.Context(), "x"); library.CodeOf(err) != library.Unavailable {
			t.Errorf("looking while it %s: %v", name, err)
		}
	}
}

func dial(t *testing.T, url string) *storage.Client {
	t.Helper()
	c, err := storage.NewClient(t.Context(), option.WithEndpoint(url+"/storage/v1/"), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestAClaimThatIsSentAgainKnowsItself loses the answer to the first attempt
// on the way, as a network does.
func TestAClaimThatIsSentAgainKnowsItself(t *testing.T) {
	c := newClock()
	server, _ := emulator(t)
	lost := false
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && !lost {
			lost = true
			server.HTTPHandler().ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		server.HTTPHandler().ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	b := ledger.NewBucket(dial(t, proxy.URL).Bucket("state"), 10*time.Second, c.now)
	if e, err := b.Claim(t.Context(), "x", c.now().Add(time.Hour)); err != nil || !e.First || !lost {
		t.Errorf("%+v, %v (lost: %t)", e, err, lost)
	}
	if e, err := b.Claim(t.Context(), "x", c.now().Add(time.Hour)); err != nil || e.First {
		t.Errorf("the second claim: %+v, %v", e, err)
	}
}
