package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"fortio.org/fortio/periodic"
)

// kind is one thing that is measured, and its rounds.
type kind struct {
	name     string
	target   *target
	requests [][]byte // whole HTTP requests
	rounds   []round
}

// round is what one round showed.
type round struct {
	calls, failed int64
	wall, cpu     time.Duration
	p50, p99      time.Duration
}

// drive calls without pause over so many connections, for about d.
func (k *kind) drive(ctx context.Context, connections int, d time.Duration) (round, error) {
	options := periodic.RunnerOptions{
		RunType: k.name, QPS: -1, Duration: d, NumThreads: connections, Percentiles: []float64{50, 99}, Resolution: 0.0001,
		Out: io.Discard,
	}
	r := periodic.NewPeriodicRunner(&options)
	for i := range r.Options().Runners {
		c, err := dial(ctx, k.target.addr)
		if err != nil {
			return round{}, err
		}
		defer c.conn.Close()
		c.requests, c.random = k.requests, rand.New(rand.NewPCG(1, uint64(i)))
		r.Options().Runners[i] = c
	}
	before, err := k.target.cpu()
	if err != nil {
		return round{}, err
	}
	result := r.Run()
	after, err := k.target.cpu()
	if err != nil {
		return round{}, err
	}
	out := round{calls: result.DurationHistogram.Count, wall: result.ActualDuration, cpu: after - before, failed: result.ErrorsDurationHistogram.Count}
	out.p50 = seconds(result.DurationHistogram.Percentiles[0].Value)
	out.p99 = seconds(result.DurationHistogram.Percentiles[1].Value)
	return out, ctx.Err()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// connection calls the server over one connection that stays open.
type connection struct {
	conn     net.Conn
	reader   *bufio.Reader
	requests [][]byte
	random   *rand.Rand
	body     bytes.Buffer
}

func dial(ctx context.Context, addr string) (*connection, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn, reader: bufio.NewReader(conn)}, nil
}

// Run implements [periodic.Runnable]: one call, and a look at its answer.
func (c *connection) Run(context.Context, periodic.ThreadID) (ok bool, details string) {
	if err := c.call(c.requests[c.random.IntN(len(c.requests))]); err != nil {
		return false, err.Error()
	}
	return true, ""
}

func (c *connection) call(request []byte) error {
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	c.body.Reset()
	if _, err := c.body.ReadFrom(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || !bytes.Contains(c.body.Bytes(), []byte(`"result":{`)) || bytes.Contains(c.body.Bytes(), []byte(`"isError":true`)) {
		return fmt.Errorf("%s: %.200s", res.Status, c.body.Bytes())
	}
	return nil
}
