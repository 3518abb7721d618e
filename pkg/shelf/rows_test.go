package shelf

import (
	"fmt"
	"sync"
	"testing"
)

// TestRows_CloneAtTheSameTime makes clones of the same rows at once and changes
// each: none may see another's rows.
func TestRows_CloneAtTheSameTime(t *testing.T) {
	r := newRows()
	for i := range 2000 {
		r.put(itemTable, fmt.Sprintf("%05d", i), []byte("first"))
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			own := fmt.Appendf(nil, "clone %d", n)
			c := r.clone()
			for i := range 2000 {
				c.put(itemTable, fmt.Sprintf("%05d", i), own)
			}
			err := c.scan(itemTable, "", func(key string, value []byte) error {
				if string(value) != string(own) {
					return fmt.Errorf("%s is %q in clone %d", key, value, n)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	err := r.scan(itemTable, "", func(key string, value []byte) error {
		if string(value) != "first" {
			return fmt.Errorf("%s is %q", key, value)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
