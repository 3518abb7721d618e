package library

import (
	"fmt"
	"reflect"
	"testing"
)

// TestQueryKeyCoversEveryField sets each field of a query in turn: a field
// that is not part of the key fails.
func TestQueryKeyCoversEveryField(t *testing.T) {
	plain := Query{Limit: 10}
	seen := map[string]string{plain.Key(): "no field"}
	for i := range reflect.TypeFor[Query]().NumField() {
		name := reflect.TypeFor[Query]().Field(i).Name
		q := plain
		switch f := reflect.ValueOf(&q).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int:
			f.SetInt(7)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"x"}))
		default:
			t.Fatalf("field %s is of a kind that this test does not know", name)
		}
		if other, ok := seen[q.Key()]; ok {
			t.Errorf("a query with %s set has the key of one with %s set", name, other)
		}
		seen[q.Key()] = name
	}
}

func TestQueryKeyTellsListsApart(t *testing.T) {
	keys := map[string]int{}
	for i, q := range []Query{
		{TagsAll: []string{"ab", "c"}}, {TagsAll: []string{"a", "bc"}}, {TagsAll: []string{"abc"}}, {TagsAll: []string{"", "abc"}},
		{Text: "ab", Collection: "c"}, {Text: "a", Collection: "bc"}, {YearFrom: -1}, {YearFrom: 1}, {},
	} {
		if other, ok := keys[q.Key()]; ok {
			t.Errorf("queries %d and %d have the same key", i, other)
		}
		keys[q.Key()] = i
	}
	a, b := Query{}, Query{Sort: SortRelevance}
	if a.Key() != b.Key() {
		t.Error("the empty sort and relevance have different keys")
	}
}

func TestQueryValidate(t *testing.T) {
	for _, c := range []struct {
		q    Query
		want Code
	}{
		{Query{Limit: 1}, ""},
		{Query{Limit: MaxLimit, Offset: 1 << 40, Sort: SortTitle}, ""},
		{Query{Limit: 1, Sort: SortDate}, ""},
		{Query{Limit: 1, Sort: SortAdded}, ""},
		{Query{Limit: 1, Sort: SortRelevance}, ""},
		{Query{Limit: 0}, Invalid},
		{Query{Limit: MaxLimit + 1}, Invalid},
		{Query{Limit: 1, Offset: -1}, Invalid},
		{Query{Limit: 1, Sort: "random"}, Invalid},
	} {
		if got := CodeOf(c.q.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", fmt.Sprintf("%+v", c.q), got, c.want)
		}
	}
}
