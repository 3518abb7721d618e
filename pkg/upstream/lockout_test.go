package upstream

import (
	"sync"
	"testing"
	"time"
)

// TestOneKeyNeverTakesTheLastPlace: a key that dies has calls under way, and
// whichever of their refusals comes first, the key that follows may be tried.
func TestOneKeyNeverTakesTheLastPlace(t *testing.T) {
	for range 2000 {
		m := newRecords(time.Minute)
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for range 2 * maxRefusals {
			wg.Go(func() { <-begin; m.refused(digest{1}) })
		}
		close(begin)
		wg.Wait()
		if wait := m.lockedFor(); wait > 0 {
			t.Fatalf("nobody else may be tried for %v", wait)
		}
	}
}
