package main

import (
	"os"
	"runtime"
	"runtime/debug"
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
	headroom     = 64 << 20
	leastLive    = 16 << 20
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
		setPace()
	}
}

// keepPace tunes again as the library grows or shrinks, until done is closed.
func keepPace(done <-chan struct{}) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			setPace()
		}
	}
}

func setPace() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	live := float64(m.HeapAlloc)
	if m.NumGC > 0 && m.NextGC > 0 { // NextGC is what was live at the last collection, grown by the pace
		previous := debug.SetGCPercent(100)
		debug.SetGCPercent(previous)
		if previous > 0 {
			live = float64(m.NextGC) / (1 + float64(previous)/100)
		}
	}
	debug.SetGCPercent(int(max(leastPercent, headroom/max(live, leastLive)*100)))
}

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
