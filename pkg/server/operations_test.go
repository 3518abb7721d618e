package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// The tests of this file carry the numbers of the acceptance statements P:
// operations.

// listener is a loopback listener that reports when it and its connections
// close.
type listener struct {
	net.Listener
	onClose    func()
	connClosed chan struct{}
}

func (l *listener) Close() error {
	if l.onClose != nil {
		l.onClose()
		l.onClose = nil
	}
	return l.Listener.Close()
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, closed: l.connClosed}, nil
}

// connection reports when it closes.
type connection struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.closed <- struct{}{} })
	return err
}

// serve serves the fixture's server on loopback. stop stops it and returns the
// result of Serve.
func (f *fixture) serve() (l *listener, address string, stop func() error) {
	f.t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	l = &listener{Listener: inner, connClosed: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ctx, l) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	f.t.Cleanup(func() { _ = stop() })
	return l, inner.Addr().String(), stop
}

// post posts a body to a served fixture.
func post(t *testing.T, address, body string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/mcp", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return string(data), err
}

// probe sends a request to a health endpoint without a network.
func (f *fixture) probe(path string) (int, string) {
	w := httptest.NewRecorder()
	f.server.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestP04_StopDrainsCalls(t *testing.T) {
	f := newHandlerFixture(t, nil, defaultTimeouts())
	l, address, stop := f.serve()
	closed := make(chan int, 1)
	l.onClose = func() {
		status, _ := f.probe("/ready")
		closed <- status
	}
	answer := make(chan string, 1)
	go func() {
		body, err := post(t, address, toolCall(legacy, "held"))
		if err != nil {
			body = err.Error()
		}
		answer <- body
	}()
	<-f.started
	if status, _ := f.probe("/ready"); status != 200 {
		t.Errorf("before the stop: /ready = %d", status)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	if status := <-closed; status != 503 {
		t.Errorf("when the listener closed, /ready was %d, want 503", status)
	}
	if status, _ := f.probe("/health"); status != 200 {
		t.Errorf("while draining: /health = %d", status)
	}
	f.hold <- struct{}{}
	if got := <-answer; !strings.Contains(got, "held") {
		t.Errorf("the running call got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestP04_StopEndsHangingCalls(t *testing.T) {
	f := newHandlerFixture(t, func(o *Options) { o.DrainTimeout = 20 * time.Millisecond }, defaultTimeouts())
	_, address, stop := f.serve()
	go func() { _, _ = post(t, address, toolCall(legacy, "wait")) }()
	<-f.started
	if err := stop(); err != nil {
		t.Errorf("Serve = %v", err)
	}
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
}

func TestServe_ReportsError(t *testing.T) {
	f := newHandlerFixture(t, nil, defaultTimeouts())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := f.server.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve = %v", err)
	}
}

func TestP06_HealthRevealsNothing(t *testing.T) {
	reason := errors.New("bucket gs://the-secret is gone")
	var fault error
	f := newHandlerFixture(t, func(o *Options) { o.Ready = func(context.Context) error { return fault } }, defaultTimeouts())
	for _, test := range []struct {
		path   string
		fault  error
		status int
		body   string
	}{
		{"/health", nil, 200, `{"status":"ok"}`},
		{"/health", reason, 200, `{"status":"ok"}`},
		{"/ready", nil, 200, `{"status":"ready"}`},
		{"/ready", reason, 503, `{"status":"not ready"}`},
	} {
		fault = test.fault
		if status, body := f.probe(test.path); status != test.status || body != test.body {
			t.Errorf("%s with %v: got %d %s", test.path, test.fault, status, body)
		}
	}
	if !strings.Contains(f.log.String(), "the-secret") {
		t.Error("the log lacks the reason why the server is not ready")
	}
}

func TestSlowCallers_AreCutOff(t *testing.T) {
	tight := timeouts{header: 20 * time.Millisecond, body: 20 * time.Millisecond, idle: 20 * time.Millisecond, write: 20 * time.Millisecond}
	head := "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
	for _, test := range []struct{ name, send, want string }{
		{"in the headers", head, ""},
		{"in the body", head + "\r\n{", "HTTP/1.1 408 Request Timeout"},
		{"in a body that no handler reads", strings.Replace(head, "application/json", "text/plain", 1) + "\r\n{", "HTTP/1.1 415 Unsupported Media Type"},
		{"in a body for an unknown path", strings.Replace(head, "/mcp", "/nowhere", 1) + "\r\n{", "HTTP/1.1 404 Not Found"},
		{"between requests", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newHandlerFixture(t, nil, tight)
			_, address, _ := f.serve()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, test.send); err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(conn) // ends only when the server closes
			if !strings.HasPrefix(string(answer), test.want) {
				t.Errorf("got %q, want %q", answer, test.want)
			}
		})
	}
	t.Run("while reading the response", func(t *testing.T) {
		f := newHandlerFixture(t, func(o *Options) { o.RequestTimeout = 2 * time.Second }, tight)
		l, address, _ := f.serve()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /tools/huge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-l.connClosed
		if n, _ := io.Copy(io.Discard, conn); n >= 64<<20 {
			t.Errorf("got the whole response: %d bytes", n)
		}
	})
}

func TestSlowCallers_BodyInTimeIsServed(t *testing.T) {
	f := newFixture(t, nil)
	body := callWith(legacy, "echo", `{"text":"x"}`)
	r, w := io.Pipe()
	go func() {
		for i := range len(body) {
			_, _ = w.Write([]byte{body[i]})
		}
		w.Close()
	}()
	if status := f.chunked("/mcp", r); status != 200 {
		t.Errorf("got %d", status)
	}
}

func TestServe_ReadDeadlineEndsWithBody(t *testing.T) {
	// A call that lasts longer than a body may take must not count as
	// disconnected.
	tight := defaultTimeouts()
	tight.body = 10 * time.Millisecond
	f := newHandlerFixture(t, func(o *Options) { o.RequestTimeout = 60 * time.Millisecond }, tight)
	_, address, _ := f.serve()
	if _, err := post(t, address, toolCall(legacy, "wait")); err != nil {
		t.Fatal(err)
	}
	<-f.started
	if err := <-f.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the call ended with %v", err)
	}
}

