package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

// The tests of this file stall connections to a listening server, as one client
// or many could, beside signed-in calls.

// listen serves a server on loopback and returns its address.
func listen(t *testing.T, change func(*Options)) string {
	t.Helper()
	h := newAuthFixture(t, true, change)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// stall opens n connections from the given number of loopback addresses, each
// with a request whose body never ends.
func stall(t *testing.T, address string, n, sources int, request string, sent int) {
	t.Helper()
	for i := range n {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%sources))}}
		conn, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if sent > 0 {
			// The server may reject the body while it is sent.
			_, _ = io.CopyN(conn, spaces{}, int64(sent))
		}
	}
}

// spaces is an endless reader of white space, with which JSON may begin.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// stalled returns the head of a request with a body of length bytes.
func stalled(path, kind, token string, length int) string {
	head := "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + kind + "\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, length)
}

// callers makes n signed-in calls one after another and returns their
// durations, sorted. Every call must succeed.
func callers(t *testing.T, address string, n int) []time.Duration {
	t.Helper()
	took := make([]time.Duration, n)
	for i := range took {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/tools/whoami", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer token-of-ada")
		begin := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("call %d has status %d", i, res.StatusCode)
		}
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	return took
}

// signInRoutes are routes like those of sign-in: they read a body.
func signInRoutes(o *Options) {
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	for _, path := range []string{"/register", "/token", "/authorize"} {
		o.Routes = append(o.Routes, identity.Route{Method: http.MethodPost, Path: path, Handler: read})
	}
}

// Every route that reads a body, with a credential where it needs one.
var stalledRoutes = []struct{ path, kind, token string }{
	{"/mcp", "application/json", ""},
	{"/mcp", "application/json", "token-of-mallory"},
	{"/mcp", "application/json", "token-of-bob"},
	{"/tools/whoami", "application/json", "token-of-bob"},
	{"/sse", "application/json", "token-of-bob"},
	{"/register", "application/json", ""},
	{"/token", "application/x-www-form-urlencoded", ""},
	{"/authorize", "application/x-www-form-urlencoded", ""},
}

func TestBodies_StalledOnesAreNotInFlight(t *testing.T) {
	for _, route := range stalledRoutes {
		for _, sources := range []int{1, 16} {
			t.Run(fmt.Sprintf("%s with %q from %d addresses", route.path, route.token, sources), func(t *testing.T) {
				t.Parallel()
				address := listen(t, func(o *Options) {
					o.Limits = Limits{InFlight: 4}
					signInRoutes(o)
				})
				stall(t, address, 80, sources, stalled(route.path, route.kind, route.token, 1000), 1)
				callers(t, address, 20)
			})
		}
	}
}

// A large body of one caller is rejected once that caller's share is used up;
// other callers' calls and large bodies are not.
func TestBodies_StalledLargeOnesShareMemory(t *testing.T) {
	address := listen(t, func(o *Options) { o.Limits = Limits{InFlight: 4} })
	const size = 1 << 20
	before := heap()
	stall(t, address, 40, 1, stalled("/mcp", "application/json", "token-of-bob", size), size-1)
	if grown := int64(heap()) - int64(before); grown > 24<<20 {
		t.Errorf("40 stalled bodies of 1 MiB of one caller use %d MiB", grown>>20)
	}
	callers(t, address, 20)
	body := strings.Repeat(" ", size-2) + "{}"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/tools/whoami", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer token-of-ada")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("another caller's large body has status %d", res.StatusCode)
	}
}

// The memory of a body is released with it: a caller can send any number of
// large ones in sequence.
func TestBodies_LargeOnesReleaseMemory(t *testing.T) {
	address := listen(t, nil)
	body := strings.Repeat(" ", 1<<20-2) + "{}"
	for i := range 40 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/tools/whoami", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer token-of-ada")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("large body %d has status %d", i, res.StatusCode)
		}
	}
}

