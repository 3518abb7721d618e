package replica

import (
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// discardAfter is how many times in a row the upstream says that it does not have
// the library before the replica is discarded: one answer may be that of a proxy.
const discardAfter = 2

// gone reports whether a job has found that the upstream does not have the library.
func (j *job) gone(err error) bool {
	return j.failures >= discardAfter && library.CodeOf(err) == library.NotFound
}

// discard removes what is kept of a library that the upstream does not have: the
// snapshot, and the folder once no call reads it. The replica answers until then.
func (rs *Replicas) discard(r *replica) {
	r.log("a library is gone, and its replica is removed", nil)
	if store := rs.opts.Store; store != nil {
		if err := store.Delete(rs.ctx, r.name); err != nil {
			r.log("the snapshot of a library that is gone can't be removed; it expires", err)
		}
	}
	for rs.ctx.Err() == nil && !rs.evict(r.dir) {
		timer := time.NewTimer(time.Second)
		select {
		case <-rs.ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
