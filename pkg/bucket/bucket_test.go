package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

func open(t *testing.T, url string, change ...func(*bucket.Options)) *bucket.Bucket {
	t.Helper()
	o := bucket.Options{Name: buckettest.Bucket, Endpoint: url, RetryBase: time.Millisecond}
	for _, c := range change {
		c(&o)
	}
	b, err := bucket.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestContract(t *testing.T) {
	f := buckettest.New(t)
	f.PageSize = 2
	buckettest.Contract(t, open(t, f.URL))
}

// TestExtend_ChecksTheGeneration is not in the contract, for the same reason as
// TestDelete_KeepsAnotherGeneration.
func TestExtend_ChecksTheGeneration(t *testing.T) {
	b := open(t, buckettest.New(t).URL)
	g, err := b.Put(t.Context(), "x", []byte("data"), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Extend(t.Context(), "x", time.Now(), g-1); library.CodeOf(err) != library.Conflict {
		t.Error(err)
	}
}

// TestDelete_KeepsAnotherGeneration is not in the contract: fake-gcs-server
// ignores the precondition of a delete.
func TestDelete_KeepsAnotherGeneration(t *testing.T) {
	b := open(t, buckettest.New(t).URL)
	g, err := b.Put(t.Context(), "x", []byte("data"), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), "x", g-1); library.CodeOf(err) != library.Conflict {
		t.Error(err)
	}
	if _, err := b.Get(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

func TestOpen_RefusesWhatIsNoBucket(t *testing.T) {
	for _, o := range []bucket.Options{
		{Endpoint: "http://127.0.0.1:1"}, {Name: "x", Endpoint: "127.0.0.1:1"}, {Name: "x", Endpoint: "ftp://127.0.0.1"}, {Name: "x", Endpoint: "https://u:p@storage.example"},
	} {
		if _, err := bucket.Open(t.Context(), o); library.CodeOf(err) != library.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestOpen_NeedsCredentialsForTheService(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/missing.json")
	_, err := bucket.Open(t.Context(), bucket.Options{Name: "x"})
	if e := library.AsError(err); e == nil || e.Code != library.Unavailable || !strings.Contains(e.Hint, "gcloud auth") {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	b := open(t, buckettest.New(t).URL)
	for _, name := range []string{"", ".", "..", "a\nb", "a\rb", "\xff", strings.Repeat("a", 1025)} {
		_, get := b.Get(t.Context(), name)
		_, put := b.Put(t.Context(), name, nil, time.Time{}, 0)
		for _, err := range []error{get, put, b.Delete(t.Context(), name, 1), b.Extend(t.Context(), name, time.Now(), 1)} {
			if library.CodeOf(err) != library.Invalid {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	if _, err := b.Put(t.Context(), strings.Repeat("a", 1024), nil, time.Time{}, 0); err != nil {
		t.Error(err)
	}
}

func TestSizeLimits(t *testing.T) {
	f := buckettest.New(t)
	b := open(t, f.URL, func(o *bucket.Options) { o.MaxBytes = 100 })
	if _, err := b.Put(t.Context(), "a", make([]byte, 100), time.Time{}, 0); err != nil {
		t.Error(err)
	}
	if _, err := b.Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := b.Put(t.Context(), "b", make([]byte, 101), time.Time{}, 0); library.CodeOf(err) != library.TooLarge {
		t.Error(err)
	}
	small := open(t, f.URL, func(o *bucket.Options) { o.MaxBytes = 99 })
	if _, err := small.Get(t.Context(), "a"); library.CodeOf(err) != library.TooLarge {
		t.Error(err)
	}
}

// answers returns a server that gives each answer of a list once, then those of
// the fake.
func answers(t *testing.T, list ...http.HandlerFunc) (*buckettest.Fake, *atomic.Int64) {
	t.Helper()
	f := buckettest.New(t)
	var asked atomic.Int64
	f.Before = func(w http.ResponseWriter, r *http.Request) bool {
		n := asked.Add(1)
		if int(n) > len(list) || list[n-1] == nil {
			return false
		}
		list[n-1](w, r)
		return true
	}
	return f, &asked
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func TestRetries(t *testing.T) {
	for _, c := range []struct {
		promise string
		status  int
		retried bool
		code    library.Code
	}{
		{"the service fails", http.StatusInternalServerError, true, library.Unavailable},
		{"the service is overloaded", http.StatusServiceUnavailable, true, library.Unavailable},
		{"too many requests", http.StatusTooManyRequests, true, library.Unavailable},
		{"a slow request", http.StatusRequestTimeout, true, library.Unavailable},
		{"no rights", http.StatusForbidden, false, library.Unavailable},
		{"no credentials", http.StatusUnauthorized, false, library.Unavailable},
		{"a redirect", http.StatusFound, false, library.Unavailable},
		{"a bad request", http.StatusBadRequest, false, library.Unavailable},
		{"no such object", http.StatusNotFound, false, library.NotFound},
		{"a precondition", http.StatusPreconditionFailed, false, library.Conflict},
	} {
		f, asked := answers(t, status(c.status), status(c.status))
		b := open(t, f.URL)
		_, err := b.Get(t.Context(), "x")
		want, code := int64(1), c.code
		if c.retried {
			want, code = 3, library.NotFound // the third is the fake's
		}
		if asked.Load() != want || library.CodeOf(err) != code {
			t.Errorf("%s: %d requests, %v", c.promise, asked.Load(), err)
		}
		if e := library.AsError(err); e.Code == library.Unavailable && (e.RetryAfter <= 0 || e.Hint == "") {
			t.Errorf("%s: no advice: %+v", c.promise, e)
		}
	}
}

func TestRetries_AreBounded(t *testing.T) {
	f := buckettest.New(t)
	f.Down.Store(true)
	b := open(t, f.URL)
	if _, err := b.List(t.Context(), "", ""); library.CodeOf(err) != library.Unavailable {
		t.Error(err)
	}
	if n := f.Requests()[http.MethodGet]; n != 4 {
		t.Errorf("%d requests", n)
	}
}

func TestRetryAfter_IsHeededAndNotOutwaited(t *testing.T) {
	f, asked := answers(t, status(http.StatusServiceUnavailable, "Retry-After", "1"))
	b := open(t, f.URL)
	start := time.Now()
	if _, err := b.Get(t.Context(), "x"); library.CodeOf(err) != library.NotFound || time.Since(start) < 900*time.Millisecond || asked.Load() != 2 {
		t.Errorf("%v after %v, %d requests", err, time.Since(start), asked.Load())
	}
	f, asked = answers(t, status(http.StatusServiceUnavailable, "Retry-After", "60"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	start = time.Now()
	_, err := open(t, f.URL).Get(ctx, "x")
	if e := library.AsError(err); e == nil || e.RetryAfter != time.Minute || time.Since(start) > 4*time.Second || asked.Load() != 1 {
		t.Errorf("%v after %v, %d requests", err, time.Since(start), asked.Load())
	}
}

// TestPut_RecognisesItsOwnWrite loses the response to the first attempt.
func TestPut_RecognisesItsOwnWrite(t *testing.T) {
	var f *buckettest.Fake
	lose := func(w http.ResponseWriter, r *http.Request) {
		inner := f.Before
		f.Before = nil
		f.ServeHTTP(httptest.NewRecorder(), r)
		f.Before = inner
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	f, _ = answers(t, lose)
	b := open(t, f.URL)
	g, err := b.Put(t.Context(), "x", []byte("mine"), time.Time{}, 0)
	if o, _ := b.Get(t.Context(), "x"); err != nil || g != o.Generation || string(o.Data) != "mine" {
		t.Errorf("%d, %v", g, err)
	}
	// Another process wrote first: its write is not ours.
	f, _ = answers(t, status(http.StatusServiceUnavailable))
	other := open(t, f.URL, func(o *bucket.Options) { o.Attempts = 1 })
	_, _ = other.Get(t.Context(), "x") // takes the failure
	if _, err := other.Put(t.Context(), "x", []byte("theirs"), time.Time{}, 0); err != nil {
		t.Fatal(err)
	}
	f.Before = nil
	first := true
	f.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		fail := first
		first = false
		if fail {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return fail
	}
	if _, err := open(t, f.URL).Put(t.Context(), "x", []byte("mine"), time.Time{}, 0); library.CodeOf(err) != library.Conflict {
		t.Errorf("another's write: %v", err)
	}
}

func TestTimeouts(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	b := open(t, hanging.URL, func(o *bucket.Options) { o.Timeout = 50 * time.Millisecond })
	start := time.Now()
	for _, err := range []error{
		func() error { _, err := b.Get(t.Context(), "x"); return err }(),
		func() error { _, err := b.Put(t.Context(), "x", nil, time.Time{}, 0); return err }(),
		b.Delete(t.Context(), "x", 1),
	} {
		if e := library.AsError(err); e.Code != library.Unavailable || e.RetryAfter <= 0 {
			t.Error(err)
		}
	}
	if time.Since(start) > 2*time.Second {
		t.Errorf("took %v", time.Since(start))
	}
}

func TestDamagedDataIsRefused(t *testing.T) {
	f, _ := answers(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Goog-Generation", "1")
		w.Header().Set("X-Goog-Hash", "md5=x, crc32c=AAAAAA==")
		_, _ = w.Write([]byte("damaged"))
	}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("no generation")) })
	b := open(t, f.URL)
	if _, err := b.Put(t.Context(), "x", []byte("good"), time.Time{}, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := b.Get(t.Context(), "x"); library.CodeOf(err) != library.Unavailable {
			t.Error(err)
		}
	}
}

func TestBreaker_OpensAfterFiveFailedCalls(t *testing.T) {
	f := buckettest.New(t)
	f.Down.Store(true)
	var states []upstream.BreakerState
	var outcomes []upstream.Outcome
	b := open(t, f.URL, func(o *bucket.Options) {
		o.Attempts = 1
		o.Hooks.Breaker = func(_, to upstream.BreakerState) { states = append(states, to) }
		o.Hooks.Request = func(outcome upstream.Outcome, _ time.Duration) { outcomes = append(outcomes, outcome) }
	})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 { // callers that left are not the service's fault
		_, _ = b.Get(cancelled, "x")
	}
	for i := range 7 {
		if _, err := b.Get(t.Context(), "x"); library.CodeOf(err) != library.Unavailable || len(states) > 0 != (i >= 4) {
			t.Errorf("call %d: %v, %v", i, err, states)
		}
	}
	if n := f.Requests()[http.MethodGet]; n != 5 || outcomes[len(outcomes)-1] != upstream.OutcomeHeld {
		t.Errorf("%d requests, %v", n, outcomes)
	}
}

func TestMissingBucket(t *testing.T) {
	b := open(t, buckettest.New(t).URL, func(o *bucket.Options) { o.Name = "nowhere" })
	_, list := b.List(t.Context(), "", "")
	_, put := b.Put(t.Context(), "x", nil, time.Time{}, 0)
	for _, err := range []error{list, put} {
		if e := library.AsError(err); e == nil || e.Code != library.Unavailable || !strings.Contains(e.Message, "bucket does not exist") {
			t.Error(err)
		}
	}
}

func TestNothingSecretIsInErrors(t *testing.T) {
	f := buckettest.New(t)
	f.Down.Store(true)
	_, err := open(t, f.URL, func(o *bucket.Options) { o.Attempts = 1 }).Put(t.Context(), "SECRETNAME", []byte("SECRETDATA"), time.Time{}, 0)
	if err == nil || bytes.Contains([]byte(err.Error()), []byte("SECRET")) {
		t.Error(err)
	}
	f.Down.Store(false)
	gone := httptest.NewServer(nil)
	gone.Close()
	_, err = open(t, gone.URL, func(o *bucket.Options) { o.Attempts = 1 }).Get(t.Context(), "SECRETNAME")
	if err == nil || strings.Contains(err.Error(), "SECRETNAME") {
		t.Errorf("a network error names the object: %v", err)
	}
	if errors.Unwrap(err) == nil {
		t.Error("no cause for the log")
	}
}