func TestServe_StreamOutlivesWriteTimeout(t *testing.T) {
	tight := timeouts{header: time.Second, body: 10 * time.Millisecond, idle: time.Second, write: 100 * time.Millisecond}
	f := newHandlerFixture(t, func(o *Options) { o.LegacySSE, o.RequestTimeout = true, 40*time.Millisecond }, tight)
	_, address, stop := f.serve()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.SSEClientTransport{Endpoint: "http://" + address + "/sse"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 { // each takes the call's whole 40 ms, together twice the server's write timeout of 150 ms
		if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "wait"}); err != nil {
			t.Fatal(err)
		}
		<-f.ended
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if log := f.log.String(); strings.Contains(log, "cut off") {
		t.Errorf("the idle stream delayed the stop:\n%s", log)
	}
	_ = session.Close() // its stream has ended
}

func TestP08_RequestsLeakNothing(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Logger = nil })
	bodies := []string{
		callWith(modern, "echo", `{"text":"x"}`), callWith(legacy, "echo", `{"text":"x"}`), withProgress(toolCall(modern, "progress")),
		toolCall(modern, "panic"), toolCall(legacy, "plain"), `{"broken`, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`,
	}
	send := func(n int) {
		var senders sync.WaitGroup
		for s := range 4 {
			senders.Go(func() {
				for i := range n / 4 {
					body := bodies[(i+s)%len(bodies)]
					version := legacy
					if strings.Contains(body, modern) {
						version = modern
					}
					if r := f.rpc(version, body, nil); r.status >= 500 {
						t.Errorf("got %d %s", r.status, r.body)
					}
				}
			})
		}
		senders.Wait()
	}
	send(400) // fill pools and caches
	goroutines, heap := f.footprint()
	requests := 10_000
	if testing.Short() {
		requests = 1_000
	}
	send(requests)
	goroutinesAfter, heapAfter := f.footprint()
	t.Logf("goroutines %d, then %d; heap %d kB, then %d kB", goroutines, goroutinesAfter, heap>>10, heapAfter>>10)
	if goroutinesAfter > goroutines {
		t.Errorf("goroutines grew from %d to %d", goroutines, goroutinesAfter)
	}
	if heapAfter > heap+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", heap, heapAfter)
	}
}

// footprint returns the number of goroutines and the bytes of the heap when
// nothing runs, after a wait for what is about to end.
func (f *fixture) footprint() (goroutines int, heap uint64) {
	f.http.Client().CloseIdleConnections()
	var m runtime.MemStats
	goroutines = runtime.NumGoroutine()
	for range 20 {
		runtime.GC()
		goroutines = min(goroutines, runtime.NumGoroutine())
	}
	runtime.ReadMemStats(&m)
	return goroutines, m.HeapAlloc
}

func TestNew_ValidatesOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no error without a catalogue")
	}
	bad := Options{Catalog: &catalog{register: func(*mcp.Server) {}, tools: []tool.Definition{{Name: "x", InputSchema: []byte(`{`)}}}}
	if _, err := New(bad); err == nil {
		t.Error("no error for a schema that is not JSON")
	}
	o, err := Options{Catalog: &catalog{}}.withDefaults()
	if err != nil || o.RequestTimeout != time.Minute || o.MaxBodyBytes != 1<<20 || o.DrainTimeout != 8*time.Second {
		t.Errorf("defaults: %+v, %v", o, err)
	}
}

func TestRoutes_NoRESTWithoutTools(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Catalog.(*catalog).tools = nil })
	for _, path := range []string{"/tools", "/openapi.json"} {
		if r := f.send(request{method: "GET", path: path}); r.status != 404 {
			t.Errorf("%s: got %d", path, r.status)
		}
	}
	f.rpc(modern, callWith(modern, "echo", `{"text":"x"}`), nil).wantText(t, "x")
}
