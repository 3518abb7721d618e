package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// running is a server that a test stops.
type running struct {
	addr        string
	audit, logs *output
	stop        func() (status int)
}

// startRunning runs a server until the test stops it, as SIGTERM does.
func startRunning(t *testing.T, environ ...string) *running {
	t.Helper()
	r := &running{audit: &output{}, logs: &output{}}
	r.addr, r.stop = startInto(t, r.audit, r.logs, append([]string{"RATE_LIMIT_MAX=0"}, environ...)...)
	return r
}

// outcomes counts calls by their outcome.
type outcomes struct {
	answered, failed, cut atomic.Int64
	unanswered            atomic.Int64 // sent over a connection that was being closed, and never begun
}

func (c *outcomes) String() string {
	return fmt.Sprintf("%d answered, %d failed, %d cut off, %d never answered", c.answered.Load(), c.failed.Load(), c.cut.Load(), c.unanswered.Load())
}

// restSearch returns an HTTP request for a search.
func restSearch(query string) string {
	body := `{"query":"` + query + `"}`
	return fmt.Sprintf("POST /tools/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// hammer calls over one connection until the server closes it. A client would
// then connect to another instance.
func (c *outcomes) hammer(ctx context.Context, addr, request string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for c.call(conn, answers, request) {
	}
	return nil
}

// call makes one call and reports whether another one can be made over the
// connection.
func (c *outcomes) call(conn net.Conn, answers *bufio.Reader, request string) bool {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		c.unanswered.Add(1) // the server closed the connection
		return false
	}
	res, err := http.ReadResponse(answers, nil)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && answers.Buffered() > 0:
		c.cut.Add(1)
		return false
	case err != nil:
		c.unanswered.Add(1)
		return false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		c.cut.Add(1)
	case res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"results":`):
		c.failed.Add(1)
	default:
		c.answered.Add(1)
	}
	return err == nil && !res.Close
}

func TestShutdown_AnswersCallsInFlight(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		server := startRunning(t, "STACKROOM_DATA="+t.TempDir())
		var calls outcomes
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				if err := calls.hammer(t.Context(), server.addr, restSearch(fmt.Sprint("light ", i))); err != nil {
					t.Error(err)
				}
			})
		}
		until(t, time.Minute, "the load to run", func() bool { return calls.answered.Load() > 500 })
		if status := server.stop(); status != 0 {
			t.Errorf("round %d: status %d: %s", round, status, server.logs)
		}
		callers.Wait()
		audited := int64(strings.Count(server.audit.String(), `"log_type":"audit"`))
		if answered := calls.answered.Load(); audited != answered || calls.failed.Load()+calls.cut.Load()+calls.unanswered.Load() != 0 {
			t.Errorf("round %d: %s; %d were done", round, &calls, audited)
		}
	}
}
