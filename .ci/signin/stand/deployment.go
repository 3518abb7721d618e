package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
)

// deployment is two processes of stackroom behind a proxy.
type deployment struct {
	program, folder string
	environ         []string
	ports           []int
	running         []*exec.Cmd
	served          atomic.Uint64
	turns           []*httputil.ReverseProxy
}

// start starts both processes on free ports; restarts use the same ports.
func (d *deployment) start(ctx context.Context, p addresses) error {
	if err := d.configure(p); err != nil {
		return err
	}
	for range 2 {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		at := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
		d.ports = append(d.ports, port)
		d.turns = append(d.turns, &httputil.ReverseProxy{
			FlushInterval: -1,                                       // event streams
			Transport:     &http.Transport{DisableKeepAlives: true}, // no idle connections to a process that restarts
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(at)
				r.SetXForwarded()
				r.Out.Host = r.In.Host
			},
		})
	}
	return d.startAll(ctx)
}

// configure writes the secrets and sets the environment of both processes.
func (d *deployment) configure(p addresses) error {
	master := make([]byte, 32)
	_, _ = rand.Read(master) // never fails
	file := filepath.Join(d.folder, "master")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(master)), 0o600); err != nil {
		return err
	}
	data := filepath.Join(d.folder, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	d.environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.folder, "STACKROOM_DATA=" + data,
		"STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=" + p.Public, "STACKROOM_MASTER_KEY=file://" + file,
		"ZOTERO_URL=" + p.Zotero, "ZOTERO_OAUTH_URL=" + p.Zotero + "/oauth",
		"ZOTERO_OAUTH_CLIENT_KEY=appkey-of-ci", "ZOTERO_OAUTH_CLIENT_SECRET=appsecret-of-ci",
		"STACKROOM_STATE_BUCKET=" + buckettest.Bucket, "STORAGE_EMULATOR_HOST=" + p.Bucket,
		"RATE_LIMIT_MAX=0", "LOG_LEVEL=info", "STACKROOM_TRUSTED_HOPS=1", "STACKROOM_RESOLVERS=none",
	}
	for _, name := range []string{"STACKROOM_ALLOWED_HOSTS", "STACKROOM_PROBE_TOKEN", "STACKROOM_ADMINS", "STACKROOM_WRITES", "STACKROOM_LOCAL_LIBRARY"} {
		if value, ok := os.LookupEnv(name); ok {
			d.environ = append(d.environ, name+"="+value)
		}
	}
	return nil
}

// freePort returns a free port.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// startAll starts a process on each port and waits until all are ready.
func (d *deployment) startAll(ctx context.Context) error {
	d.running = nil
	for i, port := range d.ports {
		log, err := os.OpenFile(filepath.Join(d.folder, fmt.Sprintf("process-%d.log", i+1)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		c := exec.CommandContext(ctx, d.program, "serve") //nolint:gosec // the program that CI built
		c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
		c.WaitDelay = 15 * time.Second
		c.Env = append([]string{"STACKROOM_ADDR=127.0.0.1:" + strconv.Itoa(port)}, d.environ...)
		c.Stdout, c.Stderr = log, log // the audit and the log
		err = c.Start()
		_ = log.Close() // the process has its own
		if err != nil {
			return err
		}
		d.running = append(d.running, c)
	}
	for _, port := range d.ports {
		if err := ready(ctx, port); err != nil {
			return err
		}
	}
	return nil
}

// ready waits until a process is ready.
func ready(ctx context.Context, port int) error {
	for range 300 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/ready", port), nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("port %d is not ready", port)
}

// restart stops both processes and starts them on the same ports.
func (d *deployment) restart(ctx context.Context) error {
	d.stop()
	http.DefaultClient.CloseIdleConnections()
	return d.startAll(ctx)
}

// stop stops both processes with SIGTERM, as Cloud Run does, and waits for
// their end.
func (d *deployment) stop() {
	for _, c := range d.running {
		_ = c.Process.Signal(syscall.SIGTERM)
	}
	for _, c := range d.running {
		var status *exec.ExitError
		if err := c.Wait(); errors.As(err, &status) {
			fmt.Fprintln(os.Stderr, "stand: a process ended with", status)
		}
	}
	d.running = nil
}

// ServeHTTP sends each request to the next process. It reads the whole body
// first: a response before the end of the request would close the connection.
func (d *deployment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		http.Error(w, "the request can't be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.turns[d.served.Add(1)%uint64(len(d.turns))].ServeHTTP(w, r)
}
