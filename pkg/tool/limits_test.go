package tool

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestArguments_Depth(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	for depth, want := range map[int]library.Code{8: library.Invalid, 9: library.TooLarge} {
		nested := `{"tags":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
		_, err := c.Call(t.Context(), "search", json.RawMessage(nested))
		if code := library.CodeOf(err); err == nil || code != want {
			t.Errorf("arguments %d levels deep: %v, want %s", depth, err, want)
		}
	}
}

func TestItemURL_LongDOI(t *testing.T) {
	for length, want := range map[int]bool{1_999: true, 2_000: false} {
		doi := "10.1000/" + strings.Repeat("x", length-len("10.1000/"))
		it := &library.Item{ID: library.ItemID{Library: library.Local, Key: "ABCD2345"}, Fields: map[string]string{"DOI": doi}}
		if got := strings.HasPrefix((&call{}).itemURL(it), "https://doi.org/"); got != want {
			t.Errorf("a DOI of %d characters has a link: %v, want %v", length, got, want)
		}
	}
}

// TestCursor_Bounds holds that a cursor may have as many marks and numbers as
// its bounds say, and no more.
func TestCursor_Bounds(t *testing.T) {
	cursor := func(marks, numbers int) string {
		all := make([]mark, marks)
		for i := range all {
			all[i] = mark{name: fmt.Sprintf("group:%d", i), numbers: make([]int64, numbers)}
		}
		return encodeCursor(digest{}, all)
	}
	for _, tc := range []struct {
		marks, numbers int
		ok             bool
	}{{maxMarks, maxMarkNumbers, true}, {maxMarks + 1, 1, false}, {1, maxMarkNumbers + 1, false}, {1, 0, true}, {0, 0, true}} {
		marks, err := decodeCursor(cursor(tc.marks, tc.numbers), digest{})
		if (err == nil) != tc.ok || tc.ok && (len(marks) != tc.marks || tc.marks > 0 && len(marks[0].numbers) != tc.numbers) {
			t.Errorf("%d marks of %d numbers: %d marks, %v", tc.marks, tc.numbers, len(marks), err)
		}
	}
}

// TestCursor_AbsurdNumbers forges the numbers of a cursor, with a right checksum.
func TestCursor_AbsurdNumbers(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	search := func(cursor string) (out struct {
		NextCursor string `json:"next_cursor"`
	}, err error) {
		text, err := c.Call(t.Context(), "search", json.RawMessage(`{"query":"","limit":1,"cursor":"`+cursor+`"}`))
		if err == nil {
			err = json.Unmarshal(text, &out)
		}
		return out, err
	}
	first, err := search("")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(first.NextCursor)
	if err != nil {
		t.Fatal(err)
	}
	d := digest(raw[1 : 1+digestBytes])
	for i := range 2 { // entries taken, entries in all
		marks, err := decodeCursor(first.NextCursor, d)
		if err != nil {
			t.Fatal(err)
		}
		marks[0].numbers[i] = maxOffset
		if _, err := search(encodeCursor(d, marks)); err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("number %d at its bound: %v", i, err)
		}
		marks[0].numbers[i] = maxOffset + 1
		if _, err := search(encodeCursor(d, marks)); library.CodeOf(err) != library.Invalid {
			t.Errorf("number %d beyond its bound: %v", i, err)
		}
	}
}
