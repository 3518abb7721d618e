package library

import (
	"reflect"
	"testing"
)

func TestNearestNames(t *testing.T) {
	got := NearestNames(
		[]Name{{"far", 100, 2}, {"near", 1, 1}, {"nearer", 1, 1}},
		[]Name{{"near", 1, 2}, {"nearer", 2, 1}, {"farther", 300, 3}, {"alike", 3, 1}},
	)
	want := []Name{{"alike", 3, 1}, {"nearer", 3, 1}, {"near", 2, 1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if NearestNames() != nil {
		t.Error("names of nothing")
	}
}
