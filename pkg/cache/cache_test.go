package cache_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
)

func ExampleCache() {
	titles := cache.New[string](100)
	titles.Set("9780141439518", "Pride and Prejudice")
	title, found := titles.Get("9780141439518")
	fmt.Println(title, found)
	// Output: Pride and Prejudice true
}

func TestCache(t *testing.T) {
	c := cache.New[int](10)
	if v, ok := c.Get("a"); v != 0 || ok {
		t.Errorf("an empty cache has %d, %v", v, ok)
	}
	c.Set("a", 1)
	c.Set("a", 2)
	c.Set("b", 3)
	if v, ok := c.Get("a"); v != 2 || !ok {
		t.Errorf("a is %d, %v", v, ok)
	}
	if keys := slices.Sorted(c.Keys()); !slices.Equal(keys, []string{"a", "b"}) || c.Len() != 2 {
		t.Errorf("keys %v, %d values", keys, c.Len())
	}
	for range c.Keys() {
		break
	}
	c.Remove("a")
	if v, ok := c.Get("a"); v != 0 || ok {
		t.Errorf("a removed value is %d, %v", v, ok)
	}
}

// TestCache_NilValues keeps a nil pointer and a nil interface.
func TestCache_NilValues(t *testing.T) {
	pointers, errs := cache.New[*int](10), cache.New[error](10)
	pointers.Set("a", nil)
	errs.Set("a", nil)
	if v, ok := pointers.Get("a"); v != nil || !ok {
		t.Errorf("a nil pointer: %v, %v", v, ok)
	}
	if v, ok := errs.Get("a"); v != nil || !ok {
		t.Errorf("a nil interface: %v, %v", v, ok)
	}
}

// eventually waits for a condition, since eviction runs beside.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s there is not %s", what)
		}
	}
}

func TestCache_BoundsValues(t *testing.T) {
	const most = 100
	c := cache.New[int](most)
	for i := range 100 * most {
		c.Set(strconv.Itoa(i), i)
	}
	eventually(t, "at most 100 values", func() bool { return c.Len() <= most })
	n := 0
	for range c.Keys() {
		n++
	}
	if n < most/2 || n > most {
		t.Errorf("%d values of at most %d", n, most)
	}
}

func TestCache_BoundsWeight(t *testing.T) {
	const most = 1 << 20
	c := cache.NewWeighted(most, func(key string, v []byte) uint32 { return uint32(len(key) + len(v)) })
	c.Set("12345678", make([]byte, 1000))
	eventually(t, "a weight of 1,008 for 1,000 bytes", func() bool { return c.Weight() == 1008 })
	for i := range 20_000 {
		c.Set(strconv.Itoa(i), make([]byte, 1000))
	}
	eventually(t, "a weight of at most 1 MiB", func() bool { return c.Weight() > most/2 && c.Weight() <= most })
}

func TestCache_ChangesOneAtATime(t *testing.T) {
	c := cache.New[int](10)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				c.Change("a", func(old int) int { return old + 1 })
			}
		})
	}
	wg.Wait()
	if v, _ := c.Get("a"); v != 8000 {
		t.Errorf("%d after 8,000 changes", v)
	}
}
