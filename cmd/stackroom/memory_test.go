package main

import (
	"bytes"
	"log/slog"
	"math"
	"runtime/debug"
	"testing"
)

// keepRuntime restores the collector's settings after a test.
func keepRuntime(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
}

func TestTuneMemory(t *testing.T) {
	want := int64(math.MaxInt64)
	if own := containerMemory(); own > 0 {
		want = int64(float64(own) * memoryShare)
	}
	keepRuntime(t)
	var log bytes.Buffer
	tuneMemory(slog.New(slog.NewTextHandler(&log, nil)))
	if log.Len() > 0 {
		t.Errorf("tuneMemory logs %s", log.String())
	}
	if percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); percent != heapGrowth || limit != want {
		t.Errorf("GOGC is %d and GOMEMLIMIT %d, want %d and %d", percent, limit, heapGrowth, want)
	}
}

// TestTuneMemory_KeepsTheEnvironment sets limits as the runtime does at its
// start.
func TestTuneMemory_KeepsTheEnvironment(t *testing.T) {
	keepRuntime(t)
	for name, value := range map[string]string{"GOGC": "50", "GOMEMLIMIT": "300MiB"} {
		t.Setenv(name, value)
	}
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(300 << 20)
	tuneMemory(slog.New(slog.DiscardHandler))
	if limit := debug.SetMemoryLimit(-1); limit != 300<<20 {
		t.Errorf("GOMEMLIMIT is %d", limit)
	}
	if percent := debug.SetGCPercent(100); percent != 50 {
		t.Errorf("GOGC is %d", percent)
	}
}
