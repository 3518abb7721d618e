package limit

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLines_BoundsBurstAndRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLines(3, time.Second)
		written := func(n int) (lines int, skipped int64) {
			for range n {
				if s, ok := l.Allow(); ok {
					lines++
					skipped += s
				}
			}
			return lines, skipped
		}
		if lines, skipped := written(10); lines != 3 || skipped != 0 {
			t.Errorf("a burst of ten: %d lines, %d skipped", lines, skipped)
		}
		time.Sleep(time.Second)
		if lines, skipped := written(5); lines != 1 || skipped != 7 {
			t.Errorf("a second later: %d lines, %d skipped before; want 1 and 7", lines, skipped)
		}
		time.Sleep(time.Hour)
		if lines, skipped := written(5); lines != 3 || skipped != 4 {
			t.Errorf("an hour later: %d lines, %d skipped before; want 3 and 4", lines, skipped)
		}
	})
}
