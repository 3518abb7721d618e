package library

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// TestQueryKeyCoversEveryField sets each field of a query in turn, those of its
// structures too: a field that is not part of the key fails.
func TestQueryKeyCoversEveryField(t *testing.T) {
	plain := Query{Limit: 10}
	seen := map[string]string{plain.Key(): "no field"}
	check := func(name string, q *Query) {
		if other, ok := seen[q.Key()]; ok {
			t.Errorf("a query with %s set has the key of one with %s set", name, other)
		}
		seen[q.Key()] = name
	}
	for i := range reflect.TypeFor[Query]().NumField() {
		name := reflect.TypeFor[Query]().Field(i).Name
		q := plain
		f := reflect.ValueOf(&q).Elem().Field(i)
		if f.Kind() != reflect.Pointer {
			setField(t, f)
			check(name, &q)
			continue
		}
		f.Set(reflect.New(f.Type().Elem()))
		check(name, &q)
		for k := range f.Elem().NumField() {
			f.Set(reflect.New(f.Type().Elem()))
			setField(t, f.Elem().Field(k))
			check(name+"."+f.Type().Elem().Field(k).Name, &q)
		}
	}
}

// setField gives a field another value than its zero.
func setField(t *testing.T, f reflect.Value) {
	t.Helper()
	switch f.Kind() {
	case reflect.String:
		f.SetString("x")
	case reflect.Int:
		f.SetInt(7)
	case reflect.Bool:
		f.SetBool(true)
	case reflect.Float64:
		f.SetFloat(0.5)
	case reflect.Struct:
		f.Set(reflect.ValueOf(time.Unix(7, 7))) // the only structure is a time
	case reflect.Slice:
		f.Set(reflect.MakeSlice(f.Type(), 1, 1))
	default:
		t.Fatalf("a field is of kind %v, which this test does not know", f.Kind())
	}
}

func TestQueryKeyTellsListsApart(t *testing.T) {
	keys := map[string]int{}
	for i, q := range []Query{
		{TagsAll: []string{"ab", "c"}}, {TagsAll: []string{"a", "bc"}}, {TagsAll: []string{"abc"}}, {TagsAll: []string{"", "abc"}},
		{Text: "ab", Collection: "c"}, {Text: "a", Collection: "bc"}, {YearFrom: -1}, {YearFrom: 1}, {},
		{AddedSince: time.Unix(0, 0)}, {AddedSince: time.Unix(0, 1)}, {AddedSince: time.Unix(1, 0)},
		{HasText: true}, {HasText: true, AddedSince: time.Unix(1, 0)}, {After: &Position{}}, {HasText: true, After: &Position{}},
		{Statistics: &Statistics{}}, {HasText: true, Statistics: &Statistics{}},
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
		{Query{Limit: MaxLimit, After: &Position{Taken: 1 << 40}, Sort: SortTitle}, ""},
		{Query{Limit: 1, Sort: SortDate}, ""},
		{Query{Limit: 1, Sort: SortAdded}, ""},
		{Query{Limit: 1, Sort: SortDateAsc}, ""},
		{Query{Limit: 1, Sort: SortAddedAsc}, ""},
		{Query{Limit: 1, Sort: SortRelevance}, ""},
		{Query{Limit: 0}, Invalid},
		{Query{Limit: MaxLimit + 1}, Invalid},
		{Query{Limit: 1, After: &Position{Taken: -1}}, Invalid},
		{Query{Limit: 1, Sort: "random"}, Invalid},
	} {
		if got := CodeOf(c.q.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", fmt.Sprintf("%+v", c.q), got, c.want)
		}
	}
}
