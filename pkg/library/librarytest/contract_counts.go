package librarytest

import (
	"context"
	"reflect"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// countsOf returns the counts of a library that is a [library.Counted].
func countsOf(t *testing.T, r library.Reader, q library.Query) library.Counts {
	t.Helper()
	c, ok := r.(library.Counted)
	if !ok {
		t.Fatal("the library does not count")
	}
	q.Limit = 1
	got, err := c.Counts(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return got
}

// checkCounts compares the counts of a query with the works that it finds.
func checkCounts(t *testing.T, r library.Reader, q library.Query) library.Counts {
	t.Helper()
	got := countsOf(t, r, q)
	var items []*library.Item
	q.Limit = 50
	for _, h := range walk(t, r, q) {
		items = append(items, h.Item)
	}
	want := countItems(items)
	want.Version = got.Version
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v: counts\n%+v, want\n%+v", q, got, want)
	}
	return got
}

func testCounts(t *testing.T, r library.Reader) {
	for _, q := range []library.Query{
		{}, {TagsAny: []string{"history"}}, {ItemTypes: []string{"book"}}, {YearFrom: 1843, YearTo: 1866}, {Creator: "ada"}, {Text: "zxqvwy"},
		{Collection: readingKey(t, r)}, {Text: "experiments"}, {Text: "experiments", TagsNone: []string{"physics"}}, {Text: "Mendel", Sort: library.SortTitle},
		{HasText: true}, {Text: "experiments", HasText: true}, {ItemTypes: []string{"thesis"}, HasText: true},
	} {
		checkCounts(t, r, q)
	}
	info, err := r.Info(t.Context())
	if got := countsOf(t, r, library.Query{}); err != nil || got.Version != info.Version {
		t.Errorf("version %d of %d, %v", got.Version, info.Version, err)
	}
	c, _ := r.(library.Counted)
	for _, f := range []struct {
		q    library.Query
		want library.Code
	}{{library.Query{}, library.Invalid}, {library.Query{Limit: 1, Sort: "price"}, library.Invalid}, {library.Query{Limit: 1, Collection: "NNNNNNNN"}, library.NotFound}} {
		if _, err := c.Counts(t.Context(), f.q); library.CodeOf(err) != f.want {
			t.Errorf("%+v: error %v, want code %s", f.q, err, f.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Counts(ctx, library.Query{Text: "light", Limit: 1}); err == nil {
		t.Error("answers although its context has ended")
	}
}

// testCountsOfMany counts more works than a page has.
func testCountsOfMany(t *testing.T, r library.Reader) {
	got := checkCounts(t, r, library.Query{Text: "study"})
	if got.Works != 130 || len(got.Years) != 120 || len(got.Tags.Values) != 25 || len(got.Creators.Values) != 50 {
		t.Errorf("%d works, %d years, %d tags, %d creators", got.Works, len(got.Years), len(got.Tags.Values), len(got.Creators.Values))
	}
	checkCounts(t, r, library.Query{TagsAny: []string{"tag-03", "tag-04"}})
}
