package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

const upstreamHost = "zotero.test"

// network is a simulated network of hosts that respond over pipes, so that real
// HTTP runs on synthetic time.
type network struct {
	hosts    map[string]chan net.Conn // by host, without port
	down     atomic.Bool              // refuse connections
	refusals atomic.Int64             // how many connections to refuse
	calls    atomic.Int64             // connections to upstreamHost
}

// newNetwork returns a network in which script serves upstreamHost.
func newNetwork(t *testing.T, script http.HandlerFunc) *network {
	t.Helper()
	n := &network{hosts: map[string]chan net.Conn{}}
	n.serve(t, upstreamHost, func(w http.ResponseWriter, r *http.Request) {
		n.calls.Add(1)
		script(w, r)
	})
	return n
}

// serve adds a host.
func (n *network) serve(t *testing.T, host string, handler http.HandlerFunc) {
	t.Helper()
	conns := make(chan net.Conn)
	n.hosts[host] = conns
	done := make(chan struct{})
	server := &http.Server{Handler: handler}
	go server.Serve(&pipes{conns: conns, done: done, close: sync.OnceFunc(func() { close(done) })})
	t.Cleanup(func() {
		server.Close()
		time.Sleep(time.Hour) // synthetic time: lets handlers that still sleep finish
	})
}

// dial connects to a host on any port.
func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	host, _, _ := net.SplitHostPort(address)
	conns := n.hosts[host]
	if conns == nil || n.down.Load() || n.refusals.Add(-1) >= 0 {
		return nil, refused
	}
	ours, theirs := net.Pipe()
	select {
	case conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client returns a client of upstreamHost on this network.
func (n *network) client(t *testing.T, change ...func(*upstream.Options)) *upstream.Client {
	t.Helper()
	transport := upstream.NewTransport()
	transport.Proxy = nil
	transport.DialContext = n.dial
	t.Cleanup(transport.CloseIdleConnections)
	o := upstream.Options{
		BaseURL: "http://" + upstreamHost, Name: "Zotero", Transport: transport,
		Header: http.Header{"Zotero-Api-Version": {"3"}},
	}
	for _, c := range change {
		c(&o)
	}
	client, err := upstream.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// pipes is a listener for connections from a channel.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// hangUp closes the connection during a response.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// say writes raw bytes, then closes the connection.
func say(w http.ResponseWriter, answer string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		io.WriteString(conn, answer)
		conn.Close()
	}
}

// apiKey returns a credential in Zotero's form.
func apiKey(key string) upstream.Credential {
	return upstream.NewCredential("zotero:key", http.Header{"Zotero-Api-Key": {key}})
}

// asJSON requests JSON at path with a valid key.
func asJSON(path string) upstream.Request {
	return upstream.Request{Path: path, Header: http.Header{"Accept": {"application/json"}}, Credential: apiKey("good")}
}

// mustGet fails the test if the request fails.
func mustGet(t *testing.T, c *upstream.Client, r upstream.Request) *upstream.Response {
	t.Helper()
	response, err := c.Get(t.Context(), r)
	if err != nil {
		t.Fatalf("GET %s: %v", r.Path, err)
	}
	return response
}

// errorOf returns err as a *library.Error.
func errorOf(t *testing.T, err error) *library.Error {
	t.Helper()
	e := (*library.Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no *library.Error", err, err)
	}
	return e
}

// elapsed returns the duration of f.
func elapsed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
