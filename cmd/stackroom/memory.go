package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// The collector's rule of doubling the heap makes a small server collect
// hundreds of times a second under load: a call leaves about 400 kB of
// garbage and the library itself is a few megabytes. So the heap may grow by
// headroom beyond what is live, whatever that is. Calls in flight make a few
// megabytes more live than there are at start.
const (
	headroom     = 44 << 20
	leastLive    = 20 << 20
	leastPercent = 50
)

// tuneMemory sets the collector's pace from what is live now, and the memory
// limit from the container's, unless the environment says otherwise.
func tuneMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		if limit := containerMemory(); limit > 0 {
			debug.SetMemoryLimit(limit / 10 * 8)
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.FreeOSMemory() // what reading the library took, and serving does not need
		debug.SetGCPercent(pace())
	}
}

// paceEvery is how often the pace is looked at: caches fill within seconds of
// a burst of calls, and until then the heap would grow by more than headroom.
const paceEvery = time.Second

// keepPace tunes again as what is live grows or shrinks, until done is closed.
func keepPace(done <-chan struct{}) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(paceEvery)
	defer tick.Stop()
	set := 0
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			// To set it stops everybody for a moment: not for a twentieth.
			if next := pace(); next < set-set/20 || next > set+set/20 {
				debug.SetGCPercent(next)
				set = next
			}
		}
	}
}

// pace is by how many percent of what was live at the last collection the heap
// may grow until the next one.
func pace() int {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return paceOf(leastLive)
	}
	return paceOf(sample[0].Value.Uint64())
}

// paceOf is the pace where so many bytes are live.
func paceOf(live uint64) int { return int(max(leastPercent, headroom*100/max(live, leastLive))) }

// containerMemory returns the container's memory limit in bytes, or 0 if there
// is none (cgroup v2, then v1).
func containerMemory() int64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && n > 0 && n < 1<<46 { // v1 says a huge number for none
			return n
		}
	}
	return 0
}
