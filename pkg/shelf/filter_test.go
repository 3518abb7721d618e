package shelf

import (
	"fmt"
	"testing"
)

func TestFilter_KnowsItsKeysAndFewOthers(t *testing.T) {
	const keys = 10_000
	f := newFilter(keys)
	for i := range keys {
		f.add(fmt.Sprintf("key%d", i))
	}
	wrong := 0
	for i := range keys {
		if !f.has(fmt.Sprintf("key%d", i)) {
			t.Fatalf("key%d is not there", i)
		}
		if f.has(fmt.Sprintf("other%d", i)) {
			wrong++
		}
	}
	if wrong > keys/50 {
		t.Errorf("%d of %d other keys may be there, want at most 2 %%", wrong, keys)
	}
}
