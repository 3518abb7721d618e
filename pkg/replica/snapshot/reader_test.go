package snapshot

import (
	"context"
	"errors"
	"io"
	"testing"
)

// TestReader_DoesNotEndEarly tests that a file whose reading was given up does
// not look as if it ended there: the log would be cut without a notice.
func TestReader_DoesNotEndEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	next := make(chan chan fetched)
	close(next)
	r := &reader{ctx: ctx, next: next, failed: new(error), stop: cancel}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	cancel()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
