package main

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// heapGrowth is the default of GOGC, in percent. A small server lives in a
	// heap of a few megabytes, and Go's own 100 collects it hundreds of times a
	// second under load.
	heapGrowth = 200
	// memoryShare is the share of a container's memory that is the default of
	// GOMEMLIMIT. Near it the collector runs more often, so that a large library
	// does not exceed the container's limit. The rest is for what Go does not
	// count: mapped files and the kernel's buffers.
	memoryShare = 0.8
)

// tuneMemory sets the collector's pace and, in a container, its memory limit.
// GOGC and GOMEMLIMIT of the environment take precedence.
func tuneMemory(logger *slog.Logger) {
	debug.FreeOSMemory() // the start needs more memory than serving
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if _, err := memlimit.Set(memlimit.WithRatio(memoryShare)); err != nil {
		logger.Debug("the container's memory limit can't be read", "error", err)
	}
}

// The heap in bytes above which the collector works harder during an import, whose
// garbage is far more than what it keeps: while works are taken in, and while they
// are put into the index, when bibliographies are no longer needed and the files of
// the index take memory.
const (
	importHeap = 224 << 20
	indexHeap  = 160 << 20
)

// limitMemory sets the collector's pace for a part of an import. GOMEMLIMIT of the
// environment takes precedence.
func limitMemory(heap int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heap)
	}
}

// containerMemory returns the container's memory limit in bytes, or 0 without
// one.
func containerMemory() int64 {
	limit, err := memlimit.FromCgroup()
	if err != nil || limit > math.MaxInt64 {
		return 0
	}
	return int64(limit)
}
