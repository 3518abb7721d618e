package zotero

import "testing"

// TestOldest holds that a snapshot has the version of its oldest page: an item
// that changed while the library was read must be fetched again.
func TestOldest(t *testing.T) {
	page := func(version int64) *List[Object] { return &List[Object]{Version: version} }
	for _, c := range []struct {
		pages []*List[Object]
		first int64
		want  int64
	}{
		{nil, 7, 7},
		{[]*List[Object]{page(7), page(9), page(8)}, 7, 7},
		{[]*List[Object]{page(9), page(6)}, 9, 6}, // an upstream's cache may be older than the first page
		{[]*List[Object]{page(7)}, 5, 5},
	} {
		if got := oldest(c.pages, c.first); got != c.want {
			t.Errorf("oldest of %d pages after %d is %d, want %d", len(c.pages), c.first, got, c.want)
		}
	}
}
