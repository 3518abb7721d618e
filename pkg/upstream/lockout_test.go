package upstream

import (
	"sync"
	"testing"
	"time"
)

// TestKey_InvalidKeyNeverUsesUpLimit: a key that becomes invalid has calls in
// flight; in every order of their rejections, the next key may be tried.
func TestKey_InvalidKeyNeverUsesUpLimit(t *testing.T) {
	for range 2000 {
		m := newCredentialStates(time.Minute)
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for range 2 * maxRejections {
			wg.Go(func() { <-begin; m.rejected(digest{1}) })
		}
		close(begin)
		wg.Wait()
		if wait := m.lockedFor(); wait > 0 {
			t.Fatalf("no other key may be tried for %v", wait)
		}
	}
}