// Requests that hang at the routes of sign-in do not count as calls in flight,
// and calls do not count there.
func TestAdmission_SignInAndCallsAreSeparate(t *testing.T) {
	release, hangs := make(chan struct{}), make(chan struct{})
	var hanging sync.WaitGroup
	hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("hang") {
			hangs <- struct{}{}
			<-release
		}
	})
	h := newAuthFixture(t, true, func(o *Options) {
		o.Limits = Limits{InFlight: 4}
		o.Routes = append(o.Routes, identity.Route{Method: http.MethodPost, Path: "/token", Handler: hang})
	})
	for range 10 {
		hanging.Go(func() { h.send(t, "POST", "/token?hang", "", message{}) })
	}
	defer hanging.Wait()
	defer close(release)
	for range 10 {
		<-hangs
	}
	if r := h.send(t, "POST", "/tools/whoami", "token-of-ada", message{}); r.status != http.StatusOK {
		t.Errorf("a call beside hanging sign-ins has status %d", r.status)
	}
	for range 4 {
		leave, ok := h.server.admission.inFlight.Enter()
		if !ok {
			t.Fatal("sign-ins count as calls in flight")
		}
		defer leave()
	}
	if r := h.send(t, "POST", "/token", "", message{}); r.status != http.StatusOK {
		t.Errorf("a sign-in beside the maximum of calls has status %d", r.status)
	}
}

// heap returns the bytes of heap and stacks in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// TestAttack_StalledBodies is the attack in full size: 520 stalled bodies at
// each route, from one address and from 64, and 500 of 1 MiB.
func TestAttack_StalledBodies(t *testing.T) {
	if os.Getenv("STACKROOM_TEST_LONG") != "1" {
		t.Skip("STACKROOM_TEST_LONG is not 1: this takes a minute")
	}
	change := func(o *Options) {
		o.Limits = Limits{InFlight: 512}
		signInRoutes(o)
	}
	for _, route := range stalledRoutes {
		for _, sources := range []int{1, 64} {
			t.Run(fmt.Sprintf("%s with %q from %d addresses", route.path, route.token, sources), func(t *testing.T) {
				address := listen(t, change)
				calm := callers(t, address, 1000)
				stall(t, address, 520, sources, stalled(route.path, route.kind, route.token, 1000), 1)
				attacked := callers(t, address, 1000)
				ratio := float64(attacked[989]) / float64(calm[989])
				t.Logf("p99 %v before, %v during the attack: %.2f times", calm[989], attacked[989], ratio)
				// The millisecond is for the machine's noise: a call takes a
				// tenth of it.
				if attacked[989] > 2*calm[989]+time.Millisecond {
					t.Errorf("p99 is %.2f times that without the attack", ratio)
				}
			})
		}
	}
	for _, route := range stalledRoutes {
		t.Run("1 MiB at "+route.path+" with "+route.token, func(t *testing.T) {
			address := listen(t, change)
			before := heap()
			stall(t, address, 500, 64, stalled(route.path, route.kind, route.token, 1<<20), 1<<20-1)
			grown := (int64(heap()) - int64(before)) >> 20
			t.Logf("%d MiB", grown)
			if grown > 120 {
				t.Errorf("500 stalled bodies of 1 MiB use %d MiB", grown)
			}
			callers(t, address, 100)
		})
	}
}

func TestReady_FullForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newAuthFixture(t, true, func(o *Options) { o.Limits = Limits{InFlight: 4} })
		f := h.server.admission.inFlight
		ready := func() int { return h.send(t, "GET", "/ready", "", message{}).status }
		var leave func()
		for range 4 {
			leave, _ = f.Enter()
		}
		time.Sleep(fullForLong)
		if got := ready(); got != http.StatusOK {
			t.Errorf("no call was rejected: /ready is %d", got)
		}
		f.Enter()
		time.Sleep(fullForLong - time.Nanosecond)
		f.Enter()
		if got := ready(); got != http.StatusOK {
			t.Errorf("full for less than %v: /ready is %d", fullForLong, got)
		}
		time.Sleep(time.Nanosecond)
		if got := ready(); got != http.StatusServiceUnavailable {
			t.Errorf("full for %v: /ready is %d", fullForLong, got)
		}
		leave()
		if got := ready(); got != http.StatusOK {
			t.Errorf("three of four calls are running: /ready is %d", got)
		}
	})
}
