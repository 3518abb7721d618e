package replica

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// How long the background waits after a failure, doubled each time, and before
// it looks again for what nothing tells it of.
const (
	firstRetry   = 2 * time.Second
	lastRetry    = time.Minute
	textsEvery   = 10 * time.Minute // between two questions for changed texts, if no refresh brought changes
	saveEvery    = 3 * time.Minute  // between two snapshots, with up to half as much added
	restoreEvery = 5 * time.Second  // between two looks for the snapshot of the process that reads
	leaseEvery   = 10 * time.Second // between two tries to read texts while another process does
	untilPoked   = 24 * time.Hour
)

// run does the work in the background until the replica is closed.
func (r *replica) run() {
	defer close(r.done)
	defer r.dropSpool()
	jobs := []*job{{do: r.completeNow}, {do: r.readTexts}, {do: r.embed}, {do: r.save}, {do: r.tidy}}
	for {
		next := time.Now().Add(textsEvery)
		for _, j := range jobs {
			if err := j.run(r.ctx); err != nil && r.ctx.Err() == nil {
				r.log("work on a replica failed and is tried again", err)
				if j.gone(err) {
					r.replicas.discards.Go(func() { r.replicas.discard(r) })
					return
				}
			}
			if j.next.Before(next) {
				next = j.next
			}
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-r.ctx.Done():
			timer.Stop()
			return
		case <-r.wake:
			for _, j := range jobs {
				if j.failures == 0 {
					j.next = time.Time{}
				}
			}
		case <-r.pool.came:
			for _, j := range jobs {
				if j.starved {
					j.next = time.Time{}
				}
			}
		case <-timer.C:
		}
		timer.Stop()
	}
}

// job is one kind of work in the background. After a failure it waits.
type job struct {
	// do does what there is to do, and returns after how long to call it again.
	do       func(context.Context) (time.Duration, error)
	next     time.Time
	failures int
	starved  bool // the last failure was that of no source
}

func (j *job) run(ctx context.Context) error {
	if time.Now().Before(j.next) {
		return nil
	}
	again, err := j.do(ctx)
	j.starved = errors.Is(err, errNoSource)
	if err == nil {
		j.failures = 0
		j.next = time.Now().Add(again)
		return nil
	}
	wait := min(firstRetry<<min(j.failures, 10), lastRetry)
	j.failures++
	if e := library.AsError(err); e.RetryAfter > 0 {
		wait = min(max(wait, e.RetryAfter), lastRetry)
	}
	if again > 0 {
		wait = again
	}
	j.next = time.Now().Add(wait)
	return err
}

// jittered returns a duration up to half longer.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(rand.Int64N(int64(d/2))) //nolint:gosec // spreads load, no secret
}
