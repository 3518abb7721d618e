package replica_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs a test whose time passes at once.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// eventuallyIn waits in a bubble until a condition holds.
func eventuallyIn(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 200 {
		if holds() {
			return
		}
		time.Sleep(time.Second)
		synctest.Wait()
	}
	t.Fatalf("%s: not within 200 seconds", what)
}
