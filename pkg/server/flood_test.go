package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// The tests of this file attack a whole server with the timeouts of production.

// empty is an empty catalogue.
type empty struct{}

func (empty) ServerOptions() *mcp.ServerOptions { return nil }
func (empty) Register(*mcp.Server) error        { return nil }
func (empty) Definitions() []tool.Definition    { return nil }

func (empty) Call(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	return nil, nil
}

// newServer returns a server that responds to pings.
func newServer(t *testing.T, limits server.Limits) *server.Server {
	t.Helper()
	s, err := server.New(server.Options{Catalog: empty{}, Limits: limits, DrainTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves on l until the test ends or stop is called.
func serve(t *testing.T, l net.Listener) (stop func()) {
	t.Helper()
	s := newServer(t, server.Limits{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// pingBody is a valid call.
const pingBody = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// ping posts a valid call and returns the status of the response.
func ping(t *testing.T, url string, header map[string]string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(pingBody))
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// Prefixes of requests that never end.
const (
	halfHeader = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	halfBody   = halfHeader + "Content-Length: 1000\r\n\r\n"
)

func TestSlowCallers_DoNotBlockOthers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serve(t, l)
	var slow []net.Conn
	for i := range 400 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, []string{"", halfHeader, halfBody}[i%3]); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	for range 20 {
		if status := ping(t, "http://"+l.Addr().String(), nil); status != http.StatusOK {
			t.Fatalf("a valid call has status %d", status)
		}
	}
	stop() // slow callers do not delay the stop
	for _, conn := range slow {
		_, _ = io.Copy(io.Discard, conn) // returns only when the server has closed it
	}
}

// pipes is a listener for connections without a network, whose deadlines use
// the time of a [synctest] bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

// dial returns the caller's end of a new connection.
func (p *pipes) dial() net.Conn {
	caller, callee := net.Pipe()
	p.conns <- callee
	return caller
}

// TestSlowCallers_DrippingIsCutOff has callers that send a byte a second,
// without a long pause. The total time counts.
func TestSlowCallers_DrippingIsCutOff(t *testing.T) {
	for _, test := range []struct {
		name, begin, drip, answer string
		after                     time.Duration
	}{
		{"headers", halfHeader + "X-Slow: ", "x", "", 10 * time.Second},
		{"a small body", halfBody, " ", "HTTP/1.1 408 Request Timeout", 5*time.Second + 1000*time.Second/(64<<10)},
		{"a large body", halfHeader + "Content-Length: 1000000\r\n\r\n", " ", "HTTP/1.1 408 Request Timeout", 5*time.Second + 1000000*time.Second/(64<<10)},
		{"a body of unknown size", halfHeader + "Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n", "1\r\n \r\n", "HTTP/1.1 408 Request Timeout", 20 * time.Second},
		{"nothing", "", "", "", 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipes()
				serve(t, l)
				var callers sync.WaitGroup
				for range 100 {
					conn := l.dial()
					callers.Go(func() {
						start := time.Now()
						callers.Go(func() { drip(conn, test.begin, test.drip) })
						answer, _ := io.ReadAll(conn)
						// net/http waits half a second before it closes a
						// connection on which more data arrives.
						if took := time.Since(start); took < test.after || took > test.after+500*time.Millisecond {
							t.Errorf("cut off after %v, want %v", took, test.after)
						}
						if !strings.HasPrefix(string(answer), test.answer) || test.answer == "" && len(answer) > 0 {
							t.Errorf("answered %q", answer)
						}
						conn.Close()
					})
				}
				callers.Wait()
			})
		})
	}
}

// drip sends a prefix and then a little every second, until the connection
// closes.
func drip(conn net.Conn, begin, little string) {
	_, err := io.WriteString(conn, begin)
	for err == nil && little != "" {
		time.Sleep(time.Second)
		_, err = io.WriteString(conn, little)
	}
}

// TestLimits_FloodStarvesNoOtherCaller has one caller flood the server over
// many connections while another sometimes makes a call.
func TestLimits_FloodStarvesNoOtherCaller(t *testing.T) {
	const burst = 50
	limits := server.Limits{Max: 10 * burst, Window: 240 * time.Hour, InFlight: 64, Hops: 1} // none comes back meanwhile
	hs := httptest.NewServer(newServer(t, limits).Handler())
	defer hs.Close()

	// from returns the header that the proxy in front of the server would send,
	// after the entries of the caller.
	from := func(claim, address string) map[string]string {
		return map[string]string{"X-Forwarded-For": claim + ", " + address}
	}
	var flood sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 8 {
		flood.Go(func() {
			for i := range 100 {
				claim := net.IPv4(10, 0, 0, byte(i)).String() // another address each time
				status := ping(t, hs.URL, from(claim, "203.0.113.66"))
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	for range 30 {
		if status := ping(t, hs.URL, from("10.0.0.1", "198.51.100.7")); status != http.StatusOK {
			t.Errorf("the other caller got status %d", status)
		}
	}
	flood.Wait()
	if statuses[http.StatusOK] != burst || statuses[http.StatusTooManyRequests] != 800-burst {
		t.Errorf("the flood got %v, want %d times 200 and 429 for the others", statuses, burst)
	}
}

// TestLimits_RejectionKeepsConnection checks that a client that must wait can
// use the same connection afterwards.
func TestLimits_RejectionKeepsConnection(t *testing.T) {
	hs := httptest.NewServer(newServer(t, server.Limits{Max: 1, Window: time.Hour}).Handler())
	defer hs.Close()
	conn, err := net.Dial("tcp", hs.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for i, want := range []int{200, 429, 429} {
		if _, err := io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(pingBody))+"\r\n\r\n"+pingBody); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if res.StatusCode != want {
			t.Errorf("call %d: got %d, want %d", i, res.StatusCode, want)
		}
	}
}
