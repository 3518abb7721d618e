package tool

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestResultBytes(t *testing.T) {
	failed := errors.New("a single entry is too long")
	for _, test := range []struct {
		name  string
		bytes int
		text  func(budget int) string // "" fails
		asked []int
		long  int // of the answer, in bytes
	}{
		{"unbounded", 0, func(n int) string { return strings.Repeat("圖", n) }, []int{100}, 300},
		{"one byte a character", 100, func(n int) string { return strings.Repeat("a", n) }, []int{100}, 100},
		{"three bytes", 60, func(n int) string { return strings.Repeat("圖", n) }, []int{100, 20}, 60},
		{"four bytes at the start", 60, func(n int) string { return strings.Repeat("😀", min(n, 20)) + strings.Repeat("a", max(n-20, 0)) }, []int{100, 37, 15}, 60},
		{"no smaller one", 60, func(n int) string { return strings.Repeat("圖", n/100*100) }, []int{100, 20}, 300},
	} {
		var asked []int
		c := &Catalog{budget: 100, bytes: test.bytes}
		out, err := c.withinBytes(func(budget int) (json.RawMessage, error) {
			asked = append(asked, budget)
			text := test.text(budget)
			if text == "" {
				return nil, failed
			}
			return json.RawMessage(text), nil
		})
		if err != nil || !slices.Equal(asked, test.asked) || len(out) != test.long {
			t.Errorf("%s: budgets %v, %d bytes, %v", test.name, asked, len(out), err)
		}
	}
	c := &Catalog{budget: 100, bytes: 60}
	if _, err := c.withinBytes(func(int) (json.RawMessage, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
}
