package segment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
)

// postings returns what a segment says of a term: document, weight, positions.
func postings(t *testing.T, s *Segment, field, term string, deleted *roaring.Bitmap) string {
	t.Helper()
	d, err := s.Dictionary(field)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.Postings(term, deleted, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	it := list.Iterator(true, nil)
	for {
		doc, weight, ok, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		out += fmt.Sprintf("%d:%d%v ", doc, weight, it.Positions(nil))
	}
}

func documents() []*Document {
	return []*Document{
		{ID: "one", Stored: []byte("first"), Fields: []Field{
			{Name: "w", Terms: []Term{{"a", 1, []uint32{0}}, {"b", 1<<WeightBits - 1, []uint32{1, 4095, 8190}}, {"c", 7, []uint32{2, 3, 4, 5}}}},
			{Name: "x", Terms: []Term{{"tag", 1, nil}}},
		}},
		{Stored: []byte("passage")},
		{ID: "two", Fields: []Field{{Name: "w", Terms: []Term{{"a", 5, []uint32{4096}}, {"c", 2, []uint32{7, 5000}}}}}},
	}
}

func TestSegment_KeepsWeightsAndPositions(t *testing.T) {
	memory, err := New(documents())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.zap")
	if err := memory.Write(path); err != nil {
		t.Fatal(err)
	}
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	again, err := memory.Documents(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documents(), again); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	for _, s := range []*Segment{memory, file} {
		for term, want := range map[string]string{
			"a": "0:1[0] 2:5[4096] ", "b": "0:8191[1 4095 8190] ", "c": "0:7[2 3 4 5] 2:2[7 5000] ", "d": "",
		} {
			if got := postings(t, s, "w", term, nil); got != want {
				t.Errorf("%s: %s, want %s", term, got, want)
			}
		}
		if got := postings(t, s, "x", "tag", nil); got != "0:1[] " {
			t.Errorf("tag: %s", got)
		}
		if got := postings(t, s, "w", "a", roaring.BitmapOf(0)); got != "2:5[4096] " {
			t.Errorf("without a deleted document: %s", got)
		}
		if found, err := s.Find("two"); err != nil || !slices.Equal(found, []uint32{2}) {
			t.Errorf("Find: %d, %v", found, err)
		}
		if id, stored, err := s.Stored(1); id != "" || string(stored) != "passage" || err != nil {
			t.Errorf("Stored: %q, %q, %v", id, stored, err)
		}
		if id, err := s.ID(2); id != "two" || err != nil {
			t.Errorf("ID: %q, %v", id, err)
		}
	}
}

func TestMerge_LeavesOutDeletedDocuments(t *testing.T) {
	a, err := New(documents())
	if err != nil {
		t.Fatal(err)
	}
	b, err := New([]*Document{{ID: "three", Fields: []Field{{Name: "w", Terms: []Term{{"a", 9, []uint32{1, 2, 3, 4}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "merged.zap")
	if err := Merge(t.Context(), []Part{{a, roaring.BitmapOf(0, 1)}, {b, nil}}, path); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if got := postings(t, m, "w", "a", nil); got != "0:5[4096] 1:9[1 2 3 4] " || m.Len() != 2 {
		t.Errorf("%d documents, postings %s", m.Len(), got)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Merge(cancelled, []Part{{a, nil}}, filepath.Join(t.TempDir(), "x.zap")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled merge: %v", err)
	}
}

func TestTerms_StopsAtThePrefix(t *testing.T) {
	s, err := New([]*Document{{ID: "d", Fields: []Field{{Name: "w", Terms: []Term{{"ab", 1, nil}, {"abc", 1, nil}, {"abé", 1, nil}, {"b", 1, nil}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Dictionary("w")
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{"": {"ab", "abc", "abé", "b"}, "ab": {"ab", "abc", "abé"}, "c": nil} {
		var got []string
		err := d.Terms(prefix, func(term string) bool {
			got = append(got, term)
			return true
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("terms of %q: %q, %v, want %q", prefix, got, err, want)
		}
		got = nil
		err = d.Counts(prefix, func(term string, docs int) bool {
			got = append(got, term)
			return docs == 1
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("counts of %q: %q, %v, want %q", prefix, got, err, want)
		}
	}
}

func TestPack_Bounds(t *testing.T) {
	for _, c := range []struct {
		positions []uint32
		packed    bool
	}{
		{nil, true},
		{[]uint32{4095}, true},
		{[]uint32{4096}, false},
		{[]uint32{0, 4095, 8190}, true},
		{[]uint32{0, 4096}, false},
		{[]uint32{1, 2, 3, 4}, false},
		{[]uint32{2, 1}, false},
	} {
		if _, ok := pack(1, c.positions); ok != c.packed {
			t.Errorf("%d: %t, want %t", c.positions, ok, c.packed)
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add(uint16(1), uint16(0), uint16(0), uint16(0), uint8(1))
	f.Add(uint16(8191), uint16(4095), uint16(4095), uint16(4096), uint8(3))
	f.Fuzz(func(t *testing.T, weight, a, b, c uint16, n uint8) {
		w := int(weight) % (1 << WeightBits)
		positions := []uint32{uint32(a), uint32(a) + uint32(b), uint32(a) + uint32(b) + uint32(c)}[:n%4]
		packed, ok := pack(w, positions)
		if weightOf(packed) != w || packed >= 1<<52 {
			t.Fatalf("weight %d of %d", weightOf(packed), w)
		}
		got, some := unpack(packed, nil)
		if some != (ok && len(positions) > 0) {
			t.Fatalf("positions %d of %d", got, positions)
		}
		for i, p := range got {
			if p != uint64(positions[i]) {
				t.Fatalf("positions %d of %d", got, positions)
			}
		}
	})
}
